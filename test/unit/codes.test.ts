import { LISTED_PLACES, parseCertificateNumber, parseContainer, parseEntryNumber, parsePlace } from '@lotline/schema';

// Codes that people write by hand, and that have a check of their own.

const value = <T>(parsed: { ok: true; value: T } | { ok: false; wrong: string }): T | string => (parsed.ok ? parsed.value : parsed.wrong);

test("a container number has the check digit of ISO 6346; the standard's example has 3", () => {
  expect(value(parseContainer('CSQU3054383'))).toBe('CSQU3054383');
  expect(value(parseContainer(' csqu 305438-3 '))).toBe('CSQU3054383');
  for (const digit of [0, 1, 2, 4, 5, 6, 7, 8, 9])
    expect(value(parseContainer(`CSQU305438${digit}`))).toBe(`the check digit of container "CSQU305438${digit}" should be 3`);
  for (const text of ['', 'CSQX3054383', 'CSQU305438', 'CSQU30543833', 'BOX'])
    expect(value(parseContainer(text))).toMatch(/is not a container number/);
});

test('a CBP entry number has the check digit of ACE CATAIR, appendix E', () => {
  for (const text of ['ABC-1234567-6', 'SP7-0000001-4', '999-9999999-0']) {
    expect(value(parseEntryNumber(text))).toBe(text);
    expect(value(parseEntryNumber(text.replaceAll('-', '').toLowerCase()))).toBe(text);
    const wrong = text.slice(0, -1) + ((Number(text.at(-1)) + 1) % 10);
    expect(value(parseEntryNumber(wrong))).toMatch(/^the check digit of entry .* should be \d$/);
  }
  for (const text of ['', 'ABC-123456-7', 'AB-12345678-9', '1.2E+10']) expect(parseEntryNumber(text).ok).toBe(false);
});

test('the number of an import certificate has 21 characters, and the usual mistakes are named', () => {
  expect(value(parseCertificateNumber('123-1234567890-123456'))).toBe('123-1234567890-123456');
  const told: [text: string, wrong: RegExp][] = [
    ['8150000001', /ten digits, as an operation's NOP ID has/],
    ['1231234567890123456', /lacks its hyphens/],
    ['DRAFT-123', /the number of a draft/],
    ['999-999-T', /temporary number, which ended on 2024-09-19/],
    ['1.23E+18', /a spreadsheet shortened/],
    ['123-1234567890-12345', /is not the number of an import certificate/],
  ];
  for (const [text, wrong] of told) expect(value(parseCertificateNumber(text))).toMatch(wrong);
});

test('a place has a country where it begins with a code of the UN/LOCODE list, not where it merely looks so', () => {
  const places: [text: string, name: string, unLocode: string | null, country: string | null][] = [
    ['UAODS', 'Odesa', 'UAODS', 'UA'],
    ['ua ods', 'Odesa', 'UAODS', 'UA'],
    ['TRISK Iskenderun, berth 4', 'Iskenderun, berth 4', 'TRISK', 'TR'],
    ['USSCK-Stockton', 'Stockton', 'USSCK', 'US'],
    ['TOKYO', 'TOKYO', null, null],
    ['USSTOP', 'USSTOP', null, null],
    ['USSCKX', 'USSCKX', null, null],
    ['Stockton, USSCK', 'Stockton, USSCK', null, null],
  ];
  for (const [text, name, unLocode, country] of places) expect(value(parsePlace(text))).toEqual({ name, unLocode, country });
});

test('every place of the list has a code of its own, and a time zone that is one', () => {
  expect(LISTED_PLACES.size).toBeGreaterThan(300);
  for (const { unLocode, country, name, zone } of LISTED_PLACES.values()) {
    expect(unLocode).toMatch(/^[A-Z]{2}[A-Z2-9]{3}$/);
    expect(unLocode.slice(0, 2)).toBe(country);
    expect(name).not.toBe('');
    expect(() => new Intl.DateTimeFormat('en', { timeZone: zone })).not.toThrow();
  }
});
