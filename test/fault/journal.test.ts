import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ADMINISTRATOR, ANALYST, mintToken } from '@lotline/server/access';
import { Runner } from '@lotline/server/commands';
import { Database } from '@lotline/server/database';
import { importFolder } from '@lotline/server/import';
import { Journal, Notes } from '@lotline/server/journal';
import { csv, type Lotline, startLotline, writeFolder } from '../support/lotline';
import { OwnPostgres } from '../support/own-postgres';
import { ServerProcess } from '../support/server-process';

// The access journal where something fails: no answer waits for it or fails with it, what it cannot keep is counted, and the rest is kept.

const OWNER = 'J:OWNER';
const folder = (papers: number) => ({
  'operations.csv': csv([{ operation: OWNER, name: 'Owner', country: 'TR', roles: 'handler' }]),
  'products.csv': csv([{ product: 'Wheat', hts: '1001990000', organic: 'yes' }]),
  'documents.csv': csv(
    Array.from({ length: papers }, (_, index) => ({
      type: 'invoice',
      number: `P-${index}`,
      issuer: OWNER,
      issued_on: '2025-01-01',
      marked_organic: 'yes',
    })),
  ),
});

let lotline: Lotline;
afterEach(() => lotline?.close());

async function start(papers: number, options: Parameters<typeof startLotline>[0]): Promise<void> {
  lotline = await startLotline(options);
  await lotline.import(folder(papers));
}

const READ = '{ documents(first: 500) { nodes { number } } }';
const JOURNAL = '{ accesses(first: 500) { totalCount nodes { act times viewerKind operation { name } } } }';
type Kept = { act: string; times: number; viewerKind: string };
const kept = async (): Promise<Kept[]> => (await lotline.data(JOURNAL)).accesses.nodes;
const sum = (all: readonly Kept[], act: string, viewerKind = 'ANALYST') =>
  all.filter((each) => each.act === act && each.viewerKind === viewerKind).reduce((times, each) => times + each.times, 0);
async function until<Found>(look: () => Promise<Found>, fits: (found: Found) => boolean): Promise<Found> {
  for (const last = Date.now() + 20_000; ; await sleep(30)) {
    const found = await look();
    if (fits(found)) return found;
    if (Date.now() > last) throw new Error(`never: ${JSON.stringify(found)}`);
  }
}

test('what does not fit is counted, by whoever did it; one viewer takes nobody else the room', async () => {
  await start(8, { journalLimits: { waiting: 8, ofOne: 5, everyMs: 200 } });
  await lotline.data(READ);
  await lotline.data('{ documents(first: 2) { nodes { number } } }', {}, 'admin');
  const all = await until(kept, (found) => sum(found, 'OVERFLOWED') > 0);
  expect([sum(all, 'READ'), sum(all, 'OVERFLOWED'), sum(all, 'READ', 'ADMINISTRATOR'), sum(all, 'OVERFLOWED', 'ADMINISTRATOR')]).toEqual([
    5, 3, 2, 0,
  ]);
  // The room is there again.
  await lotline.data(READ);
  const more = await until(kept, (found) => sum(found, 'OVERFLOWED') > 3);
  expect([sum(more, 'READ'), sum(more, 'OVERFLOWED')]).toEqual([10, 6]);
  const concerned = (await lotline.data(`{ operation(identifier: "${OWNER}") { accesses { nodes { act } } } }`)).operation.accesses.nodes;
  expect(new Set(concerned.map(({ act }: { act: string }) => act))).toEqual(new Set(['READ']));
});

test('a story concerns the parties of its own lot, and of the others that were shown at most 1,000', async () => {
  await start(1, {});
  const lots = ['01900000-0000-7000-8000-000000000001', '01900000-0000-7000-8000-000000000002'] as const;
  // The parties of the root have the highest ids of all.
  await lotline.database.query(`
    insert into operation (id, identifier, name, country, roles, recorded_by)
      select ('01900000-0000-7000-8000-1' || lpad(n::text, 11, '0'))::uuid, 'M:' || n, 'M', 'TR', '{}', gen_random_uuid() from generate_series(1, 1200) n;
    insert into party (operation, subject, noun, fact, recorded_by)
      select ('01900000-0000-7000-8000-1' || lpad(n::text, 11, '0'))::uuid, case when n > 1190 then '${lots[0]}' else '${lots[1]}' end::uuid, 'lot', gen_random_uuid(), gen_random_uuid()
      from generate_series(1, 1200) n`);
  const journal = new Journal(lotline.database, { journalDays: 1 }, () => {});
  for (const shown of [[], [lots[1]]]) {
    const notes = new Notes({ viewer: ANALYST, key: null });
    notes.traced(lots[0], shown);
    journal.take(notes.by, notes.all);
  }
  await journal.close();
  const told = async (which: string): Promise<string[]> => {
    const rows = await lotline.database.query<{ identifier: string }>(
      `select o.identifier from access_owner w join operation o on o.id = w.operation join access_record r on r.id = w.record where ${which} order by o.id`,
    );
    return rows.map(({ identifier }) => identifier);
  };
  // Of its own lot all; of the others so many, once and uncounted.
  expect(await told('r.subject is not null')).toEqual(Array.from({ length: 10 }, (_, index) => `M:${1191 + index}`));
  expect(await told('r.subject is null')).toHaveLength(1000);
  expect((await lotline.data('{ accesses { nodes { act times cut } } }')).accesses.nodes).toEqual([
    { act: 'TRACED', times: 2, cut: false },
    { act: 'TRACED', times: 1, cut: true },
  ]);
});

