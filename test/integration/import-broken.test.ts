import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ADMINISTRATOR } from '@lotline/server/access';
import { importFolder } from '@lotline/server/import';
import { fingerprint, type Lotline, mistakesOf, startLotline, writeFolder } from '../support/lotline';

// Every kind of broken folder is refused with the place of the mistake and a remedy, and nothing of it is stored.

type Files = Record<string, string | Buffer>;

interface Kind {
  name: string;
  files: Files;
  /** File, line and column of the mistake. */
  at: [file: string, line: number | null, column: string | null];
  wrong: RegExp;
  remedy: RegExp;
  code?: 'CONFLICT' | 'AMBIGUOUS' | 'REFUSED';
}

const lines = (...rows: string[]): string => `${rows.join('\n')}\n`;

const FARM = '8150000001';
const TRADER = '8150000002';
const OTHER = '8150000003';
const CERTIFIERS = lines('certifier,name,scheme', 'ZZA,One Scheme,NOP', 'ZZB,Two Schemes,NOP;EU');
const OPERATIONS = lines(
  'operation,name,country,roles',
  `${FARM},Farm,UA,PRODUCER`,
  `${TRADER},Trader,TR,HANDLER;EXPORTER`,
  `${OTHER},Other farm,MD,PRODUCER`,
);
const PRODUCTS = lines('product,hts,organic,kg_per_bushel', 'Soybeans,1201900010,yes,27.2155', 'Sesame,1207400000,yes,');
const LOTS_HEADER = 'code,producer,product,quantity,unit,kind,produced_on';
const A = `A,${FARM},Soybeans,1000,KGM,HARVEST,2025-09-01`;
const B = `B,${TRADER},Soybeans,500,KGM,TRANSFORMATION,2025-09-20`;
const C = `C,${TRADER},Soybeans,400,KGM,TRANSFORMATION,2025-09-21`;

/** A sound folder, with one file broken or more. */
const folder = (broken: Files): Files => ({
  'certifiers.csv': CERTIFIERS,
  'operations.csv': OPERATIONS,
  'products.csv': PRODUCTS,
  'lots.csv': lines(LOTS_HEADER, A, B, C),
  ...broken,
});
/** A lot of the sound folder's, with one cell of its row broken. */
const lot = (cells: { code?: string; product?: string; producer?: string; quantity?: string; unit?: string; kind?: string; on?: string }) =>
  folder({
    'lots.csv': lines(
      LOTS_HEADER,
      A,
      [
        cells.code ?? 'X',
        cells.producer ?? FARM,
        cells.product ?? 'Soybeans',
        cells.quantity ?? '1000',
        cells.unit ?? 'KGM',
        cells.kind ?? 'HARVEST',
        cells.on ?? '2025-09-01',
      ].join(','),
    ),
  });
const uses = (...rows: string[]) => folder({ 'lot_inputs.csv': lines('output,input,quantity,unit', ...rows) });
const transfers = (...rows: string[]) => folder({ 'transfers.csv': lines('lot,from,to,on,quantity,unit', ...rows) });
const losses = (...rows: string[]) => folder({ 'lot_adjustments.csv': lines('lot,holder,kind,on,quantity,unit', ...rows) });
const certificates = (...rows: string[]) =>
  folder({ 'operation_certificates.csv': lines('operation,certifier,status,effective_from,standard,products', ...rows) });
const operation = (identifier: string, country = 'UA', roles = 'PRODUCER') => ({
  'operations.csv': lines('operation,name,country,roles', `${FARM},Farm,UA,PRODUCER`, `${identifier},New,${country},${roles}`),
});

