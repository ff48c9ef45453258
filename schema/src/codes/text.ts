import { bad, good, type Parsed, quote } from '../refusal';

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
const CONTROL = /[\u0000-\u001f\u007f]/;

/**
 * A line of text as people write names and codes: 1 to `longest` characters, trimmed, no control character, no broken surrogate
 * (PostgreSQL stores neither NUL nor half a character).
 */
export function parseText(text: string, longest = 1000): Parsed<string> {
  const value = text.trim();
  if (value === '') return bad('it is empty', 'give a value');
  if (value.length > longest) return bad(`it has ${value.length} characters`, `use at most ${longest}`);
  if (!value.isWellFormed()) return bad('it holds half of a surrogate pair', 'send well-formed Unicode');
  if (CONTROL.test(value)) return bad(`${quote(value)} holds a control character`, 'remove tabs, line breaks and other control characters');
  return good(value);
}

/** The code of a lot, shipment or document: text of at most 128 characters. */
export const parseCode = (text: string): Parsed<string> => parseText(text, 128);

const SURROGATE = /[\ud800-\udfff]/;

/** Byte order of UTF-8, which is the order of every text in an answer; JavaScript's own differs above U+FFFF. */
export function byteOrder(a: string, b: string): number {
  if (SURROGATE.test(a) || SURROGATE.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : a > b ? 1 : 0;
}
