import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Database, type DatabaseOptions } from '@lotline/server/database';
import { Client } from 'pg';
import { createDatabase } from '../support/lotline';
import { ServerProcess } from '../support/server-process';
import { Traffic } from '../support/traffic';

// docs/deployment.md, "Changes of the tables": an instance of the next release changes them while this one is at work. OLD_VERSION=<commit>
// builds a release of before, and runs it beside this one on a database that this one has changed.

const ROOT = resolve(__dirname, '..', '..');
/** How long somebody reads a table in one go, and how long others may wait meanwhile, milliseconds. */
const [READS_FOR_MS, WAITS_AT_MOST_MS] = [3000, 2500];

type Migration = NonNullable<DatabaseOptions['later']>[number];
type Run = Parameters<InstanceType<Migration>['up']>[0];

/** A migration of the next release, as it stands in its folder. */
function later(name: string, statements: string[], transaction?: false): Migration {
  const migration = class {
    transaction = transaction;
    async up(run: Run): Promise<void> {
      for (const statement of statements) await run.query(statement);
    }
    async down(): Promise<void> {}
  };
  Object.defineProperty(migration, 'name', { value: name });
  return migration;
}

/** One of each kind that is allowed. */
const EXPANSIONS = [
  later('AColumn1999000000001', ['alter table lot add column note text', `alter table transfer add column seal text not null default ''`]),
  later('ATable1999000000002', [
    'create table lot_note (id uuid primary key, lot uuid not null references lot, words text not null)',
    'create index lot_note_lot on lot_note (lot)',
  ]),
  later('ALaw1999000000003', ['alter table lot_adjustment add constraint loss_of_something check (grams <> 0) not valid']),
  later('ALawHolds1999000000004', ['alter table lot_adjustment validate constraint loss_of_something']),
  later(
    'AnIndex1999000000005',
    ['drop index concurrently if exists transfer_by_day', 'create index concurrently transfer_by_day on transfer (on_day)'],
    false,
  ),
  later('Wider1999000000006', ['alter table lot alter column country drop not null']),
];
const CONTRACTION = later('NoNote1999000000007', [
  'alter table lot drop column note',
  `update installation set needs = 'NoNote1999000000007'`,
]);

const applied = async (database: Database): Promise<string[]> =>
  (await database.query<{ name: string }>(`select name from migration where name like '%1999%' order by timestamp`)).map(
    ({ name }) => name,
  );

