/** Numbers that look like chance and are the same for the same seed, on every machine. */
export class Random {
  private state: number;

  constructor(readonly seed: number) {
    this.state = seed >>> 0;
  }

  /** From 0 up to, not including, 1 (mulberry32 of Tommy Ettinger). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number, both ends included. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  /** As `whole`, with small ones far more common: most blends are small. */
  mostlySmall(least: number, most: number): number {
    return least + Math.floor(this.next() ** 2 * (most - least + 1));
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.next() * list.length)]!;
  }

  /** Some of a list, each at most once, in the order of the list. */
  some<T>(list: readonly T[], count: number): T[] {
    const chosen: T[] = [];
    list.forEach((each, index) => {
      if (this.next() * (list.length - index) < count - chosen.length) chosen.push(each);
    });
    return chosen;
  }
}
