import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { lotFeed } from '@lotline/server/live/feeds/lots';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { subscribe } from '../support/live';
import { csv, type Lotline, startLotline } from '../support/lotline';

// docs/PROTOCOL.md 2.5 and 3.5: a database that took over has lost what was committed last. What clients were told of it never was.

const QUERY = 'subscription ($after: Cursor) { lotEvents(after: $after) { cursor sequence change { lot { code } } } }';

let lotline: Lotline;
beforeEach(async () => {
  lotline = await startLotline({ heartbeatMs: 50, pollMs: 50 });
  await lotline.import({
    'operations.csv': csv([{ operation: 'F:FARM', name: 'Farm', country: 'UA', roles: 'producer' }]),
    'products.csv': csv([{ product: 'Wheat', hts: '1001990000', organic: 'yes' }]),
  });
});
afterEach(() => lotline.close());

const record = (...codes: string[]) =>
  lotline.import({
    'lots.csv': csv(codes.map((code) => ({ code, producer: 'F:FARM', product: 'Wheat', quantity: 1, unit: 'KGM', kind: 'harvest' }))),
  });
const cursorNow = async (): Promise<string> => (await lotline.ask('{ viewer { kind } }')).extensions!.cursor!;
async function until(what: () => unknown): Promise<void> {
  for (const last = Date.now() + 15_000; !what(); await sleep(10)) if (Date.now() > last) throw new Error(`never: ${what}`);
}

/** Loses the last commands beneath the servers, as a standby has that was behind, and lets others be recorded in their place. */
async function failOver(lost: number, then: () => Promise<unknown>): Promise<void> {
  const blocker = await lotline.database.connect();
  try {
    await blocker.client.query(`begin; set local session_replication_role = replica;
      create temporary table gone on commit drop as select id from command order by position desc limit ${lost};
      delete from party where recorded_by in (select id from gone);
      delete from holding where lot in (select id from lot where recorded_by in (select id from gone));
      delete from lot where recorded_by in (select id from gone);
      delete from operation_certificate_status where recorded_by in (select id from gone);
      delete from operation_certificate where recorded_by in (select id from gone);
      delete from certifier where recorded_by in (select id from gone);
      delete from event where command in (select id from gone);
      delete from idempotency_key where command in (select id from gone);
      delete from command where id in (select id from gone);
      update log_counter set (position, command) = (select position, id from command order by position desc limit 1);
      commit`);
  } finally {
    await blocker.release();
  }
  await then();
}

