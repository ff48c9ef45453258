const GRAMS_PER_KILOGRAM = 1000n;
/** Longest decimal that is read, characters: as the server. */
const LONGEST = 40;

/**
 * A net mass, exact to the gram, negative only where a difference is. Calculated with by its methods, so that no gram is lost on the way;
 * `<` and `>` compare exactly too, `+` is refused.
 */
export class Kilograms {
  private constructor(
    /** The same mass in whole grams. */
    readonly grams: bigint,
  ) {}

  static readonly zero: Kilograms = new Kilograms(0n);

  /**
   * Reads a decimal such as `'8164.663'`, or a whole number of kilograms.
   * @throws RangeError for what is not a decimal, or not whole grams, with what would be right
   */
  static of(value: string | number | bigint | Kilograms): Kilograms {
    if (value instanceof Kilograms) return value;
    if (typeof value === 'bigint') return new Kilograms(value * GRAMS_PER_KILOGRAM);
    if (typeof value === 'number') {
      if (Number.isSafeInteger(value)) return new Kilograms(BigInt(value) * GRAMS_PER_KILOGRAM);
      throw new RangeError(`the number ${value} need not be what was written: give a mass with a fraction as a string, e.g. '8164.663'`);
    }
    return new Kilograms(gramsIn(value));
  }

  /** A mass of so many grams. @throws RangeError for a number that is not whole */
  static ofGrams(grams: bigint | number): Kilograms {
    if (typeof grams === 'number' && !Number.isSafeInteger(grams)) throw new RangeError(`${grams} is not a whole number of grams`);
    return new Kilograms(BigInt(grams));
  }

  /** All of them together; zero where there are none. */
  static sum(masses: Iterable<Kilograms>): Kilograms {
    let grams = 0n;
    for (const mass of masses) grams += mass.grams;
    return new Kilograms(grams);
  }

  add(other: Kilograms): Kilograms {
    return new Kilograms(this.grams + other.grams);
  }

  minus(other: Kilograms): Kilograms {
    return new Kilograms(this.grams - other.grams);
  }

  /** So many times the mass. @throws RangeError for a number that is not whole */
  times(count: bigint | number): Kilograms {
    if (typeof count === 'number' && !Number.isSafeInteger(count)) throw new RangeError(`${count} is not a whole number`);
    return new Kilograms(this.grams * BigInt(count));
  }

  /** Below zero where this is less than the other, above where it is more: for `sort`. */
  compare(other: Kilograms): -1 | 0 | 1 {
    return this.grams < other.grams ? -1 : this.grams > other.grams ? 1 : 0;
  }

  equals(other: Kilograms): boolean {
    return this.grams === other.grams;
  }

  /** As an input wants a quantity. */
  toQuantity(): { value: string; unit: 'KGM' } {
    return { value: this.toString(), unit: 'KGM' };
  }

  /** A decimal with at most three places, as the server writes it: `'8164.663'`. */
  toString(): string {
    const absolute = this.grams < 0n ? -this.grams : this.grams;
    const rest = (absolute % GRAMS_PER_KILOGRAM).toString().padStart(3, '0').replace(/0+$/, '');
    return `${this.grams < 0n ? '-' : ''}${absolute / GRAMS_PER_KILOGRAM}${rest && `.${rest}`}`;
  }

  toJSON(): string {
    return this.toString();
  }

  /** As a number it is in kilograms, so that `<` compares; `+` would join texts. @throws TypeError for `+`, RangeError for more grams than a number is exact for */
  [Symbol.toPrimitive](hint: string): string | number {
    if (hint === 'string') return this.toString();
    if (hint === 'number') {
      if (this.grams > MOST_EXACT || this.grams < -MOST_EXACT)
        throw new RangeError('the mass is too large for a number: use .compare() and .toString()');
      return Number(this.grams) / 1000;
    }
    throw new TypeError('masses are added with .add(), compared with .equals(), and written with .toString()');
  }
}

/** Up to here, eight thousand million tonnes, two masses are never the same number of kilograms. */
const MOST_EXACT = 8_000_000_000_000_000n;

function gramsIn(text: string): bigint {
  const [, sign, whole, fraction = ''] = (text.length <= LONGEST && /^\s*([+-]?)(\d+)(?:\.(\d+))?\s*$/.exec(text)) || [];
  if (whole === undefined)
    throw new RangeError(`${JSON.stringify(text.slice(0, LONGEST))} is not a mass: write digits with a point, e.g. '8164.663'`);
  if (/[1-9]/.test(fraction.slice(3))) throw new RangeError(`'${text}' is not whole grams: write at most three decimals`);
  const grams = BigInt(whole + fraction.slice(0, 3).padEnd(3, '0'));
  return sign === '-' ? -grams : grams;
}
