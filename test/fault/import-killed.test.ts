import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Embedded, startEmbedded } from '@lotline/server/database';
import { Client } from 'pg';

// The command line on a data directory of its own: killed at any moment it leaves all of a folder or nothing, and it says how it ended. KILLS
// makes it longer.

const LOTLINE = resolve(__dirname, '..', '..', 'server', 'bin', 'lotline.js');
const KILLS = Number(process.env.KILLS ?? 5);
const LOTS = 5000;
const OPERATIONS = 50;

const children = new Set<ChildProcess>();
let home: string;
let dataDir: string;
let folder: string;
let embedded: Embedded;
let client: Client;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'lotline-killed-'));
  // As a folder is normally made: a private one of root's would send the database elsewhere.
  chmodSync(home, 0o755);
  dataDir = join(home, 'data');
  // Held by this process too, so that the database outlives the imports that are killed.
  embedded = await startEmbedded(dataDir);
  client = new Client({ connectionString: embedded.url });
  await client.connect();
  folder = join(home, 'folder');
  writeBigFolder(folder);
});
afterAll(async () => {
  for (const child of children) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  await client.end();
  const postmaster = Number(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);
  await embedded.stop();
  try {
    // Its pid file goes a moment before the process itself does.
    for (let waited = 0; isRunning(postmaster) && waited < 10_000; waited += 20) await sleep(20);
    expect(isRunning(postmaster)).toBe(false);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

interface Run {
  child: ChildProcess;
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; out: string; err: string }>;
}

function lotline(args: string[], { cwd = home, env = {} }: { cwd?: string; env?: Record<string, string> } = {}): Run {
  const child = spawn(process.execPath, [LOTLINE, ...args], {
    cwd,
    env: { ...process.env, DATA_DIR: dataDir, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  const text = { out: '', err: '' };
  child.stdout!.on('data', (chunk) => (text.out += chunk));
  child.stderr!.on('data', (chunk) => (text.err += chunk));
  return { child, ended: new Promise((done) => child.once('close', (code, signal) => done({ code, signal, ...text }))) };
}

/** 5,000 lots, half of them made of two others each; every tenth sold, every twentieth dried. */
function writeBigFolder(directory: string): void {
  mkdirSync(directory);
  const write = (name: string, header: string, rows: string[]) => writeFileSync(join(directory, name), `${[header, ...rows].join('\n')}\n`);
  const some = (from: number, to: number, step: number, row: (index: number) => string) =>
    Array.from({ length: Math.ceil((to - from) / step) }, (_, index) => row(from + index * step));
  const operation = (index: number) => `FARM:${index % OPERATIONS}`;
  write(
    'operations.csv',
    'operation,name,country,roles',
    some(0, OPERATIONS, 1, (index) => `${operation(index)},Farm ${index},UA,PRODUCER`),
  );
  write('products.csv', 'product,hts,organic', ['Soybeans,1201900010,yes']);
  write(
    'lots.csv',
    'code,producer,product,quantity,unit,kind,produced_on',
    some(
      0,
      LOTS,
      1,
      (index) => `L${index},${operation(index)},Soybeans,1000,KGM,${index < LOTS / 2 ? 'HARVEST' : 'TRANSFORMATION'},2025-09-01`,
    ),
  );
  write('lot_inputs.csv', 'output,input,quantity,unit', [
    ...some(LOTS / 2, LOTS, 1, (index) => `L${index},L${index - LOTS / 2},100,KGM`),
    ...some(LOTS / 2, LOTS, 1, (index) => `L${index},L${(index * 7919) % (LOTS / 2)},10,KGM`),
  ]);
  write(
    'transfers.csv',
    'lot,from,to,on',
    some(0, LOTS, 10, (index) => `L${index},${operation(index)},${operation(index + 1)},2025-09-10`),
  );
  write(
    'lot_adjustments.csv',
    'lot,holder,kind,on,quantity,unit',
    some(0, LOTS, 20, (index) => `L${index},${operation(index)},MOISTURE,2025-09-11,1,KGM`),
  );
}

const ALL = {
  operation: OPERATIONS,
  product: 1,
  lot: LOTS,
  lot_input: LOTS,
  transfer: LOTS / 10,
  lot_adjustment: LOTS / 20,
  command: 1,
  idempotency_key: 1,
};
const NOTHING = { ...Object.fromEntries(Object.keys(ALL).map((table) => [table, 0])), event: 0, holding: 0, party: 0 };

/** Rows by table, once no import works in the database any more; null where not even the tables are made. */
async function stored(): Promise<Record<string, number> | null> {
  const busy = "select from pg_stat_activity where application_name = 'lotline' and datname = current_database()";
  for (let waited = 0; (await client.query(busy)).rows.length > 0; waited += 20) {
    if (waited > 20_000) throw new Error('the session of a killed import does not end');
    await sleep(20);
  }
  const made = await client.query("select from information_schema.tables where table_name = 'party'");
  if (made.rows.length === 0) return null;
  const counts: Record<string, number> = {};
  for (const table of Object.keys(NOTHING)) counts[table] = Number((await client.query(`select count(*) from ${table}`)).rows[0].count);
  return counts;
}

const wipe = () => client.query('drop schema public cascade; create schema public');

test(
  'killed at any moment, an import has stored everything or nothing; the next one holds every row',
  async () => {
    // As long as it takes undisturbed, tables and all; the first run of all warms the disk up.
    let duration = 0;
    for (let run = 0; run < 2; run++) {
      await wipe();
      const begun = performance.now();
      expect(await lotline(['import', folder]).ended).toMatchObject({ code: 0 });
      duration = performance.now() - begun;
    }
    const whole = (await stored())!;
    expect(whole).toMatchObject(ALL);
    expect(whole.event).toBe(OPERATIONS + 1 + LOTS + LOTS / 10 + LOTS / 20);
    await wipe();

    let killed = 0;
    for (let attempt = 0; killed < KILLS; attempt++) {
      // One that ends before it is killed was faster than those before it: the moments follow it.
      if (attempt === 2 * KILLS) throw new Error(`only ${killed} of ${attempt} imports were killed before they ended`);
      const after = ((killed + Math.random()) / KILLS) * duration;
      const begun = performance.now();
      const { child, ended } = lotline(['import', folder]);
      await Promise.race([sleep(after), ended]);
      child.kill('SIGKILL');
      if ((await ended).signal === 'SIGKILL') killed++;
      else duration = performance.now() - begun;
      const counts = await stored();
      // Whole is what an undisturbed import stores, to the row; the moment is told where neither fits.
      expect({ after, counts: counts ?? NOTHING }).toEqual({ after, counts: counts && counts.lot! > 0 ? whole : NOTHING });
      if (counts && counts.lot! > 0) await wipe();
    }

    const last = await lotline(['import', folder]).ended;
    expect(last).toMatchObject({ code: 0, out: '' });
    expect(await stored()).toEqual(whole);
    const again = await lotline(['import', folder]).ended;
    expect(again).toMatchObject({ code: 0, out: '' });
    expect(again.err).toMatch(new RegExp(`lots\\.csv: 0 recorded, ${LOTS} known`));
    expect(await stored()).toEqual(whole);
  },
  60_000 + KILLS * 30_000,
);

describe('how it says that it ended', () => {
  let small: string;
  beforeAll(() => {
    small = join(home, 'small');
    mkdirSync(small);
    writeFileSync(join(small, 'operations.csv'), 'operation,name,country,roles\nFARM:A,A,UA,PRODUCER\nFARM:B,B,UA,PRODUCER\n');
  });

  test('0 when done: nothing on stdout, the counts on stderr; a path is meant from where one stands', async () => {
    const trial = await lotline(['import', '--dry-run', basename(small)], { cwd: dirname(small) }).ended;
    expect(trial).toMatchObject({ code: 0, out: '' });
    expect(trial.err).toMatch(/^checked, nothing stored: operations\.csv: 2 recorded$/m);
    const done = await lotline(['import', basename(small)], { cwd: dirname(small) }).ended;
    expect(done).toMatchObject({ code: 0, out: '' });
    expect(done.err).toMatch(/^imported: operations\.csv: 2 recorded$/m);
    const again = await lotline(['import', small]).ended;
    expect(again).toMatchObject({ code: 0, out: '' });
    expect(again.err).toMatch(/^imported: operations\.csv: 0 recorded, 2 known$/m);
  });

  test('1 when the folder is refused: every mistake is a line on stderr', async () => {
    const broken = join(home, 'broken');
    mkdirSync(broken);
    writeFileSync(join(broken, 'operations.csv'), 'operation,name,country,roles\nFARM:C,C,UK,PRODUCER\n815000001,D,UA,PRODUCER\n');
    const refused = await lotline(['import', broken]).ended;
    expect(refused).toMatchObject({ code: 1, out: '' });
    const said = refused.err.trimEnd().split('\n');
    expect(said).toContain('operations.csv:2 country: "UK" is not a country of ISO 3166-1; write GB');
    expect(said.filter((line) => line.startsWith('operations.csv:3 operation: '))).toHaveLength(1);
    expect(said.at(-1)).toBe('2 mistakes in the folder; nothing was stored');

    const missing = await lotline(['import', 'nowhere']).ended;
    expect(missing).toMatchObject({ code: 1, out: '' });
    expect(missing.err).toContain(`${join(home, 'nowhere')}: there is no such folder; name a folder of CSV files`);
  });

  test.each([
    ['no verb', []],
    ['an unknown verb', ['expel', 'folder']],
    ['no folder', ['import']],
    ['two folders', ['import', 'small', 'small']],
    ['an unknown flag', ['import', 'small', '--force']],
  ])('2 when it is used wrongly: %s', async (_, args) => {
    const wrong = await lotline(args).ended;
    expect(wrong).toMatchObject({ code: 2, out: '' });
    expect(wrong.err).toMatch(/lotline import DIR\|FILE\.xlsx \[--dry-run\]/);
  });

  test('2 for a setting that cannot be read, 1 for a database that is not there', async () => {
    const setting = await lotline(['import', small], { env: { DATABASE_URL: 'mysql://localhost/lotline' } }).ended;
    expect(setting).toMatchObject({ code: 2, out: '' });
    expect(setting.err).toMatch(/DATABASE_URL: write postgres:/);
    const absent = await lotline(['import', small], { env: { DATABASE_URL: 'postgres://nobody:secret@127.0.0.1:9/none' } }).ended;
    expect(absent).toMatchObject({ code: 1, out: '' });
    expect(absent.err).not.toMatch(/secret|\n\s+at /);
  });
});
