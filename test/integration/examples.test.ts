import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { ADMINISTRATOR } from '@lotline/server/access';
import { importFolder } from '@lotline/server/import';
import { buildSchema, parse, validate } from 'graphql';
import { type Lotline, startLotline } from '../support/lotline';

// The examples, as they stand in the repository, against the soybeans; those that need a browser or Python are run elsewhere, or on demand.

const run = promisify(execFile);
const HOME = resolve(__dirname, '..', '..');
const EXAMPLES = join(HOME, 'examples');

let lotline: Lotline;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  lotline = await startLotline();
  await importFolder(lotline.runner, ADMINISTRATOR, join(HOME, 'samples', 'soybeans'));
  env = { ...process.env, LOTLINE_URL: lotline.url, LOTLINE_TOKEN: await lotline.token('analyst') };
}, 120_000);
afterAll(() => lotline.close());

test('Node', async () => {
  const { stdout } = await run(process.execPath, [join(EXAMPLES, 'node', 'story.mjs'), 'SOY-STOCKTON-1'], { env });
  const lines = stdout.trim().split('\n');
  expect(lines[0]).toMatch(/^SOY-STOCKTON-1: [\d.]+ kg of /);
  const { lot } = await lotline.data(
    '{ lot(code: "SOY-STOCKTON-1") { trace(direction: BACK) { steps { totalCount } gaps { totalCount } } } }',
  );
  expect(lines.filter((line) => line.startsWith('missing: '))).toHaveLength(lot.trace.gaps.totalCount);
  expect(lines.filter((line) => /^\S{10} {2}[A-Z]/.test(line))).toHaveLength(lot.trace.steps.totalCount);
  expect(lines.at(-1)).toBe(`${lot.trace.gaps.totalCount} gaps`);
});

test('Node, a lot that is not there', async () => {
  await expect(run(process.execPath, [join(EXAMPLES, 'node', 'story.mjs'), 'NOWHERE'], { env })).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('you see no lot NOWHERE'),
  });
});

test('Apollo Client', async () => {
  const { stdout } = await run(process.execPath, [join(EXAMPLES, 'apollo', 'holders.mjs'), 'SOY-STOCKTON-1'], { env });
  const { lot } = await lotline.data(
    '{ lot(code: "SOY-STOCKTON-1") { trace(direction: FORWARD) { holders(first: 100) { nodes { operation { name } fromRoot } } } } }',
  );
  for (const { operation, fromRoot } of lot.trace.holders.nodes) expect(stdout).toContain(`${fromRoot} kg  ${operation.name}`);
});

test('curl', async () => {
  const { stdout } = await run('sh', [join(EXAMPLES, 'curl', 'questions.sh')], { env });
  const [who, origin] = stdout
    .trim()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
  expect(who.data).toMatchObject({ viewer: { kind: 'ANALYST' }, lots: { totalCount: expect.any(Number) } });
  expect(origin.data.lot.trace.gaps.totalCount).toBeGreaterThan(0);
  expect(stdout).toContain('"sequence":0,"change":null');
});

test('Bruno: every document is one of the schema', () => {
  const schema = buildSchema(readFileSync(join(HOME, 'schema', 'schema.graphql'), 'utf8'));
  const requests = readdirSync(join(EXAMPLES, 'bruno')).filter((name) => name.endsWith('.bru'));
  expect(requests.length).toBeGreaterThan(4);
  for (const name of requests) {
    const [, document] = /body:graphql \{\n([\s\S]*?)\n\}/.exec(readFileSync(join(EXAMPLES, 'bruno', name), 'utf8'))!;
    expect({ name, wrong: validate(schema, parse(document!)) }).toEqual({ name, wrong: [] });
  }
});

test('Excel and the notebook ask what the schema has', () => {
  const schema = buildSchema(readFileSync(join(HOME, 'schema', 'schema.graphql'), 'utf8'));
  const excel = /query = "(.*)"/.exec(readFileSync(join(EXAMPLES, 'excel', 'README.md'), 'utf8'))![1]!;
  const cells = JSON.parse(readFileSync(join(EXAMPLES, 'python', 'lots.ipynb'), 'utf8')).cells as { source: string[] }[];
  const python = /QUERY = '''([\s\S]*?)'''/.exec(cells.map(({ source }) => source.join('')).join('\n'))![1]!;
  for (const document of [excel, python]) expect(validate(schema, parse(document))).toEqual([]);
});

const wanted = process.env.EXAMPLES_PYTHON === '1';
(wanted ? test : test.skip)('Python', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lotline-notebook-'));
  try {
    const cells = JSON.parse(readFileSync(join(EXAMPLES, 'python', 'lots.ipynb'), 'utf8')).cells as {
      cell_type: string;
      source: string[];
    }[];
    const code = cells.filter(({ cell_type }) => cell_type === 'code').map(({ source }) => source.join(''));
    writeFileSync(join(folder, 'lots.py'), code.join('\n\n'));
    const { stdout } = await run('python3', [join(folder, 'lots.py')], { env });
    const { lots } = await lotline.data('{ lots { totalCount } }');
    expect(stdout).toContain(`${lots.totalCount} lots`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
