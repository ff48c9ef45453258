import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cellsOf, download } from '../support/download';
import { type Lotline, startLotline } from '../support/lotline';

// What others read in what we write: LibreOffice and pandas, where they are installed. On demand, with READERS=1.

const asked = process.env.READERS === '1' ? test : test.skip;
const SAMPLE = join(__dirname, '..', '..', 'samples', 'soybeans');
const TABLES = ['trace/SOY-STOCKTON-1', 'steps/SOY-STOCKTON-1', 'gaps/SOY-STOCKTON-1', 'lots', 'certificates'];

let lotline: Lotline;
let directory: string;
beforeAll(async () => {
  lotline = await startLotline();
  const names = readdirSync(SAMPLE).filter((name) => name.endsWith('.csv'));
  await lotline.import(Object.fromEntries(names.map((name) => [name, readFileSync(join(SAMPLE, name), 'utf8')])));
  directory = mkdtempSync(join(tmpdir(), 'lotline-readers-'));
});
afterAll(async () => {
  await lotline.close();
  rmSync(directory, { recursive: true });
});

const workbook = async (table: string): Promise<string> => {
  const response = await fetch(`${lotline.url}/export/${table}.xlsx`, {
    headers: { authorization: `Bearer ${await lotline.token('analyst')}` },
  });
  const path = join(directory, `${table.replace('/', '-')}.xlsx`);
  writeFileSync(path, Buffer.from(await response.arrayBuffer()));
  return path;
};

const run = (command: string, ...args: string[]): string => {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 2 ** 28 });
  expect([command, status, status === 0 ? '' : stderr]).toEqual([command, 0, '']);
  return stdout;
};
/** Truth values and shares are shown by everybody in their own way. */
const alike = (cells: string[][]): string[][] =>
  cells.map((row) =>
    row.map((cell) => (/^(true|false)$/i.test(cell) ? cell.toLowerCase() : /^0\.\d{6,}$/.test(cell) ? Number(cell).toFixed(6) : cell)),
  );

asked(
  'LibreOffice reads in a workbook what the CSV says',
  async () => {
    for (const table of TABLES) {
      const path = await workbook(table);
      run(
        'soffice',
        '--headless',
        `-env:UserInstallation=file://${directory}/profile`,
        '--convert-to',
        'csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true',
        '--outdir',
        directory,
        path,
      );
      expect(alike(cellsOf(readFileSync(path.replace('.xlsx', '.csv'), 'utf8')))).toEqual(
        alike(cellsOf((await download(lotline, `${table}.csv`)).text)),
      );
    }
  },
  120_000,
);

asked(
  'pandas reads the same in a workbook, a CSV and lines of JSON',
  async () => {
    for (const table of TABLES) {
      const path = await workbook(table);
      for (const format of ['csv', 'jsonl'])
        writeFileSync(path.replace('xlsx', format), (await download(lotline, `${table}.${format}`)).text);
      const script = `
import sys, pandas
path = sys.argv[1]
sheet = pandas.read_excel(path, dtype=str)
plain = pandas.read_csv(path.replace('.xlsx', '.csv'), dtype=str)
lines = pandas.read_json(path.replace('.xlsx', '.jsonl'), lines=True, dtype=False, convert_dates=False)
assert list(sheet.columns) == list(plain.columns), (sheet.columns, plain.columns)
assert len(sheet) == len(plain) == len(lines) and sheet.iloc[-1, 0] == plain.iloc[-1, 0] == lines.iloc[-1]['row'] == 'complete'
for column in plain.columns[1:]:
    if column in ('share', 'organic', 'id', 'ref', 'depth'): continue
    a, b = sheet[column].iloc[:-1].fillna(''), plain[column].iloc[:-1].fillna('')
    assert list(a) == list(b), column
    if column == 'kilograms': assert list(lines[column].iloc[:-1].fillna('')) == list(b), column
print(len(plain) - 1)
`;
      expect(Number(run('/usr/bin/python3', '-c', script, path))).toBeGreaterThan(0);
    }
  },
  120_000,
);
