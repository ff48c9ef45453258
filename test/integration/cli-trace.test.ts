import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { csv, type Lotline, startLotline } from '../support/lotline';

// `lotline trace`: the same story as over GraphQL, as a tree, a table and lines of JSON.

const CLI = join(__dirname, '..', '..', 'server', 'bin', 'lotline.js');

let lotline: Lotline;
beforeAll(async () => {
  lotline = await startLotline();
  const operation = (operation: string, country: string) => ({ operation, name: `=${operation}`, country, roles: 'handler' });
  const lot = (code: string, producer: string, quantity: number, more = {}) => ({
    code,
    producer,
    product: 'Wheat',
    quantity,
    unit: 'KGM',
    kind: 'transformation',
    ...more,
  });
  await lotline.import({
    'operations.csv': csv([operation('T:FARM', 'UA'), operation('T:MILL', 'TR')]),
    'products.csv': csv([{ product: 'Wheat', hts: '1001990000', organic: 'yes' }]),
    'lots.csv': csv([
      lot('GRAIN', 'T:FARM', 90, { kind: 'harvest', produced_on: '2025-01-01' }),
      lot('MIX, A', 'T:MILL', 40),
      lot('MIX, B', 'T:MILL', 40),
      lot('BREAD', 'T:MILL', 100),
      lot('BREAD', 'T:FARM', 100),
    ]),
    'transfers.csv': csv([{ lot: 'GRAIN', from: 'T:FARM', to: 'T:MILL', on: '2025-02-01' }]),
    'lot_inputs.csv': csv([
      { output: 'MIX, A', input: 'GRAIN', quantity: 40, unit: 'KGM' },
      { output: 'MIX, B', input: 'GRAIN', quantity: 50, unit: 'KGM' },
      { output: 'T:MILL/BREAD', input: 'MIX, A', quantity: 40, unit: 'KGM' },
      { output: 'T:MILL/BREAD', input: 'MIX, B', quantity: 40, unit: 'KGM' },
    ]),
  });
});
afterAll(() => lotline.close());

async function run(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [CLI, ...args], { env: { ...process.env, DATABASE_URL: lotline.databaseUrl } });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  const code = await new Promise<number | null>((done) => child.on('close', done));
  return { code, out, err };
}

test('a tree tells each lot once, and what is missing', async () => {
  const { code, out, err } = await run('trace', 'T:MILL/BREAD');
  expect(code).toBe(0);
  expect(err).toBe('');
  expect(out.split('\n').slice(0, 9)).toEqual([
    'BREAD | Wheat | made by =T:MILL (T:MILL), TR | 100 kg',
    '|-- MIX, A | Wheat | made by =T:MILL (T:MILL), TR | 40 kg (40.0 %)',
    '|   `-- GRAIN | Wheat | harvested by =T:FARM (T:FARM), UA | 2025-01-01 | 80 kg (80.0 %)',
    '`-- MIX, B | Wheat | made by =T:MILL (T:MILL), TR | 40 kg (40.0 %)',
    '    `-- GRAIN | see above',
    '',
    '3 lots behind it, 1 of them harvests; 20 kg are of unknown origin.',
    'The trace is complete.',
    '8 gaps:',
  ]);
  expect(out).toContain('  MORE_OUT_THAN_IN | T:MILL/BREAD | The lot weighs 100 kg, but only 80 kg went into it. (7 CFR 205.403(d)(4))\n');
});

test('lines of JSON say what GraphQL says', async () => {
  const { out } = await run('trace', 'GRAIN', '--forward', '--format', 'jsonl');
  const lines = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const of = (type: string) => lines.filter((line) => line.type === type);
  const { lot } = await lotline.data(
    `{ lot(code: "GRAIN") { trace(direction: FORWARD) { complete
      lots { nodes { depth kilograms share lot { code producer { name } } } } gaps { nodes { kind on message rule } }
      holders { nodes { operation { name } lots held fromRoot } } } } }`,
  );
  expect(of('trace')).toEqual([{ type: 'trace', root: 'T:FARM/GRAIN', direction: 'FORWARD', complete: lot.trace.complete, unknown: null }]);
  expect(
    of('lot')
      .slice(1)
      .map(({ depth, kilograms, share, code, producerName }) => ({
        depth,
        kilograms,
        share,
        lot: { code, producer: { name: producerName } },
      })),
  ).toEqual(lot.trace.lots.nodes);
  expect(of('gap').map(({ kind, on, message, rule }) => ({ kind, on, message, rule }))).toEqual(lot.trace.gaps.nodes);
  expect(of('holder').map(({ name, lots, held, fromRoot }) => ({ operation: { name }, lots, held, fromRoot }))).toEqual(
    lot.trace.holders.nodes,
  );
  expect(of('link')).toHaveLength(4);
});

