import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ADMINISTRATOR, ANALYST, mintToken } from '@lotline/server/access';
import { Runner } from '@lotline/server/commands';
import { Database, Deadline } from '@lotline/server/database';
import { importFolder } from '@lotline/server/import';
import { Cursors } from '@lotline/server/log';
import { Cluster, PASSWORD, urlOf, withPostgres } from '../support/cluster';
import { Follower, TRANSPORTS } from '../support/follower';
import { csv, writeFolder } from '../support/lotline';
import { ServerProcess } from '../support/server-process';

// docs/operations.md: the primary is killed under load, its standby promoted. FAILOVER_SECONDS makes the load longer.

const SECONDS = Number(process.env.FAILOVER_SECONDS ?? 1);
const WRITERS = 4;
/** Longest that nobody may be answered, from the promotion on, milliseconds. */
const AWAY_MS = 10_000;
const HEARD_WITHIN_MS = 20_000;
const globalId = (type: string, id: string) => Buffer.from(`${type}:${id}`).toString('base64url');
const QUERY =
  'subscription ($filter: LotFilter, $after: Cursor) { lotEvents(filter: $filter, after: $after) { cursor sequence change { lot { code } } } }';
const HISTORY = `select l.code from command c join event e on e.command = c.id join lot l on l.id = e.subject where e.type = 'lot.born' order by c.position, e.ordinal`;