const FILES: Kind[] = [
  {
    name: 'a required column is missing',
    files: { 'operations.csv': lines('operation,name,roles', `${FARM},Farm,PRODUCER`) },
    at: ['operations.csv', 1, 'country'],
    wrong: /the column is missing/,
    remedy: /add it; the header is operation,name,country,roles/,
  },
  {
    name: 'a column stands twice',
    files: { 'operations.csv': lines('operation,name,country,roles,Name', `${FARM},Farm,UA,PRODUCER,Hof`) },
    at: ['operations.csv', 1, 'name'],
    wrong: /stands twice/,
    remedy: /keep one/,
  },
  {
    name: 'the header row is missing',
    files: { 'operations.csv': lines(`${FARM},Farm,UA,PRODUCER`) },
    at: ['operations.csv', 1, null],
    wrong: /names none of the columns/,
    remedy: /begin with the header row: operation,name,country,roles/,
  },
  {
    name: 'an empty file',
    files: folder({ 'lots.csv': '' }),
    at: ['lots.csv', 1, null],
    wrong: /it is empty/,
    remedy: /begin with the header row: code,producer,product,quantity,unit,kind/,
  },
  {
    name: 'a file of blank lines',
    files: folder({ 'lots.csv': '\ufeff\r\n,,,\r\n\r\n' }),
    at: ['lots.csv', 1, null],
    wrong: /it is empty/,
    remedy: /begin with the header row/,
  },
  {
    name: 'a letter of Latin-1',
    files: {
      'operations.csv': Buffer.from(
        lines('operation,name,country,roles', `${FARM},Farm,UA,PRODUCER`.slice(0), `${TRADER},Caf\u00e9,TR,HANDLER`),
        'latin1',
      ),
    },
    at: ['operations.csv', 3, null],
    wrong: /not UTF-8/,
    remedy: /save it as "CSV UTF-8"/,
  },
  {
    name: 'UTF-16 with its mark',
    files: { 'operations.csv': Buffer.from(`\ufeff${OPERATIONS}`, 'utf16le') },
    at: ['operations.csv', 1, null],
    wrong: /UTF-16/,
    remedy: /save it as "CSV UTF-8"/,
  },
  {
    name: 'UTF-16 without a mark',
    files: { 'operations.csv': Buffer.from(OPERATIONS, 'utf16le') },
    at: ['operations.csv', 1, null],
    wrong: /UTF-16/,
    remedy: /save it as "CSV UTF-8"/,
  },
  {
    name: 'a quotation mark that is not closed',
    files: {
      'operations.csv': lines(
        'operation,name,country,roles',
        `${FARM},Farm,UA,PRODUCER`,
        `${TRADER},"Trader,TR,HANDLER`,
        `${OTHER},Other,MD,PRODUCER`,
      ),
    },
    at: ['operations.csv', 3, 'name'],
    wrong: /a quotation mark is not closed/,
    remedy: /close it/,
  },
  {
    name: 'a quotation mark inside a cell',
    files: { 'operations.csv': lines('operation,name,country,roles', `${FARM},Farm "Sonne",UA,PRODUCER`) },
    at: ['operations.csv', 2, 'name'],
    wrong: /a quotation mark stands inside a cell/,
    remedy: /quote the whole cell and double/,
  },
  {
    name: 'text behind a closing quotation mark',
    files: { 'operations.csv': lines('operation,name,country,roles', `${FARM},"Farm" Sonne,UA,PRODUCER`) },
    at: ['operations.csv', 2, 'name'],
    wrong: /a quotation mark stands inside a cell/,
    remedy: /quote the whole cell and double/,
  },
  {
    name: 'a row with too few cells',
    files: { 'operations.csv': lines('operation,name,country,roles', `${FARM},Farm,UA,PRODUCER`, `${TRADER},Trader,TR`) },
    at: ['operations.csv', 3, null],
    wrong: /the row has 3 cells, the header 4/,
    remedy: /leave no cell out/,
  },
  {
    name: 'a row with too many cells, by an unquoted decimal comma',
    files: lot({ quantity: '1000,5' }),
    at: ['lots.csv', 3, null],
    wrong: /the row has 8 cells, the header 7/,
    remedy: /quote a cell that holds the delimiter, such as a decimal comma/,
  },
  {
    name: 'a cell under no header',
    files: { 'operations.csv': lines('operation,name,country,roles,', `${FARM},Farm,UA,PRODUCER,paid`) },
    at: ['operations.csv', 2, null],
    wrong: /"paid" stands under no header/,
    remedy: /name its column, or clear the cell/,
  },
  {
    name: 'a NUL character in a cell',
    files: { 'operations.csv': lines('operation,name,country,roles', `${FARM},Fa\0rm,UA,PRODUCER`) },
    at: ['operations.csv', 2, 'name'],
    wrong: /"Fa\\u0000rm" holds a control character/,
    remedy: /remove/,
  },
  {
    name: 'a NUL character in a column of the user',
    files: { 'operations.csv': lines('operation,name,country,roles,Note', `${FARM},Farm,UA,PRODUCER,a\0b`) },
    at: ['operations.csv', 2, 'Note'],
    wrong: /NUL/,
    remedy: /remove it/,
  },
  {
    name: 'a NUL character in the header',
    files: { 'operations.csv': lines('operation,name,country,roles,No\0te', `${FARM},Farm,UA,PRODUCER,a`) },
    at: ['operations.csv', 1, null],
    wrong: /"No\\u0000te" holds a NUL/,
    remedy: /remove it/,
  },
  {
    name: 'a cell of 10 MB',
    files: {
      'operations.csv': lines(
        'operation,name,country,roles',
        `${FARM},Farm,UA,PRODUCER`,
        `${TRADER},${'x'.repeat(10 * 1024 * 1024)},TR,HANDLER`,
      ),
    },
    at: ['operations.csv', 3, 'name'],
    wrong: /longer than 1 MiB/,
    remedy: /quotation mark that is not closed, or shorten/,
  },
  {
    name: 'a required cell is empty',
    files: { 'operations.csv': lines('operation,name,country,roles', `${FARM}, ,UA,PRODUCER`) },
    at: ['operations.csv', 2, 'name'],
    wrong: /it is empty/,
    remedy: /give a value/,
  },
  {
    name: 'a misspelt file name',
    files: folder({ 'lot_input.csv': lines('output,input,quantity,unit', 'B,A,100,KGM') }),
    at: ['lot_input.csv', null, null],
    wrong: /no file of this name is read/,
    remedy: /rename it to lot_inputs\.csv/,
  },
  {
    name: 'a workbook in the place of a file',
    files: folder({ 'transfers.xlsx': 'PK' }),
    at: ['transfers.xlsx', null, null],
    wrong: /no file of this name is read/,
    remedy: /save it as "CSV UTF-8" named transfers\.csv/,
  },
  {
    name: 'a second file of a format',
    files: folder({ 'Lots.csv': lines(LOTS_HEADER, A) }),
    at: ['lots.csv', null, null],
    wrong: /there is a Lots\.csv too/,
    remedy: /keep one/,
  },
];