test('a table keeps commas in their cells, and gives a spreadsheet no formula', async () => {
  const { out } = await run('trace', 'T:MILL/BREAD', '--format', 'csv');
  const [header, root, first] = out.split('\n');
  expect(header).toBe('ref,depth,lot,code,producer,producerName,product,organic,kind,country,producedOn,quantity,kilograms,share,gaps');
  expect(root).toBe("0,0,T:MILL/BREAD,BREAD,T:MILL,'=T:MILL,Wheat,true,TRANSFORMATION,TR,,100,100,1,MORE_OUT_THAN_IN;OWNER_NOT_CERTIFIED");
  expect(first).toBe('1,1,"T:MILL/MIX, A","MIX, A",T:MILL,\'=T:MILL,Wheat,true,TRANSFORMATION,TR,,40,40,0.4,OWNER_NOT_CERTIFIED');
});

test('what cannot be traced is said on stderr, with the code of its kind', async () => {
  const answers: [args: string[], code: number, err: RegExp][] = [
    [['BREAD'], 1, /^several producers have a lot of this code: T:FARM, T:MILL; write it as OPERATION\/code\n$/],
    [['NOWHERE'], 1, /^there is no lot "NOWHERE"; write its code, or OPERATION\/code\n$/],
    [['T:MILL/NOWHERE'], 1, /^there is no lot/],
    [[], 2, /^trace takes one lot\n/],
    [['GRAIN', '--format', 'pdf'], 2, /^--format pdf: write one of table, csv, jsonl\n/],
    [['GRAIN', '--sideways'], 2, /sideways/],
  ];
  for (const [args, code, err] of answers) {
    const answer = await run('trace', ...args);
    expect([args, answer.code, answer.out]).toEqual([args, code, '']);
    expect(answer.err).toMatch(err);
  }
});

test('two lots of one name are two lots, and a long code is found behind its operation', async () => {
  const long = 'L'.repeat(125);
  const operation = (operation: string) => ({ operation, name: operation, country: 'UA', roles: 'handler' });
  const lot = (producer: string, code: string, quantity: number, kind = 'transformation') => ({
    producer,
    code,
    quantity,
    kind,
    product: 'Wheat',
    unit: 'KGM',
  });
  await lotline.import({
    'operations.csv': csv([operation('N:A'), operation('N:A/B')]),
    'lots.csv': csv([
      lot('N:A', 'B/Z', 30, 'purchased'),
      lot('N:A/B', 'Z', 70, 'harvest'),
      lot('N:A', 'ROOT', 100),
      lot('N:A', long, 1, 'harvest'),
      lot('N:A/B', long, 1, 'harvest'),
    ]),
    'lot_inputs.csv': csv([
      { output: 'ROOT', input: 'B/Z', quantity: 30, unit: 'KGM' },
      { output: 'ROOT', input: 'Z', quantity: 70, unit: 'KGM' },
    ]),
  });
  const { out } = await run('trace', 'ROOT');
  expect(out).toContain(
    '|-- B/Z | Wheat | bought by N:A (N:A), UA | 30 kg (30.0 %)\n`-- Z | Wheat | harvested by N:A/B (N:A/B), UA | 70 kg (70.0 %)\n',
  );
  const table = (await run('trace', 'ROOT', '--format', 'csv')).out.split('\n').map((line) => line.split(','));
  expect(table.slice(2, 4).map((cells) => [cells[2], cells[3], cells.at(-1)])).toEqual([
    ['N:A/B/Z', 'B/Z', 'MISSING_INPUTS;OWNER_NOT_CERTIFIED'],
    ['N:A/B/Z', 'Z', 'OWNER_CHANGED_WITHOUT_TRANSFER'],
  ]);
  expect((await run('trace', `N:A/B/${long}`)).out).toContain(`${long} | Wheat | harvested by N:A/B`);
});
