import { bad, good, type Parsed, quote } from '../refusal';

/** ISO 6346: three letters of the owner, U, J or Z, six digits, a check digit. */
const CONTAINER = /^[A-Z]{3}[UJZ]\d{7}$/;
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
/** A is 10, B 12 and so on to Z, 38: multiples of eleven are left out. */
const LETTER_VALUES = Array.from({ length: 29 }, (_, index) => index + 10).filter((value) => value % 11 !== 0);

/** The check digit of the first ten characters of a container number (ISO 6346, annex A). */
export function containerCheckDigit(ten: string): number {
  let sum = 0;
  [...ten].forEach((character, place) => {
    const letter = LETTERS.indexOf(character);
    sum += (letter < 0 ? Number(character) : LETTER_VALUES[letter]!) * 2 ** place;
  });
  return (sum % 11) % 10;
}

/** Reads a container number, with or without blanks and hyphens; canonical without. */
export function parseContainer(text: string): Parsed<string> {
  const value = text.toUpperCase().replace(/[\s-]+/g, '');
  if (!CONTAINER.test(value))
    return bad(`${quote(text)} is not a container number of ISO 6346`, 'write four letters and seven digits, e.g. CSQU3054383');
  const digit = containerCheckDigit(value.slice(0, 10));
  return digit === Number(value[10])
    ? good(value)
    : bad(`the check digit of container ${quote(value)} should be ${digit}`, 'compare the number with the container or the bill of lading');
}
