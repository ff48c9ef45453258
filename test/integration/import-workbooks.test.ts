import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ADMINISTRATOR } from '@lotline/server/access';
import { importFolder } from '@lotline/server/import';
import { exported, imported, withDatabase } from '../support/databases';
import { fingerprint, type Lotline, mistakesOf, startLotline } from '../support/lotline';
import { textRows, workbookOf, zipOf } from '../support/zip';

// Workbooks: those that LibreOffice made (test/workbooks/make.py) are read, or refused with the cell and the remedy; so is what no
// spreadsheet of ours writes.

const WORKBOOKS = join(__dirname, '..', 'workbooks');
const CLI = join(__dirname, '..', '..', 'server', 'bin', 'lotline.js');

let lotline: Lotline;
let directory: string;
beforeAll(async () => {
  lotline = await startLotline();
  directory = mkdtempSync(join(tmpdir(), 'lotline-workbooks-'));
});
afterAll(async () => {
  await lotline.close();
  rmSync(directory, { recursive: true });
});

/** What a workbook is refused for, line by line; nothing of it is stored. */
async function refused(path: string): Promise<string[]> {
  const before = await fingerprint(lotline.database);
  const { count, ...error } = await mistakesOf(importFolder(lotline.runner, ADMINISTRATOR, path)).then((each) => ({
    count: each.count,
    lines: each.lines(),
  }));
  expect(await fingerprint(lotline.database)).toBe(before);
  expect(error.lines.at(-1)).toBe(`${count} ${count === 1 ? 'mistake' : 'mistakes'} in the workbook; nothing was stored`);
  return error.lines.slice(0, -1);
}

const read = (path: string) =>
  withDatabase(async (database, runner) => {
    await imported(runner, path);
    return (await exported(database)).files;
  });
/** Rows of an exported file without its header. */
const rowsOf = (files: Record<string, string>, name: string): string[] => files[name]!.trimEnd().split('\r\n').slice(1);

describe('of LibreOffice', () => {
  const AS_TEXT = 'format the column as text and write the value again';
  const REFUSED: Record<string, (string | RegExp)[]> = {
    'digits.xlsx': [
      'lots!A2 code: a spreadsheet keeps 15 digits of a number; the others are lost; format the column as text and write all digits',
      'lots!B3 producer: "8.15E+09" is a number that a spreadsheet shortened; format the column as text and write all ten digits of the NOP ID',
      /^lots!B4 producer: "150000001" has 9 digits; a NOP ID has ten: format the column as text, a leading zero may have been lost;/,
      'lots!D5 quantity: it is shown as a percentage; format the column as a number and write the value meant',
      `lots!A6 code: a spreadsheet took it for the truth value TRUE; ${AS_TEXT}`,
      `lots!A7 code: a spreadsheet took it for the date 2025-01-02; ${AS_TEXT}`,
      'lots!D8 quantity: "1,5" has a decimal comma; write 1.5',
    ],
    'empty.xlsx': [
      /^empty\.xlsx: none of its sheets is named like a file of the format; name at least one of them like one of certifiers operations /,
    ],
    'errors.xlsx': [
      'lots!D2 quantity: it holds the error #DIV/0!; repair its formula, or write the value',
      'lots!A3 code: it holds the error #NAME?; repair its formula, or write the value',
      'lots!C3 product: it holds the error #N/A; repair its formula, or write the value',
    ],
    'hidden.xlsx': [
      'transfers: the sheet is hidden; show it, or delete it',
      'lots!3: the row is hidden; clear the filter, or show the rows; delete what is not meant',
    ],
    'merged.xlsx': [
      'lots!B2 producer: the cells B2:B3 are merged; unmerge them, and fill each',
      'lots!B3 producer: it is empty; give a value',
    ],
    'names.xlsx': ['lotss: no sheet of this name is read; rename it to lots, or delete it'],
    'serials.xlsx': [
      'lots!G2 produced_on: "45688" is a spreadsheet\'s serial number of a date; format the column as text and write 2025-01-31, if that is the day meant',
      /^lots!G3 produced_on: "2025-01-31T18:00:00" has an hour but no offset; add the offset/,
    ],
    'titled.xlsx': [/^lots!1: the first row names none of the columns; begin with the header row: code,producer,product,/],
    'unknown.xlsx': [
      /^lots!D3 quantity: CONFLICT: lot "L1" of 8150000001, row 2, is known with quantity "5", this row says "6"/,
      'lot_inputs!E2: "a remark" stands under no header; name its column, or clear the cell',
      'lot_inputs!A2 output: there is no lot "NONE"; add it to the sheet lots, or correct the code',
      'lot_inputs!A3 output: there is no lot "NONE"; add it to the sheet lots, or correct the code',
      'transfers!B2 lot: there is no lot "L9"; add it to the sheet lots, or correct the code',
      'transfers!F2 unit: quantity and unit go together; give both, or neither for the whole lot',
      'shipments!C2 consignee: there is no operation "W:NOBODY"; add it to the sheet operations, or correct the identifier',
    ],
  };
  const READ = ['leading-zeros.xlsx', 'template-filled.xlsx', 'typed.xlsx'];

  test('each is here with what becomes of it', () => {
    expect(
      readdirSync(WORKBOOKS)
        .filter((name) => name.endsWith('.xlsx'))
        .sort(),
    ).toEqual([...Object.keys(REFUSED), ...READ].sort());
  });

  test.each(Object.entries(REFUSED))('%s is refused, every mistake with its cell and remedy', async (name, lines) => {
    const said = await refused(join(WORKBOOKS, name));
    expect(said).toHaveLength(lines.length);
    for (const line of lines) expect(said).toContainEqual(typeof line === 'string' ? line : expect.stringMatching(line));
  });

  test('typed.xlsx is read: numbers as they are shown, days, truth values, sums, sheets by their names in any writing', async () => {
    const files = await read(join(WORKBOOKS, 'typed.xlsx'));
    expect(rowsOf(files, 'lots.csv')).toEqual([
      '12,W:MILL,Wheat,0.3,KGM,TRANSFORMATION,,US,,',
      'L1,8150000001,Wheat,5,TNE,HARVEST,2025-01-31,TR,,',
      'L3,8150000001,Wheat,1234567.891,KGM,HARVEST,2025-02-28,TR,,',
    ]);
    expect(rowsOf(files, 'lot_inputs.csv')).toEqual(['W:MILL/12,8150000001/L1,0.3,KGM,,']);
    expect(rowsOf(files, 'products.csv')).toEqual(['Wheat,1001990000,yes,']);
  });

  test('leading-zeros.xlsx is read: zeros that a format shows, and text whatever it looks like', async () => {
    const codes = rowsOf(await read(join(WORKBOOKS, 'leading-zeros.xlsx')), 'lots.csv').map((line) => line.split(',')[0]);
    expect(codes).toEqual(['000042', '007', '1-2', "'=1+1", 'TRUE']);
  });

  test('template-filled.xlsx is read: sheets that are left empty are as if they were not there', async () => {
    expect(Object.keys(await read(join(WORKBOOKS, 'template-filled.xlsx')))).toEqual(['lots.csv', 'operations.csv', 'products.csv']);
  });
});

