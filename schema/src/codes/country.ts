import { isValid } from 'i18n-iso-countries';
import { bad, good, type Parsed, quote } from '../refusal';

/** Reads an ISO 3166-1 alpha-2 code, in any letter case. */
export function parseCountry(text: string): Parsed<string> {
  const value = text.trim().toUpperCase();
  if (/^[A-Z]{2}$/.test(value) && isValid(value)) return good(value);
  const meant: Record<string, string> = { UK: 'GB', EL: 'GR', USA: 'US' };
  return bad(
    `${quote(text)} is not a country of ISO 3166-1`,
    meant[value] ? `write ${meant[value]}` : 'write the two-letter code, e.g. UA',
  );
}
