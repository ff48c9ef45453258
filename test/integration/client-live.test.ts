import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Changes,
  CursorExpired,
  CursorForeign,
  InternalServerError,
  Kilograms,
  Lagged,
  Lotline,
  type LotlineOptions,
  NetworkError,
  type SentRequest,
  TypedDocument,
  Unauthenticated,
} from '@lotline/client';
import * as documents from '@lotline/client/documents';
import { type Sent, Stream } from '@lotline/server/live/stream';
import { type Front, startFront } from '../support/front';
import { type As, csv, type Lotline as Server, startLotline } from '../support/lotline';
import { type SpoilableProxy, startProxy } from '../support/proxy';

// The client's live changes: each once and in order, whatever befalls the way to the server.

const FARM = 'L:FARM';

let server: Server;
let proxy: SpoilableProxy;
let front: Front;
const open: AbortController[] = [];

beforeAll(async () => {
  server = await startLotline({ heartbeatMs: 50, pollMs: 50, streamLimits: { messages: 4, bytes: 4 * 1024 * 1024 } });
  front = await startFront(() => server.server.port);
  await server.import({
    'operations.csv': csv([{ operation: FARM, name: 'Farm', country: 'UA', roles: 'producer' }]),
    'products.csv': csv([{ product: 'Wheat', hts: '1001990000', organic: 'yes' }]),
  });
});
beforeEach(async () => {
  proxy = await startProxy(() => server.server.port);
  front.next();
});
afterEach(async () => {
  jest.restoreAllMocks();
  for (const ending of open.splice(0)) ending.abort();
  await proxy.close();
});
afterAll(async () => {
  await front?.close();
  await server?.close();
});

const client = async (as: As = 'analyst', options: Partial<LotlineOptions> = {}): Promise<Lotline> =>
  new Lotline({ url: `http://127.0.0.1:${proxy.port}`, token: await server.token(as as 'analyst'), silentMs: 1500, ...options });
const failure = async (what: Promise<unknown>): Promise<any> =>
  what.then(
    () => expect(what).rejects.toThrow(),
    (error) => error,
  );
/** The client comes back at once. */
const hurried = () => jest.spyOn(Math, 'random').mockReturnValue(0);

interface Listener {
  heard: string[];
  stream: Changes<{ lot: { code: string } }>;
  ended: Promise<unknown>;
}

/** Listens to the lots that are recorded. */
async function listen(us: Lotline, after?: string): Promise<Listener> {
  const ending = new AbortController();
  open.push(ending);
  const stream = us.lotEvents({ after: after ?? (await us.cursor()) }, { signal: ending.signal });
  const heard: string[] = [];
  const following = async () => {
    for await (const { lot } of stream) heard.push(lot.code);
  };
  return { heard, stream, ended: following().catch((error) => error) };
}

let recorded = 0;
/** Records lots in one command; says their codes. */
async function record(count = 1): Promise<string[]> {
  const codes = Array.from({ length: count }, () => `LOT-${++recorded}`);
  await server.import({
    'lots.csv': csv(codes.map((code) => ({ code, producer: FARM, product: 'Wheat', quantity: '1.5', unit: 'KGM', kind: 'harvest' }))),
  });
  return codes;
}

async function until(isSo: () => boolean, within = 20_000): Promise<void> {
  for (const last = Date.now() + within; !isSo() && Date.now() < last; ) await sleep(10);
}
const hears = async ({ heard }: Listener, codes: readonly string[]): Promise<void> => {
  await until(() => heard.length >= codes.length);
  // What would come twice would come now.
  await sleep(120);
  expect(heard).toEqual(codes);
};

/** From now on each stream whose client is abreast has no room for its so many-th message. */
function lagEach(count: number): () => number {
  const { offer } = Stream.prototype;
  const offered = new Map<Stream, number>();
  let lagged = 0;
  jest.spyOn(Stream.prototype, 'offer').mockImplementation(function (this: Stream, message: Sent) {
    const so = (offered.get(this) ?? 0) + 1;
    offered.set(this, so);
    if (so >= count && this.idle) {
      lagged++;
      Object.assign(this, { limits: { messages: 0, bytes: 0 } });
    }
    offer.call(this, message);
  });
  return () => lagged;
}

