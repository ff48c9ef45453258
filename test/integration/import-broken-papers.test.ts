import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ADMINISTRATOR } from '@lotline/server/access';
import { FolderRefused, importFolder } from '@lotline/server/import';
import {
  CUSTOMS_ENTRIES,
  DOCUMENTS,
  EMERGENCY_ACTIONS,
  type FileFormat,
  IMPORT_CERTIFICATE_LINES,
  IMPORT_CERTIFICATES,
} from '@lotline/server/import/columns';
import fc from 'fast-check';
import { csv, fingerprint, type Lotline, mistakesOf, startLotline, writeFolder } from '../support/lotline';

// Papers, import certificates, customs entries and emergency actions: every kind of broken row is refused with its place and a remedy, and
// nothing of its folder is stored. And what looks like a mistake and is none: the same paper again, or late, or from another folder.

type Files = Record<string, string | Buffer>;
type Cells = Record<string, string | number>;

interface Kind {
  name: string;
  files: Files;
  /** File, line and column of the mistake. */
  at: [file: string, line: number, column: string | null];
  wrong: RegExp;
  remedy: RegExp;
  code: Code;
}
type Code = 'BAD_USER_INPUT' | 'CONFLICT' | 'AMBIGUOUS' | 'REFUSED';

const FARM = '8150000001';
const TRADER = '8150000002';
const OTHER = '8150000003';
const BUYER = '8150000004';
const BROKER = 'BROKER:9';
const HANDED_OVER = '999-0000000001-000001';
const VOIDED = '999-0000000001-000002';
const NEW = '999-0000000001-000008';
const NEWER = '999-0000000001-000009';

const lot = (code: string, producer: string, product: string, quantity: number): Cells => ({
  code,
  producer,
  product,
  quantity,
  unit: 'KGM',
  kind: 'HARVEST',
  produced_on: '2025-01-10',
});
const CATALOGUE: Files = {
  'certifiers.csv': csv([{ certifier: 'ZZA', name: 'Example agent', scheme: 'NOP' }]),
  'operations.csv': csv([
    { operation: FARM, name: 'Farm', country: 'UA', roles: 'PRODUCER' },
    { operation: OTHER, name: 'Other farm', country: 'MD', roles: 'PRODUCER' },
    { operation: TRADER, name: 'Trader', country: 'TR', roles: 'HANDLER;EXPORTER' },
    { operation: BUYER, name: 'Buyer', country: 'US', roles: 'IMPORTER' },
    { operation: BROKER, name: 'Broker', country: 'US', roles: 'BROKER' },
  ]),
  'products.csv': csv([
    { product: 'Soybeans', hts: '1201900010', organic: 'yes', kg_per_bushel: '27.2155' },
    { product: 'Sesame', hts: '1207400000', organic: 'yes' },
  ]),
  'lots.csv': csv([
    lot('SOY-1', FARM, 'Soybeans', 1000),
    lot('SOY-2', OTHER, 'Soybeans', 500),
    lot('SESAME-1', FARM, 'Sesame', 400),
    lot('BIN-7', FARM, 'Soybeans', 100),
    lot('BIN-7', OTHER, 'Soybeans', 100),
  ]),
  'shipments.csv': csv([
    { reference: 'SEA-1', shipper: TRADER, consignee: BUYER },
    { reference: 'TRUCK', shipper: FARM, consignee: TRADER },
    { reference: 'TRUCK', shipper: OTHER, consignee: TRADER },
  ]),
};

/** A sound row of each file, under a key that nothing else has. */
const SOUND: Record<string, Cells> = {
  'documents.csv': { type: 'INVOICE', number: 'N-1', issuer: FARM, issued_on: '2025-02-01', marked_organic: 'YES' },
  'import_certificates.csv': {
    number: NEW,
    kind: 'SHIPMENT',
    exporter: TRADER,
    importer: BUYER,
    certifier: 'ZZA',
    hts: '1201.90.0010',
    issued_on: '2025-02-10',
  },
  'import_certificate_lines.csv': { certificate: HANDED_OVER, product: 'Soybeans', quantity: 1, unit: 'KGM' },
  'customs_entries.csv': {
    entry: 'SP7-0000001-4',
    line: 1,
    certificate: HANDED_OVER,
    filed_on: '2025-03-05',
    hts: '1201.90.0010',
    quantity: 1,
    unit: 'KGM',
  },
  'emergency_actions.csv': { number: 'EAN-9', on: '2025-03-06', ordered: 'Hold for inspection', lot: 'SOY-1' },
  'transfers.csv': { lot: 'SOY-2', from: OTHER, to: TRADER, on: '2025-02-02' },
  'lot_adjustments.csv': { lot: 'SOY-2', holder: OTHER, kind: 'MOISTURE', on: '2025-02-02', quantity: 1, unit: 'KGM' },
  'treatments.csv': { kind: 'HEAT', on: '2025-02-02', substance: 'dry air', lot: 'SOY-2' },
};

/** Files of sound rows, with some of their cells given. */
const rows = (given: Record<string, Cells | Cells[]>): Files =>
  Object.fromEntries(
    Object.entries(given).map(([file, some]) => [file, csv([some].flat().map((cells) => ({ ...SOUND[file], ...cells })))]),
  );

/** What a folder has of each file before the broken rows come: papers of every kind, and of some what may be confused. */
const EARLIER_ROWS: Record<string, Cells[]> = {
  'documents.csv': [
    {
      type: 'BILL_OF_LADING',
      number: 'BL-1',
      issuer: TRADER,
      issued_on: '2025-02-20',
      file: 'bl-1.pdf',
      lots: 'SOY-1',
      shipments: 'SEA-1',
      certificates: HANDED_OVER,
      operations: BROKER,
    },
    { number: 'INV-7' },
    { number: 'INV-7', issuer: OTHER },
    { number: 'INV-7', type: 'PACKING_LIST' },
  ],
  'import_certificates.csv': [
    {
      number: HANDED_OVER,
      requested_on: '2025-02-01T09:00:00+03:00',
      origin: 'TR',
      quantity: 900,
      unit: 'KGM',
      valid_from: '',
      valid_to: '',
      consignee: BUYER,
      status: 'HANDED_OVER',
    },
    { number: VOIDED, kind: 'PERIOD', valid_from: '2025-02-01', valid_to: '2025-04-30', status: 'VOIDED' },
  ],
  'import_certificate_lines.csv': [
    { lot: 'SOY-1', quantity: 600 },
    { certificate: VOIDED, lot: 'SOY-1', quantity: 900 },
    { certificate: VOIDED, product: 'Sesame', lot: '', quantity: 7 },
  ],
  'customs_entries.csv': [
    { entry: 'ABC-1234567-6', filed_on: '2025-03-02', filer: BROKER, lots: 'SOY-1', quantity: 300 },
    { entry: 'ABC-1234567-6', line: 2, filed_on: '2025-03-02', filer: BROKER, certificate: VOIDED, quantity: 20 },
    { entry: '999-9999999-0', filed_on: '2025-03-03T08:00:00-08:00', quantity: 30 },
  ],
  'emergency_actions.csv': [
    { number: 'EAN-1', lot: '', shipment: 'SEA-1', certifier_notified_on: '2025-03-07', disposition: 'REEXPORTED' },
    { number: 'EAN-2', shipment: '' },
  ],
};
const BILL_BYTES = 'A bill of lading, clearly marked organic.';
const CORRECTED = 'A bill of lading, corrected.';
const sha256 = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex');
const EARLIER: Files = { ...CATALOGUE, ...rows(EARLIER_ROWS), 'bl-1.pdf': BILL_BYTES };