test.each([
  ['its place is empty', () => Promise.resolve()],
  ['its place was used again', () => record('NEW-1')],
  [
    'others have gone further than it',
    () =>
      record('NEW-1')
        .then(() => record('NEW-2'))
        .then(() => record('NEW-3')),
  ],
])('3.5 open streams end so that clients come back, where %s; 3.3 a cursor of what is lost is told apart', async (_, then) => {
  const opened = await subscribe(lotline, { query: QUERY });
  const socket = new WebSocket(`${lotline.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: await lotline.token('analyst') } }));
  await once(socket, 'message');
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: QUERY } }));
  await once(socket, 'message');
  await record('KEPT');
  const kept = await cursorNow();
  await record('LOST');
  await opened.abreast();
  const closed = once(socket, 'close');

  await failOver(1, then);

  await Promise.race([
    Promise.all([closed, opened.ended]),
    sleep(15_000, undefined, { ref: false }).then(() => {
      throw new Error('a stream went on');
    }),
  ]);
  expect((await closed)[0]).toBe(1012);
  // 5.6: no error, no completion; the client comes back.
  expect([opened.errors, opened.complete]).toEqual([[], false]);
  const back = await subscribe(lotline, { query: QUERY, lastEventId: opened.messages.at(-1)!.id });
  await back.ended;
  expect(back.errors[0].extensions).toMatchObject({ code: 'CURSOR_EXPIRED', resumeAfter: expect.any(String) });
  // A cursor of what is still there goes on, with the new history.
  const replay = await subscribe(lotline, { query: QUERY, variables: { after: kept } });
  await replay.abreast();
  const codes = (await lotline.data('{ lots { nodes { code } } }')).lots.nodes.map(({ code }: { code: string }) => code);
  expect(['KEPT', ...replay.changes.map(({ lot }) => lot.code)]).toEqual(codes);
  await replay.close();
});

test('2.5 a failover in the middle of the telling: who has heard what is lost comes back, and is told so', async () => {
  const standings =
    'subscription ($after: Cursor) { operationCertificateStatusChanged(after: $after) { cursor sequence change { effectiveFrom } } }';
  const both = (code: string, day: string) =>
    lotline.import({
      'certifiers.csv': csv([{ certifier: 'ZZX', name: 'Certifier', scheme: 'NOP' }]),
      'lots.csv': csv([{ code, producer: 'F:FARM', product: 'Wheat', quantity: 1, unit: 'KGM', kind: 'harvest' }]),
      'operation_certificates.csv': csv([{ operation: 'F:FARM', certifier: 'ZZX', status: 'certified', effective_from: day }]),
    });
  const [standing, lots] = await Promise.all([subscribe(lotline, { query: standings }), subscribe(lotline, { query: QUERY })]);
  await Promise.all([standing.abreast(), lots.abreast()]);
  // The database goes away when the standing has been told, and the lot of the same command has not.
  const { find } = lotFeed;
  const query = lotline.database.query.bind(lotline.database);
  const lost = () => Promise.reject(new Error('connection lost'));
  let met = false;
  lotFeed.find = () => {
    met = true;
    return lost();
  };
  lotline.database.query = ((sql: string, parameters?: unknown[]) => (met ? lost() : query(sql, parameters))) as typeof query;
  await both('LOST', '2024-01-01');
  await until(() => met && standing.changes.length > 0);
  await failOver(1, () => both('NEW', '2024-02-02'));
  lotFeed.find = find;
  lotline.database.query = query;

  await Promise.race([Promise.all([standing.ended, lots.ended]), sleep(15_000, undefined, { ref: false })]);
  expect([standing.changes, lots.changes]).toEqual([[{ effectiveFrom: '2024-01-01' }], []]);
  const back = await subscribe(lotline, { query: standings, lastEventId: standing.messages.at(-1)!.id });
  await back.ended;
  expect(back.errors[0].extensions.code).toBe('CURSOR_EXPIRED');
  const again = await subscribe(lotline, { query: standings, variables: { after: back.errors[0].extensions.resumeAfter } });
  await again.abreast();
  expect(again.changes).toEqual([{ effectiveFrom: '2024-02-02' }]);
  await again.close();
});

test('6.2 a client that is told CURSOR_EXPIRED asks for the state, subscribes behind it, and misses nothing from then on', async () => {
  const client = createClient({
    url: `${lotline.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: await lotline.token('analyst') },
    retryAttempts: 100,
    retryWait: () => sleep(20),
  });
  /** What the client believes there is: its own state, told apart from the server's only by what it heard. */
  let state: string[] = [];
  let expired = 0;
  const follow = async (): Promise<void> => {
    const { data, extensions } = await lotline.ask('{ lots { nodes { code } } }');
    state = data.lots.nodes.map(({ code }: { code: string }) => code);
    const variables: Record<string, unknown> = { after: extensions!.cursor };
    client.subscribe(
      { query: QUERY, variables },
      {
        next: ({ data: told }: any) => {
          const { cursor, change } = told.lotEvents;
          variables.after = cursor;
          if (change) state.push(change.lot.code);
        },
        error: (errors: any) => {
          expired += errors[0].extensions.code === 'CURSOR_EXPIRED' ? 1 : 0;
          void follow();
        },
        complete: () => {},
      },
    );
  };
  await follow();
  await record('KEPT');
  await record('LOST-1', 'LOST-2');
  await until(() => state.length === 3);
  await failOver(1, () => record('NEW-1'));
  await until(() => expired > 0 && state.includes('NEW-1'));
  await record('NEW-2');
  await until(() => state.includes('NEW-2'));
  expect(state).toEqual(['KEPT', 'NEW-1', 'NEW-2']);
  expect(expired).toBe(1);
  await client.dispose();
});
