import { bad, good, type Parsed, quote } from '../refusal';
import { parseText } from './text';

/** An operation's identifier as people write it: a ten-digit NOP ID, or `SCHEME:value`. */
export type OperationIdentifier = string & { readonly __brand: 'OperationIdentifier' };

/** Reads `8150000001`, `NOP:8150000001` or `GLN:4012345000009`. The canonical form of a NOP ID is its ten bare digits. */
export function parseOperationIdentifier(text: string): Parsed<OperationIdentifier> {
  const read = parseText(text, 160);
  if (!read.ok) return read;
  const value = read.value;
  if (/^\d{10}$/.test(value)) return good(value as OperationIdentifier);
  const scheme = /^([A-Za-z][A-Za-z0-9._-]{0,31}):(.+)$/.exec(value);
  if (scheme) {
    const [name, rest] = [scheme[1]!.toUpperCase(), scheme[2]!.trim()];
    if (name !== 'NOP') return good(`${name}:${rest}` as OperationIdentifier);
    return /^\d{10}$/.test(rest)
      ? good(rest as OperationIdentifier)
      : bad(`${quote(value)} is not a NOP ID`, 'a NOP ID has ten digits, e.g. 8150000001');
  }
  if (/^\d+(?:[.,]\d+)?e\+?\d+$/i.test(value)) {
    return bad(
      `${quote(value)} is a number that a spreadsheet shortened`,
      'format the column as text and write all ten digits of the NOP ID',
    );
  }
  if (/^\d{1,9}$/.test(value)) {
    return bad(
      `${quote(value)} has ${value.length} digits`,
      'a NOP ID has ten: format the column as text, a leading zero may have been lost; other numbers need their scheme, e.g. GLN:4012345000009',
    );
  }
  return bad(`${quote(value)} is neither a ten-digit NOP ID nor SCHEME:value`, 'write e.g. 8150000001 or FARM:12');
}

/** The scheme and the value of an identifier; bare digits are of the scheme NOP. */
export function splitIdentifier(identifier: string): { scheme: string; value: string } {
  const colon = identifier.indexOf(':');
  return colon < 0 ? { scheme: 'NOP', value: identifier } : { scheme: identifier.slice(0, colon), value: identifier.slice(colon + 1) };
}

/** A certifying agent's code: three letters or digits, as in the Organic Integrity Database. */
export function parseCertifierCode(text: string): Parsed<string> {
  const value = text.trim().toUpperCase();
  return /^[A-Z0-9]{3}$/.test(value)
    ? good(value)
    : bad(`${quote(text)} is not a certifier's code`, 'a certifier has a code of three letters or digits, e.g. ABC');
}

/** A 10-digit code of the Harmonized Tariff Schedule of the United States, with or without its points; canonical without. */
export function parseHts(text: string): Parsed<string> {
  const value = text.trim();
  if (/^\d{4}\.?\d{2}\.?\d{4}$/.test(value) || /^\d{4}\.\d{2}\.\d{2}\.\d{2}$/.test(value)) return good(value.replaceAll('.', ''));
  if (/^\d{9}$/.test(value))
    return bad(`${quote(value)} has nine digits`, `an HTS code has ten; if a leading zero was lost, write 0${value}`);
  if (/^\d+(?:[.,]\d+)?e\+?\d+$/i.test(value))
    return bad(`${quote(value)} is a number that a spreadsheet shortened`, 'format the column as text and write all ten digits');
  return bad(`${quote(value)} is not a 10-digit HTS code`, 'write ten digits, e.g. 1201900010');
}