withPostgres('failover', () => {
  let primary: Cluster;
  let standby: Cluster;
  let server: ServerProcess;
  let producer: string;
  let product: string;
  let cursors: Cursors;
  let admin: string;
  let analyst: string;
  let beginning: string;

  beforeEach(async () => {
    primary = await Cluster.make();
    standby = await primary.standby();
    const database = await Database.open(urlOf(standby, primary));
    const folder = writeFolder({
      'operations.csv': csv([{ operation: 'F:FARM', name: 'Farm', country: 'UA', roles: 'producer' }]),
      'products.csv': csv([{ product: 'Wheat', hts: '1001990000', organic: 'yes' }]),
    });
    await importFolder(new Runner(database), ADMINISTRATOR, folder);
    rmSync(folder, { recursive: true });
    const idOf = async (table: string) => (await database.query<{ id: string }>(`select id from ${table}`))[0]!.id;
    producer = globalId('Operation', await idOf('operation'));
    product = globalId('Product', await idOf('product'));
    cursors = new Cursors(database.installation);
    const { tokenKey } = database.installation;
    [admin, analyst] = await Promise.all([mintToken(ADMINISTRATOR, tokenKey), mintToken(ANALYST, tokenKey)]);
    const [start] = await database.query<{ position: string; command: string }>('select position, command from log_counter');
    beginning = cursors.encode({ position: BigInt(start!.position) as never, command: start!.command, told: null }, ANALYST.name);
    await database.close();
    server = new ServerProcess(urlOf(primary, standby), { HEARTBEAT_MS: '250' });
    await server.start();
  }, 60_000);
  afterEach(async () => {
    await server?.close();
    await standby?.close();
    await primary?.close();
  });

  const post = async (query: string, variables: object, token = admin): Promise<any> => {
    const response = await fetch(`http://127.0.0.1:${server.port}/graphql`, {
      method: 'POST',
      signal: AbortSignal.timeout(15_000),
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query, variables }),
    });
    return response.json();
  };
  const isReady = async () => (await fetch(`http://127.0.0.1:${server.port}/readyz`)).ok;
  async function until(what: () => Promise<boolean>, withinMs = AWAY_MS): Promise<number> {
    const begun = Date.now();
    while (!(await what())) {
      if (Date.now() - begun > withinMs) throw new Error(`never: ${what}`);
      await sleep(50);
    }
    return Date.now() - begun;
  }

  /** Writes until it is told to stop, each command again and again until it is acknowledged. */
  function load(round = '') {
    const acknowledged: string[] = [];
    const wrong: string[] = [];
    let isOver = false;
    const give = async (code: string) => {
      const input = { idempotencyKey: code, producer, product, code, quantity: { value: '1', unit: 'KGM' } };
      for (; ; await sleep(50)) {
        const { data, errors } = await post('mutation ($input: RecordHarvestInput!) { recordHarvest(input: $input) { cursor } }', {
          input,
        });
        if (data?.recordHarvest) return void acknowledged.push(code);
        if (errors[0].extensions.code !== 'UNAVAILABLE' || !errors[0].extensions.retryable) wrong.push(JSON.stringify(errors));
      }
    };
    const writers = Array.from({ length: WRITERS }, async (_, writer) => {
      for (let count = 0; !isOver; count++) {
        await give(`${round}${writer}-${count}`);
        await sleep(20);
      }
    });
    let longestMs = 0;
    const asking = (async () => {
      for (let last = Date.now(); !isOver; await sleep(25)) {
        const { data, errors } = await post('{ lots(first: 1) { nodes { code } } }', {}, analyst);
        if (errors && errors[0].extensions.code !== 'UNAVAILABLE') wrong.push(JSON.stringify(errors));
        if (!data) continue;
        longestMs = Math.max(longestMs, Date.now() - last);
        last = Date.now();
      }
    })();
    return {
      acknowledged,
      wrong,
      stop: async () => {
        isOver = true;
        await Promise.all([...writers, asking]);
        return longestMs;
      },
    };
  }

  const follow = (transport: (typeof TRANSPORTS)[number], isDone: (cursor: string) => boolean, after = beginning) =>
    new Follower({ transport, port: server.port, query: QUERY, filter: {}, after, token: analyst, lineOf: ({ lot }) => lot.code, isDone });

  /** The end of the new history, as a follower meets it. */
  const isBehind = (end: bigint) => (cursor: string) => {
    const { position, told } = cursors.decode(cursor, ANALYST.name);
    return told === null && position >= end;
  };
  const historyOf = async (cluster: Cluster) => (await cluster.ask<{ code: string }>(HISTORY)).map(({ code }) => code);
  const endOf = async (cluster: Cluster) => BigInt((await cluster.ask('select position from log_counter'))[0]!.position);

  async function killAndPromote(): Promise<{ downMs: number; readyMs: number }> {
    await primary.end('SIGKILL');
    const downMs = await until(async () => !(await isReady()));
    await standby.ask('select pg_promote()');
    return { downMs, readyMs: await until(isReady) };
  }

  test('to a synchronous standby: no acknowledged command is lost, streams go on without gap or double', async () => {
    await primary.change({ synchronous_standby_names: '*' });
    await until(async () => (await primary.ask("select 1 from pg_stat_replication where sync_state = 'sync'")).length === 1);
    let end: bigint | null = null;
    const followers = TRANSPORTS.map((transport) => follow(transport, (cursor) => end !== null && isBehind(end)(cursor)));
    const following = followers.map((follower) => follower.follow());
    const { acknowledged, wrong, stop } = load();
    await sleep(SECONDS * 1000);
    const before = acknowledged.length;
    const { downMs, readyMs } = await killAndPromote();
    await sleep(SECONDS * 1000);
    const longestMs = await stop();
    end = await endOf(standby);
    for (const follower of followers) follower.look();
    const late = setTimeout(() => {
      for (const follower of followers) follower.stop();
    }, HEARD_WITHIN_MS);
    await Promise.all(following);
    clearTimeout(late);

    process.stderr.write(
      `failover: ${acknowledged.length} commands, ${before} before it; not ready after ${downMs} ms, ready ${readyMs} ms after the promotion, nobody answered for ${longestMs} ms\n`,
    );
    const history = await historyOf(standby);
    expect([...history].sort()).toEqual([...acknowledged].sort());
    expect(before).toBeGreaterThan(0);
    expect(acknowledged.length).toBeGreaterThan(before);
    for (const { heard, wrong: told, opened } of followers) {
      expect(told).toEqual([]);
      expect(heard).toEqual(history);
      expect(opened).toBeGreaterThan(0);
    }
    expect(wrong).toEqual([]);
    expect(server.crashes).toEqual([]);
    expect(longestMs).toBeLessThan(AWAY_MS);
    expect(server.complaints.join('\n')).not.toContain(PASSWORD);
  }, 90_000);

  test('to one that was behind: who heard what is lost is told so; an old primary that comes back is not written to', async () => {
    const followers = TRANSPORTS.map((transport) => follow(transport, () => false));
    const following = followers.map((follower) => follower.follow());
    const { acknowledged, wrong, stop } = load();
    await sleep(SECONDS * 500);
    await standby.change({ primary_conninfo: '' });
    await until(async () => (await primary.ask('select 1 from pg_stat_replication')).length === 0);
    const kept = await endOf(standby);
    await until(async () => (await endOf(primary)) > kept + 5n);
    await killAndPromote();
    await sleep(SECONDS * 500);
    await stop();
    await Promise.race([Promise.all(following), sleep(HEARD_WITHIN_MS, undefined, { ref: false })]);
    for (const follower of followers) follower.stop();

    const history = await historyOf(standby);
    const lost = acknowledged.filter((code) => !history.includes(code));
    expect(lost.length).toBeGreaterThan(0);
    for (const { heard, wrong: told } of followers) {
      expect(heard.some((code) => lost.includes(code))).toBe(true);
      expect(told.join()).toContain('the database has lost what this cursor stands behind');
    }
    const end = await endOf(standby);
    const again = follow('server-sent events', isBehind(end));
    await again.follow();
    expect(again.heard).toEqual(history);
    expect(wrong).toEqual([]);
    expect(server.crashes).toEqual([]);

    await primary.start();
    // Beside the new one, and also while that one is away: what it took in would be lost.
    const before = await endOf(primary);
    const beside = load('beside ');
    await sleep(1000);
    await standby.end('SIGKILL');
    await sleep(7000);
    expect(beside.acknowledged.length).toBeGreaterThan(0);
    expect(await endOf(primary)).toBe(before);
    await standby.start();
    await until(isReady);
    await beside.stop();
    expect(await endOf(primary)).toBe(before);
    expect(await historyOf(standby)).toEqual(expect.arrayContaining(beside.acknowledged));
    expect([...beside.wrong, ...server.crashes]).toEqual([]);
    for (const url of [urlOf(primary, standby), urlOf(standby, primary)]) {
      const database = await Database.open(url);
      const [row] = await database.query<{ port: number }>('select inet_server_port() as port');
      await database.close();
      expect(row!.port).toBe(standby.port);
    }
    // One alone that can only be read from is not taken for a primary.
    await primary.change({ default_transaction_read_only: 'on' });
    await expect(Database.open(primary.url)).rejects.toThrow('can only be read from');
  }, 90_000);
});

withPostgres('a synchronous standby', () => {
  let primary: Cluster;
  beforeAll(async () => {
    primary = await Cluster.make();
  });
  afterAll(() => primary?.close());

  test('that does not confirm: no command is acknowledged, however little time it was given, until one does', async () => {
    const database = await Database.open(primary.url, { poolSize: 2 });
    const folder = writeFolder({
      'operations.csv': csv([{ operation: 'F:FARM', name: 'Farm', country: 'UA', roles: 'producer' }]),
    });
    await primary.change({ synchronous_standby_names: 'away' });
    try {
      const given = importFolder(new Runner(database).within(new Deadline(300)), ADMINISTRATOR, folder).then(() => 'acknowledged');
      expect(await Promise.race([given, sleep(1500, 'not yet')])).toBe('not yet');
      await primary.change({ synchronous_standby_names: '' });
      expect(await given).toBe('acknowledged');
    } finally {
      await primary.change({ synchronous_standby_names: '' });
      rmSync(folder, { recursive: true });
      await database.close();
    }
  });
});