/** A kind of mistake that stands in the last row of the last file given. */
function kind(
  name: string,
  given: Record<string, Cells | Cells[]>,
  column: string | null,
  wrong: RegExp,
  remedy: RegExp,
  code: Code = 'BAD_USER_INPUT',
): Kind {
  const [file, some] = Object.entries(given).at(-1)!;
  return { name, files: rows(given), at: [file, [some].flat().length + 1, column], wrong, remedy, code };
}
const exactly = (text: string): RegExp => new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);

const PAPER_FILES: readonly FileFormat[] = [DOCUMENTS, IMPORT_CERTIFICATES, IMPORT_CERTIFICATE_LINES, CUSTOMS_ENTRIES, EMERGENCY_ACTIONS];

const EMPTY: Kind[] = PAPER_FILES.flatMap(({ name: file, columns }) =>
  Object.keys(columns)
    .filter((column) => columns[column]!.required)
    .flatMap((column) => {
      const { [column]: _, ...rest } = SOUND[file]!;
      return [
        kind(`no ${column} in a row of ${file}`, { [file]: { [column]: '' } }, column, /^it is empty$/, /^give a value$/),
        {
          ...kind(`no column ${column} in ${file}`, { [file]: [] }, column, /^the column is missing$/, /^add it; the header is /),
          files: { [file]: csv([rest]) },
        },
      ];
    }),
);