test('a stop writes what waits', async () => {
  await start(3, { journalLimits: { everyMs: 600_000 } });
  await lotline.data(READ);
  expect(await kept()).toEqual([]);
  await lotline.restart();
  expect(sum(await kept(), 'READ')).toBe(3);
});

test('more than is written at once is written at once after the other, and loses nothing', async () => {
  await start(50, { journalLimits: { batch: 7, everyMs: 30 } });
  await Promise.all(Array.from({ length: 10 }, () => lotline.data(READ)));
  await until(kept, (found) => sum(found, 'READ') === 500);
});

test('what was written before the connection was lost is not counted twice', async () => {
  await start(3, { journalLimits: { everyMs: 20 } });
  const query = lotline.database.query.bind(lotline.database);
  let written = 0;
  lotline.database.query = async (sql: string, parameters: unknown[]) => {
    const rows = await query(sql, parameters);
    if (sql.includes('into access_record') && ++written === 1) throw new Error('Connection terminated unexpectedly');
    return rows as never;
  };
  await lotline.data(READ);
  for (const last = Date.now() + 5000; written < 2; await sleep(10)) if (Date.now() > last) throw new Error('not tried again');
  await sleep(100);
  expect(sum(await kept(), 'READ')).toBe(3);
  expect((await kept()).map(({ times }) => times)).toEqual([1, 1, 1]);
});

test('what cannot be written at all is given up after a while and counted, and no answer fails', async () => {
  await start(3, { journalLimits: { everyMs: 5 } });
  await lotline.database.query('alter table access_owner rename to away');
  await lotline.data(READ);
  await sleep(500);
  await lotline.data(READ);
  await lotline.database.query('alter table away rename to access_owner');
  const all = await until(kept, (found) => sum(found, 'READ') + sum(found, 'OVERFLOWED') === 6);
  expect(sum(all, 'OVERFLOWED')).toBeGreaterThanOrEqual(3);
});

test('records are deleted when they are too old, and whom they concerned with them', async () => {
  await start(1, { journalDays: 2, journalLimits: { everyMs: 20 } });
  const dated = (days: number) => (Date.now() - days * 86_400_000).toString(16).padStart(12, '0');
  const old = (count: number, days: number) =>
    lotline.database.query(`with r as (
      insert into access_record (id, likeness, at, last_at, times, act, viewer_kind, cut)
      select ('${dated(days)}7${'0'.repeat(3)}8' || lpad(to_hex(n), 15, '0'))::uuid, gen_random_uuid(), now(), now(), 1, 'READ', 'NOBODY', false from generate_series(1, ${count}) n returning id)
      insert into access_owner select gen_random_uuid(), 'READ', id from r`);
  await old(2500, 3);
  await old(3, 1);
  await lotline.restart();
  await until(
    () =>
      lotline.database.query<{ records: number; owners: number }>(
        'select (select count(*)::int from access_record) as records, (select count(*)::int from access_owner) as owners',
      ),
    ([found]) => found!.records === 3 && found!.owners === 3,
  );
});

test.each(['SIGQUIT', 'SIGKILL'] as const)(
  'a database that is ended by %s and comes back has every record once',
  async (end) => {
    const postgres = await OwnPostgres.start();
    const server = new ServerProcess(postgres.url);
    try {
      const database = await Database.open(postgres.url);
      const directory = writeFolder(folder(20));
      await importFolder(new Runner(database), ADMINISTRATOR, directory);
      rmSync(directory, { recursive: true, force: true });
      const token = await mintToken(ANALYST, database.installation.tokenKey);
      await database.close();
      await server.start();
      const ask = async (query: string) => {
        const response = await fetch(`http://127.0.0.1:${server.port}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
          body: JSON.stringify({ query }),
        });
        return (await response.json()) as any;
      };
      expect((await ask(READ)).errors).toBeUndefined();
      await postgres.restart(end, 1000);
      const all = await until(
        async () => ((await ask(JOURNAL)).data?.accesses?.nodes ?? []) as Kept[],
        (found) => sum(found, 'READ') >= 20,
      );
      expect(all.map(({ act, times }) => `${act} ${times}`)).toEqual(Array(20).fill('READ 1'));
      expect(server.crashes).toEqual([]);
      // Warnings are the journal's alone.
      expect(server.complaints.join('\n')).toContain('"level":40');
    } finally {
      await server.close();
      await postgres.close();
    }
  },
  60_000,
);