const LOT = ['R1', 'W:1', 'Rye', '5', 'TNE', 'HARVEST', '2025-01-31'];
const SHEETS = {
  operations: textRows([
    ['operation', 'name', 'country', 'roles'],
    ['W:1', 'One', 'TR', 'producer'],
  ]),
  products: textRows([
    ['product', 'hts'],
    ['Rye', '1002900000'],
  ]),
};
const lots = (...rows: string[]) =>
  `${textRows([['code', 'producer', 'product', 'quantity', 'unit', 'kind', 'produced_on', 'note']])}${rows.join('')}`;
const made = (parts: Record<string, string> | Buffer, name = 'made.xlsx', declared?: Record<string, number>): string => {
  const path = join(directory, name);
  writeFileSync(path, Buffer.isBuffer(parts) ? parts : zipOf(parts, declared));
  return path;
};
const text = (value: string) => `<c t="inlineStr"><is><t>${value}</t></is></c>`;

describe('of other hands', () => {
  test('rich text, escapes, shared texts, cells in any order of attributes, and days from 1904', async () => {
    const cells = [
      '<c r="A2" t="s"><v>0</v></c>',
      ...['W:1', 'Rye'].map(text),
      '<c><v>1.5E1</v></c>',
      ...['TNE', 'HARVEST'].map(text),
      '<c s="1"><v>44226</v></c>',
      '<c t="str"><f>A1</f><v>a &amp; b_x000A_c</v></c>',
    ];
    const parts = workbookOf(
      { ...SHEETS, lots: lots(`<row r="2">${cells.join('')}</row>`) },
      {
        strings: '<si><r><t>L</t></r><r><t xml:space="preserve">é </t></r><rPh><t>spoken</t></rPh><r><t>1</t></r></si>',
        styles: '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>',
        properties: '<workbookPr date1904="1"/>',
      },
    );
    const files = await read(made(parts));
    expect(files['lots.csv']).toContain('Lé 1,W:1,Rye,15,TNE,HARVEST,2025-01-31,TR,,,"a & b\nc"');
  });

  test.each([
    [
      'no formula value',
      '<row r="2"><c r="A2"><f>A1</f></c></row>',
      'lots!A2 code: its formula has no value stored; open the workbook in a spreadsheet and save it, or write the value',
    ],
    [
      'a number that is none',
      '<row r="2"><c r="A2"><v>many</v></c></row>',
      'lots!A2 code: "many" is no number; format the column as text and write the value again',
    ],
    [
      'far to the right',
      `<row r="2"><c r="XFD2"><v>1</v></c></row>`,
      'lots!XFD2: "1" stands under no header; name its column, or clear the cell',
    ],
  ])('%s', async (_, row, line) => {
    expect(await refused(made(workbookOf({ ...SHEETS, lots: lots(row) })))).toContainEqual(line);
  });

  test.each<[string, Record<string, string> | Buffer, RegExp, Record<string, number>]>([
    [
      'no archive',
      Buffer.from('code,producer\n'),
      /^made\.xlsx: it is no \.xlsx workbook that can be read; save it as "Excel Workbook \(\.xlsx\)", without a password/,
      {},
    ],
    ['protected by a password', Buffer.from('d0cf11e0a1b11ae1', 'hex'), /it is no \.xlsx workbook that can be read/, {}],
    [
      'an archive of something else',
      { 'content.xml': '<office/>' },
      /^made\.xlsx: it is broken: it has no part xl\/workbook\.xml; open it in a spreadsheet/,
      {},
    ],
    ['broken XML', workbookOf({ ...SHEETS, lots: '<row><c' }), /^made\.xlsx: it is broken: /, {}],
    [
      'entities of its own',
      { ...workbookOf(SHEETS), 'xl/worksheets/s0.xml': '<!DOCTYPE x [<!ENTITY a "b">]><worksheet/>' },
      /it is broken: it has a document type/,
      {},
    ],
    [
      'an endless text',
      workbookOf({ ...SHEETS, lots: lots(`<row>${text('a'.repeat(70_000))}</row>`) }),
      /it is broken: a cell is longer than any spreadsheet writes/,
      {},
    ],
    ['more than can be unpacked', workbookOf(SHEETS), /it is no \.xlsx workbook that can be read/, { 'xl/styles.xml': 2 ** 31 }],
    [
      'a sheet without its part',
      { ...workbookOf(SHEETS), 'xl/_rels/workbook.xml.rels': '<Relationships/>' },
      /it is broken: the sheet operations has no part/,
      {},
    ],
    [
      'two sheets for one file',
      workbookOf({ ...SHEETS, Operations: '' }),
      /^Operations: there is a sheet "operations" too; keep one of them$/,
      {},
    ],
  ])('%s', async (_, parts, line, declared) => {
    expect(await refused(made(parts, 'made.xlsx', declared))).toContainEqual(expect.stringMatching(line));
  });

  test('the same workbook again is no change, and the same rows as a folder are known', async () => {
    const path = made(workbookOf({ ...SHEETS, lots: lots(`<row>${LOT.map(text).join('')}</row>`) }));
    await importFolder(lotline.runner, ADMINISTRATOR, path);
    const again = await importFolder(lotline.runner, ADMINISTRATOR, path);
    expect(again['lots.csv']).toEqual({ recorded: 0, unchanged: 1 });
  });
});

