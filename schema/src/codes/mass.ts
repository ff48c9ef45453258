import { bad, good, type Parsed, quote } from '../refusal';

/** Net mass in whole grams: the only form in which mass is stored, added or compared. */
export type Grams = bigint & { readonly __brand: 'Grams' };

export const grams = (value: bigint | number | string): Grams => BigInt(value) as Grams;
export const ZERO = grams(0n);
export const addGrams = (a: Grams, b: Grams): Grams => (a + b) as Grams;
export const sumGrams = (list: Iterable<Grams>): Grams => {
  let sum = 0n;
  for (const each of list) sum += each;
  return sum as Grams;
};

/** No single mass is above 10^15 g (a thousand million tonnes): nothing real is, and thousands of them still add up within a 64-bit integer. */
export const MOST_GRAMS = grams(10n ** 15n);

/** Units of mass, UN/ECE Recommendation 20. BUA, the US bushel, weighs what its product's `kg_per_bushel` says. */
export const UNITS = ['KGM', 'GRM', 'TNE', 'LBR', 'ONZ', 'STN', 'LTN', 'BUA'] as const;
export type Unit = (typeof UNITS)[number];

/** An exact decimal: `digits` * 10^-`scale`. */
export interface Decimal {
  digits: bigint;
  scale: number;
}

/** A mass as somebody wrote it down. */
export interface QuantityAsEntered {
  value: string;
  unit: Unit;
}

// The international avoirdupois pound is 0.45359237 kg exactly; ounce, short ton and long ton are 1/16, 2,000 and 2,240 of it.
const GRAMS_PER_UNIT: Record<Exclude<Unit, 'BUA'>, Decimal> = {
  GRM: { digits: 1n, scale: 0 },
  KGM: { digits: 1000n, scale: 0 },
  TNE: { digits: 1000000n, scale: 0 },
  LBR: { digits: 45359237n, scale: 5 },
  ONZ: { digits: 28349523125n, scale: 9 },
  STN: { digits: 90718474n, scale: 2 },
  LTN: { digits: 10160469088n, scale: 4 },
};
const METRIC: ReadonlySet<Unit> = new Set(['GRM', 'KGM', 'TNE']);

