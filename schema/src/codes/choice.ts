import { bad, good, type Parsed, quote } from '../refusal';

/** A parser of one of a closed list of names, in any letter case; blanks and hyphens count as underscores. */
export function choiceOf<T extends string>(what: string, names: readonly T[]): (text: string) => Parsed<T> {
  const known = new Set<string>(names);
  return (text) => {
    const value = text
      .trim()
      .toUpperCase()
      .replace(/[\s-]+/g, '_');
    return known.has(value) ? good(value as T) : bad(`${quote(text)} is not a ${what}`, `use one of ${names.join(' ')}`);
  };
}
