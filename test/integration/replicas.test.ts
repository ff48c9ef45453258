import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ADMINISTRATOR, ANALYST, mintToken } from '@lotline/server/access';
import { Runner } from '@lotline/server/commands';
import { Database } from '@lotline/server/database';
import { importFolder } from '@lotline/server/import';
import { Cursors } from '@lotline/server/log';
import { Cluster, PASSWORD, withPostgres } from '../support/cluster';
import { csv, writeFolder } from '../support/lotline';
import { ServerProcess } from '../support/server-process';

// docs/operations.md: questions are read from a standby as long as it is not far behind, commands and what they tell never.

const LAG_MS = 2000;

withPostgres('read replicas', () => {
  let primary: Cluster;
  let standby: Cluster;
  let server: ServerProcess;
  let database: Database;
  let tokens: { admin: string; analyst: string };
  const record = async (...codes: string[]) => {
    const rows = codes.map((code) => ({ code, producer: 'F:FARM', product: 'Wheat', quantity: 1, unit: 'KGM', kind: 'harvest' }));
    const folder = writeFolder({
      'operations.csv': csv([{ operation: 'F:FARM', name: 'Farm', country: 'UA', roles: 'producer' }]),
      'products.csv': csv([{ product: 'Wheat', hts: '1001990000', organic: 'yes' }]),
      'lots.csv': csv(rows),
    });
    await importFolder(new Runner(database), ADMINISTRATOR, folder);
    rmSync(folder, { recursive: true });
  };
  const ask = async (query: string, headers: Record<string, string> = {}, variables = {}): Promise<any> => {
    const response = await fetch(`http://127.0.0.1:${server.port}/graphql`, {
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
  const hold = (held: boolean) => standby.ask(`select pg_wal_replay_${held ? 'pause' : 'resume'}()`);

  beforeAll(async () => {
    primary = await Cluster.make();
    database = await Database.open(primary.url, { poolSize: 2 });
    await record('L-1', 'L-2', 'L-3');
    standby = await primary.standby({ hot_standby_feedback: 'off', max_standby_streaming_delay: '0' });
    const { tokenKey } = database.installation;
    tokens = { admin: await mintToken(ADMINISTRATOR, tokenKey), analyst: await mintToken(ANALYST, tokenKey) };
    server = new ServerProcess(primary.url, { DATABASE_REPLICA_URL: standby.url, REPLICA_LAG_MS: String(LAG_MS) });
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

  test('where the standby goes away the primary answers', async () => {
    await sleep(500);
    for (let count = 0; count < 5; count++) {
      const before = Date.now();
      expect(codesOf(await ask(LOTS))).toHaveLength(5);
      expect(await askedThere()).toBeGreaterThanOrEqual(before);
    }
    await standby.end('SIGKILL');
    const begun = Date.now();
    for (let count = 0; count < 5; count++) expect(codesOf(await ask(LOTS))).toHaveLength(5);
    expect(Date.now() - begun).toBeLessThan(3000);
    expect(server.crashes).toEqual([]);
    expect(server.complaints.join('\n')).not.toContain(PASSWORD);
  }, 30_000);
});