/** Reads a decimal such as `8164.663`. Names what a spreadsheet may have done to it and how to undo that. */
export function parseDecimal(text: string): Parsed<Decimal> {
  const value = text.trim();
  if (value === '') return bad('it is empty', 'write a decimal such as 8164.663');
  if (value.length > 40) return bad(`${quote(value)} is too long for a decimal`, 'use at most 40 characters');
  const plain = /^([+-]?)(\d+)(?:\.(\d+))?$/.exec(value);
  if (plain) {
    const fraction = plain[3] ?? '';
    const digits = BigInt(plain[2] + fraction);
    return good({ digits: plain[1] === '-' ? -digits : digits, scale: fraction.length });
  }
  if (/^[+-]?\d+(?:[.,]\d+)?e[+-]?\d+$/i.test(value)) {
    return bad(`${quote(value)} is in scientific notation`, 'format the column as text or number and write all digits, e.g. 8150000000');
  }
  if (/^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/.test(value)) {
    const repaired = value.replaceAll(',', '');
    // One comma before three digits may be either; several, or a point behind, are thousands.
    if (value.includes('.') || value.split(',').length > 2) return bad(`${quote(value)} has thousands separators`, `write ${repaired}`);
    return bad(
      `${quote(value)} has a thousands separator or a decimal comma`,
      `write ${repaired}, or ${value.replace(',', '.')} if the comma is the decimal point`,
    );
  }
  if (/^[+-]?\d+,\d+$/.test(value)) return bad(`${quote(value)} has a decimal comma`, `write ${value.replace(',', '.')}`);
  if (/^[+-]?\d{1,3}(?:[.\s'\u00a0\u202f]\d{3})+(?:,\d+)?$/.test(value)) {
    return bad(`${quote(value)} has thousands separators`, `write ${value.replace(/[.\s'\u00a0\u202f]/g, '').replace(',', '.')}`);
  }
  return bad(`${quote(value)} is not a decimal number`, 'write digits with a point, e.g. 8164.663');
}

/** Reads a unit code of UN/ECE Recommendation 20, in any letter case. */
export function parseUnit(text: string): Parsed<Unit> {
  const code = text.trim().toUpperCase();
  if ((UNITS as readonly string[]).includes(code)) return good(code as Unit);
  const meant: Record<string, Unit> = {
    KG: 'KGM',
    KGS: 'KGM',
    G: 'GRM',
    T: 'TNE',
    MT: 'TNE',
    LB: 'LBR',
    LBS: 'LBR',
    OZ: 'ONZ',
    BU: 'BUA',
    ST: 'STN',
  };
  return bad(
    `${quote(text)} is not a unit of UN/ECE Recommendation 20 that Lotline knows`,
    meant[code] ? `write ${meant[code]}` : `use one of ${UNITS.join(' ')}`,
  );
}

const power10 = (n: number): bigint => 10n ** BigInt(n);

/** `numerator / denominator`, half to even. */
export function divideHalfEven(numerator: bigint, denominator: bigint): bigint {
  const sign = numerator < 0n ? -1n : 1n;
  const n = numerator * sign;
  const whole = n / denominator;
  const twice = (n % denominator) * 2n;
  const up = twice > denominator || (twice === denominator && whole % 2n === 1n);
  return sign * (up ? whole + 1n : whole);
}

/**
 * A written mass in grams, converted once, half to even. A metric value that is not whole grams is refused, as is a mass of zero or
 * less and a bushel of a product without a factor.
 * @param kgPerBushel the product's own factor, a decimal such as `27.2155`
 */
export function toGrams(value: Decimal, unit: Unit, kgPerBushel: string | null): Parsed<Grams> {
  if (value.digits <= 0n) return bad('a mass must be above zero', 'write the net mass as a positive number');
  let factor: Decimal;
  if (unit === 'BUA') {
    const perBushel = kgPerBushel === null ? null : parseDecimal(kgPerBushel);
    if (perBushel === null || !perBushel.ok) {
      return bad(
        'the product has no kg_per_bushel, so a bushel of it has no mass',
        'give the product its kg_per_bushel, or write the mass in KGM or LBR',
      );
    }
    factor = { digits: perBushel.value.digits * 1000n, scale: perBushel.value.scale };
  } else factor = GRAMS_PER_UNIT[unit];
  const numerator = value.digits * factor.digits;
  const denominator = power10(value.scale + factor.scale);
  if (METRIC.has(unit) && numerator % denominator !== 0n) {
    return bad(
      'the mass is not a whole number of grams',
      `write at most ${{ GRM: 0, KGM: 3, TNE: 6 }[unit as 'GRM' | 'KGM' | 'TNE']} decimals in ${unit}`,
    );
  }
  const result = divideHalfEven(numerator, denominator);
  if (result <= 0n) return bad('the mass is less than half a gram', 'write the net mass as a positive number of grams');
  if (result > MOST_GRAMS) return bad('the mass is above 10^15 g', 'check the unit; split what really is heavier into lots');
  return good(result as Grams);
}

/** Grams as a decimal string of kilograms with at most three decimals, e.g. `8164.663`. */
export function toKilograms(value: bigint): string {
  const sign = value < 0n ? '-' : '';
  const absolute = value < 0n ? -value : value;
  const rest = (absolute % 1000n).toString().padStart(3, '0').replace(/0+$/, '');
  return `${sign}${absolute / 1000n}${rest === '' ? '' : `.${rest}`}`;
}

/** Shortest form of the same decimal: `1000.50` and `1000.5` are the same value as entered. */
export function canonicalDecimal(value: Decimal): string {
  const sign = value.digits < 0n ? '-' : '';
  const digits = (value.digits < 0n ? -value.digits : value.digits).toString().padStart(value.scale + 1, '0');
  const whole = digits.slice(0, digits.length - value.scale);
  const fraction = digits.slice(digits.length - value.scale).replace(/0+$/, '');
  return `${sign}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}
