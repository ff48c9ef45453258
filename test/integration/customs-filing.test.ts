import { toGlobalId } from '@lotline/schema';
import { type As, csv, fingerprint, type Lotline, startLotline } from '../support/lotline';
import { certificateNumber } from '../support/world';

// What a broker keys in, and what is wrong with it: forty wrong filings, each with its reason.

const [EXPORTER, IMPORTER, STRANGER, HANDLER] = ['9990400001', '9990400002', '9990400003', '9990400004'] as const;
const [BEANS, MEAL] = ['Organic soybeans', 'Organic soybean meal'];
const HTS = '1201900010';
const importer: As = { operation: IMPORTER };
const exporter: As = { operation: EXPORTER };
const certifier: As = { certifier: 'ZF1' };

let lotline: Lotline;
/** Ids by what is named: a standing of a certificate, a lot, an operation. */
const id: Record<string, string> = {};
let keys = 0;

const FIELDS = `governmentAgencyCode governmentAgencyProgramCode governmentAgencyProcessingCode lpcoNumber commodityNetQuantity commodityNetQuantityUnit lotNumbers bounces
  faults { code severity field message remedy }
  onPaper { governmentAgencyProcessingCode declarationCode intendedUse missing entities { entityRoleCode entityName entityNumber entityAddress entityCountry individualName } }`;
interface Asked {
  of?: string;
  kilograms?: string;
  lots?: string[];
  asKeyed?: object;
}
const file = async ({ of = 'HANDED_OVER', kilograms = '10', lots, asKeyed }: Asked, as: As = importer): Promise<any> =>
  (
    await lotline.data(
      `query ($of: ID!, $kilograms: Kilograms!, $lots: [ID!], $asKeyed: CustomsFilingKeyedInput) {
        customsFiling(importCertificate: $of, kilograms: $kilograms, lots: $lots, asKeyed: $asKeyed) { ${FIELDS} } }`,
      { of: id[of], kilograms, lots: lots?.map((name) => id[name]), asKeyed },
      as,
    )
  ).customsFiling;

const REPORTED = ['HANDED_OVER', 'ISSUED', 'ENTERED', 'VERIFIED', 'HELD', 'SUSPENDED', 'EXHAUSTED', 'EXPIRED', 'VOIDED'];
const WAYS: Record<string, string[]> = {
  REQUESTED: [],
  INFORMATION_ASKED: ['askForInformation'],
  APPROVED: ['approveImportCertificate'],
  REJECTED: ['rejectImportCertificate'],
  WITHDRAWN: ['withdrawImportCertificate'],
};
const NUMBER = certificateNumber(4, 1);

