/** Choices that follow from a seed (mulberry32), so that a run can be had again. */
export interface Choices {
  /** A number from 0 up to, not with, 1. */
  fraction(): number;
  /** A whole number, both ends included. */
  between(least: number, most: number): number;
  one<Value>(of: readonly Value[]): Value;
  /** Some of them, at least one where there is any, in their order. */
  some<Value>(of: readonly Value[], share?: number): Value[];
  shuffled<Value>(of: readonly Value[]): Value[];
}

export function choicesOf(seed: number): Choices {
  let state = seed;
  const fraction = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (least: number, most: number) => least + Math.floor(fraction() * (most - least + 1));
  const one = <Value>(of: readonly Value[]): Value => of[between(0, of.length - 1)]!;
  return {
    fraction,
    between,
    one,
    some: (of, share = 0.5) => {
      const taken = of.filter(() => fraction() < share);
      return taken.length > 0 || of.length === 0 ? taken : [one(of)];
    },
    shuffled: (of) => {
      const left = [...of];
      return of.map(() => left.splice(between(0, left.length - 1), 1)[0]!);
    },
  };
}