describe('changes of the tables', () => {
  let made: { url: string; drop(): Promise<void> };
  let server: ServerProcess;
  const dropped: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    made = await createDatabase();
    server = new ServerProcess(made.url);
    await server.start();
  });
  afterAll(async () => {
    await server.close();
    for (const drop of dropped) await drop();
    await made.drop();
  });

  it('fail no request and let nobody wait, even while somebody reads what they change', async () => {
    const traffic = await Traffic.begin(made.url, {
      port: () => server.port,
      patient: false,
      writers: 2,
      readers: 2,
      uploaders: 1,
      subscribers: 3,
      pauseMs: 30,
    });
    const reader = new Client({ connectionString: made.url });
    await reader.connect();
    await reader.query('begin');
    await reader.query('select count(*) from lot, transfer, lot_adjustment');
    const reading = sleep(READS_FOR_MS).then(() => reader.query('rollback'));
    const said: string[] = [];
    const begun = Date.now();
    const next = await Database.open(made.url, { poolSize: 2, later: EXPANSIONS, say: (line) => said.push(line) });
    const took = Date.now() - begun;
    await reading;
    await reader.end();
    expect(await applied(next)).toHaveLength(EXPANSIONS.length);
    await next.close();
    await sleep(300);
    await traffic.finish();
    process.stderr.write(
      `migrated in ${took} ms beside one who read for ${READS_FOR_MS} ms, tried again ${said.length} times; slowest answer ${traffic.slowest} ms\n`,
    );
    expect(traffic.failures).toEqual([]);
    expect(server.crashes).toEqual([]);
    expect(took).toBeGreaterThan(READS_FOR_MS - 500);
    expect(said.some((line) => line.startsWith('AColumn1999000000001: others hold the tables'))).toBe(true);
    expect(traffic.count('command')).toBeGreaterThan(20);
    expect(traffic.slowest).toBeLessThan(WAITS_AT_MOST_MS);
  });

  it('of the library of the jobs give way as well, so that commands go on beside one who reads what it changes', async () => {
    const { url, drop } = await createDatabase();
    dropped.push(drop);
    const old = await Database.open(url, { poolSize: 2 });
    // As its version 17 has left them: the next takes a trigger from the table of the jobs.
    await old.query(`create function graphile_worker.tg_jobs__after_insert() returns trigger language plpgsql as 'begin return new; end'`);
    await old.query(`create trigger _900_after_insert after insert on graphile_worker._private_jobs
      for each statement execute function graphile_worker.tg_jobs__after_insert()`);
    await old.query('delete from graphile_worker.migrations where id > 17');
    const reader = new Client({ connectionString: url });
    await reader.connect();
    await reader.query('begin; select count(*) from graphile_worker.jobs');
    const reading = sleep(READS_FOR_MS).then(() => reader.end());
    const said: string[] = [];
    let next: Database | null = null;
    const opening = Database.open(url, { poolSize: 2, say: (line) => said.push(line) }).then((opened) => {
      next = opened;
    });
    let slowest = 0;
    for (; next === null; await sleep(20)) {
      const begun = Date.now();
      await old.query("select graphile_worker.add_job('nothing', '{}')");
      slowest = Math.max(slowest, Date.now() - begun);
    }
    await Promise.all([opening, reading]);
    expect(await old.query("select from pg_trigger where tgname = '_900_after_insert'")).toEqual([]);
    for (const database of [old, next as Database]) await database.close();
    expect(said.some((line) => line.startsWith('the tables of the jobs: others hold the tables'))).toBe(true);
    expect(slowest).toBeLessThan(WAITS_AT_MOST_MS / 2);
  });

  it('give up with clear words where somebody never lets go of a table', async () => {
    const holder = new Client({ connectionString: made.url });
    await holder.connect();
    await holder.query('begin');
    await holder.query('select count(*) from certifier');
    const stubborn = later('Stubborn1999000000008', ['alter table certifier add column note text']);
    await expect(Database.open(made.url, { poolSize: 2, later: [...EXPANSIONS, stubborn], patienceMs: 700 })).rejects.toThrow(
      /^Stubborn1999000000008: others held the tables for 700 ms: .*lock timeout/,
    );
    await holder.end();
  });

  it('let an earlier release start as long as they only add, and refuse it by name once they have taken away what it needs', async () => {
    const before = await Database.open(made.url, { poolSize: 2 });
    await before.close();
    const after = await Database.open(made.url, { poolSize: 2, later: [...EXPANSIONS, CONTRACTION] });
    await after.close();
    await expect(Database.open(made.url, { poolSize: 2 })).rejects.toThrow(
      'the database has been changed for a later Lotline than this one (it needs NoNote1999000000007): start that one',
    );
    await (await Database.open(made.url, { poolSize: 2, later: [...EXPANSIONS, CONTRACTION] })).close();
  });

  it('are made once where several instances start at once on an empty database', async () => {
    const { url, drop } = await createDatabase();
    dropped.push(drop);
    const empty = `${url}_empty`;
    const admin = new Client({ connectionString: url });
    await admin.connect();
    const name = new URL(empty).pathname.slice(1);
    await admin.query(`create database ${name}`);
    dropped.unshift(async () => {
      await admin.query(`drop database if exists ${name} with (force)`);
      await admin.end();
    });
    const opened = await Promise.all([1, 2, 3].map(() => Database.open(empty, { poolSize: 2, later: EXPANSIONS })));
    expect(await applied(opened[0]!)).toHaveLength(EXPANSIONS.length);
    expect(new Set(opened.map(({ installation }) => installation.id)).size).toBe(1);
    await Promise.all(opened.map((database) => database.close()));
  });
});

const onDemand = process.env.OLD_VERSION ? it : it.skip;

onDemand(
  'a release of before works on beside this one, on a database that this one has changed',
  async () => {
    const commit = process.env.OLD_VERSION!;
    const old = mkdtempSync(join(tmpdir(), 'lotline-old-'));
    const run = (file: string, args: string[], cwd: string) => execFileSync(file, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
    run('git', ['worktree', 'add', '--detach', '--force', old, commit], ROOT);
    const { url, drop } = await createDatabase();
    const admin = new Client({ connectionString: url });
    await admin.connect();
    const empty = `${url}_old`;
    const name = new URL(empty).pathname.slice(1);
    await admin.query(`create database ${name}`);
    const files = join(old, 'files');
    const servers = [
      new ServerProcess(empty, { FILES_DIR: files }, join(old, 'server', 'dist', 'main.js')),
      new ServerProcess(empty, { FILES_DIR: files }),
    ];
    try {
      // `prepare` builds it.
      run('npm', ['ci', '--prefer-offline', '--no-audit', '--no-fund'], old);
      await servers[0]!.start();
      let next = 0;
      const running = () => servers.filter(({ port }) => port > 0);
      // Its ground is laid by this release, which changes the tables first.
      const traffic = await Traffic.begin(empty, {
        port: () => running()[next++ % running().length]!.port,
        patient: false,
        writers: 3,
        readers: 3,
        uploaders: 2,
        subscribers: 6,
        pauseMs: 50,
      });
      await sleep(5000);
      await servers[1]!.start();
      await sleep(10_000);
      await traffic.finish();
      const done = [...traffic.done].map(([kind, times]) => `${times} × ${kind}`).join(', ');
      process.stderr.write(`beside ${commit}: ${done}; slowest answer ${traffic.slowest} ms\n`);
      expect([...traffic.failures.slice(0, 20), ...servers.flatMap(({ crashes }) => crashes)]).toEqual([]);
    } finally {
      await Promise.all(servers.map((server) => server.close()));
      await admin.query(`drop database if exists ${name} with (force)`);
      await admin.end();
      await drop();
      run('git', ['worktree', 'remove', '--force', old], ROOT);
      rmSync(old, { recursive: true, force: true });
    }
  },
  600_000,
);