beforeAll(async () => {
  lotline = await startLotline();
  const reported = {
    kind: 'SHIPMENT',
    exporter: EXPORTER,
    importer: IMPORTER,
    final_handler: HANDLER,
    certifier: 'ZF1',
    hts: HTS,
    issued_on: '2025-02-01',
  };
  const covered = { product: BEANS, unit: 'KGM' };
  const period = { ...reported, kind: 'PERIOD', valid_from: '2025-03-01', valid_to: '2025-05-31', status: 'HANDED_OVER' };
  const lot = {
    producer: EXPORTER,
    product: BEANS,
    kind: 'harvest',
    quantity: 1000,
    unit: 'KGM',
    produced_on: '2025-01-10',
    country: 'TR',
  };
  await lotline.import({
    'certifiers.csv': csv(
      ['ZF1', 'ZF2'].map((code) => ({ certifier: code, name: `Certifier ${code} (invented)`, country: 'TR', scheme: 'NOP' })),
    ),
    'operations.csv': csv(
      [EXPORTER, IMPORTER, STRANGER, HANDLER].map((operation) => ({
        operation,
        name: `Filing ${operation} (invented)`,
        country: 'TR',
        roles: 'handler',
        address: operation === EXPORTER ? '1 Mill Road' : '',
      })),
    ),
    'operation_certificates.csv': csv(
      [EXPORTER, HANDLER].map((operation) => ({
        operation,
        certifier: operation === HANDLER ? 'ZF2' : 'ZF1',
        status: 'certified',
        effective_from: '2020-01-01',
        standard: 'NOP',
      })),
    ),
    'products.csv': csv([
      { product: BEANS, hts: HTS, organic: 'yes' },
      { product: MEAL, hts: '1208100010', organic: 'yes' },
    ]),
    'lots.csv': csv([
      { ...lot, code: 'F-NAMED' },
      { ...lot, code: 'F-BESIDE' },
      { ...lot, code: 'F-MEAL', product: MEAL },
      { ...lot, code: 'F-SECRET', producer: STRANGER },
    ]),
    'transfers.csv': csv(['F-BESIDE', 'F-MEAL'].map((code) => ({ lot: code, from: EXPORTER, to: IMPORTER, on: '2025-02-01' }))),
    'import_certificates.csv': csv([
      ...REPORTED.map((status, index) => ({ ...reported, number: certificateNumber(4, index + 1), status })),
      { ...period, number: certificateNumber(4, 50) },
      { ...reported, number: certificateNumber(4, 51), status: 'HANDED_OVER' },
      { ...reported, hts: '0804.50.8020', number: certificateNumber(4, 52), status: 'HANDED_OVER' },
      { ...reported, hts: '0804.50.4040', number: certificateNumber(4, 53), status: 'HANDED_OVER' },
    ]),
    'import_certificate_lines.csv': csv([
      ...[...REPORTED.keys()].map((index) => ({ ...covered, certificate: certificateNumber(4, index + 1), quantity: 100 })),
      ...[50, 52, 53].map((serial) => ({ ...covered, certificate: certificateNumber(4, serial), quantity: 100 })),
      { ...covered, certificate: certificateNumber(4, 51), quantity: 100, lot: 'F-NAMED' },
    ]),
    'customs_entries.csv': csv([
      {
        entry: 'SP7-0000001-4',
        line: 1,
        certificate: certificateNumber(4, 7),
        filed_on: '2025-04-01',
        hts: HTS,
        quantity: 100,
        unit: 'KGM',
      },
      {
        entry: 'ABC-1234567-6',
        line: 1,
        certificate: certificateNumber(4, 3),
        filed_on: '2025-04-01',
        hts: HTS,
        quantity: '99.5',
        unit: 'KGM',
      },
    ]),
  });
  const named = (rows: { id: string; name: string }[], type: 'Lot') => {
    for (const row of rows) id[row.name] = toGlobalId(type, row.id);
  };
  const query = (sql: string) => lotline.database.query<{ id: string; name: string }>(sql);
  named(await query('select id, code as name from lot'), 'Lot');
  named(await query('select id, identifier as name from operation'), 'Operation' as 'Lot');
  named(await query('select id, code as name from certifier'), 'Certifier' as 'Lot');
  named(await query('select id, name from product'), 'Product' as 'Lot');
  const certificates = await query('select id, number as name from import_certificate');
  named(certificates, 'ImportCertificate' as 'Lot');
  REPORTED.forEach((status, index) => {
    id[status] = id[certificateNumber(4, index + 1)]!;
  });
  Object.assign(id, {
    PERIOD: id[certificateNumber(4, 50)],
    NAMING: id[certificateNumber(4, 51)],
    MANGO: id[certificateNumber(4, 52)],
    GUAVA: id[certificateNumber(4, 53)],
  });
  id.NOTHING = toGlobalId('Lot', '01920000-0000-7000-8000-000000000000');
  id['NO CERTIFICATE'] = toGlobalId('ImportCertificate', '01920000-0000-7000-8000-000000000000');

  const step = async (command: string, input: object, as: As): Promise<any> => {
    const type = `${command[0]!.toUpperCase()}${command.slice(1)}Input!`;
    const mutation = `mutation ($input: ${type}) { done: ${command}(input: $input) { importCertificate { id } } }`;
    return (await lotline.data(mutation, { input: { idempotencyKey: `f-${++keys}`, ...input } }, as)).done.importCertificate.id;
  };
  const told: Record<string, object> = {
    askForInformation: { question: 'which mill' },
    approveImportCertificate: { reason: 'seen' },
    rejectImportCertificate: { reasons: ['too much'] },
  };
  for (const [status, way] of Object.entries(WAYS)) {
    id[status] = await step(
      'requestImportCertificate',
      {
        exporter: id[EXPORTER],
        importer: id[IMPORTER],
        certifier: id.ZF1,
        kind: 'SHIPMENT',
        origin: 'TR',
        destination: 'US',
        hts: HTS,
        standard: 'NOP',
        lines: [{ product: id[BEANS], quantity: { value: '100', unit: 'KGM' } }],
      },
      exporter,
    );
    for (const command of way)
      await step(command, { importCertificate: id[status], ...told[command] }, command.startsWith('withdraw') ? exporter : certifier);
  }
});
afterAll(() => lotline.close());

