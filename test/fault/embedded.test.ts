import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { Database, startEmbedded } from '@lotline/server/database';

// `npm start` as a person runs it: on an empty folder, again, twice at once, after kill -9 of it or of its database.

const MAIN = resolve(__dirname, '..', '..', 'server', 'dist', 'main.js');
const children = new Set<ChildProcess>();
let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'lotline-start-'));
  // As a folder is normally made: a private one of root's would send the database elsewhere.
  chmodSync(dataDir, 0o755);
});
afterEach(async () => {
  for (const child of children) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  children.clear();
  // Adopts whatever still runs there, and stops it as the last to leave.
  await (await startEmbedded(dataDir)).stop();
  rmSync(dataDir, { recursive: true, force: true });
});

interface Started {
  child: ChildProcess;
  url: string;
  exit: Promise<number | null>;
}

async function start(env: Record<string, string> = {}): Promise<Started> {
  const child = spawn(process.execPath, [MAIN], {
    env: { ...process.env, DATA_DIR: dataDir, PORT: '0', LOTLINE_SAMPLES: 'none', LOG_LEVEL: 'info', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  const exit = new Promise<number | null>((done) => child.once('exit', (code) => done(code)));
  for await (const line of createInterface({ input: child.stdout! })) {
    const entry = JSON.parse(line) as { msg: string; url?: string };
    if (entry.msg === 'ready') {
      child.stdout!.resume();
      return { child, url: entry.url!, exit };
    }
  }
  throw new Error(`it did not start: ${child.stderr!.read()}`);
}

type Name = 'admin' | 'analyst' | 'importer' | 'broker';
const tokens = () => JSON.parse(readFileSync(join(dataDir, 'demo-tokens.json'), 'utf8')) as Record<Name, string>;

async function ask(url: string, query: string, variables: object = {}, as: Name = 'analyst'): Promise<any> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${tokens()[as]}` },
    body: JSON.stringify({ query, variables }),
  });
  return response.json();
}

const postmaster = () => Number(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);

test('it starts on an empty folder with the sample in it, answers, and stops with 0; the second start keeps everything', async () => {
  const first = await start({ LOTLINE_SAMPLES: 'all' });
  expect((await fetch(`${first.url}/readyz`)).status).toBe(200);
  const { data } = await ask(first.url, '{ lots { totalCount } viewer { kind } }');
  expect(data.viewer.kind).toBe('ANALYST');
  expect(data.lots.totalCount).toBeGreaterThan(5);
  // Its broker is let in by its importer.
  const lots = '{ lots(first: 500) { nodes { code } } viewer { operation { brokerAssignments { totalCount } } } }';
  const [importer, broker] = [await ask(first.url, lots, {}, 'importer'), await ask(first.url, lots, {}, 'broker')];
  expect(importer.data.lots.nodes.length).toBeGreaterThan(0);
  expect(broker.data.lots.nodes).toEqual(expect.arrayContaining(importer.data.lots.nodes));
  first.child.kill('SIGTERM');
  expect(await first.exit).toBe(0);
  expect(() => postmaster()).toThrow();

  const second = await start({ LOTLINE_SAMPLES: 'all' });
  expect((await ask(second.url, '{ lots { totalCount } }')).data).toEqual({ lots: data.lots });
  expect((await ask(second.url, lots, {}, 'broker')).data).toEqual(broker.data);
});

test('two servers and the command line share one folder: the last to leave stops the database', async () => {
  const [a, b] = await Promise.all([start(), start()]);
  const pid = postmaster();
  a.child.kill('SIGTERM');
  expect(await a.exit).toBe(0);
  expect(postmaster()).toBe(pid);
  expect((await ask(b.url, '{ viewer { kind } }')).data).toEqual({ viewer: { kind: 'ANALYST' } });
  b.child.kill('SIGTERM');
  expect(await b.exit).toBe(0);
  expect(() => postmaster()).toThrow();
});

test('a server killed with -9 leaves its database, and the next start adopts it', async () => {
  const { child, exit } = await start();
  const pid = postmaster();
  child.kill('SIGKILL');
  await exit;
  const next = await start();
  expect(postmaster()).toBe(pid);
  expect((await ask(next.url, '{ viewer { kind } }')).data).toEqual({ viewer: { kind: 'ANALYST' } });
});

test('the database killed with -9 while writing: nothing acknowledged is lost', async () => {
  const embedded = await startEmbedded(dataDir);
  const database = await Database.open(embedded.url);
  await database.query('create table kept (number int)');
  const acknowledged: number[] = [];
  const writers = Array.from({ length: 8 }, async (_, writer) => {
    for (let index = 0; ; index++) {
      const number = writer * 1_000_000 + index;
      try {
        await database.query('insert into kept values ($1)', [number]);
      } catch {
        return;
      }
      acknowledged.push(number);
    }
  });
  await new Promise((done) => setTimeout(done, 400));
  process.kill(postmaster(), 'SIGKILL');
  await Promise.all(writers);
  await database.close();
  await embedded.stop();

  const again = await startEmbedded(dataDir);
  const recovered = await Database.open(again.url);
  const rows = new Set((await recovered.query<{ number: number }>('select number from kept')).map((row) => row.number));
  expect(acknowledged.length).toBeGreaterThan(50);
  expect(acknowledged.filter((number) => !rows.has(number))).toEqual([]);
  await recovered.close();
  await again.stop();
});

test('a folder that only root may enter: the database is kept where its own account can reach it, and found again', async () => {
  chmodSync(dataDir, 0o700);
  const said: string[] = [];
  const embedded = await startEmbedded(dataDir, { say: (line) => said.push(line) });
  const database = await Database.open(embedded.url);
  await database.query('create table kept (number int)');
  await database.close();
  await embedded.stop();
  expect(said).toHaveLength(process.getuid?.() === 0 ? 1 : 0);

  const again = await startEmbedded(dataDir);
  const reopened = await Database.open(again.url);
  expect(await reopened.query('select count(*)::int as rows from kept')).toEqual([{ rows: 0 }]);
  await reopened.close();
  await again.stop();
  for (const line of said) rmSync(line.slice(line.lastIndexOf(' ') + 1), { recursive: true, force: true });
  chmodSync(dataDir, 0o755);
});
