import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { filesOf } from '@lotline/server/app';
import { readConfig } from '@lotline/server/config';
import { examine } from '@lotline/server/doctor';
import { room, tls } from '@lotline/server/doctor/around';
import { FAR, replication } from '@lotline/server/doctor/work';
import { SETTINGS } from '@lotline/server/settings';
import { Client } from 'pg';
import { selfSigned } from '../support/certificate';
import { Cluster, folderForPostgres, PASSWORD, runAsPostgres, withPostgres } from '../support/cluster';
import { TestIssuer } from '../support/issuer';
import { csv, fingerprint, type Lotline, startLotline } from '../support/lotline';

// `lotline doctor`: whatever is well is said to be, each fault has its line and what helps, and nothing is changed by looking.

const CLI = join(__dirname, '..', '..', 'server', 'bin', 'lotline.js');

interface Finding {
  about: string;
  state: 'ok' | 'warn' | 'fail';
  says: string;
  remedy: string | null;
}

let lotline: Lotline;
let issuer: TestIssuer;
const directory = mkdtempSync(join(tmpdir(), 'lotline-doctor-'));

beforeAll(async () => {
  [lotline, issuer] = await Promise.all([startLotline(), TestIssuer.start()]);
  await lotline.import({
    'certifiers.csv': csv([{ certifier: 'ZD1', name: 'Certifier (invented)' }]),
    'operations.csv': csv(['D:FARM', 'D:MILL'].map((operation) => ({ operation, name: operation, country: 'TR', roles: 'handler' }))),
    'products.csv': csv([{ product: 'Wheat', hts: '1001990000', organic: 'yes' }]),
    'lots.csv': csv([
      { code: 'D-1', producer: 'D:FARM', product: 'Wheat', quantity: 90, unit: 'KGM', kind: 'harvest', produced_on: '2025-01-01' },
    ]),
    'transfers.csv': csv([{ lot: 'D-1', from: 'D:FARM', to: 'D:MILL', on: '2025-02-01', quantity: 40, unit: 'KGM' }]),
  });
});
afterAll(async () => {
  await lotline.close();
  await issuer.close();
  rmSync(directory, { recursive: true, force: true });
});

const settled = (env: Record<string, string>) => ({
  DATABASE_URL: lotline.databaseUrl,
  DATA_DIR: directory,
  LOTLINE_DEMO: 'no',
  OIDC_ISSUER: issuer.url,
  OIDC_AUDIENCE: 'x',
  PUBLIC_URL: 'https://lotline.example',
  TRUST_PROXY: '127.0.0.1',
  ...env,
});

/** In this process, which saves the start of another. */
async function looked(env: Record<string, string> = {}, quick = true): Promise<Finding[]> {
  const all = settled(env);
  const config = readConfig(all);
  const known = Object.values(SETTINGS).flatMap((area) => Object.keys(area));
  return examine({ env: all, known, config, url: config.databaseUrl!, filesOf: (database) => filesOf(config, database), quick });
}

async function run(
  env: Record<string, string> = {},
  args: string[] = ['--json'],
): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [CLI, 'doctor', ...args], { env: { PATH: process.env.PATH, ...settled(env) } });
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
const examined = async (env: Record<string, string> = {}, args?: string[]): Promise<{ code: number | null; found: Finding[] }> => {
  const { code, out, err } = await run(env, args);
  expect(err).toBe('');
  return { code, found: JSON.parse(out) };
};
const inShort = (found: readonly Finding[]): string[] =>
  found.filter(({ state }) => state !== 'ok').map(({ state, about, says }) => `${state} ${about}: ${says}`);

test('what is well is said to be, and nothing is changed by looking', async () => {
  const before = await fingerprint(lotline.database);
  const { code, found } = await examined();
  expect(inShort(found)).toEqual([
    expect.stringMatching(/^warn role: \w+ is a superuser/),
    'warn replication: there is no standby: what the machine of the database loses is lost',
  ]);
  expect(code).toBe(0);
  const well = new Set(found.filter(({ state }) => state === 'ok').map(({ about }) => about));
  for (const about of [
    'node',
    'settings',
    'disk',
    'issuer',
    'database',
    'clock',
    'connections',
    'migrations',
    'catalogue',
    'jobs',
    'webhooks',
    'files',
    'holdings',
    'log',
    'events',
    'facts',
  ])
    expect(well).toContain(about);
  expect(await fingerprint(lotline.database)).toBe(before);
});

test('as lines for people, without a secret', async () => {
  const { code, out } = await run({ LOG_LEVL: 'a secret' }, ['--quick']);
  expect(code).toBe(0);
  expect(out).toMatch(/^ok {3}node: Node \d+/);
  expect(out).toContain('warn settings: LOG_LEVL is set, and is no setting\n     did you mean LOG_LEVEL?\n');
  expect(out).not.toContain('holdings');
  expect(out).not.toContain('a secret');
  expect(out).not.toContain(new URL(lotline.databaseUrl).password || 'no password');
});