test('a good filing says what is keyed in, and has no fault', async () => {
  const asKeyed = {
    certificateNumber: NUMBER,
    messageSet: 'OR2',
    entryNumber: '999-9999999-0',
    container: 'CSQU3054383',
    hts: '1201.90.0010',
    filedOn: '2025-04-01',
    intendedUse: 'for crushing',
  };
  const before = await fingerprint(lotline.database);
  expect(await file({ kilograms: '99.999', lots: ['F-BESIDE'], asKeyed })).toEqual({
    governmentAgencyCode: 'AMS',
    governmentAgencyProgramCode: 'OR',
    governmentAgencyProcessingCode: 'OR2',
    lpcoNumber: NUMBER,
    commodityNetQuantity: '99.999',
    commodityNetQuantityUnit: 'KG',
    lotNumbers: ['F-BESIDE'],
    bounces: false,
    faults: [],
    onPaper: {
      governmentAgencyProcessingCode: 'OR1',
      declarationCode: 'AM4',
      intendedUse: 'for crushing',
      missing: [
        'EX individualName',
        'UC entityAddress',
        'UC individualName',
        'ORI entityAddress',
        'ORI individualName',
        'ORP entityAddress',
        'ORP individualName',
        'ORC entityAddress',
        'ORC individualName',
      ],
      entities: [
        ['EX', `Filing ${EXPORTER} (invented)`, EXPORTER, '1 Mill Road'],
        ['UC', `Filing ${IMPORTER} (invented)`, IMPORTER, null],
        ['ORI', 'Certifier ZF1 (invented)', 'ZF1', null],
        ['ORP', `Filing ${HANDLER} (invented)`, HANDLER, null],
        ['ORC', 'Certifier ZF2 (invented)', 'ZF2', null],
      ].map(([entityRoleCode, entityName, entityNumber, entityAddress]) => ({
        entityRoleCode,
        entityName,
        entityNumber,
        entityAddress,
        entityCountry: 'TR',
        individualName: null,
      })),
    },
  });
  expect(await fingerprint(lotline.database)).toBe(before);
});

test.each<[string, Asked]>([
  ['just what is left', { of: 'ENTERED', kilograms: '0.5' }],
  ['a lot that the certificate names', { of: 'NAMING', lots: ['F-NAMED'] }],
  ['a line that may be filed, before it must', { of: 'MANGO', asKeyed: { filedOn: '2026-02-12' } }],
  ['a line that must be filed', { of: 'MANGO', asKeyed: { filedOn: '2026-02-13' } }],
  ['the first day of its period', { of: 'PERIOD', asKeyed: { filedOn: '2025-03-01' } }],
  ['the last day of its period', { of: 'PERIOD', asKeyed: { filedOn: '2025-05-31' } }],
  [
    'numbers with blanks and small letters',
    { asKeyed: { certificateNumber: ` ${NUMBER} `, messageSet: 'or2', entryNumber: 'abc 1234567 6' } },
  ],
])('%s is no fault', async (_, asked) => {
  expect((await file(asked, 'admin')).faults).toEqual([]);
});