test('a change comes with its types, and a cursor to store', async () => {
  const us = await client();
  const stream = us.lotEvents({ after: await us.cursor() });
  const [code] = await record();
  for await (const { kind, kilograms, lot } of stream) {
    expect([kind, lot.code]).toEqual(['HARVESTED', code]);
    expect(kilograms).toEqual(Kilograms.of('1.5'));
    break;
  }
  // Going on there tells nothing twice.
  const [next] = await record();
  for await (const { lot } of us.lotEvents({ after: stream.cursor })) {
    expect(lot.code).toBe(next);
    break;
  }
  // The same stream goes on where it was left.
  for await (const { lot } of stream) {
    expect(lot.code).toBe(next);
    break;
  }
});

test('a filter is kept to, and what came before is not told', async () => {
  const us = await client();
  await record();
  const wanted = `LOT-${recorded + 2}`;
  const stream = us.lotEvents({ filter: { codes: [wanted] } });
  const first = stream[Symbol.asyncIterator]().next();
  await until(() => stream.cursor !== null);
  await record(3);
  expect((await first).value).toMatchObject({ lot: { code: wanted } });
});

test('each change comes once and in order: cut, delayed, half-closed, swallowed, stopped, and read too slowly', async () => {
  const us = await client();
  const listeners = await Promise.all([listen(us), listen(us), listen(us)]);
  const codes: string[] = [];
  const all = async () => {
    for (const listener of listeners) await hears(listener, codes);
  };
  codes.push(...(await record()));
  await all();
  for (let round = 0; round < 4; round++) {
    for (let lot = 0; lot < 4; lot++) {
      codes.push(...(await record(1 + lot)));
      if (lot === round) proxy.cut();
    }
    await all();
    if (round % 2 === 0) proxy.cut();
  }
  for (const connection of proxy.connections) connection.delay('client', 200);
  codes.push(...(await record(3)));
  proxy.cut();
  codes.push(...(await record(3)));
  await all();
  for (const towards of ['client', 'server'] as const) {
    for (const connection of proxy.connections) connection.halfClose(towards);
    codes.push(...(await record(2)));
    await all();
  }
  // Nothing comes, and nobody says so: the heartbeats are missed.
  for (const connection of proxy.connections) connection.swallow();
  codes.push(...(await record(2)));
  await all();
  // Stopped, as for an upgrade.
  await server.restart(async () => {
    codes.push(...(await record(5)));
  });
  codes.push(...(await record()));
  await all();
  const lagged = lagEach(7);
  codes.push(...(await record(15)));
  await all();
  expect(lagged()).toBeGreaterThanOrEqual(listeners.length * 2);
}, 90_000);

test('what is recorded while the first connection fails is told', async () => {
  hurried();
  const us = await client('analyst', { url: front.url });
  front.next('pass', 'break', { status: 503, headers: { 'retry-after': '1' }, body: '' });
  const stream = us.lotEvents();
  const next = stream[Symbol.asyncIterator]().next();
  await until(() => front.asked.length >= 3);
  const [code] = await record();
  expect((await next).value).toMatchObject({ lot: { code } });
  const [, second, third, fourth] = front.asked.map(({ at }) => at);
  expect(third! - second!).toBeLessThan(500);
  expect(fourth! - third!).toBeGreaterThanOrEqual(990);
});

test('a stream that never stood is given up like a question', async () => {
  hurried();
  const us = await client('analyst', { url: front.url, retries: 2 });
  front.next('pass', ...Array.from({ length: 9 }, () => 'break' as const));
  expect(await failure(us.lotEvents()[Symbol.asyncIterator]().next())).toBeInstanceOf(NetworkError);
  expect(front.asked).toHaveLength(4);
});

test('a stream that is too slow again and again, and never comes further, says so', async () => {
  const us = await client('analyst', { retries: 2 });
  const after = await us.cursor();
  await record(2);
  hurried();
  lagEach(1);
  const error = await failure(us.lotEvents({ after })[Symbol.asyncIterator]().next());
  expect(error).toBeInstanceOf(Lagged);
  expect(error).toMatchObject({ code: 'LAGGED', retryable: true, resumeAfter: expect.any(String) });
  jest.restoreAllMocks();
  for await (const { lot } of us.lotEvents({ after: error.resumeAfter })) {
    expect(lot.code).toBe(`LOT-${recorded - 1}`);
    break;
  }
});

