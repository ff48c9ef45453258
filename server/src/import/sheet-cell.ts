import { bad, good, type Parsed, parseDay, parseMoment, quote } from '@lotline/schema';
import { type Column, yesNo } from './columns';

/** A cell as the workbook has it. */
export interface RawCell {
  /** Place in the row, from 0. */
  at: number;
  /** What kind of value: `s` or `inlineStr` text, `str` text of a formula, `n` number, `b` boolean, `e` error, `d` date. */
  type: string;
  value: string | null;
  isFormula: boolean;
  /** What its number format makes of a number. */
  format: NumberFormat;
}

/** What a number format shows a number as. */
export type NumberFormat = { is: 'PLAIN' } | { is: 'DATE' } | { is: 'PERCENT' } | { is: 'DIGITS'; digits: number };

/** Digits that a spreadsheet keeps of a number. */
const KEPT_DIGITS = 15;
const AS_TEXT = 'format the column as text and write the value again';

/**
 * The text that a cell means, for its column's parser: what a spreadsheet did to a value is taken back where that is certain, and refused
 * with its repair where it is not.
 * @param column null where the product does not know the column
 */
export function textOf({ type, value, isFormula, format }: RawCell, column: Column | null, epoch: Epoch): Parsed<string> {
  if (type === 'e') return bad(`it holds the error ${value}`, isFormula ? 'repair its formula, or write the value' : 'write the value');
  if (value === null)
    return isFormula
      ? bad('its formula has no value stored', 'open the workbook in a spreadsheet and save it, or write the value')
      : good('');
  if (type === 'b') return booleanText(value === '1', column);
  if (type === 'd') return isoText(value, column);
  if (type !== 'n') return good(value);
  const number = Number(value);
  if (!Number.isFinite(number)) return bad(`${quote(value)} is no number`, AS_TEXT);
  if (format.is === 'DATE') return dateText(number, column, epoch);
  if (format.is === 'PERCENT') return bad('it is shown as a percentage', 'format the column as a number and write the value meant');
  if (digitsOf(number) > KEPT_DIGITS)
    return bad(
      `a spreadsheet keeps ${KEPT_DIGITS} digits of a number; the others are lost`,
      'format the column as text and write all digits',
    );
  const text = plain(number);
  return good(format.is === 'DIGITS' && /^\d+$/.test(text) ? text.padStart(format.digits, '0') : text);
}

function booleanText(is: boolean, column: Column | null): Parsed<string> {
  const text = is ? 'TRUE' : 'FALSE';
  return column?.read === yesNo ? good(text) : bad(`a spreadsheet took it for the truth value ${text}`, AS_TEXT);
}

/** Whole digits of a number, if it is one that ends before the point. */
const digitsOf = (number: number): number => (Math.abs(number) < 1 ? 0 : Math.floor(Math.log10(Math.abs(number))) + 1);

/** A number as a spreadsheet shows it, to the fifteenth digit: 0.30000000000000004 is 0.3; without an exponent. */
function plain(number: number): string {
  const [, sign, first, rest = '', exponent] = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(number.toExponential(KEPT_DIGITS - 1))!;
  const digits = first! + rest;
  const point = Number(exponent) + 1;
  const [whole, part] = point <= 0 ? ['0', '0'.repeat(-point) + digits] : [digits.slice(0, point).padEnd(point, '0'), digits.slice(point)];
  const fraction = part.replace(/0+$/, '');
  const text = fraction === '' ? whole : `${whole}.${fraction}`;
  return number === 0 ? '0' : `${sign}${text}`;
}

/** Days from the workbook's first day to that of Unix: 1900 or 1904. */
export type Epoch = 25_569 | 24_107;
const DAY_MS = 86_400_000;
/** The 29th of February 1900, which spreadsheets count and the calendar does not have. */
const NO_SUCH_DAY = 60;

/** A number that is shown as a date; in a column of days or instants it is that day. */
function dateText(serial: number, column: Column | null, epoch: Epoch): Parsed<string> {
  if (epoch === 25_569 && serial <= NO_SUCH_DAY)
    return bad('it is shown as a day of 1900 or before', 'format the column as text and write the date as YYYY-MM-DD');
  const instant = new Date(Math.round((serial - epoch) * DAY_MS));
  if (Number.isNaN(instant.getTime())) return bad('it is shown as a date beyond the calendar', 'write the date as YYYY-MM-DD');
  return isoText(instant.toISOString().slice(0, 19), column);
}

function isoText(iso: string, column: Column | null): Parsed<string> {
  if (column?.read !== parseDay && column?.read !== parseMoment)
    return bad(`a spreadsheet took it for the date ${iso.slice(0, 10)}`, AS_TEXT);
  // An instant needs its offset, which no spreadsheet keeps: the column's parser says so.
  return good(iso.replace(/T00:00(?::00(?:\.0+)?)?Z?$/, ''));
}