test('faults of the settings and of what is around', async () => {
  expect((await examined({ PORT: 'abc', POOL_SIZE: '1' })).found).toEqual([
    { about: 'settings', state: 'fail', says: expect.stringContaining('PORT=abc'), remedy: expect.any(String) },
    { about: 'settings', state: 'fail', says: expect.stringContaining('POOL_SIZE=1'), remedy: expect.any(String) },
  ]);
  issuer.down = true;
  try {
    const found = await looked({
      DATABASE_URL: lotline.databaseUrl.replace(/:\d+\//, ':1/'),
      LOTLINE_SAMPLES: 'all',
      WEBHOOK_PRIVATE: 'yes',
      METRICS_PORT: '9464',
      METRICS_HOST: '0.0.0.0',
      LOTLINE_DEMOO: 'yes',
      LOG_LEVEL: 'silent',
      OID_URL: 'http://127.0.0.1:2',
      ACE_URL: issuer.url,
      TLS_CERT: join(directory, 'no.pem'),
      TLS_KEY: join(directory, 'no.pem'),
      PUBLIC_URL: '',
    });
    expect(inShort(found)).toEqual([
      'warn settings: LOTLINE_DEMOO is set, and is no setting',
      'warn settings: an empty database would be filled with invented samples',
      'warn settings: requests are answered by whatever name they ask, and browsers may come without TLS',
      'warn settings: whoever creates a webhook can have this server speak to addresses of the house',
      'warn settings: metrics are read by whoever reaches METRICS_PORT, and say how much business there is',
      'warn settings: of what goes wrong little or nothing is logged',
      expect.stringMatching(/^fail tls: the certificate or its key cannot be read/),
      'fail issuer: it calls itself undefined',
      'fail organic integrity database: it cannot be asked: ECONNREFUSED',
      'warn automated commercial environment: it says that it cannot now (500)',
      expect.stringMatching(/^fail database: it could not be looked at: .*ECONNREFUSED/),
    ]);
  } finally {
    issuer.down = false;
  }
});

test('faults of the database, each by its line', async () => {
  const { database } = lotline;
  const [{ id: installation }] = (await database.query<{ id: string }>('select id from installation')) as [{ id: string }];
  const client = await database.connect();
  try {
    // By hands that no law holds back.
    await client.client.query(`set session_replication_role = replica`);
    await client.client.query(`
      update holding set grams = grams + 1 where grams > 0;
      insert into command (id, position, type, at, by, key, input_hash) values (gen_random_uuid(), 5000, 'x', now(), 'x', 'x', '');
      update event set command = gen_random_uuid() where ctid = (select max(ctid) from event);
      update transfer set recorded_by = gen_random_uuid();
      delete from migration where name = (select max(name) from migration);
      create index of_somebody on lot (country);
      alter table holding drop constraint if exists ${(await lawOfHolding()).name};
      insert into stored_file (sha256, bytes, stored_at, type) values (repeat('a', 64), 1, now(), 'text/plain');
      select graphile_worker.permanently_fail_jobs(array[(graphile_worker.add_job('notice', '{}')).id], 'in vain');
      select graphile_worker.add_job('notice', '{}', run_at => now() - interval '1 hour');
      insert into webhook (created_at, id, owner, owner_kind, query, recorded_by, secret, state, url)
        values (now(), gen_random_uuid(), 'x', 'OPERATION', 'x', (select id from command limit 1), '', 'PAUSED', 'x');
      insert into webhook_delivery (attempts, body, id, is_public, message_id, sequence, since, state, subject, webhook)
        values (1, '', gen_random_uuid(), true, 'x', 1, now() - interval '2 days', 'RETRYING', 'x', (select id from webhook))`);
    await client.client.query(`set session_replication_role = origin`);
  } finally {
    await client.release();
  }
  const orphans = join(directory, 'files', installation, 'bb');
  mkdirSync(orphans, { recursive: true });
  const orphan = join(orphans, 'b'.repeat(64));
  writeFileSync(orphan, 'x');
  utimesSync(orphan, new Date(0), new Date(0));
  const { code, found } = await examined();
  expect(code).toBe(1);
  const lines = inShort(found);
  for (const line of [
    /^warn migrations: 1 are pending: \w+$/,
    /^fail catalogue: 1 of its tables and laws are missing or changed: constraint holding/,
    /^warn catalogue: 1 are not of this version: index CREATE INDEX of_somebody/,
    /^warn jobs: 1 are dead/,
    /^warn jobs: one is due for 36\d\d seconds and nobody does it/,
    /^warn webhooks: 1 of 1 are not sent to/,
    /^warn webhooks: 1 messages are not taken for more than a day/,
    /^fail files: the bytes of 1 of 1 documents that were looked for are not there, for one a{64}/,
    /^warn files: 1 of 1 files are of no document/,
    /^fail holdings: 2 are not the sum of what was born/,
    /^fail log: 2 commands stand at positions 1 to 5000: some are missing/,
    /^fail log: its counter says 1, its last command stands at 5000/,
    /^fail events: 1 are of commands that are not there/,
    /^fail facts: 1 were recorded by commands that are not there, for one transfer/,
  ])
    expect(lines).toContainEqual(expect.stringMatching(line));
  for (const { state, remedy } of found) if (state !== 'ok') expect(remedy).not.toBeNull();

  await database.query(`insert into migration (timestamp, name) values (9999999999999, 'FromTheFuture9999999999999')`);
  await database.query('create role doctor_reader login password $$read$$');
  try {
    await database.query('grant select on all tables in schema public to doctor_reader');
    await database.query('grant usage on schema graphile_worker to doctor_reader');
    const url = Object.assign(new URL(lotline.databaseUrl), { username: 'doctor_reader', password: 'read' });
    const seen = inShort(await looked({ DATABASE_URL: url.href }));
    expect(seen).toContainEqual(expect.stringMatching(/^fail migrations: the database is of a newer version than this one: FromTheFuture/));
    expect(seen).toContainEqual(expect.stringMatching(/^fail role: doctor_reader may not read and change access_owner/));
    expect(seen).toContainEqual(expect.stringMatching(/^fail jobs: it could not be looked at: permission denied/));
  } finally {
    await database.query('drop owned by doctor_reader');
    await database.query('drop role doctor_reader');
  }
});

test('several servers of a database: the one that answers is looked at, the others are named', async () => {
  const { host } = new URL(lotline.databaseUrl);
  const lines = inShort(await looked({ DATABASE_URL: lotline.databaseUrl.replace(host, `127.0.0.1:1,${host}`) }));
  expect(lines).toContainEqual(expect.stringMatching(/^warn database: 127\.0\.0\.1:1: it could not be looked at: .*ECONNREFUSED/));
  expect(lines).toContainEqual(expect.stringMatching(/^warn role: \w+ is a superuser/));
  const [elsewhere] = inShort(
    await looked({ DATABASE_URL: 'postgres://x:y@127.0.0.1:1,db.invalid:2/x', OIDC_ISSUER: '', OIDC_AUDIENCE: '' }),
  );
  expect(elsewhere).toContain('nobody can sign in');
  expect(inShort(await looked({ DATABASE_URL: 'postgres://x:y@127.0.0.1:1,db.invalid:2/x' }))[0]).toContain('need not be spoken to by TLS');
});

test('a proxy that nobody told of, a clock that is elsewhere, no room, and workers that died', async () => {
  expect(inShort(await looked({ TRUST_PROXY: '' }))).toContainEqual(expect.stringMatching(/^warn settings: a proxy must take the TLS off/));
  const real = Date.now;
  for (const [by, state] of [
    [10_000, 'warn'],
    [-40_000, 'fail'],
  ] as const) {
    const spy = jest.spyOn(Date, 'now').mockImplementation(() => real() + by);
    const lines = await looked().finally(() => spy.mockRestore());
    expect(inShort(lines)).toContainEqual(
      expect.stringMatching(`^${state} clock: this machine and the database are ${Math.abs(by / 1000)}`),
    );
  }
  // A file system of the kernel, which has no room for anybody.
  if (process.platform === 'linux') expect(await room('/proc/self')).toMatchObject({ about: 'disk', state: 'fail' });
  await lotline.database.query(`select graphile_worker.add_job('notice', '{}', job_key => 'left', max_attempts => 1)`);
  await lotline.database.query(
    `update graphile_worker._private_jobs set locked_by = 'worker-gone', locked_at = now() - interval '2 minutes', attempts = 1 where key = 'left'`,
  );
  const lines = inShort(await looked());
  expect(lines).toContainEqual('warn jobs: 1 are in the hand of a worker that is not there any more');
  // It is tried for the last time, and not dead yet; the one of before is.
  expect(lines).toContainEqual(expect.stringMatching(/^warn jobs: 1 are dead/));
  const worker = new Client({ connectionString: lotline.databaseUrl, application_name: 'lotline jobs worker-gone' });
  await worker.connect();
  try {
    expect(inShort(await looked()).join()).not.toContain('worker that is not there');
  } finally {
    await worker.end();
    await lotline.database.query(`delete from graphile_worker._private_jobs where key = 'left'`);
  }
});

test('the certificate of TLS: its name, its key, its end', async () => {
  const [one, other] = [selfSigned('localhost'), selfSigned('localhost')];
  const [cert, key, otherKey] = ['cert.pem', 'key.pem', 'other.pem'].map((name) => join(directory, name)) as [string, string, string];
  writeFileSync(cert, one.cert);
  writeFileSync(key, one.key);
  writeFileSync(otherKey, other.key);
  const lines = async (url: string | null, files = { cert, key }) => inShort(await tls(files, url));
  expect(await tls(null, null)).toEqual([]);
  expect(await lines('https://localhost')).toEqual([expect.stringMatching(/^warn tls: the certificate is good until/)]);
  expect(await lines('https://lotline.example')).toContain('warn tls: the certificate is not for lotline.example, the name in PUBLIC_URL');
  expect(await lines('https://127.0.0.1')).toContain('warn tls: the certificate is not for 127.0.0.1, the name in PUBLIC_URL');
  expect(await lines(null, { cert, key: otherKey })).toEqual(['fail tls: the certificate is not that of the key']);
  const real = Date.now;
  for (const [days, line] of [
    [3, /^fail tls: the certificate was good until/],
    [-3, /^fail tls: the certificate is good from .* on$/],
  ] as const) {
    const spy = jest.spyOn(Date, 'now').mockImplementation(() => real() + days * 86_400_000);
    expect(await lines(null).finally(() => spy.mockRestore())).toEqual([expect.stringMatching(line)]);
  }
});

withPostgres('with standbys', () => {
  let primary: Cluster;
  let owner: Client;
  const inFull = async (client: Client, far?: { seconds: number; bytes: number }) => inShort(await replication(client, false, far));
  /** Waits until the primary says that of its standbys. */
  const until = async (condition: string) => {
    for (const end = performance.now() + 10_000; performance.now() < end; await sleep(50))
      if ((await owner.query(`select from pg_stat_replication where state = 'streaming' and ${condition}`)).rows.length > 0) return;
    throw new Error(`never: ${condition}`);
  };

  beforeAll(async () => {
    primary = await Cluster.make();
    owner = new Client({ connectionString: primary.url });
    await owner.connect();
  });
  afterAll(async () => {
    await owner?.end();
    await primary?.close();
  });

  test('a role that is not told how far a standby is behind does not take it for abreast', async () => {
    const folder = folderForPostgres();
    expect(await inFull(owner)).toEqual([expect.stringMatching(/there is no standby/)]);
    const received = runAsPostgres('timeout 15 pg_receivewal --directory="$FOLDER" --dbname="$FROM" --no-loop || true', {
      FOLDER: folder,
      FROM: primary.url,
    });
    try {
      await owner.query(`create role told_nothing login password '${PASSWORD}'`);
      await until('true');
      expect(await inFull(owner)).toEqual([]);
      const other = new Client({ connectionString: primary.url.replace('lotline:', 'told_nothing:') });
      await other.connect();
      expect(await inFull(other)).toEqual(['warn replication: how far 1 standbys are behind is not told to this role']);
      await owner.query('grant pg_read_all_stats to told_nothing');
      expect(await inFull(other)).toEqual([]);
      await other.end();
    } finally {
      await owner.query('select pg_terminate_backend(pid) from pg_stat_replication');
      await received;
      rmSync(folder, { recursive: true });
    }
  });

  test('a standby that lags is told of, in seconds and in what it lacks', async () => {
    const standby = await primary.standby({ wal_receiver_status_interval: '1s' });
    try {
      await until('replay_lsn = pg_current_wal_lsn()');
      expect(await inFull(owner)).toEqual([]);
      // It has what it must repeat, and does not.
      await standby.ask('select pg_wal_replay_pause()');
      await owner.query('create table written ()');
      await until("replay_lag > interval '2 seconds'");
      expect(await inFull(owner)).toEqual([]);
      const lags = [expect.stringMatching(/^warn replication: a standby is [2-9] seconds and 0 MiB behind$/)];
      expect(await inFull(owner, { seconds: 1, bytes: FAR.bytes })).toEqual(lags);
      await standby.ask('select pg_wal_replay_resume()');
      await until('replay_lsn = pg_current_wal_lsn()');
      // It says nothing any more, while the primary goes on.
      standby.signal('SIGSTOP');
      for (let count = 0; count < 5; count++) await owner.query("select pg_logical_emit_message(false, 'written', repeat('x', 60000000))");
      expect(await inFull(owner)).toEqual([expect.stringMatching(/^warn replication: a standby is \d+ seconds and 28\d MiB behind$/)]);
    } finally {
      standby.signal('SIGCONT');
      await standby.close();
    }
  });
});

/** A law of the holdings that a hand could take away. */
async function lawOfHolding(): Promise<{ name: string }> {
  const [law] = await lotline.database.query<{ name: string }>(
    `select conname as name from pg_constraint where conrelid = 'holding'::regclass and contype = 'c' order by 1 limit 1`,
  );
  return law!;
}