test('a token that runs out within a stream is asked for again, once', async () => {
  const { farm } = await server.data(`{ farm: operation(identifier: "${FARM}") { id } }`);
  const us = new Lotline({ url: server.url, token: await server.token({ operation: FARM }) });
  const expiresOn = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
  const keyOf = async () => us.createKey({ operation: farm.id, name: 'Live', scopes: ['LOTS'], expiresOn });
  const [first, second] = [await keyOf(), await keyOf()];
  const asked: (string | null)[] = [];
  const key = await client('analyst', {
    token: (expired) => {
      asked.push(expired);
      return expired === null ? first.secret! : second.secret!;
    },
  });
  const listener = await listen(key);
  const codes = await record();
  await hears(listener, codes);
  await us.revokeKey({ key: first.key!.id });
  codes.push(...(await record(2)));
  await hears(listener, codes);
  expect(asked).toEqual([null, first.secret]);
  await us.revokeKey({ key: second.key!.id });
  expect(await listener.ended).toBeInstanceOf(Unauthenticated);
});

test('a signal ends a stream, whether it waits to be answered, for a change or to come back', async () => {
  const us = await client();
  const first = await listen(us);
  await until(() => proxy.connections.length > 0);
  await sleep(150);
  open.at(-1)!.abort(new Error('enough'));
  expect(((await first.ended) as Error).message).toBe('enough');
  const second = await listen(us);
  await sleep(150);
  jest.spyOn(Math, 'random').mockReturnValue(1);
  proxy.cut();
  await sleep(50);
  open.at(-1)!.abort(new Error('enough'));
  expect(((await second.ended) as Error).message).toBe('enough');
});

test('leaving the loop ends the connection', async () => {
  const us = await client();
  const stream = us.lotEvents({ after: await us.cursor() });
  await record();
  for await (const _ of stream) {
    expect(proxy.connections).toHaveLength(1);
    break;
  }
  await until(() => proxy.connections.length === 0);
  expect(proxy.connections).toHaveLength(0);
});

test('documents of your own are followed as well; a change that cannot be answered is an error behind which it goes on', async () => {
  const us = await client();
  const after = await us.cursor();
  const [code] = await record();
  const document = new TypedDocument<{ mine: { change: { lot: { code: string } } | null } }, { after: string }>(
    'subscription ($after: Cursor) { mine: lotEvents(after: $after) { change { lot { code } } } }',
  );
  for await (const { change } of us.subscribe(document, { after })) {
    expect(change).toEqual({ lot: { code } });
    break;
  }
  const bare = new TypedDocument<{ lotEvents: { sequence: number } }, { after: string }>(
    'subscription ($after: Cursor) { lotEvents(after: $after) { sequence } }',
  );
  const numbers: number[] = [];
  for await (const { sequence } of us.subscribe(bare, { after })) if (numbers.push(sequence) === 3) break;
  expect(numbers).toEqual([1, 1, 1]);
  const failing = new TypedDocument<{ lotEvents: { change: unknown } }, { after: string }>(
    `subscription ($after: Cursor) { lotEvents(after: $after) { sequence change { lot { code trace(direction: BACK, maxDepth: -1) { complete } } } } }`,
  );
  const error = await failure(us.subscribe(failing, { after })[Symbol.asyncIterator]().next());
  expect(error.code).toBe('BAD_USER_INPUT');
  const [next] = await record();
  for await (const { change } of us.subscribe(document, { after: error.resumeAfter })) {
    expect(change).toEqual({ lot: { code: next } });
    break;
  }
});

test('every attempt is told to whoever keeps a log', async () => {
  hurried();
  const sent: SentRequest[] = [];
  const us = await client('analyst', { onRequest: (each) => sent.push(each) });
  const listener = await listen(us);
  await hears(listener, await record());
  proxy.cut();
  await until(() => sent.length >= 3);
  expect(sent.map(({ operationName }) => operationName)).toEqual([null, 'LotEvents', 'LotEvents']);
  expect(sent[1]).toMatchObject({ query: String(documents.LotEventsDocument), attempt: 1 });
  expect(sent[2]!.attempt).toBe(2);
});