/** What people write where the number of an import certificate belongs. */
const NUMBERS: [what: string, number: string, wrong: RegExp, remedy: RegExp][] = [
  ['a NOP ID', '8150000001', /"8150000001" has ten digits, as an operation's NOP ID has/, /write the 21 characters of the certificate/],
  ['the number of a draft', 'DRAFT-0000000001-000001', /is the number of a draft, which is no certificate/, /Organic Integrity Database/],
  ['the temporary number', '999-999-T', /"999-999-T" was the temporary number, which ended on 2024-09-19/, /write the 21 characters/],
  ['nineteen digits', '9990000000001000008', /"9990000000001000008" lacks its hyphens/, exactly(`write ${NEW}`)],
  ['a shortened number', '9.99E+18', /"9\.99E\+18" is a number that a spreadsheet shortened/, /NNN-NNNNNNNNNN-NNNNNN/],
  ['some number', 'NOPIC 17', /"NOPIC 17" is not the number of an import certificate/, /NNN-NNNNNNNNNN-NNNNNN/],
];
const CERTIFICATE_NUMBERS: Kind[] = NUMBERS.flatMap(([what, number, wrong, remedy]) =>
  [
    ['import_certificates.csv', 'number'],
    ['import_certificate_lines.csv', 'certificate'],
    ['customs_entries.csv', 'certificate'],
    ['documents.csv', 'certificates'],
  ].map(([file, column]) =>
    kind(
      `${what} where the number of a certificate belongs: ${file} ${column}`,
      { [file!]: { [column!]: number } },
      column!,
      wrong,
      remedy,
    ),
  ),
);

const LISTED: Kind[] = (
  [
    ['documents.csv', 'type', 'RECEIPT', /"RECEIPT" is not a type of document/, /use one of CONTRACT PURCHASE_ORDER INVOICE/],
    ['documents.csv', 'marked_organic', 'maybe', /"maybe" is not a mark/, /use one of YES NO NOT_APPLICABLE UNKNOWN/],
    ['import_certificates.csv', 'kind', 'SEASON', /"SEASON" is not a kind of import certificate/, /use one of SHIPMENT PERIOD/],
    ['import_certificates.csv', 'status', 'PAID', /"PAID" is not a status of an import certificate/, /use one of .*HANDED_OVER.*VOIDED/],
    ['import_certificates.csv', 'standard', 'IFOAM', /"IFOAM" is not a standard/, /use one of NOP CANADA EU/],
    ['import_certificates.csv', 'origin', 'UK', /"UK" is not a country/, /^write GB$/],
    ['import_certificates.csv', 'destination', 'USA', /"USA" is not a country/, /US/],
    ['import_certificates.csv', 'certifier', 'ZZAB', /"ZZAB" is not a certifier's code/, /three letters or digits/],
    ['import_certificates.csv', 'importer', '815000004', /"815000004" has 9 digits/, /a NOP ID has ten.*leading zero/],
    ['documents.csv', 'issuer', '8.15E+09', /"8\.15E\+09" is a number that a spreadsheet shortened/, /write all ten digits of the NOP ID/],
    ['customs_entries.csv', 'filer', 'Broker', /"Broker" is neither a ten-digit NOP ID nor SCHEME:value/, /FARM:12/],
    ['documents.csv', 'operations', `${FARM};Broker`, /"Broker" is neither a ten-digit NOP ID/, /FARM:12/],
    ['documents.csv', 'lots', ' ; ', /it is empty/, /at least one value/],
    ['emergency_actions.csv', 'disposition', 'SOLD', /"SOLD" is not a disposition/, /use one of RELEASED_ORGANIC RELEASED_CONVENTIONAL/],
  ] as const
).map(([file, column, text, wrong, remedy]) =>
  kind(`${text} as ${column} in ${file}`, { [file]: { [column]: text } }, column, wrong, remedy),
);

const NOT_ISSUED: Kind[] = ['REQUESTED', 'information asked', 'Rejected', 'WITHDRAWN', 'APPROVED'].map((status) => {
  const name = status.toUpperCase().replace(' ', '_');
  const wrong = new RegExp(`^a certificate with a number has been issued; ${name} comes before$`);
  const remedy = /^write its status since, or leave the cell blank$/;
  return kind(`a numbered certificate that stands at ${status}`, { 'import_certificates.csv': { status } }, 'status', wrong, remedy);
});

const MASSES: [what: string, quantity: string, unit: string, column: string, wrong: RegExp, remedy: RegExp][] = [
  ['a decimal comma', '1000,5', 'KGM', 'quantity', /"1000,5" has a decimal comma/, /^write 1000\.5$/],
  ['a comma that may be either', '1,500', 'KGM', 'quantity', /thousands separator or a decimal comma/, /^write 1500, or 1\.500 if/],
  ['thousands separators', '1,500,250.5', 'KGM', 'quantity', /has thousands separators/, /^write 1500250\.5$/],
  ['blanks between thousands', '1 500 250', 'KGM', 'quantity', /has thousands separators/, /^write 1500250$/],
  ['scientific notation', '8.15E+03', 'KGM', 'quantity', /"8\.15E\+03" is in scientific notation/, /write all digits/],
  ['words', 'about 5', 'KGM', 'quantity', /"about 5" is not a decimal number/, /write digits with a point/],
  ['less than a gram', '1.0005', 'KGM', 'quantity', /not a whole number of grams/, /at most 3 decimals in KGM/],
  ['less than a gram of a tonne', '0.0000005', 'TNE', 'quantity', /not a whole number of grams/, /at most 6 decimals in TNE/],
  ['nothing', '0', 'KGM', 'quantity', /must be above zero/, /positive/],
  ['less than nothing', '-5', 'LBR', 'quantity', /must be above zero/, /positive/],
  ['more than there is', '1000000000.000001', 'TNE', 'quantity', /above 10\^15 g/, /check the unit/],
  ['a unit of everyday', '1', 'kg', 'unit', /"kg" is not a unit/, /^write KGM$/],
  ['a unit of no list', '1', 'bags', 'unit', /"bags" is not a unit/, /use one of KGM GRM TNE LBR ONZ STN LTN BUA/],
  [
    'bushels of what has no factor',
    '1',
    'BUA',
    'unit',
    /a bushel of it has no mass|a bushel weighs what its product says/,
    /write the mass in KGM or LBR$/,
  ],
];
const WEIGHED: Kind[] = MASSES.flatMap(([what, quantity, unit, column, wrong, remedy]) =>
  (['import_certificates.csv', 'import_certificate_lines.csv', 'customs_entries.csv'] as const).map((file) => {
    const cells: Cells = file === 'import_certificate_lines.csv' ? { quantity, unit, product: 'Sesame' } : { quantity, unit };
    return kind(`a mass with ${what} in ${file}`, { [file]: cells }, column, wrong, remedy);
  }),
);

const DAYS: Kind[] = (
  [
    ['documents.csv', 'issued_on', 'a day'],
    ['import_certificates.csv', 'issued_on', 'a moment'],
    ['import_certificates.csv', 'requested_on', 'a moment'],
    ['import_certificates.csv', 'valid_from', 'a day'],
    ['import_certificates.csv', 'valid_to', 'a day'],
    ['customs_entries.csv', 'filed_on', 'a moment'],
    ['emergency_actions.csv', 'on', 'a moment'],
    ['emergency_actions.csv', 'certifier_notified_on', 'a day'],
  ] as const
).flatMap(([file, column, takes]) => [
  kind(
    `a day that begins with day or month: ${file} ${column}`,
    { [file]: { [column]: '03/04/2025' } },
    column,
    /"03\/04\/2025" may be day first or month first/,
    /^write the date as YYYY-MM-DD$/,
  ),
  kind(
    `a serial number for a day: ${file} ${column}`,
    { [file]: { [column]: '45720' } },
    column,
    /"45720" is a spreadsheet's serial number of a date/,
    /write 2025-03-04, if that is the day meant/,
  ),
  kind(
    `a day that the calendar lacks: ${file} ${column}`,
    { [file]: { [column]: '2025-02-29' } },
    column,
    /"2025-02-29" is no day of the calendar/,
    /existing date/,
  ),
  takes === 'a moment'
    ? kind(
        `an hour without offset: ${file} ${column}`,
        { [file]: { [column]: '2025-03-01T08:30' } },
        column,
        /has an hour but no offset/,
        /add the offset, e\.g\. 2025-03-01T08:30:00\+02:00, or write the day alone/,
      )
    : kind(
        `an hour where a day belongs: ${file} ${column}`,
        { [file]: { [column]: '2025-03-01T08:30:00Z' } },
        column,
        /is not an ISO 8601 date/,
        /^write the date as YYYY-MM-DD$/,
      ),
]);

const ENTERED: Kind[] = (
  [
    [
      'an entry number with a wrong check digit',
      'entry',
      'SP7-0000001-5',
      /the check digit of entry "SP7-0000001-5" should be 4/,
      /compare/,
    ],
    [
      'an entry number of another shape',
      'entry',
      'SP7-001-4',
      /"SP7-001-4" is not a CBP entry number/,
      /^write XXX-NNNNNNN-C: the filer code/,
    ],
    ['an entry number with a letter for a digit', 'entry', 'SP7-OOOOOO1-4', /is not a CBP entry number/, /seven digits, a check digit/],
    ['a shortened entry number', 'entry', '9.99E+10', /"9\.99E\+10" is a number that a spreadsheet shortened/, /format the column as text/],
    ['line zero of an entry', 'line', '0', /"0" is no number of a line/, /^write a whole number from 1 to 9999$/],
    ['half a line of an entry', 'line', '1.5', /"1\.5" is no number of a line/, /^write a whole number from 1 to 9999$/],
    ['line ten thousand of an entry', 'line', '10000', /"10000" is no number of a line/, /^write a whole number from 1 to 9999$/],
  ] as const
).map(([name, column, text, wrong, remedy]) => kind(name, { 'customs_entries.csv': { [column]: text } }, column, wrong, remedy));

const TARIFF: Kind[] = ['import_certificates.csv', 'customs_entries.csv'].flatMap((file) => [
  kind(
    `an HTS code that lost its leading zero in ${file}`,
    { [file]: { hts: '901110015' } },
    'hts',
    /"901110015" has nine digits/,
    /an HTS code has ten; if a leading zero was lost, write 0901110015/,
  ),
  kind(
    `an HTS code of six digits in ${file}`,
    { [file]: { hts: '1201.90' } },
    'hts',
    /"1201\.90" is not a 10-digit HTS code/,
    /write ten digits, e\.g\. 1201900010/,
  ),
  kind(`a shortened HTS code in ${file}`, { [file]: { hts: '1.2E+09' } }, 'hts', /spreadsheet shortened/, /format the column as text/),
]);

const TOGETHER: Kind[] = [
  kind(
    'a certificate with a quantity and no unit',
    { 'import_certificates.csv': { quantity: 5, unit: '' } },
    'unit',
    /quantity and unit go together/,
    /give both, or neither/,
  ),
  kind(
    'a certificate with a unit and no quantity',
    { 'import_certificates.csv': { quantity: '', unit: 'KGM' } },
    'quantity',
    /quantity and unit go together/,
    /give both, or neither/,
  ),
  kind(
    'a certificate whose period ends before it begins',
    { 'import_certificates.csv': { kind: 'PERIOD', valid_from: '2025-03-02', valid_to: '2025-03-01' } },
    'valid_to',
    /the period ends on 2025-03-01, before it begins/,
    /give its days in order/,
  ),
  kind(
    'an emergency action on a lot and a shipment',
    { 'emergency_actions.csv': { lot: 'SOY-1', shipment: 'SEA-1' } },
    'shipment',
    /an emergency action is on a lot or on a shipment, not on both/,
    /name one of them; write a row for each/,
  ),
  kind(
    'an emergency action on nothing',
    { 'emergency_actions.csv': { lot: '', shipment: '' } },
    'lot',
    /neither a lot nor a shipment is named/,
    /name one of them/,
  ),
  ...[
    '../bl-1.pdf',
    'papers/../../bl-1.pdf',
    '..',
    '/etc/passwd',
    'C:\\papers\\bl-1.pdf',
    '..\\bl-1.pdf',
    '\\\\server\\papers\\bl-1.pdf',
  ].map((file) =>
    kind(
      `a document kept at ${file}`,
      { 'documents.csv': { file } },
      'file',
      /leads out of the folder$/,
      /put the file into the folder and name it from there/,
    ),
  ),
  kind(
    'equal lines of a certificate',
    { 'import_certificate_lines.csv': [{ lot: 'SOY-1' }, { lot: 'SOY-2' }, { lot: `${FARM}/SOY-1`, quantity: '1.0', unit: 'kgm' }] },
    null,
    /the row equals line 2/,
    /if both happened, tell them apart by a column "reference"; otherwise remove one/,
  ),
  kind(
    'equal lines of a certificate that share a reference',
    { 'import_certificate_lines.csv': [{ reference: 'a' }, { reference: 'b' }, { reference: 'a' }] },
    null,
    /the row equals line 2/,
    /a column "reference"/,
  ),
];

const NAMED: [file: string, column: string, noun: string, home: string][] = [
  ['documents.csv', 'issuer', 'operation', 'operations.csv'],
  ['documents.csv', 'operations', 'operation', 'operations.csv'],
  ['documents.csv', 'lots', 'lot', 'lots.csv'],
  ['documents.csv', 'shipments', 'shipment', 'shipments.csv'],
  ['documents.csv', 'certificates', 'import certificate', 'import_certificates.csv'],
  ['import_certificates.csv', 'exporter', 'operation', 'operations.csv'],
  ['import_certificates.csv', 'importer', 'operation', 'operations.csv'],
  ['import_certificates.csv', 'final_handler', 'operation', 'operations.csv'],
  ['import_certificates.csv', 'consignee', 'operation', 'operations.csv'],
  ['import_certificates.csv', 'certifier', 'certifier', 'certifiers.csv'],
  ['import_certificate_lines.csv', 'certificate', 'import certificate', 'import_certificates.csv'],
  ['import_certificate_lines.csv', 'product', 'product', 'products.csv'],
  ['import_certificate_lines.csv', 'lot', 'lot', 'lots.csv'],
  ['customs_entries.csv', 'certificate', 'import certificate', 'import_certificates.csv'],
  ['customs_entries.csv', 'filer', 'operation', 'operations.csv'],
  ['customs_entries.csv', 'lots', 'lot', 'lots.csv'],
  ['emergency_actions.csv', 'lot', 'lot', 'lots.csv'],
  ['emergency_actions.csv', 'shipment', 'shipment', 'shipments.csv'],
  ['transfers.csv', 'document', 'document', 'documents.csv'],
  ['lot_adjustments.csv', 'document', 'document', 'documents.csv'],
  ['treatments.csv', 'document', 'document', 'documents.csv'],
];
/** A name that fits the column and belongs to nobody. */
const NOBODY: Record<string, string> = { operation: '8150000009', certifier: 'ZZX', 'import certificate': NEWER };
/** An emergency action names its lot or its shipment, not both. */
const alone = (file: string, column: string, name: string): Cells =>
  file === 'emergency_actions.csv' && column === 'shipment' ? { lot: '', shipment: name } : { [column]: name };
/** Without documents.csv, a paper that is not on record is no mistake. */
const withPapers = (file: string): Record<string, Cells> =>
  SOUND[file]!.on && file !== 'emergency_actions.csv' ? { 'documents.csv': {} } : {};

const UNKNOWN: Kind[] = NAMED.map(([file, column, noun, home]) => {
  const name = NOBODY[noun] ?? 'NONE';
  return kind(
    `an unknown ${noun} as ${column} in ${file}`,
    { ...withPapers(file), [file]: alone(file, column, name) },
    column,
    new RegExp(`^there is no ${noun} "${name}"$`),
    new RegExp(`^add it to ${home.replace('.', '\\.')}, or correct the (identifier|code|reference|number|name)$`),
  );
}).concat([
  ...(
    [
      ['documents.csv', 'lots', 'SOY-1; NONE ;SOY-2', 'lot "NONE"'],
      ['documents.csv', 'shipments', 'NONE;SEA-1', 'shipment "NONE"'],
      ['documents.csv', 'certificates', `${VOIDED};${NEWER};${HANDED_OVER}`, `import certificate "${NEWER}"`],
      ['documents.csv', 'operations', `${FARM};GLN:1`, 'operation "GLN:1"'],
      ['customs_entries.csv', 'lots', `SOY-1;${OTHER}/SOY-1`, `lot "${OTHER}/SOY-1"`],
    ] as const
  ).map(([file, column, list, what]) =>
    kind(
      `a list with one unknown: ${column} in ${file}`,
      { [file]: { [column]: list } },
      column,
      exactly(`there is no ${what}`),
      /^add it to/,
    ),
  ),
  kind(
    'a known number under a type that it does not have',
    { 'documents.csv': {}, 'transfers.csv': { document: 'CONTRACT/INV-7' } },
    'document',
    /there is no document "CONTRACT\/INV-7"/,
    /add it to documents\.csv/,
  ),
  kind(
    'a known number of an issuer who has none such',
    { 'documents.csv': {}, 'transfers.csv': { document: `${OTHER}/PACKING_LIST/INV-7` } },
    'document',
    /there is no document "8150000003\/PACKING_LIST\/INV-7"/,
    /add it to documents\.csv/,
  ),
]);

const AMBIGUOUS: Kind[] = [
  ...NAMED.filter(([, , noun]) => noun === 'lot' || noun === 'shipment').map(([file, column, noun]) => {
    const name = noun === 'lot' ? 'BIN-7' : 'TRUCK';
    return kind(
      `a ${noun} that two operations name alike as ${column} in ${file}`,
      { [file]: alone(file, column, name) },
      column,
      new RegExp(`^2 ${noun}s have the (code|reference) "${name}"$`),
      new RegExp(`^write one of (?=.*${FARM}/${name})(?=.*${OTHER}/${name})`),
      'AMBIGUOUS',
    );
  }),
  ...['transfers.csv', 'lot_adjustments.csv', 'treatments.csv'].flatMap((file) => [
    kind(
      `a document number that three papers have in ${file}`,
      { [file]: { document: 'INV-7' } },
      'document',
      /^3 documents have the number "INV-7"$/,
      // The packing list is told from the invoices by its type, the invoices from each other by their issuers as well.
      /^write one of (?=.*8150000001\/INVOICE\/INV-7)(?=.*8150000003\/INVOICE\/INV-7)(?=(?:.* )?PACKING_LIST\/INV-7)/,
      'AMBIGUOUS',
    ),
    kind(
      `a document number that two issuers have in ${file}`,
      { [file]: { document: 'invoice/INV-7' } },
      'document',
      /^2 documents have the number "invoice\/INV-7"$/,
      /^write one of (?=.*8150000001\/INVOICE\/INV-7)(?=.*8150000003\/INVOICE\/INV-7)(?!.*PACKING_LIST)/,
      'AMBIGUOUS',
    ),
  ]),
  kind(
    'a document number that an earlier folder has and this one brings again',
    { 'documents.csv': [{ number: 'BL-1', type: 'CONTRACT' }], 'transfers.csv': { document: 'BL-1' } },
    'document',
    /^2 documents have the number "BL-1"$/,
    /^write one of (?=(?:.* )?BILL_OF_LADING\/BL-1)(?=(?:.* )?CONTRACT\/BL-1)/,
    'AMBIGUOUS',
  ),
];

const CLAIMS: Kind[] = [
  kind(
    'a line that covers more of a lot than it weighs',
    { 'import_certificate_lines.csv': { lot: 'SOY-2', quantity: '500.001' } },
    'quantity',
    /^lot "SOY-2" weighs 500 kg, of which 500 kg back no certificate yet$/,
    /^a gram may back one import certificate only: cover at most what is left$/,
    'REFUSED',
  ),
  kind(
    'two lines of a certificate that cover more of a lot than it weighs',
    {
      'import_certificate_lines.csv': [
        { lot: 'SOY-2', quantity: 300 },
        { lot: 'SOY-2', quantity: '200.001' },
      ],
    },
    'quantity',
    /^lot "SOY-2" weighs 500 kg, of which 200 kg back no certificate yet$/,
    /cover at most what is left/,
    'REFUSED',
  ),
  kind(
    'two certificates that cover more of a lot than it weighs',
    {
      'import_certificates.csv': [{}, { number: NEWER }],
      'import_certificate_lines.csv': [
        { certificate: NEWER, lot: 'SOY-2', quantity: 300 },
        { certificate: NEW, lot: `${OTHER}/SOY-2`, quantity: 201 },
      ],
    },
    'quantity',
    /^lot "SOY-2" weighs 500 kg, of which 200 kg back no certificate yet$/,
    /a gram may back one import certificate only/,
    'REFUSED',
  ),
  kind(
    'a line on what an earlier certificate covers',
    { 'import_certificates.csv': {}, 'import_certificate_lines.csv': { certificate: NEW, lot: 'SOY-1', quantity: '400.001' } },
    'quantity',
    /^lot "SOY-1" weighs 1000 kg, of which 400 kg back no certificate yet$/,
    /a gram may back one import certificate only/,
    'REFUSED',
  ),
  kind(
    'a further line of a certificate of an earlier folder',
    { 'import_certificate_lines.csv': { lot: 'SOY-1', quantity: 500, unit: 'KGM', reference: 'second hold' } },
    'quantity',
    /^lot "SOY-1" weighs 1000 kg, of which 400 kg back no certificate yet$/,
    /a gram may back one import certificate only/,
    'REFUSED',
  ),
  {
    ...kind(
      'more of a lot of the same folder than it weighs, in pounds',
      { 'import_certificate_lines.csv': { lot: 'SOY-9', quantity: '220.47', unit: 'LBR' } },
      'quantity',
      /^lot "SOY-9" weighs 100 kg, of which 100 kg back no certificate yet$/,
      /a gram may back one import certificate only/,
      'REFUSED',
    ),
    files: {
      'lots.csv': csv([lot('SOY-9', FARM, 'Soybeans', 100)]),
      ...rows({ 'import_certificate_lines.csv': { lot: 'SOY-9', quantity: '220.47', unit: 'LBR' } }),
    },
  },
];

const REPEATED: RegExp = /^facts are never edited: repeat the known values, or give the row another key$/;
/** A conflict that shows what is known and what the last row says. */
const conflict = (name: string, given: Record<string, Cells | Cells[]>, column: string, wrong: string): Kind =>
  kind(name, given, column, exactly(wrong), REPEATED, 'CONFLICT');

const TWICE: Kind[] = [
  conflict(
    'a document twice, with other marks',
    { 'documents.csv': [{}, { number: 'N-2' }, { marked_organic: 'NO' }] },
    'marked_organic',
    `INVOICE "N-1" of ${FARM}, line 2, is known with marked_organic "YES", this row says "NO"`,
  ),
  conflict(
    'a document twice, about other lots',
    { 'documents.csv': [{ lots: 'SOY-1;SOY-2' }, { lots: 'SOY-2' }] },
    'lots',
    `INVOICE "N-1" of ${FARM}, line 2, is known with lots "${FARM}/SOY-1; ${OTHER}/SOY-2", this row says "${OTHER}/SOY-2"`,
  ),
  conflict(
    'a document twice, about a shipment and about none',
    { 'documents.csv': [{ shipments: 'SEA-1' }, { shipments: '' }] },
    'shipments',
    `INVOICE "N-1" of ${FARM}, line 2, is known with shipments "${TRADER}/SEA-1", this row says nothing`,
  ),
  conflict(
    'a certificate twice, with another importer',
    { 'import_certificates.csv': [{}, { importer: TRADER }] },
    'importer',
    `import certificate ${NEW}, line 2, is known with importer "${BUYER}", this row says "${TRADER}"`,
  ),
  conflict(
    'a certificate twice, with another standing',
    { 'import_certificates.csv': [{ status: 'ENTERED' }, { status: 'VOIDED' }] },
    'status',
    `import certificate ${NEW}, line 2, is known with status "ENTERED", this row says "VOIDED"`,
  ),
  conflict(
    'a certificate twice, with another mass',
    {
      'import_certificates.csv': [
        { quantity: 5, unit: 'TNE' },
        { quantity: '5.5', unit: 'TNE' },
      ],
    },
    'quantity',
    `import certificate ${NEW}, line 2, is known with quantity "5", this row says "5.5"`,
  ),
  conflict(
    'a line of an entry twice, under another certificate',
    { 'customs_entries.csv': [{}, { certificate: VOIDED }] },
    'certificate',
    `line 1 of entry SP7-0000001-4, line 2, is known with certificate "${HANDED_OVER}", this row says "${VOIDED}"`,
  ),
  conflict(
    'a line of an entry twice, with other lots',
    { 'customs_entries.csv': [{ lots: 'SOY-1' }, { lots: 'SOY-1;SOY-2' }] },
    'lots',
    `line 1 of entry SP7-0000001-4, line 2, is known with lots "${FARM}/SOY-1", this row says "${FARM}/SOY-1; ${OTHER}/SOY-2"`,
  ),
  conflict(
    'two lines of an entry that was filed on two days',
    { 'customs_entries.csv': [{}, { entry: 'sp700000014', line: 2, filed_on: '2025-03-06' }] },
    'filed_on',
    'entry SP7-0000001-4, line 2, is known with filed_on 2025-03-05, this row says 2025-03-06',
  ),
  conflict(
    'two lines of an entry that two brokers filed',
    { 'customs_entries.csv': [{ filer: BROKER }, { line: 2, filer: BUYER }] },
    'filer',
    `entry SP7-0000001-4, line 2, is known with filer "${BROKER}", this row says "${BUYER}"`,
  ),
  conflict(
    'two lines of an entry that a broker filed, and nobody',
    { 'customs_entries.csv': [{ filer: BROKER }, { line: 2, filer: '' }] },
    'filer',
    `entry SP7-0000001-4, line 2, is known with filer "${BROKER}", this row says nothing`,
  ),
  conflict(
    'an emergency action twice, with another order',
    { 'emergency_actions.csv': [{}, { ordered: 'Fumigate' }] },
    'ordered',
    'emergency action "EAN-9", line 2, is known with ordered "Hold for inspection", this row says "Fumigate"',
  ),
  conflict(
    'an emergency action twice, on another lot',
    { 'emergency_actions.csv': [{}, { lot: 'SOY-2' }] },
    'lot',
    `emergency action "EAN-9", line 2, is known with lot "${FARM}/SOY-1", this row says "${OTHER}/SOY-2"`,
  ),
];

/** The known rows of the earlier folder, with some cells changed. */
const again = (file: string, index: number, changed: Cells): Record<string, Cells> => ({
  [file]: { ...EARLIER_ROWS[file]![index], ...changed },
});
const KNOWN: Kind[] = [
  conflict(
    'a known document of another day',
    again('documents.csv', 1, { issued_on: '2025-02-02' }),
    'issued_on',
    `INVOICE "INV-7" of ${FARM} is known with issued_on "2025-02-01", this row says "2025-02-02"`,
  ),
  conflict(
    'a known document that nobody looked at',
    again('documents.csv', 2, { marked_organic: 'unknown' }),
    'marked_organic',
    `INVOICE "INV-7" of ${OTHER} is known with marked_organic "YES", this row says "UNKNOWN"`,
  ),
  conflict(
    'a known document about other lots',
    again('documents.csv', 0, { lots: 'SOY-2' }),
    'lots',
    `BILL_OF_LADING "BL-1" of ${TRADER} is known with lots "${FARM}/SOY-1", this row says "${OTHER}/SOY-2"`,
  ),
  conflict(
    'a known document about more shipments',
    again('documents.csv', 0, { shipments: `SEA-1;${FARM}/TRUCK` }),
    'shipments',
    `BILL_OF_LADING "BL-1" of ${TRADER} is known with shipments "${TRADER}/SEA-1", this row says "${TRADER}/SEA-1; ${FARM}/TRUCK"`,
  ),
  conflict(
    'a known document about another certificate',
    again('documents.csv', 0, { certificates: VOIDED }),
    'certificates',
    `BILL_OF_LADING "BL-1" of ${TRADER} is known with certificates "${HANDED_OVER}", this row says "${VOIDED}"`,
  ),
  conflict(
    'a known document about no operation',
    again('documents.csv', 0, { operations: '' }),
    'operations',
    `BILL_OF_LADING "BL-1" of ${TRADER} is known with operations "${BROKER}", this row says nothing`,
  ),
  conflict(
    'a known document in another file',
    again('documents.csv', 0, { file: 'bl-1-corrected.pdf' }),
    'file',
    `BILL_OF_LADING "BL-1" of ${TRADER} is known with file "bl-1.pdf", this row says "bl-1-corrected.pdf"`,
  ),
  {
    ...kind(
      'a known document with other bytes',
      again('documents.csv', 0, {}),
      'sha256',
      new RegExp(`is known with sha256 "${sha256(BILL_BYTES).slice(0, 50)}.*, this row says "${sha256(CORRECTED).slice(0, 50)}`),
      REPEATED,
      'CONFLICT',
    ),
    files: { ...rows(again('documents.csv', 0, {})), 'bl-1.pdf': CORRECTED },
  },
  conflict(
    'a known certificate of another exporter',
    again('import_certificates.csv', 0, { exporter: FARM }),
    'exporter',
    `import certificate ${HANDED_OVER} is known with exporter "${TRADER}", this row says "${FARM}"`,
  ),
  conflict(
    'a known certificate of another hour',
    again('import_certificates.csv', 0, { requested_on: '2025-02-01T09:30:00+03:00' }),
    'requested_on',
    `import certificate ${HANDED_OVER} is known with requested_on 2025-02-01 (2025-02-01T06:00:00.000Z), this row says 2025-02-01 (2025-02-01T06:30:00.000Z)`,
  ),
  conflict(
    'a known certificate for another period',
    again('import_certificates.csv', 1, { valid_to: '2025-05-31' }),
    'valid_to',
    `import certificate ${VOIDED} is known with valid_to "2025-04-30", this row says "2025-05-31"`,
  ),
  conflict(
    'a voided certificate that is handed over',
    again('import_certificates.csv', 1, { status: 'HANDED_OVER' }),
    'status',
    `import certificate ${VOIDED} is known with status "VOIDED", this row says "HANDED_OVER"`,
  ),
  conflict(
    'a known certificate of another mass',
    again('import_certificates.csv', 0, { quantity: '900.5' }),
    'quantity',
    `import certificate ${HANDED_OVER} is known with quantity "900", this row says "900.5"`,
  ),
  conflict(
    'a known line of an entry with another mass',
    again('customs_entries.csv', 0, { quantity: 301 }),
    'quantity',
    'line 1 of entry ABC-1234567-6 is known with quantity "300", this row says "301"',
  ),
  conflict(
    'a known line of an entry with other lots',
    again('customs_entries.csv', 0, { lots: '' }),
    'lots',
    `line 1 of entry ABC-1234567-6 is known with lots "${FARM}/SOY-1", this row says nothing`,
  ),
  conflict(
    'a known line of an entry under another HTS code',
    again('customs_entries.csv', 1, { hts: '1207400000' }),
    'hts',
    'line 2 of entry ABC-1234567-6 is known with hts "1201900010", this row says "1207400000"',
  ),
  conflict(
    'a further line of a known entry that was filed on another day',
    { 'customs_entries.csv': { entry: 'ABC-1234567-6', line: 3, filer: BROKER, filed_on: '2025-03-01' } },
    'filed_on',
    'entry ABC-1234567-6 is known with filed_on 2025-03-02, this row says 2025-03-01',
  ),
  conflict(
    'a further line of a known entry that was filed at another hour',
    { 'customs_entries.csv': { entry: '999-9999999-0', line: 2, filed_on: '2025-03-03' } },
    'filed_on',
    'entry 999-9999999-0 is known with filed_on 2025-03-03 (2025-03-03T16:00:00.000Z), this row says 2025-03-03',
  ),
  conflict(
    'a further line of a known entry that somebody else filed',
    { 'customs_entries.csv': { entry: 'ABC-1234567-6', line: 3, filer: BUYER, filed_on: '2025-03-02' } },
    'filer',
    `entry ABC-1234567-6 is known with filer "${BROKER}", this row says "${BUYER}"`,
  ),
  conflict(
    'a known emergency action of another day',
    again('emergency_actions.csv', 1, { on: '2025-03-08' }),
    'on',
    'emergency action "EAN-2" is known with on 2025-03-06, this row says 2025-03-08',
  ),
  conflict(
    'a known emergency action of which the certifier was told on another day',
    again('emergency_actions.csv', 0, { certifier_notified_on: '2025-03-09' }),
    'certifier_notified_on',
    'emergency action "EAN-1" is known with certifier_notified_on "2025-03-07", this row says "2025-03-09"',
  ),
  conflict(
    'a known emergency action with another end',
    again('emergency_actions.csv', 0, { disposition: 'DESTROYED' }),
    'disposition',
    'emergency action "EAN-1" is known with disposition "REEXPORTED", this row says "DESTROYED"',
  ),
  conflict(
    'a known emergency action on another shipment',
    again('emergency_actions.csv', 0, { shipment: `${FARM}/TRUCK` }),
    'shipment',
    `emergency action "EAN-1" is known with shipment "${TRADER}/SEA-1", this row says "${FARM}/TRUCK"`,
  ),
  ...['documents.csv', 'import_certificates.csv', 'customs_entries.csv', 'emergency_actions.csv'].map((file) =>
    kind(
      `another word in a column of the user's own in ${file}`,
      again(file, 0, { Remark: 'seen' }),
      'Remark',
      /is known with Remark nothing, this row says "seen"$/,
      REPEATED,
      'CONFLICT',
    ),
  ),
  conflict(
    "another word in a column of the user's own beside a known line of a certificate",
    again('import_certificate_lines.csv', 0, { Remark: 'seen' }),
    'Remark',
    'the same row is known with Remark nothing, this row says "seen"',
  ),
];

let lotline: Lotline;
let before: string;

async function expectRefused({ files, at, wrong, remedy, code }: Kind): Promise<void> {
  const refused = await mistakesOf(lotline.import(files));
  expect(refused.lines().slice(0, -1)).toHaveLength(1);
  const [mistake] = refused.shown;
  expect([mistake!.file, mistake!.line, mistake!.column]).toEqual(at);
  expect(mistake!.wrong).toMatch(wrong);
  expect(mistake!.remedy).toMatch(remedy);
  expect(mistake!.code).toBe(code);
  expect(await fingerprint(lotline.database)).toBe(before);
}

/** A folder in which nothing is wrong; it is only checked, and nothing of it stays. */
async function expectSound(files: Files): Promise<void> {
  await lotline.import(files, { dryRun: true });
  expect(await fingerprint(lotline.database)).toBe(before);
}

describe('beside the papers of an earlier folder', () => {
  beforeAll(async () => {
    lotline = await startLotline();
    await lotline.import(EARLIER);
    before = await fingerprint(lotline.database);
  });
  afterAll(() => lotline.close());

  test.each(EMPTY)('left out: $name', expectRefused);
  test.each(CERTIFICATE_NUMBERS)('$name', expectRefused);
  test.each(LISTED)('no such word: $name', expectRefused);
  test.each(NOT_ISSUED)('$name', expectRefused);
  test.each(WEIGHED)('$name', expectRefused);
  test.each(DAYS)('$name', expectRefused);
  test.each(ENTERED)('$name', expectRefused);
  test.each(TARIFF)('$name', expectRefused);
  test.each(TOGETHER)('$name', expectRefused);
  test.each(UNKNOWN)('$name', expectRefused);
  test.each(AMBIGUOUS)('$name', expectRefused);
  test.each(CLAIMS)('claimed: $name', expectRefused);
  test.each(TWICE)('in one folder: $name', expectRefused);
  test.each(KNOWN)('against an earlier folder: $name', expectRefused);

  test('the rows that all of these break are sound', async () => {
    for (const file of Object.keys(SOUND)) await expectSound(rows({ [file]: {} }));
    await expectSound(rows(Object.fromEntries(Object.keys(SOUND).map((file) => [file, {}]))));
  });

  const line = (certificate: string, quantity: number): Cells => ({ certificate, lot: 'SOY-2', quantity });
  test('a voided certificate claims nothing of a lot', async () => {
    await expectSound(
      rows({
        'import_certificates.csv': [{ status: 'VOIDED' }, { number: NEWER }],
        'import_certificate_lines.csv': [line(NEW, 500), line(NEWER, 500)],
      }),
    );
    // Nor does one that an earlier folder brought as voided; of SOY-1 it names 900 kg already.
    await expectSound(
      rows({
        'import_certificates.csv': { number: NEWER },
        'import_certificate_lines.csv': [line(VOIDED, 500), line(NEWER, 500), { ...line(NEWER, 400), lot: 'SOY-1' }],
      }),
    );
  });

  test('every gram of a lot may be covered, by several certificates and lines', async () => {
    await expectSound(
      rows({
        'import_certificates.csv': [{}, { number: NEWER }],
        'import_certificate_lines.csv': [line(NEW, 200), line(NEWER, 299), { ...line(NEW, 1), unit: 'KGM', reference: 'the rest' }],
      }),
    );
  });

  test('equal lines of a certificate are told apart by a reference', async () => {
    await expectSound(
      rows({ 'import_certificate_lines.csv': [{ reference: 'first hold' }, { reference: 'second hold' }, { reference: '' }] }),
    );
  });

  test('a paper is named by its number, with its type, or with its issuer as well', async () => {
    const named = ['BL-1', 'bill of lading/BL-1', `${TRADER}/BILL_OF_LADING/BL-1`, 'PACKING_LIST/INV-7', `${OTHER}/INVOICE/INV-7`];
    await expectSound(rows({ 'transfers.csv': named.map((document, index) => ({ document, quantity: index + 1, unit: 'KGM' })) }));
  });

  test('rows that name a row with a mistake are not blamed for it', async () => {
    const { shown } = await mistakesOf(
      lotline.import(
        rows({
          'transfers.csv': { document: 'INVOICE/N-1' },
          'documents.csv': [
            { marked_organic: 'perhaps', certificates: NEW },
            { number: 'N-2', certificates: `${NEW};${NEWER}` },
          ],
          'import_certificates.csv': [{ consignee: '8150000009' }, { number: NEWER, valid_from: '2025-02-30' }],
          'import_certificate_lines.csv': [{ certificate: NEW }, { certificate: NEWER }],
          'customs_entries.csv': [{ certificate: NEW }, { certificate: NEWER, line: 2 }],
        }),
      ),
    );
    expect(shown.map(({ file, line, column }) => `${file}:${line} ${column}`)).toEqual(
      ['documents.csv:2 marked_organic', 'import_certificates.csv:3 valid_from', 'import_certificates.csv:2 consignee'].sort(),
    );
    expect(await fingerprint(lotline.database)).toBe(before);
  });

  test('every mistake of a row is told at once', async () => {
    const { shown } = await mistakesOf(
      lotline.import(
        rows({
          'import_certificates.csv': {
            number: '8150000001',
            exporter: '8150000009',
            certifier: 'ZZX',
            hts: '1201',
            unit: 'kg',
            quantity: '1,5',
          },
          'customs_entries.csv': {
            entry: 'SP7-0000001-5',
            certificate: HANDED_OVER,
            filer: 'GLN:1',
            lots: 'NONE;BIN-7',
            filed_on: '1.2.2025',
          },
        }),
      ),
    );
    const told = (of: string) => shown.filter(({ file }) => file === of).map(({ line, column }) => `${line} ${column}`);
    expect(told('import_certificates.csv').sort()).toEqual(['2 certifier', '2 exporter', '2 hts', '2 number', '2 quantity', '2 unit']);
    expect(told('customs_entries.csv').sort()).toEqual(['2 entry', '2 filed_on', '2 filer', '2 lots', '2 lots']);
  });

  test('the same folder again records nothing', async () => {
    const counts = await lotline.import(EARLIER);
    for (const [file, known] of Object.entries(EARLIER_ROWS)) expect(counts[file]).toEqual({ recorded: 0, unchanged: known.length });
    expect(Object.values(counts).map(({ recorded }) => recorded)).toEqual(Object.keys(counts).map(() => 0));
  });

  test('the SHA-256 of a paper is that of its bytes in the folder', async () => {
    const directory = writeFolder(rows({ 'documents.csv': [{ file: 'papers/invoice.pdf' }, { number: 'N-2', file: 'elsewhere.pdf' }] }));
    mkdirSync(join(directory, 'papers'));
    writeFileSync(join(directory, 'papers', 'invoice.pdf'), Buffer.from([0, 255, 10]));
    const notes: string[] = [];
    try {
      await importFolder(lotline.runner, ADMINISTRATOR, directory, { progress: { step: () => {}, note: (said) => notes.push(said) } });
    } finally {
      rmSync(directory, { recursive: true });
    }
    const { documents } = await lotline.data('{ documents(filter: { numbers: ["BL-1", "N-1", "N-2"] }) { nodes { number sha256 } } }');
    expect(documents.nodes).toEqual([
      { number: 'BL-1', sha256: sha256(BILL_BYTES) },
      { number: 'N-1', sha256: sha256(Buffer.from([0, 255, 10])) },
      { number: 'N-2', sha256: null },
    ]);
    expect(notes).toEqual(['documents.csv:3 file: "elsewhere.pdf" is not in the folder; the document is recorded without a hash']);
    before = await fingerprint(lotline.database);
  });
});

describe('what is refused, or accepted, in the wrong way so far', () => {
  beforeAll(async () => {
    lotline = await startLotline();
    await lotline.import(EARLIER);
    before = await fingerprint(lotline.database);
  });
  afterAll(() => lotline.close());

  // A lot may be written in two ways: it is one lot.
  const WRITTEN_TWICE = `SOY-1;${FARM}/SOY-1`;
  test.each<[string, Files]>([
    ['a document about a lot that is written in two ways', rows({ 'documents.csv': { lots: WRITTEN_TWICE } })],
    ['a document about a shipment that is written in two ways', rows({ 'documents.csv': { shipments: `SEA-1;${TRADER}/SEA-1` } })],
    ['an entry of a lot that is written in two ways', rows({ 'customs_entries.csv': { lots: WRITTEN_TWICE } })],
  ])('%s is about it once', async (_what, files) => {
    await expectSound(files);
  });

  test.each([
    ['a name longer than a disk takes', `${'x'.repeat(300)}.pdf`],
    ['a file for a folder', 'documents.csv/page-1.pdf'],
  ])('a document in %s is refused with its place, or recorded without a hash', async (_what, file) => {
    const told: unknown = await lotline.import(rows({ 'documents.csv': { file } }), { dryRun: true }).catch((refused) => refused);
    const recorded = { 'documents.csv': { recorded: 1, unchanged: 0 } };
    if (!(told instanceof FolderRefused)) expect(told).toMatchObject(recorded);
  });

  test('a conflict shows both where they differ, however long they are', async () => {
    const about = (last: string): Cells => ({ lots: `SOY-1;SOY-2;SESAME-1;${last}` });
    const { shown } = await mistakesOf(lotline.import(rows({ 'documents.csv': [about(`${FARM}/BIN-7`), about(`${OTHER}/BIN-7`)] })));
    expect(shown.map(({ wrong }) => wrong)).toEqual([expect.stringMatching(`${FARM}/BIN-7.*, this row says .*${OTHER}/BIN-7`)]);
  });

  test('a paper that may come later is no mistake of a row that has another', async () => {
    const { shown } = await mistakesOf(lotline.import(rows({ 'transfers.csv': { on: '31.12.2025', document: 'LATE-1' } })));
    expect(shown.map(({ line, column }) => `${line} ${column}`)).toEqual(['2 on']);
  });
});

describe('papers that arrive late', () => {
  beforeAll(async () => {
    lotline = await startLotline();
    await lotline.import(CATALOGUE);
  });
  afterAll(() => lotline.close());

  /** What is told of a lot that went from its farm to the trader with a paper. */
  const toldOf = async (code: string) => {
    const { lot } = await lotline.data(
      `query ($code: String!) { lot(code: $code) { trace(direction: BACK) { gaps(kinds: [NO_DOCUMENT]) { nodes { on message } } }
         ownership { nodes { owner { name } document { type number issuer { name } } } } } }`,
      { code },
    );
    const owners: { owner: { name: string }; document: unknown }[] = lot.ownership.nodes;
    return { gaps: lot.trace.gaps.nodes, paper: owners.find(({ owner }) => owner.name === 'Trader')!.document };
  };
  const MISSING = { on: '2025-02-02', message: expect.stringMatching(/transferred some of the lot, and no paper of that is on record/) };
  /** Imports a transfer that names a paper nobody has brought yet. */
  const transferred = async (code: string, document: string) => {
    const files = {
      'lots.csv': csv([lot(code, FARM, 'Soybeans', 10)]),
      ...rows({ 'transfers.csv': { lot: code, from: FARM, document } }),
    };
    expect((await lotline.import(files))['transfers.csv']).toEqual({ recorded: 1, unchanged: 0 });
    expect(await toldOf(code)).toEqual({ gaps: [MISSING], paper: null });
    return files;
  };

  test.each([
    ['its number, by the sender', 'DEL-1', 'DEL-1', FARM],
    ['its number, by the receiver', 'DEL-2', 'DEL-2', TRADER],
    ['its type and number', 'DELIVERY-3', 'CONTRACT/DELIVERY-3', FARM],
    ['a number that has a slash', 'DEL/4', 'DEL/4', FARM],
  ])('a transfer keeps the name of its paper, and has it once it is brought under %s', async (_what, number, named, issuer) => {
    const code = `LATE-${number}`;
    const files = await transferred(code, named);
    const paper = rows({ 'documents.csv': { type: 'CONTRACT', number, issuer } });
    expect((await lotline.import(paper))['documents.csv']).toEqual({ recorded: 1, unchanged: 0 });
    const name = issuer === FARM ? 'Farm' : 'Trader';
    expect(await toldOf(code)).toEqual({ gaps: [], paper: { type: 'CONTRACT', number, issuer: { name } } });
    // Both folders are known now.
    for (const known of [files, paper]) for (const { recorded } of Object.values(await lotline.import(known))) expect(recorded).toBe(0);
    expect((await toldOf(code)).gaps).toEqual([]);
  });

  test('a paper of somebody else under the same number is not the paper of the transfer', async () => {
    await transferred('LATE-5', 'DEL-5');
    await lotline.import(rows({ 'documents.csv': { number: 'DEL-5', issuer: OTHER } }));
    expect(await toldOf('LATE-5')).toEqual({ gaps: [MISSING], paper: null });
  });

  test('where sender and receiver bring papers of one number at once, neither is taken for the other', async () => {
    await transferred('LATE-6', 'DEL-6');
    await lotline.import(rows({ 'documents.csv': [{ number: 'DEL-6' }, { number: 'DEL-6', issuer: TRADER }] }));
    expect(await toldOf('LATE-6')).toEqual({ gaps: [MISSING], paper: null });
  });

  test('a loss and a treatment have their papers once these are brought', async () => {
    const files = {
      ...rows({
        'lot_adjustments.csv': { document: 'SCALE-1' },
        'treatments.csv': { document: 'HEAT-1' },
      }),
    };
    await lotline.import(files);
    const treated = async () =>
      (await lotline.data('{ lot(code: "SOY-2") { treatments { nodes { document { number } } } } }')).lot.treatments.nodes;
    expect(await treated()).toEqual([{ document: null }]);
    await lotline.import(
      rows({
        'documents.csv': [
          { number: 'SCALE-1', issuer: OTHER },
          { number: 'HEAT-1', issuer: OTHER },
        ],
      }),
    );
    expect(await treated()).toEqual([{ document: { number: 'HEAT-1' } }]);
    const [bound] = await lotline.database.query<{ number: string }>(
      'select d.number from lot_adjustment a join document d on d.id = a.document',
    );
    expect(bound).toEqual({ number: 'SCALE-1' });
    for (const { recorded } of Object.values(await lotline.import(files))) expect(recorded).toBe(0);
  });

  test.each([
    ['its issuer, type and number', 'DEL-7', `${FARM}/CONTRACT/DEL-7`],
    ['its type in small letters', 'DEL-8', 'contract/DEL-8'],
  ])('a transfer that names its paper by %s has it once it is brought', async (_what, number, named) => {
    await transferred(`LATE-${number}`, named);
    await lotline.import(rows({ 'documents.csv': { type: 'CONTRACT', number } }));
    expect((await toldOf(`LATE-${number}`)).gaps).toEqual([]);
  });
});

describe('however the rows stand, and in whichever of two folders', () => {
  const QUESTION = `{
    documents { nodes { type number issuedOn markedOrganic sha256 issuer { name } lots { nodes { code producer { name } } } } }
    importCertificates { nodes {
      number kind hts origin destination standard validFrom validTo status requestedOn issuedOn kilograms drawn remaining
      exporter { name } importer { name } consignee { name } finalHandler { name } certifier { name } history { status }
      lines { nodes { kilograms product { name } lot { code } } } documents { nodes { number } }
      customsEntries { nodes { number filedOn filer { name } lines { nodes { line hts kilograms importCertificate { number } } } } } } }
    lots { nodes { code producer { name } importCertificates { nodes { number } } documents { nodes { type number } }
      emergencyActions { nodes { number on ordered certifierNotifiedOn dispositions { kind } } } } }
    shipments { nodes { reference shipper { name } documents { nodes { number } } emergencyActions { nodes { number on dispositions { kind } } } } }
  }`;
  /** Lists in the order of their content: that of an answer is the order of recording. */
  const sorted = (answer: unknown): unknown => {
    if (Array.isArray(answer)) return answer.map(sorted).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    if (answer === null || typeof answer !== 'object') return answer;
    // A history has an order of its own.
    return Object.fromEntries(Object.entries(answer).map(([name, value]) => [name, name === 'history' ? value : sorted(value)]));
  };
  const PAPERS: Record<string, Cells[]> = {
    ...EARLIER_ROWS,
    'documents.csv': [...EARLIER_ROWS['documents.csv']!, { number: 'N-3', lots: `${OTHER}/BIN-7;SOY-2` }, { number: 'N-4', issuer: BUYER }],
    'emergency_actions.csv': [...EARLIER_ROWS['emergency_actions.csv']!, { lot: `${FARM}/BIN-7`, shipment: '' }],
  };
  /** Which certificate a row cannot come before. */
  const leansOn = (file: string, cells: Cells): unknown =>
    file === 'import_certificates.csv' ? null : file === 'documents.csv' ? cells.certificates : { ...SOUND[file], ...cells }.certificate;

  test('the papers are the same', async () => {
    const answerTo = async (...folders: Files[]) => {
      lotline = await startLotline();
      try {
        for (const files of folders) await lotline.import(files);
        return sorted(await lotline.data(QUESTION));
      } finally {
        await lotline.close();
      }
    };
    const whole = await answerTo({ ...CATALOGUE, ...rows(PAPERS), 'bl-1.pdf': BILL_BYTES });
    expect(whole).toHaveProperty('documents.nodes.length', PAPERS['documents.csv']!.length);
    expect(whole).toHaveProperty('importCertificates.nodes.length', PAPERS['import_certificates.csv']!.length);

    const cut = fc.tuple(
      ...Object.entries(PAPERS).map(([file, all]) =>
        fc.tuple(
          fc.constant(file),
          fc.shuffledSubarray(all, { minLength: all.length }),
          fc.array(fc.boolean(), { minLength: all.length, maxLength: all.length }),
        ),
      ),
    );
    await fc.assert(
      fc.asyncProperty(cut, async (files) => {
        const [, certificates, firstOnes] = files.find(([file]) => file === 'import_certificates.csv')!;
        const late = new Set(certificates.filter((_, index) => !firstOnes[index]).map(({ number }) => number));
        const parts = [true, false].map((first) =>
          rows(
            Object.fromEntries(
              files
                .map(([file, some, early]) => [
                  file,
                  some.filter((cells, index) => (early[index]! && !late.has(leansOn(file, cells) as string)) === first),
                ])
                .filter(([, some]) => some!.length > 0),
            ),
          ),
        );
        const folders = [
          { ...CATALOGUE, ...parts[0], 'bl-1.pdf': BILL_BYTES },
          { ...parts[1], 'bl-1.pdf': BILL_BYTES },
        ].filter((files) => Object.keys(files).length > 1);
        expect(await answerTo(...folders)).toEqual(whole);
      }),
      { numRuns: Number(process.env.PROPERTY_RUNS ?? 8) },
    );
  });
});
