import { bad, good, type Parsed, quote } from '../refusal';

/** The value of a letter of a filer code: A-I and J-R count from 1 to 9, S-Z from 2 to 9 (ACE CATAIR, appendix E). */
const letterValue = (letter: string): number => {
  const place = letter.charCodeAt(0) - 65;
  return place < 18 ? (place % 9) + 1 : place - 16;
};

/** The check digit of the first ten characters of an entry number (ACE CATAIR, appendix E). */
export function entryCheckDigit(ten: string): number {
  let sum = 0;
  [...ten].forEach((character, index) => {
    const value = /[A-Z]/.test(character) ? letterValue(character) : Number(character);
    if (index % 2 === 0) sum += value;
    else sum += value * 2 > 9 ? (value * 2 + 1) % 10 : value * 2;
  });
  return (10 - (sum % 10)) % 10;
}

/** Reads a CBP entry number, `XXX-NNNNNNN-C`, with or without its hyphens; canonical with them. */
export function parseEntryNumber(text: string): Parsed<string> {
  const value = text.trim().toUpperCase().replaceAll(/[\s-]/g, '');
  if (/^\d+(?:[.,]\d+)?E\+?\d+$/i.test(text.trim()))
    return bad(`${quote(text)} is a number that a spreadsheet shortened`, 'format the column as text and write the whole entry number');
  if (!/^[A-Z0-9]{3}\d{8}$/.test(value))
    return bad(`${quote(text)} is not a CBP entry number`, 'write XXX-NNNNNNN-C: the filer code, seven digits, a check digit');
  const digit = entryCheckDigit(value.slice(0, 10));
  if (digit !== Number(value[10]))
    return bad(`the check digit of entry ${quote(text.trim())} should be ${digit}`, 'compare the number with the entry summary');
  return good(`${value.slice(0, 3)}-${value.slice(3, 10)}-${value.slice(10)}`);
}

/** Reads the number of an NOP Import Certificate: 21 characters, `NNN-NNNNNNNNNN-NNNNNN`. Names the commonest mistakes of filers. */
export function parseCertificateNumber(text: string): Parsed<string> {
  const value = text.trim();
  if (/^\d{3}-\d{10}-\d{6}$/.test(value)) return good(value);
  const remedy = 'write the 21 characters of the certificate, NNN-NNNNNNNNNN-NNNNNN';
  if (/draft/i.test(value))
    return bad(
      `${quote(value)} is the number of a draft, which is no certificate`,
      'wait for the number that the Organic Integrity Database gives',
    );
  if (/^\d{10}$/.test(value)) return bad(`${quote(value)} has ten digits, as an operation's NOP ID has`, remedy);
  if (/^999-?999-?T$/i.test(value)) return bad(`${quote(value)} was the temporary number, which ended on 2024-09-19`, remedy);
  if (/^\d{19}$/.test(value))
    return bad(`${quote(value)} lacks its hyphens`, `write ${value.slice(0, 3)}-${value.slice(3, 13)}-${value.slice(13)}`);
  if (/^\d+(?:[.,]\d+)?e\+?\d+$/i.test(value)) return bad(`${quote(value)} is a number that a spreadsheet shortened`, remedy);
  return bad(`${quote(value)} is not the number of an import certificate`, remedy);
}