test('a fault of the server is tried again a few times, and then told', async () => {
  hurried();
  const us = await client('analyst', { url: front.url, retries: 3 });
  const body = JSON.stringify({ errors: [{ message: 'oops', extensions: { code: 'INTERNAL_SERVER_ERROR', retryable: true } }] });
  const told = {
    status: 200,
    headers: { 'content-type': 'text/event-stream' },
    body: `event: next\ndata: ${body}\n\nevent: complete\ndata: \n\n`,
  };
  front.next('pass', told, told, told, told, told, told);
  expect(await failure(us.lotEvents()[Symbol.asyncIterator]().next())).toBeInstanceOf(InternalServerError);
  expect(front.asked).toHaveLength(5);
});

test.each([
  ['\n', 1000],
  ['\n', 1],
  ['\r\n', 3],
  ['\r\n', 1],
  ['\r', 2],
])('events are read however they are cut and their lines are ended: %j by %i bytes', async (newline, length) => {
  const lines = (id: string, sequence: number, change: unknown) => [
    ': a comment',
    `id: ${id}`,
    'event: next',
    `data: ${JSON.stringify({ data: { lotEvents: { cursor: id, sequence, change } } })}`,
    '',
  ];
  const text = [
    'retry: 5',
    '',
    ...lines('a', 0, null),
    ...lines('b', 1, { lot: { code: 'SÖY-\u{1f33e}' } }),
    ...lines('c', 2, { on: 2 }),
    ': more',
  ].join(newline);
  const bytes = new TextEncoder().encode(text);
  const us = new Lotline({
    url: 'http://localhost',
    fetch: async () =>
      new Response(
        new ReadableStream({
          start(controller) {
            for (let at = 0; at < bytes.length; at += length) controller.enqueue(bytes.slice(at, at + length));
          },
        }),
        { headers: { 'content-type': 'text/event-stream' } },
      ),
  });
  const told: unknown[] = [];
  const stream = us.lotEvents({ after: 'before' });
  for await (const change of stream) {
    told.push([change, stream.cursor]);
    if (told.length === 2) break;
  }
  expect(told).toEqual([
    [{ lot: { code: 'SÖY-\u{1f33e}' } }, 'b'],
    [{ on: 2 }, 'c'],
  ]);
});

test('a message that was lost on the way is noticed, and asked for again', async () => {
  hurried();
  const us = await client('analyst', { url: front.url });
  const after = await us.cursor();
  const [lost] = await record();
  const event = (sequence: number) =>
    `id: ${after}\nevent: next\ndata: ${JSON.stringify({ data: { lotEvents: { sequence, change: { lot: { code: `at ${sequence}` } } } } })}\n\n`;
  front.next({ status: 200, headers: { 'content-type': 'text/event-stream' }, body: event(1) + event(3) + event(4) });
  const codes: string[] = [];
  for await (const { lot } of us.lotEvents({ after })) {
    codes.push(lot.code);
    if (codes.length === 2) break;
  }
  expect(codes).toEqual(['at 1', lost]);
});

// Last: it makes the whole log old.
test("a cursor that is too old, or another's, is an error that says where to go on", async () => {
  const us = await client();
  const foreign = await failure(
    us
      .lotEvents({ after: await (await client('admin')).cursor() })
      [Symbol.asyncIterator]()
      .next(),
  );
  expect(foreign).toBeInstanceOf(CursorForeign);
  expect(foreign.resumeAfter).toEqual(expect.any(String));
  const after = await us.cursor();
  await record();
  await server.database.query(
    "set session_replication_role = replica; update command set at = at - interval '100 days'; set session_replication_role = origin",
  );
  const expired = await failure(us.lotEvents({ after })[Symbol.asyncIterator]().next());
  expect(expired).toBeInstanceOf(CursorExpired);
  expect(expired).toMatchObject({ code: 'CURSOR_EXPIRED', resumeAfter: expect.any(String), requestId: expect.any(String) });
  // Ask for the state, then go on after it.
  const { data, cursor } = await us.answer(documents.LotsDocument, { first: 1 });
  expect(data.lots.nodes).toHaveLength(1);
  const listener = await listen(us, cursor!);
  await hears(listener, await record());
});