const CELLS: Kind[] = [
  {
    name: 'a decimal comma',
    files: lot({ quantity: '"1000,5"' }),
    at: ['lots.csv', 3, 'quantity'],
    wrong: /"1000,5" has a decimal comma/,
    remedy: /^write 1000\.5$/,
  },
  {
    name: 'a comma that may be either',
    files: lot({ quantity: '"1,500"' }),
    at: ['lots.csv', 3, 'quantity'],
    wrong: /thousands separator or a decimal comma/,
    remedy: /^write 1500, or 1\.500 if the comma is the decimal point$/,
  },
  {
    name: 'thousands separators',
    files: lot({ quantity: '"1,500,250.5"' }),
    at: ['lots.csv', 3, 'quantity'],
    wrong: /has thousands separators/,
    remedy: /^write 1500250\.5$/,
  },
  {
    name: 'thousands separated by points, with a decimal comma',
    files: lot({ quantity: '"1.500.250,5"' }),
    at: ['lots.csv', 3, 'quantity'],
    wrong: /has thousands separators/,
    remedy: /^write 1500250\.5$/,
  },
  {
    name: 'a quantity in scientific notation',
    files: lot({ quantity: '8.15E+09' }),
    at: ['lots.csv', 3, 'quantity'],
    wrong: /"8\.15E\+09" is in scientific notation/,
    remedy: /format the column as text or number and write all digits/,
  },
  {
    name: 'a NOP ID in scientific notation',
    files: operation('8.15E+09'),
    at: ['operations.csv', 3, 'operation'],
    wrong: /"8\.15E\+09" is a number that a spreadsheet shortened/,
    remedy: /format the column as text and write all ten digits of the NOP ID/,
  },
  {
    name: 'a NOP ID that lost its leading zero',
    files: operation('815000009'),
    at: ['operations.csv', 3, 'operation'],
    wrong: /has 9 digits/,
    remedy: /a NOP ID has ten.*leading zero/,
  },
  {
    name: 'an identifier without scheme',
    files: operation('Sonnenhof'),
    at: ['operations.csv', 3, 'operation'],
    wrong: /neither a ten-digit NOP ID nor SCHEME:value/,
    remedy: /FARM:12/,
  },
  {
    name: 'an HTS code that lost its leading zero',
    files: { 'products.csv': lines('product,hts', 'Bananas,803901000') },
    at: ['products.csv', 2, 'hts'],
    wrong: /has nine digits/,
    remedy: /write 0803901000/,
  },
  {
    name: 'an unknown unit with an obvious meaning',
    files: lot({ unit: 'kg' }),
    at: ['lots.csv', 3, 'unit'],
    wrong: /"kg" is not a unit/,
    remedy: /^write KGM$/,
  },
  {
    name: 'an unknown unit',
    files: lot({ unit: 'bags' }),
    at: ['lots.csv', 3, 'unit'],
    wrong: /"bags" is not a unit/,
    remedy: /use one of KGM GRM TNE LBR ONZ STN LTN BUA/,
  },
  {
    name: 'less than a gram of a metric mass',
    files: lot({ quantity: '1000.0005' }),
    at: ['lots.csv', 3, 'quantity'],
    wrong: /not a whole number of grams/,
    remedy: /at most 3 decimals in KGM/,
  },
  {
    name: 'no mass',
    files: lot({ quantity: '0' }),
    at: ['lots.csv', 3, 'quantity'],
    wrong: /above zero/,
    remedy: /positive/,
  },
  {
    name: 'a negative mass',
    files: lot({ quantity: '-5' }),
    at: ['lots.csv', 3, 'quantity'],
    wrong: /above zero/,
    remedy: /positive/,
  },
  {
    name: 'a mass of 1e400',
    files: lot({ quantity: '1e400' }),
    at: ['lots.csv', 3, 'quantity'],
    wrong: /scientific notation/,
    remedy: /write all digits/,
  },
  {
    name: 'a mass of 400 digits',
    files: lot({ quantity: '9'.repeat(400) }),
    at: ['lots.csv', 3, 'quantity'],
    wrong: /too long/,
    remedy: /at most 40 characters/,
  },
  {
    name: 'a mass above the limit',
    files: lot({ quantity: '1000000000.000001', unit: 'TNE' }),
    at: ['lots.csv', 3, 'quantity'],
    wrong: /above 10\^15 g/,
    remedy: /check the unit/,
  },
  {
    name: 'bushels of a product without a bushel weight',
    files: lot({ product: 'Sesame', unit: 'BUA' }),
    at: ['lots.csv', 3, 'unit'],
    wrong: /no kg_per_bushel/,
    remedy: /give the product its kg_per_bushel, or write the mass in KGM or LBR/,
  },
  {
    name: 'a day that does not exist',
    files: lot({ on: '2025-02-30' }),
    at: ['lots.csv', 3, 'produced_on'],
    wrong: /"2025-02-30" is no day of the calendar/,
    remedy: /YYYY-MM-DD/,
  },
  {
    name: 'a date of unknown order',
    files: lot({ on: '01/02/2025' }),
    at: ['lots.csv', 3, 'produced_on'],
    wrong: /day first or month first/,
    remedy: /YYYY-MM-DD/,
  },
  {
    name: "a spreadsheet's serial number of a day",
    files: lot({ on: '45292' }),
    at: ['lots.csv', 3, 'produced_on'],
    wrong: /serial number/,
    remedy: /write 2024-01-01/,
  },
  {
    name: 'an instant without offset',
    files: lot({ on: '2025-09-01T08:30' }),
    at: ['lots.csv', 3, 'produced_on'],
    wrong: /an hour but no offset/,
    remedy: /\+02:00, or write the day alone/,
  },
  {
    name: 'an offset without colon',
    files: lot({ on: '2025-09-01T08:30+0200' }),
    at: ['lots.csv', 3, 'produced_on'],
    wrong: /offset without minutes or colon/,
    remedy: /like \+02:00/,
  },
  {
    name: 'a country that is not in ISO 3166',
    files: operation('8150000009', 'UK'),
    at: ['operations.csv', 3, 'country'],
    wrong: /"UK" is not a country/,
    remedy: /^write GB$/,
  },
  {
    name: 'an unknown kind of lot',
    files: lot({ kind: 'GROWN' }),
    at: ['lots.csv', 3, 'kind'],
    wrong: /"GROWN" is not a kind of lot/,
    remedy: /use one of HARVEST TRANSFORMATION PURCHASED/,
  },
  {
    name: 'an unknown role',
    files: operation('8150000009', 'UA', 'PRODUCER;FARMER'),
    at: ['operations.csv', 3, 'roles'],
    wrong: /"FARMER" is not a role/,
    remedy: /use one of PRODUCER PRODUCER_GROUP HANDLER/,
  },
  {
    name: 'an unknown status of a certificate',
    files: certificates(`${FARM},ZZA,VALID,2025-01-01,,`),
    at: ['operation_certificates.csv', 2, 'status'],
    wrong: /"VALID" is not a status/,
    remedy: /use one of CERTIFIED SUSPENDED REVOKED/,
  },
  {
    name: 'a certifier code of four letters',
    files: { 'certifiers.csv': lines('certifier,name', 'ABCD,Agent') },
    at: ['certifiers.csv', 2, 'certifier'],
    wrong: /"ABCD" is not a certifier's code/,
    remedy: /three letters or digits/,
  },
  {
    name: 'a line break in the code of a lot',
    files: lot({ code: '"X\n1"' }),
    at: ['lots.csv', 3, 'code'],
    wrong: /"X\\n1" holds a control character/,
    remedy: /remove tabs, line breaks/,
  },
  {
    name: 'a code of more than 128 characters',
    files: lot({ code: 'X'.repeat(129) }),
    at: ['lots.csv', 3, 'code'],
    wrong: /129 characters/,
    remedy: /at most 128/,
  },
  {
    name: 'a latitude off the globe',
    files: { 'operations.csv': lines('operation,name,country,roles,latitude', `${FARM},Farm,UA,PRODUCER,91`) },
    at: ['operations.csv', 2, 'latitude'],
    wrong: /out of range/,
    remedy: /-90 to 90/,
  },
  {
    name: 'neither organic nor not',
    files: { 'products.csv': lines('product,hts,organic', 'Soybeans,1201900010,maybe') },
    at: ['products.csv', 2, 'organic'],
    wrong: /neither yes nor no/,
    remedy: /write yes/,
  },
];

