import { Kilograms } from './kilograms.ts';

/** An answer with its masses as Kilograms: wherever a text stands under one of these names. */
export function withMasses(value: unknown, names: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((each) => withMasses(each, names));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      name,
      typeof each === 'string' ? (names.has(name) ? Kilograms.of(each) : each) : withMasses(each, names),
    ]),
  );
}
