import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { toGlobalId } from '@lotline/schema';
import { ADMINISTRATOR, ANALYST, mintToken, operationViewer } from '@lotline/server/access';
import { Runner } from '@lotline/server/commands';
import { Database } from '@lotline/server/database';
import { importFolder } from '@lotline/server/import';
import { Cursors } from '@lotline/server/log';
import { Client } from 'pg';
import { Cluster, PASSWORD, withPostgres } from '../support/cluster';
import { csv, writeFolder } from '../support/lotline';
import { ServerProcess } from '../support/server-process';

// docs/operations.md: questions are read from a standby as long as it is not far behind, commands and what they tell never.

const LAG_MS = 2000;
const UNLIMITED = { COST_BUDGET: '1000000000', COST_RESTORE_RATE: '1000000000' };

withPostgres('read replicas', () => {
  let primary: Cluster;
  let standby: Cluster;
  let server: ServerProcess;
  let database: Database;
  let tokens: { admin: string; analyst: string };
  const recordIn = async (there: Database, ...codes: string[]) => {
    const rows = codes.map((code) => ({ code, producer: 'F:FARM', product: 'Wheat', quantity: 1, unit: 'KGM', kind: 'harvest' }));
    const folder = writeFolder({
      'operations.csv': csv([{ operation: 'F:FARM', name: 'Farm', country: 'UA', roles: 'producer' }]),
      'products.csv': csv([{ product: 'Wheat', hts: '1001990000', organic: 'yes' }]),
      'lots.csv': csv(rows),
    });
    await importFolder(new Runner(there), ADMINISTRATOR, folder);
    rmSync(folder, { recursive: true });
  };
  const record = (...codes: string[]) => recordIn(database, ...codes);
  const ask = async (query: string, headers: Record<string, string> = {}, variables = {}, of = server): Promise<any> => {
    const response = await fetch(`http://127.0.0.1:${of.port}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${tokens.analyst}`, ...headers },
      body: JSON.stringify({ query, variables }),
    });
    return response.json();
  };
  const codesOf = ({ data }: any): string[] => data.lots.nodes.map(({ code }: { code: string }) => code);
  /** When the standby was asked last by our server, milliseconds. */
  const askedThere = async () =>
    Number(
      (
        await standby.ask(
          "select extract(epoch from max(query_start)) * 1000 as at from pg_stat_activity where application_name = 'lotline'",
        )
      )[0]!.at,
    );
  /** Waits until questions are read from the standby: at first, and after one that it let down, it is left alone for a while. */
  const isRead = async () => {
    for (const last = Date.now() + 30_000; ; await sleep(100)) {
      const before = Date.now();
      await ask(LOTS);
      if ((await askedThere()) >= before) return;
      if (Date.now() > last) throw new Error('the standby is not read from');
    }
  };
  const hold = (held: boolean) => standby.ask(`select pg_wal_replay_${held ? 'pause' : 'resume'}()`);

  beforeAll(async () => {
    primary = await Cluster.make();
    database = await Database.open(primary.url, { poolSize: 2 });
    await record('L-1', 'L-2', 'L-3');
    standby = await primary.standby({ hot_standby_feedback: 'off', max_standby_streaming_delay: '0' });
    const { tokenKey } = database.installation;
    tokens = { admin: await mintToken(ADMINISTRATOR, tokenKey), analyst: await mintToken(ANALYST, tokenKey) };
    server = new ServerProcess(primary.url, { DATABASE_REPLICA_URL: standby.url, REPLICA_LAG_MS: String(LAG_MS), ...UNLIMITED });
    await server.start();
  }, 60_000);
  afterAll(async () => {
    await server?.close();
    await database?.close();
    await standby?.close();
    await primary?.close();
  });

  const LOTS = 'query ($after: String, $first: Int) { lots(first: $first, after: $after) { nodes { code } pageInfo { endCursor } } }';

  test('a question is read from the standby, which may be behind; Lotline-At-Least and a later page are not', async () => {
    await sleep(600);
    await hold(true);
    const page = await ask(LOTS, {}, { first: 2 });
    await record('L-4');
    const stale = await ask(LOTS);
    expect(codesOf(stale)).toEqual(['L-1', 'L-2', 'L-3']);
    const seen = await database.query<{ position: string; command: string }>('select position, command from log_counter');
    // What a command told its caller, and what was seen at the primary, is in every answer that asks for it.
    const cursors = new Cursors(database.installation);
    const cursor = cursors.encode({ position: BigInt(seen[0]!.position) as never, command: seen[0]!.command, told: null }, ANALYST.name);
    expect(codesOf(await ask(LOTS, { 'lotline-at-least': cursor }))).toEqual(['L-1', 'L-2', 'L-3', 'L-4']);
    expect(codesOf(await ask(LOTS, {}, { after: page.data.lots.pageInfo.endCursor }))).toEqual(['L-3']);
    const atPrimary = (await ask(LOTS, { 'lotline-at-least': cursor }, { first: 3 })).data.lots.pageInfo.endCursor;
    await record('L-5');
    expect(codesOf(await ask(LOTS, {}, { after: atPrimary }))).toEqual(['L-4']);
    // Further behind than it may be it is not asked.
    await sleep(LAG_MS + 800);
    expect(codesOf(await ask(LOTS))).toEqual(['L-1', 'L-2', 'L-3', 'L-4', 'L-5']);
    await hold(false);
  }, 30_000);

  test('a key is good, and no longer good, as soon as the command says so', async () => {
    const [farm] = await database.query<{ id: string }>('select id from operation');
    const owner = { authorization: `Bearer ${await mintToken(operationViewer(farm!.id), database.installation.tokenKey)}` };
    await sleep(600);
    await hold(true);
    try {
      const operation = toGlobalId('Operation', farm!.id);
      const expiresOn = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
      const input = { idempotencyKey: 'key', operation, name: 'Partner', scopes: ['LOTS'], expiresOn };
      const created = await ask('mutation ($input: CreateKeyInput!) { createKey(input: $input) { secret key { id } } }', owner, { input });
      const { secret, key } = created.data.createKey;
      const by = { authorization: `Bearer ${secret}` };
      expect(codesOf(await ask(LOTS, by))).toContain('L-1');
      const revocation = { input: { idempotencyKey: 'no key', key: key.id } };
      const revoked = await ask('mutation ($input: RevokeKeyInput!) { revokeKey(input: $input) { cursor } }', owner, revocation);
      expect(revoked.errors).toBeUndefined();
      expect((await ask(LOTS, by)).errors[0].extensions.code).toBe('UNAUTHENTICATED');
    } finally {
      await hold(false);
    }
  }, 30_000);

  test('pages for print and exports are read from the standby', async () => {
    await sleep(600);
    for (const path of ['/print/trace/L-1?direction=BACK', '/export/lots.csv']) {
      const before = Date.now();
      const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { headers: { authorization: `Bearer ${tokens.analyst}` } });
      expect([path, response.status]).toEqual([path, 200]);
      expect(await response.text()).toContain('L-1');
      expect([path, (await askedThere()) >= before]).toEqual([path, true]);
    }
  }, 30_000);

  test('where the standby must go on over what a question reads the answer is whole, or says that it is to be asked again', async () => {
    let isOver = false;
    const conflicts = async () =>
      Number(
        (await standby.ask('select sum(confl_snapshot + confl_lock + confl_bufferpin)::int as n from pg_stat_database_conflicts'))[0]!.n,
      );
    const before = await conflicts();
    const vacuuming = (async () => {
      for (; !isOver; await sleep(5)) {
        await primary.ask('update log_counter set position = position');
        await primary.ask('vacuum log_counter');
      }
    })();
    let whole = 0;
    const asking = Array.from({ length: 6 }, async () => {
      while (!isOver) {
        const answer = await ask('{ lots { nodes { code producer { name lots { nodes { code balance { onHand } } } } } } }');
        if (answer.errors) expect(answer.errors[0].extensions).toMatchObject({ code: 'UNAVAILABLE', retryable: true });
        else expect(codesOf(answer)).toHaveLength(5);
        if (!answer.errors) whole++;
      }
    });
    for (const until = Date.now() + 12_000; Date.now() < until && (await conflicts()) < before + 1; await sleep(100));
    isOver = true;
    await Promise.all([...asking, vacuuming]);
    expect(await conflicts()).toBeGreaterThan(before);
    expect(whole).toBeGreaterThan(0);
    expect(server.crashes).toEqual([]);
  }, 40_000);

  test('where the standby falls silent in the middle of a question the primary goes on', async () => {
    // A lock that the standby has heard of, and of whose end it has not.
    const holder = new Client({ connectionString: primary.url });
    await holder.connect();
    await isRead();
    await holder.query('begin; lock table lot in access exclusive mode');
    await primary.ask('select pg_switch_wal()');
    for (const until = Date.now() + 5000; Date.now() < until; await sleep(20))
      if ((await standby.ask("select from pg_locks where relation = 'lot'::regclass and mode = 'AccessExclusiveLock'")).length > 0) break;
    await hold(true);
    await holder.query('commit');
    await holder.end();
    const begun = Date.now();
    const answers = Promise.all([ask(LOTS), ask(LOTS)]);
    for (const until = Date.now() + 5000; Date.now() < until; await sleep(20))
      if ((await standby.ask('select from pg_locks where not granted')).length === 2) break;
    expect(Date.now() - begun).toBeLessThan(3000);
    standby.signal('SIGSTOP');
    try {
      const told = await Promise.race([answers, sleep(8000, null)]);
      expect(told?.map(codesOf)).toEqual([expect.arrayContaining(['L-1', 'L-5']), expect.arrayContaining(['L-1', 'L-5'])]);
      // It is left alone, and nobody waits for it.
      const again = Date.now();
      for (let count = 0; count < 5; count++) expect(codesOf(await ask(LOTS))).toHaveLength(5);
      expect(Date.now() - again).toBeLessThan(2000);
    } finally {
      standby.signal('SIGCONT');
      await hold(false);
    }
    expect(server.crashes).toEqual([]);
  }, 40_000);

  test('one that has gone another way is not read from; nor one that is further than its primary', async () => {
    const other = await primary.standby();
    // Of one that has gone another way on what it did before, the bound of its lag says nothing.
    const env = { REPLICA_LAG_MS: '600000' };
    const astray = new ServerProcess(primary.url, { DATABASE_REPLICA_URL: other.url, ...env });
    const copies = [0, 1].map(() => new ServerProcess(other.url, { DATABASE_REPLICA_URL: standby.url, ...env }));
    const [before, behind] = copies as [ServerProcess, ServerProcess];
    let there: Database | null = null;
    try {
      await astray.start();
      await sleep(500);
      expect(codesOf(await ask(LOTS, {}, {}, astray))).toHaveLength(5);
      expect(await other.ask("select from pg_stat_activity where application_name = 'lotline'")).not.toEqual([]);
      await other.ask('select pg_promote()');
      const promoted = Date.now();
      // What was a copy has the same id, and a past that is the same.
      there = await Database.open(other.url, { poolSize: 2 });
      await before.start();
      await sleep(500);
      const asked = Date.now();
      expect(codesOf(await ask(LOTS, {}, {}, before))).toHaveLength(5);
      expect(await askedThere()).toBeGreaterThanOrEqual(asked);
      await recordIn(there, 'ASTRAY');
      // One that has another command at the position, and is not further.
      await record('L-6', 'L-7');
      await behind.start();
      await sleep(500);
      for (let count = 0; count < 4; count++) expect(codesOf(await ask(LOTS, {}, {}, behind))).toContain('ASTRAY');
      // One that is beyond its primary, and had all that this one had when it was looked at first.
      await record('L-8');
      await ask(LOTS, {}, {}, before);
      await sleep(1500);
      for (let count = 0; count < 4; count++) expect(codesOf(await ask(LOTS, {}, {}, before))).toContain('ASTRAY');
      // One that follows nobody any more, and is not left alone for a while as one that has just ended its connections.
      await sleep(promoted + 7000 - Date.now());
      for (let count = 0; count < 4; count++) expect(codesOf(await ask(LOTS, {}, {}, astray))).toContain('L-8');
      expect([astray, ...copies].flatMap(({ crashes }) => crashes)).toEqual([]);
    } finally {
      await there?.close();
      for (const each of [astray, ...copies]) await each.close();
      await other.close();
    }
  }, 60_000);

  test('where the standby goes away the primary answers', async () => {
    await sleep(500);
    for (let count = 0; count < 5; count++) {
      const before = Date.now();
      expect(codesOf(await ask(LOTS))).toHaveLength(8);
      expect(await askedThere()).toBeGreaterThanOrEqual(before);
    }
    await standby.end('SIGKILL');
    const begun = Date.now();
    for (let count = 0; count < 5; count++) expect(codesOf(await ask(LOTS))).toHaveLength(8);
    expect(Date.now() - begun).toBeLessThan(3000);
    expect(server.crashes).toEqual([]);
    expect(server.complaints.join('\n')).not.toContain(PASSWORD);
  }, 30_000);
});