const JOINED: Kind[] = [
  {
    name: 'an unknown producer',
    files: lot({ producer: '8150000009' }),
    at: ['lots.csv', 3, 'producer'],
    wrong: /there is no operation "8150000009"/,
    remedy: /add it to operations\.csv/,
  },
  {
    name: 'an unknown product',
    files: lot({ product: 'Soya' }),
    at: ['lots.csv', 3, 'product'],
    wrong: /there is no product "Soya"/,
    remedy: /add it to products\.csv/,
  },
  {
    name: 'an unknown product on the form of a certificate',
    files: certificates(`${FARM},ZZA,CERTIFIED,2025-01-01,,Soybeans;Soya`),
    at: ['operation_certificates.csv', 2, 'products'],
    wrong: /there is no product "Soya"/,
    remedy: /add it to products\.csv/,
  },
  {
    name: 'an unknown certifier',
    files: certificates(`${FARM},ZZX,CERTIFIED,2025-01-01,,`),
    at: ['operation_certificates.csv', 2, 'certifier'],
    wrong: /there is no certifier "ZZX"/,
    remedy: /add it to certifiers\.csv/,
  },
  {
    name: 'a certifier of several schemes, and no standard',
    files: certificates(`${FARM},ZZB,CERTIFIED,2025-01-01,,`),
    at: ['operation_certificates.csv', 2, 'standard'],
    wrong: /certifies to several standards/,
    remedy: /say which: NOP EU/,
  },
  {
    name: 'an unknown lot',
    files: uses('B,A,100,KGM', 'B,A1,100,KGM'),
    at: ['lot_inputs.csv', 3, 'input'],
    wrong: /there is no lot "A1"/,
    remedy: /add it to lots\.csv/,
  },
  {
    name: 'a lot code that two producers use',
    files: {
      ...folder({ 'lots.csv': lines(LOTS_HEADER, A, `A,${OTHER},Soybeans,1000,KGM,HARVEST,2025-09-02`, B) }),
      'lot_inputs.csv': lines('output,input,quantity,unit', 'B,A,100,KGM'),
    },
    at: ['lot_inputs.csv', 2, 'input'],
    wrong: /2 lots have the code "A"/,
    remedy: new RegExp(`write one of ${FARM}/A, ${OTHER}/A`),
    code: 'AMBIGUOUS',
  },
  {
    name: 'a transfer to oneself',
    files: transfers(`A,${FARM},${FARM},2025-09-05,,`),
    at: ['transfers.csv', 2, 'to'],
    wrong: /the same operation/,
    remedy: /another receiver/,
  },
  {
    name: 'a quantity without unit',
    files: transfers(`A,${FARM},${TRADER},2025-09-05,100,`),
    at: ['transfers.csv', 2, 'unit'],
    wrong: /quantity and unit go together/,
    remedy: /give both, or neither for the whole lot/,
  },
  {
    name: 'a unit without quantity',
    files: transfers(`A,${FARM},${TRADER},2025-09-05,,KGM`),
    at: ['transfers.csv', 2, 'quantity'],
    wrong: /quantity and unit go together/,
    remedy: /give both, or neither for the whole lot/,
  },
  {
    name: 'a transfer told twice',
    files: transfers(
      `A,${FARM},${TRADER},2025-09-05,100,KGM`,
      `B,${TRADER},${FARM},2025-09-25,,`,
      `A,${FARM},${TRADER},2025-09-05,100.0,kgm`,
    ),
    at: ['transfers.csv', 4, null],
    wrong: /equals line 2/,
    remedy: /a column "reference"/,
  },
  {
    name: 'an input told twice',
    files: uses('B,A,100,KGM', 'B,A,100,KGM'),
    at: ['lot_inputs.csv', 3, null],
    wrong: /equals line 2/,
    remedy: /a column "reference"/,
  },
  {
    name: 'an adjustment told twice',
    files: losses(`A,${FARM},MOISTURE,2025-09-05,1,KGM`, `A,${FARM},MOISTURE,2025-09-05,1,KGM`),
    at: ['lot_adjustments.csv', 3, null],
    wrong: /equals line 2/,
    remedy: /a column "reference"/,
  },
  {
    name: 'a counted surplus',
    files: losses(`A,${FARM},COUNT,2025-09-05,-20,KGM`),
    at: ['lot_adjustments.csv', 2, 'quantity'],
    wrong: /surplus/,
    remedy: /redeclare the lot's mass/,
  },
  {
    name: 'a lot that is its own input',
    files: uses('B,A,100,KGM', 'B,B,100,KGM'),
    at: ['lot_inputs.csv', 3, 'input'],
    wrong: new RegExp(`a lot cannot be made of itself: ${TRADER}/B <- ${TRADER}/B$`),
    remedy: /remove the input that closes the circle/,
    code: 'REFUSED',
  },
  {
    name: 'a circle of three lots',
    files: uses('B,A,100,KGM', 'A,C,100,KGM', 'C,B,100,KGM'),
    at: ['lot_inputs.csv', 4, 'input'],
    // Named from whichever of the three, each beside the one it was made of.
    wrong: new RegExp(
      `itself: (${FARM}/A <- ${TRADER}/C <- ${TRADER}/B <- ${FARM}/A|${TRADER}/C <- ${TRADER}/B <- ${FARM}/A <- ${TRADER}/C|${TRADER}/B <- ${FARM}/A <- ${TRADER}/C <- ${TRADER}/B)$`,
    ),
    remedy: /remove the input that closes the circle/,
    code: 'REFUSED',
  },
  {
    name: 'an operation twice, with other values',
    files: { 'operations.csv': lines('operation,name,country,roles', `${FARM},Farm,UA,PRODUCER`, `${FARM},Hof,UA,PRODUCER`) },
    at: ['operations.csv', 3, 'name'],
    wrong: /of line 2 is known with name "Farm", this row says "Hof"/,
    remedy: /repeat the known values/,
    code: 'CONFLICT',
  },
  {
    name: 'a lot twice, with other values',
    files: folder({ 'lots.csv': lines(LOTS_HEADER, A, `A,${FARM},Soybeans,1000,KGM,HARVEST,2025-09-02`) }),
    at: ['lots.csv', 3, 'produced_on'],
    wrong: /line 2, is known with produced_on 2025-09-01, this row says 2025-09-02/,
    remedy: /another key/,
    code: 'CONFLICT',
  },
  {
    name: 'two statuses of a certificate on one day',
    files: certificates(`${FARM},ZZA,CERTIFIED,2025-01-01,,`, `${FARM},ZZA,SUSPENDED,2025-01-01,,`),
    at: ['operation_certificates.csv', 3, 'status'],
    wrong: /line 2, is known with status "CERTIFIED", this row says "SUSPENDED"/,
    remedy: /repeat the known values/,
    code: 'CONFLICT',
  },
];

