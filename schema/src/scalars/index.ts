import { parseCountry } from '../codes/country';
import { type Day, parseDay, parseMoment } from '../codes/day';
import { type Grams, parseDecimal, toGrams, toKilograms } from '../codes/mass';
import { bad, good, quote } from '../refusal';
import { textScalar } from './scalar';

export const KilogramsScalar = textScalar<Grams>(
  'Kilograms',
  'Exact net mass in kilograms, a decimal string with at most three decimals, negative only where a difference is, e.g. "8164.663".',
  (text) => {
    const decimal = parseDecimal(text);
    return decimal.ok ? toGrams(decimal.value, 'KGM', null) : decimal;
  },
  toKilograms,
);

export const CursorScalar = textScalar<string>(
  'Cursor',
  'A place in the log, opaque, bound to this database and viewer. Subscriptions resume from it.',
  (text) =>
    /^[A-Za-z0-9_-]{1,256}$/.test(text) ? good(text) : bad(`${quote(text)} is not a cursor`, 'send a cursor exactly as an answer gave it'),
  (value) => value,
);

export const DateScalar = textScalar<Day>('Date', 'Local calendar date, ISO 8601.', parseDay, (value) => value);

export const DateTimeScalar = textScalar<Date>(
  'DateTime',
  'Instant, RFC 3339.',
  (text) => {
    const moment = parseMoment(text);
    if (!moment.ok) return moment;
    return moment.value.at ? good(moment.value.at) : bad(`${quote(text)} has no hour`, 'write an instant as 2025-03-01T08:30:00Z');
  },
  (value) => value.toISOString(),
);

export const CountryCodeScalar = textScalar<string>('CountryCode', 'ISO 3166-1 alpha-2.', parseCountry, (value) => value);

export { JSONObjectScalar } from './json-object';
