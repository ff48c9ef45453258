import { FORMATS } from './columns';

/** A file name that is almost one of ours: two letters off at most, in a short name one. */
export function meantName(name: string): string | null {
  return FORMATS.map((format) => format.name).find((each) => distance(name, each) <= (each.length < 'products.csv'.length ? 1 : 2)) ?? null;
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    row = next;
  }
  return row[b.length]!;
}