/** Judged against what an earlier folder brought: B was made of A, and C of nothing yet. */
const EARLIER: Files = {
  ...folder({ 'lots.csv': lines(LOTS_HEADER, A, B, C) }),
  'lot_inputs.csv': lines('output,input,quantity,unit', 'B,A,300,KGM', 'B,A,200,KGM'),
  'operation_certificates.csv': lines('operation,certifier,status,effective_from,products', `${FARM},ZZA,CERTIFIED,2025-01-01,Soybeans`),
};

const LATER: Kind[] = [
  {
    name: 'other inputs for a lot that has some',
    files: { 'lot_inputs.csv': lines('output,input,quantity,unit', 'B,A,300,KGM', 'B,C,7,KGM') },
    at: ['lot_inputs.csv', 3, 'output'],
    wrong: /lot "B" is known with the inputs 200 KGM of "A"; this folder gives 7 KGM of "C" \(1 are the same\)/,
    remedy: /declared once, as a set: repeat all of the known ones/,
    code: 'CONFLICT',
  },
  {
    name: 'fewer inputs for a lot that has more',
    files: { 'lot_inputs.csv': lines('output,input,quantity,unit', 'B,A,300,KGM') },
    at: ['lot_inputs.csv', 2, 'output'],
    wrong: /lot "B" is known with the inputs 200 KGM of "A"; this folder gives nothing else/,
    remedy: /repeat all of the known ones/,
    code: 'CONFLICT',
  },
  {
    name: 'a circle that closes through inputs of an earlier folder',
    files: { 'lot_inputs.csv': lines('output,input,quantity,unit', 'C,B,10,KGM', 'A,C,10,KGM') },
    at: ['lot_inputs.csv', 3, 'input'],
    wrong: /a lot cannot be made of itself: (?=.*8150000001\/A)(?=.*8150000002\/B)(?=.*8150000002\/C)/,
    remedy: /remove the input that closes the circle/,
    code: 'REFUSED',
  },
  {
    name: 'another country of a known operation',
    files: { 'operations.csv': lines('operation,name,country,roles', `${FARM},Farm,RO,PRODUCER`) },
    at: ['operations.csv', 2, 'country'],
    wrong: /"8150000001" is known with country "UA", this row says "RO"/,
    remedy: /facts are never edited/,
    code: 'CONFLICT',
  },
  {
    name: 'other roles of a known operation',
    files: { 'operations.csv': lines('operation,name,country,roles', `${TRADER},Trader,TR,EXPORTER`) },
    at: ['operations.csv', 2, 'roles'],
    wrong: /is known with roles "HANDLER; EXPORTER", this row says "EXPORTER"/,
    remedy: /facts are never edited/,
    code: 'CONFLICT',
  },
  {
    name: 'another HTS code of a known product',
    files: { 'products.csv': lines('product,hts,organic', 'Soybeans,1201900095,yes') },
    at: ['products.csv', 2, 'hts'],
    wrong: /"Soybeans" is known with hts "1201900010", this row says "1201900095"/,
    remedy: /facts are never edited/,
    code: 'CONFLICT',
  },
  {
    name: 'another name of a known certifier',
    files: { 'certifiers.csv': lines('certifier,name', 'ZZA,Other') },
    at: ['certifiers.csv', 2, 'name'],
    wrong: /"ZZA" is known with name "One Scheme", this row says "Other"/,
    remedy: /facts are never edited/,
    code: 'CONFLICT',
  },
  {
    name: 'another mass of a known lot',
    files: { 'lots.csv': lines(LOTS_HEADER, A.replace('1000', '1001')) },
    at: ['lots.csv', 2, 'quantity'],
    wrong: /lot "A" of 8150000001 is known with quantity "1000", this row says "1001"/,
    remedy: /another key/,
    code: 'CONFLICT',
  },
  {
    name: 'another status of a known certificate on the same day',
    files: { 'operation_certificates.csv': lines('operation,certifier,status,effective_from', `${FARM},ZZA,REVOKED,2025-01-01`) },
    at: ['operation_certificates.csv', 2, 'status'],
    wrong: /of 8150000001 with ZZA \(NOP\) from 2025-01-01 is known with status "CERTIFIED", this row says "REVOKED"/,
    remedy: /facts are never edited/,
    code: 'CONFLICT',
  },
  {
    name: "another value in a user's own column",
    files: { 'products.csv': lines('product,hts,organic,Grade', 'Soybeans,1201900010,yes,2') },
    at: ['products.csv', 2, 'Grade'],
    wrong: /"Soybeans" is known with Grade nothing, this row says "2"/,
    remedy: /facts are never edited/,
    code: 'CONFLICT',
  },
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
  expect(mistake!.code).toBe(code ?? 'BAD_USER_INPUT');
  expect(refused.message).toBe('1 mistake in the folder; nothing was stored');
  expect(await fingerprint(lotline.database)).toBe(before);
}

