import { Kilograms } from '@lotline/client';
import { parseDecimal, toGrams } from '@lotline/schema';
import fc from 'fast-check';

// The oracle adds and multiplies written digits by hand, as at school.

/** Digits of a whole number, last first. */
const digitsOf = (grams: bigint): number[] => [...(grams < 0n ? -grams : grams).toString()].reverse().map(Number);
const isLess = (a: number[], b: number[]): boolean => {
  for (let place = Math.max(a.length, b.length) - 1; place >= 0; place--) {
    if ((a[place] ?? 0) !== (b[place] ?? 0)) return (a[place] ?? 0) < (b[place] ?? 0);
  }
  return false;
};
function carry(places: number[]): number[] {
  const out: number[] = [];
  let over = 0;
  for (let place = 0; place < places.length || over !== 0; place++) {
    const sum = (places[place] ?? 0) + over;
    out.push(((sum % 10) + 10) % 10);
    over = Math.floor(sum / 10);
  }
  return out;
}
const both = (a: number[], b: number[], how: (x: number, y: number) => number): number[] =>
  carry(Array.from({ length: Math.max(a.length, b.length) }, (_, place) => how(a[place] ?? 0, b[place] ?? 0)));
function written(digits: number[], negative: boolean): string {
  const padded = [...digits];
  while (padded.length < 4) padded.push(0);
  const whole = padded
    .slice(3)
    .reverse()
    .join('')
    .replace(/^0+(?=\d)/, '');
  const rest = padded.slice(0, 3).reverse().join('').replace(/0+$/, '');
  return `${negative && digits.some((digit) => digit !== 0) ? '-' : ''}${whole}${rest ? `.${rest}` : ''}`;
}
function added(a: bigint, b: bigint): string {
  const [x, y] = [digitsOf(a), digitsOf(b)];
  if (a < 0n === b < 0n)
    return written(
      both(x, y, (p, q) => p + q),
      a < 0n,
    );
  return isLess(x, y)
    ? written(
        both(y, x, (p, q) => p - q),
        b < 0n,
      )
    : written(
        both(x, y, (p, q) => p - q),
        a < 0n,
      );
}
function multiplied(grams: bigint, count: bigint): string {
  const places: number[] = [];
  digitsOf(grams).forEach((x, i) => {
    digitsOf(count).forEach((y, j) => {
      places[i + j] = (places[i + j] ?? 0) + x * y;
    });
  });
  return written(carry(places), grams < 0n !== count < 0n);
}

const grams = fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n });

test('masses add, subtract, multiply and compare as on paper, and are read back as they are written', () => {
  fc.assert(
    fc.property(grams, grams, fc.bigInt({ min: -1000n, max: 1000n }), (a, b, count) => {
      const [x, y] = [Kilograms.ofGrams(a), Kilograms.ofGrams(b)];
      expect(x.toString()).toBe(written(digitsOf(a), a < 0n));
      expect(x.add(y).toString()).toBe(added(a, b));
      expect(x.minus(y).toString()).toBe(added(a, -b));
      expect(x.times(count).toString()).toBe(multiplied(a, count));
      expect(x.compare(y)).toBe(a < b ? -1 : a > b ? 1 : 0);
      expect([x.compare(y) < 0, x.compare(y) > 0, x.equals(y)]).toEqual([a < b, a > b, a === b]);
      const isExact = [a, b].every((each) => each <= 8_000_000_000_000_000n && each >= -8_000_000_000_000_000n);
      if (isExact) expect([x < y, x > y]).toEqual([a < b, a > b]);
      else expect(() => [x < y, x > y]).toThrow(RangeError);
      expect(Kilograms.of(x.toString()).grams).toBe(a);
      expect(JSON.stringify({ x })).toBe(`{"x":"${x}"}`);
    }),
  );
});

test('a sum loses nothing, in whatever order', () => {
  fc.assert(
    fc.property(fc.array(grams, { maxLength: 50 }), (list) => {
      const masses = list.map((each) => Kilograms.ofGrams(each));
      const sum = masses.reduce((so, each) => so.add(each), Kilograms.zero);
      expect(Kilograms.sum(masses).equals(sum)).toBe(true);
      expect(Kilograms.sum(masses.reverse()).equals(sum)).toBe(true);
      expect(masses.reduce((so, each) => so.minus(each), sum).equals(Kilograms.zero)).toBe(true);
    }),
  );
});

test('what is read is what the server reads', () => {
  const written = fc.oneof(
    fc.stringMatching(/^[+-]?[0-9]{0,14}(\.[0-9]{0,6})?$/),
    fc.stringMatching(/^[ 0-9.,eE+-]{0,12}$/),
    fc.constantFrom('1e3', '1,5', '1.5000', '+1.5', ' 2 ', '', '.', '٣', '1_000', '0x10'),
  );
  fc.assert(
    fc.property(written, (text) => {
      const decimal = parseDecimal(text);
      const server = decimal.ok && decimal.value.digits > 0n ? toGrams(decimal.value, 'KGM', null) : null;
      let client: bigint | null = null;
      try {
        client = Kilograms.of(text).grams;
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
      if (server?.ok) expect(client).toBe(server.value);
      else if (client !== null) expect(client <= 0n || client > 10n ** 15n).toBe(true);
    }),
  );
});

test.each([
  [() => Kilograms.of(0.1), /need not be what was written/],
  [() => Kilograms.of(Number.NaN), /need not be/],
  [() => Kilograms.of(2 ** 53), /need not be/],
  [() => Kilograms.of('1.0001'), /at most three decimals/],
  [() => Kilograms.of('1,5'), /digits with a point/],
  [() => Kilograms.ofGrams(1.5), /whole number of grams/],
  [() => Kilograms.of(1).times(0.5), /whole number/],
])('what is not exact is refused %#', (inexact, words) => {
  expect(inexact).toThrow(RangeError);
  expect(inexact).toThrow(words);
});

test('masses are not joined as texts', () => {
  const [a, b] = [Kilograms.of(1), Kilograms.of('2.5')] as unknown as [number, number];
  expect(() => a + b).toThrow(/\.add\(\)/);
  expect(`${Kilograms.of('2.500')}`).toBe('2.5');
  expect(Kilograms.of(12n).toQuantity()).toEqual({ value: '12', unit: 'KGM' });
});

test('as a number a mass is in kilograms, and neighbours stay apart up to the largest', () => {
  expect([
    Number(Kilograms.of('5.25')),
    (Kilograms.of(5) as unknown as number) > 10,
    new Intl.NumberFormat('en').format(Kilograms.of(5000) as unknown as number),
  ]).toEqual([5.25, false, '5,000']);
  for (const grams of [1n, 8_000_000_000_000_000n, -7_999_999_999_999_999n])
    expect(Number(Kilograms.ofGrams(grams - 1n))).toBeLessThan(Number(Kilograms.ofGrams(grams)));
});