const keyed = (asKeyed: object): Asked => ({ asKeyed });
const WRONG: [what: string, asked: Asked, faults: string[], message: RegExp][] = [
  [
    'a NOP ID where the number belongs',
    keyed({ certificateNumber: EXPORTER }),
    ['NOP_ID_FOR_NUMBER'],
    /ten digits, as an operation's NOP ID/,
  ],
  ['another NOP ID, with blanks', keyed({ certificateNumber: ` ${STRANGER} ` }), ['NOP_ID_FOR_NUMBER'], /ten digits/],
  ['a number that begins with draft', keyed({ certificateNumber: `draft ${NUMBER}` }), ['DRAFT_NUMBER'], /number of a draft/],
  ['a number that is followed by draft', keyed({ certificateNumber: `${NUMBER}-DRAFT` }), ['DRAFT_NUMBER'], /number of a draft/],
  ['the temporary code', keyed({ certificateNumber: '999-999-T' }), ['TEMPORARY_NUMBER'], /ended on 2024-09-19/],
  ['the temporary code without hyphens', keyed({ certificateNumber: '999999t' }), ['TEMPORARY_NUMBER'], /ended on 2024-09-19/],
  ['a number without hyphens', keyed({ certificateNumber: NUMBER.replaceAll('-', '') }), ['NUMBER_MALFORMED'], /lacks its hyphens/],
  ['a number that a spreadsheet shortened', keyed({ certificateNumber: '9.99E+18' }), ['NUMBER_MALFORMED'], /spreadsheet shortened/],
  ['a number that is cut', keyed({ certificateNumber: NUMBER.slice(0, 20) }), ['NUMBER_MALFORMED'], /not the number/],
  ['a letter in the number', keyed({ certificateNumber: NUMBER.replace('0', 'O') }), ['NUMBER_MALFORMED'], /not the number/],
  ['the number of another certificate', keyed({ certificateNumber: certificateNumber(4, 2) }), ['NUMBER_OF_ANOTHER'], new RegExp(NUMBER)],
  ['the message set for paper', keyed({ messageSet: 'OR1' }), ['WRONG_MESSAGE_SET'], /certificates on paper/],
  ['the same in small letters', keyed({ messageSet: ' or1' }), ['WRONG_MESSAGE_SET'], /certificates on paper/],
  ['a message set of eggs', keyed({ messageSet: 'EG1' }), ['MESSAGE_SET_UNKNOWN'], /no message set "EG1"/],
  ['a message set that is none', keyed({ messageSet: '0R2' }), ['MESSAGE_SET_UNKNOWN'], /no message set "0R2"/],
  ['an entry with another check digit', keyed({ entryNumber: 'ABC-1234567-7' }), ['ENTRY_NUMBER_WRONG'], /should be 6/],
  ['two digits of an entry changed over', keyed({ entryNumber: 'SP7-0000010-4' }), ['ENTRY_NUMBER_WRONG'], /check digit/],
  ['an entry that is cut', keyed({ entryNumber: 'SP7-000001-4' }), ['ENTRY_NUMBER_WRONG'], /not a CBP entry number/],
  ['a container with another check digit', keyed({ container: 'CSQU3054384' }), ['CONTAINER_WRONG'], /should be 3/],
  ['a container without check digit', keyed({ container: 'CSQU305438' }), ['CONTAINER_WRONG'], /not a container number/],
  ['a container of three letters', keyed({ container: 'CSQ03054383' }), ['CONTAINER_WRONG'], /not a container number/],
  ['an HTS code of six digits', keyed({ hts: '1201.90' }), ['HTS_MALFORMED'], /not a 10-digit HTS code/],
  ['an HTS code that lost its zero', keyed({ hts: '901110015' }), ['HTS_MALFORMED'], /nine digits/],
  ['an HTS code of coffee', keyed({ hts: '0901.11.0015' }), ['HTS_OF_ANOTHER'], new RegExp(HTS)],
  ['an HTS code of conventional beans', keyed({ hts: '1201.90.0090' }), ['HTS_OF_ANOTHER', 'HTS_NOT_FLAGGED'], new RegExp(HTS)],
  ['a line that is not flagged', { of: 'GUAVA' }, ['HTS_NOT_FLAGGED'], /no flag AM7 or AM8/],
  ['a line before there were flags', { of: 'MANGO', asKeyed: { filedOn: '2024-03-18' } }, ['HTS_NOT_FLAGGED'], /on 2024-03-18/],
  ['more than the certificate covers', { kilograms: '100.001' }, ['MORE_THAN_IS_LEFT'], /100 kg of the certificate is left/],
  ['more than is left of it', { of: 'ENTERED', kilograms: '0.501' }, ['MORE_THAN_IS_LEFT'], /0.5 kg of the certificate is left/],
  ['anything, where nothing is left', { of: 'EXHAUSTED', kilograms: '0.001' }, ['MORE_THAN_IS_LEFT'], /nothing of the certificate is left/],
  ['a certificate that is asked for', { of: 'REQUESTED' }, ['NOT_ISSUED'], /REQUESTED and has no number/],
  ['one of which more is asked', { of: 'INFORMATION_ASKED' }, ['NOT_ISSUED'], /INFORMATION_ASKED/],
  ['one that is approved and not issued', { of: 'APPROVED' }, ['NOT_ISSUED'], /APPROVED/],
  ['one that was refused', { of: 'REJECTED' }, ['NOT_ISSUED'], /REJECTED/],
  ['one that was withdrawn', { of: 'WITHDRAWN' }, ['NOT_ISSUED'], /WITHDRAWN/],
  ['one that the importer does not have', { of: 'ISSUED' }, ['NOT_HANDED_OVER'], /not handed over/],
  ['one that is void', { of: 'VOIDED' }, ['VOID'], /is void/],
  ['one under which goods are held', { of: 'HELD' }, ['HELD'], /are held/],
  ['one that is suspended', { of: 'SUSPENDED' }, ['SUSPENDED'], /may not be used/],
  ['one that has expired', { of: 'EXPIRED' }, ['EXPIRED'], /is over/],
  ['a day after its period', { of: 'PERIOD', asKeyed: { filedOn: '2025-06-01' } }, ['EXPIRED'], /valid until 2025-05-31/],
  ['a day before its period', { of: 'PERIOD', asKeyed: { filedOn: '2025-02-28' } }, ['NOT_YET_VALID'], /valid from 2025-03-01/],
  ['a lot of another product', { lots: ['F-MEAL'] }, ['LOT_NOT_COVERED'], /does not cover lot "F-MEAL"/],
  [
    'a lot beside the one that it names',
    { of: 'NAMING', lots: ['F-NAMED', 'F-BESIDE'] },
    ['LOT_NOT_COVERED'],
    /does not cover lot "F-BESIDE"/,
  ],
  ['a lot that is not there', { lots: ['NOTHING'] }, ['LOT_UNKNOWN'], /no such lot/],
  [
    'nearly all at once',
    {
      of: 'VOIDED',
      kilograms: '101',
      asKeyed: { certificateNumber: EXPORTER, messageSet: 'OR1', entryNumber: '1', container: '2', hts: '3' },
    },
    ['VOID', 'MORE_THAN_IS_LEFT', 'NOP_ID_FOR_NUMBER', 'WRONG_MESSAGE_SET', 'ENTRY_NUMBER_WRONG', 'CONTAINER_WRONG', 'HTS_MALFORMED'],
    /is void/,
  ],
];
const WARNINGS = ['NOT_HANDED_OVER', 'HTS_NOT_FLAGGED'];

test.each(WRONG)('%s', async (_, asked, codes, message) => {
  const before = await fingerprint(lotline.database);
  const { faults, bounces } = await file(asked, 'admin');
  expect(faults.map(({ code }: any) => code)).toEqual(codes);
  expect(faults[0].message).toMatch(message);
  for (const { code, severity, remedy } of faults)
    expect([severity, remedy]).toEqual([WARNINGS.includes(code) ? 'WARNING' : 'ERROR', expect.stringMatching(/\w/)]);
  expect(bounces).toBe(codes.some((code) => !WARNINGS.includes(code)));
  expect(await fingerprint(lotline.database)).toBe(before);
});

test('there are forty wrong ones at least', () => expect(WRONG.length).toBeGreaterThanOrEqual(40));

test('what a viewer may not see is as what is not there', async () => {
  const [theirs, nothing] = [await file({}, { operation: STRANGER }), await file({ of: 'NO CERTIFICATE' })];
  expect([theirs, nothing]).toEqual([null, null]);
  expect(await file({ of: 'ISSUED' })).toBeNull();
  const [secret, none] = [await file({ lots: ['F-SECRET'] }), await file({ lots: ['NOTHING'] })];
  expect(secret.faults).toEqual(none.faults);
});