describe('into an empty database', () => {
  beforeAll(async () => {
    lotline = await startLotline();
    before = await fingerprint(lotline.database);
  });
  afterAll(() => lotline.close());

  test.each(FILES)('a file: $name', expectRefused);
  test.each(CELLS)('a cell: $name', expectRefused);
  test.each(JOINED)('rows together: $name', expectRefused);

  test('the folder that all of these break is sound', async () => {
    await lotline.import(folder({}), { dryRun: true });
    await lotline.import(EARLIER, { dryRun: true });
    expect(await fingerprint(lotline.database)).toBe(before);
  });

  const folderMistake = async (directory: string) => {
    const { shown, count } = await mistakesOf(importFolder(lotline.runner, ADMINISTRATOR, directory));
    expect(count).toBe(1);
    expect(await fingerprint(lotline.database)).toBe(before);
    return shown[0]!;
  };

  test('a folder that does not exist', async () => {
    expect(await folderMistake('/nowhere/at/all')).toMatchObject({ file: '/nowhere/at/all', wrong: 'there is no such folder' });
  });

  test('a folder without any of the files', async () => {
    const directory = writeFolder({ 'notes.csv': 'a,b\n', 'readme.md': 'x' });
    mkdirSync(join(directory, 'lots.csv'));
    symlinkSync('/nowhere/at/all', join(directory, 'transfers.csv'));
    try {
      const mistake = await folderMistake(directory);
      expect(mistake).toMatchObject({ file: directory, line: null, wrong: 'it holds none of the files' });
      expect(mistake.remedy).toMatch(/at least one of certifiers\.csv operations\.csv .*lot_adjustments\.csv/);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test('a file in the place of the folder', async () => {
    const directory = writeFolder({ 'lots.csv': 'x' });
    try {
      expect(await folderMistake(join(directory, 'lots.csv'))).toMatchObject({ wrong: 'it is not a folder that can be read' });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test('every mistake is told at once, by file and line, wherever it is found', async () => {
    const refused = await mistakesOf(
      lotline.import({
        ...folder({}),
        'lots.csv': lines(LOTS_HEADER, `${A}x`, B, `D,8150000009,Soya,"1,5",kg,GROWN,45292`, `E,8150000009,Soya,0,KGM,HARVEST,`),
        'transfers.csv': lines('lot,from,to,on', `B,${TRADER},8150000008,2025-09-25`, `Z,${TRADER},${FARM},2025-09-25`),
      }),
    );
    expect(refused.shown.map(({ file, line, column }) => `${file}:${line} ${column}`)).toEqual([
      'lots.csv:2 produced_on',
      'lots.csv:4 quantity',
      'lots.csv:4 unit',
      'lots.csv:4 kind',
      'lots.csv:4 produced_on',
      'lots.csv:4 producer',
      'lots.csv:4 product',
      'lots.csv:5 producer',
      'lots.csv:5 product',
      'lots.csv:5 quantity',
      'transfers.csv:2 to',
      'transfers.csv:3 lot',
    ]);
  });

  test('a row that names a row with a mistake is not blamed for it', async () => {
    const { shown } = await mistakesOf(
      lotline.import({
        'certifiers.csv': lines('certifier,name,country', 'ZZA,Agent,UK'),
        'operations.csv': lines('operation,name,country,roles', `${FARM},,UA,PRODUCER`, `${TRADER},Trader,TR,HANDLER`),
        'products.csv': lines('product,hts,kg_per_bushel', 'Soybeans,1201900010,"27,2"'),
        'operation_certificates.csv': lines('operation,certifier,status,effective_from', `${FARM},ZZA,CERTIFIED,2025-01-01`),
        'lots.csv': lines(LOTS_HEADER, `A,${FARM},Soybeans,10,BUA,HARVEST,2025-09-01`, `B,${TRADER},Soybeans,0,KGM,HARVEST,2025-09-01`),
        'lot_inputs.csv': lines('output,input,quantity,unit', 'B,A,100,BUA', `B,${FARM}/A,100,KGM`),
        'transfers.csv': lines('lot,from,to,on', `A,${FARM},${TRADER},2025-09-05`),
      }),
    );
    expect(shown.map(({ file, line, column }) => `${file}:${line} ${column}`)).toEqual([
      'certifiers.csv:2 country',
      'operations.csv:2 name',
      'products.csv:2 kg_per_bushel',
      'lots.csv:3 quantity',
    ]);
  });

  test('a file that breaks off is not blamed on the rows that name its rest', async () => {
    const { shown } = await mistakesOf(
      lotline.import({ ...uses('B,A,100,KGM', 'Z,A,1,KGM'), 'lots.csv': lines(LOTS_HEADER, A, `B,"${TRADER},Soybeans,1,KGM,HARVEST,`) }),
    );
    expect(shown.map(({ file, line, column }) => `${file}:${line} ${column}`)).toEqual(['lots.csv:3 producer']);
  });

  test('line numbers count blank lines and line breaks in cells once, whatever ends a line', async () => {
    for (const end of ['\n', '\r\n', '\r']) {
      const rows = [
        '',
        'operation,name,country,roles,Note',
        `${FARM},Farm,UA,PRODUCER,"two${end}lines${end}and a third"`,
        '',
        `${TRADER},Trader,UK,HANDLER,`,
      ];
      const { shown } = await mistakesOf(lotline.import({ 'operations.csv': rows.join(end) }));
      expect(shown.map(({ line, column }) => [line, column])).toEqual([[7, 'country']]);
    }
    const mixed = `operation,name,country,roles\r\n${FARM},Farm,UA,PRODUCER\n${TRADER},Trader,UK,HANDLER\r\n`;
    expect((await mistakesOf(lotline.import({ 'operations.csv': mixed }))).shown[0]).toMatchObject({ line: 3, column: 'country' });
  });

  test('the line of a byte that is no UTF-8 is found behind 100 kB of two-byte letters', async () => {
    // Over every offset, so that the ends of the chunks in which a file is read cut letters and the bad byte in every way.
    for (let shift = 0; shift < 4; shift++) {
      const sound = Array.from({ length: 1500 }, (_, index) => `FARM:${index},${'\u00e4'.repeat(40)},UA,PRODUCER`);
      const text = lines(`operation,${' '.repeat(shift)}name,country,roles`, ...sound);
      const bad = Buffer.concat([Buffer.from(text), Buffer.from('FARM:x,Caf\u00e9,UA,PRODUCER\nFARM:y,\u00e4,UA,PRODUCER\n', 'latin1')]);
      const { shown, count } = await mistakesOf(lotline.import({ 'operations.csv': bad }));
      expect([count, shown[0]!.line]).toEqual([1, 1502]);
    }
    const cutOff = Buffer.concat([Buffer.from(OPERATIONS), Buffer.from('\u20ac').subarray(0, 2)]);
    expect((await mistakesOf(lotline.import({ 'operations.csv': cutOff }))).shown[0]).toMatchObject({
      line: 5,
      wrong: expect.stringMatching(/not UTF-8/),
    });
  });

  test('of many mistakes a hundred are shown, and the rest counted', async () => {
    const rows = Array.from({ length: 12_345 }, (_, index) => `L${index},${FARM},Soybeans,1,kg,HARVEST,`);
    const refused = await mistakesOf(lotline.import({ 'lots.csv': lines(LOTS_HEADER, ...rows) }));
    expect(refused.count).toBe(12_345 * 3);
    expect(refused.shown).toHaveLength(100);
    expect(refused.lines().slice(-2)).toEqual(['... and 36935 more', '37035 mistakes in the folder; nothing was stored']);
    expect(await fingerprint(lotline.database)).toBe(before);
  });

  test('more rows than an import takes are refused where the first too many stands', async () => {
    const directory = writeFolder(folder({}));
    try {
      // Two certifiers, three operations, two products, three lots: the second lot is the ninth row.
      await expect(importFolder(lotline.runner, ADMINISTRATOR, directory, { mostRows: 10, dryRun: true })).resolves.toBeDefined();
      const { shown, count } = await mistakesOf(importFolder(lotline.runner, ADMINISTRATOR, directory, { mostRows: 8 }));
      expect(count).toBe(1);
      expect(shown[0]).toMatchObject({
        file: 'lots.csv',
        line: 3,
        column: null,
        wrong: expect.stringMatching(/more rows than an import takes/),
        remedy: expect.stringMatching(/split it/),
      });
      expect(await fingerprint(lotline.database)).toBe(before);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe('after an earlier folder', () => {
  beforeAll(async () => {
    lotline = await startLotline();
    await lotline.import(EARLIER);
    before = await fingerprint(lotline.database);
  });
  afterAll(() => lotline.close());

  test.each(LATER)('$name', expectRefused);

  test('inputs are not compared with the known ones while one of their rows has a mistake', async () => {
    const { shown } = await mistakesOf(
      lotline.import({ 'lot_inputs.csv': lines('output,input,quantity,unit', 'B,A,300,KGM', 'B,A,200,kg') }),
    );
    expect(shown.map(({ line, column }) => [line, column])).toEqual([[3, 'unit']]);
    const unknown = await mistakesOf(
      lotline.import({ 'lot_inputs.csv': lines('output,input,quantity,unit', 'B,A,300,KGM', 'B,AA,200,KGM') }),
    );
    expect(unknown.shown.map(({ line, column }) => [line, column])).toEqual([[3, 'input']]);
  });
});