describe('the command line', () => {
  const run = async (...args: string[]): Promise<{ code: number | null; err: string }> => {
    const child = spawn(process.execPath, [CLI, ...args], { env: { ...process.env, DATABASE_URL: lotline.databaseUrl }, cwd: directory });
    let err = '';
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    return new Promise((done) => child.on('close', (code) => done({ code, err })));
  };

  test('imports a workbook, or says its cells', async () => {
    expect(await run('import', join(WORKBOOKS, 'typed.xlsx'), '--dry-run')).toMatchObject({
      code: 0,
      err: expect.stringContaining('checked, nothing stored: operations.csv: 2 recorded'),
    });
    expect(await run('import', join(WORKBOOKS, 'names.xlsx'))).toMatchObject({
      code: 1,
      err: expect.stringContaining('lotss: no sheet of this name is read'),
    });
    expect((await run('import', 'nowhere.xlsx')).code).toBe(1);
  });

  test('writes a template, which is refused as long as it is empty, and never over another file', async () => {
    expect(await run('template', 'new.xlsx')).toMatchObject({ code: 0, err: expect.stringContaining('written: new.xlsx') });
    expect(await run('template', 'new.xlsx')).toMatchObject({ code: 1, err: 'new.xlsx is there already; name another file\n' });
    expect((await run('template', 'new.csv')).code).toBe(2);
    expect(await run('import', 'new.xlsx')).toMatchObject({
      code: 1,
      err: expect.stringContaining('new.xlsx: none of its sheets has a row; fill in at least one'),
    });
  });
});
