import { randomUUID } from 'node:crypto';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { mintToken } from '@lotline/server/access';
import { FileDirectory } from '@lotline/server/files';
import { buildGraph } from '@lotline/server/graph';
import { type RunningServer, startServer } from '@lotline/server/http';
import { WebSocket } from 'ws';
import { subscribe } from '../support/live';
import { csv, type Lotline, startLotline } from '../support/lotline';
import { cutSockets, openSocket, type Socket, socketTo, until } from '../support/sockets';

// docs/PROTOCOL.md, sentence by sentence, with frames and requests written by hand; the numbers are those of the document.

const LOTS =
  'subscription ($after: Cursor, $filter: LotFilter) { lotEvents(after: $after, filter: $filter) { cursor sequence change { lot { code } } } }';
const CERTIFICATES = 'subscription ($after: Cursor) { importCertificateStatusChanged(after: $after) { cursor sequence change { to } } }';
const MOST_CONNECTIONS = 12;
/** Large messages by long names, so that what one client does not read fills what may wait for it. */
const LARGE = `subscription { lotEvents { cursor sequence change { lot { code ...Codes } again: lot { ...Codes } } } }
  fragment Codes on Lot { ${Array.from({ length: 25 }, (_, index) => `a${index}_${'x'.repeat(2000)}: code`).join(' ')} }`;

let lotline: Lotline;
let named = 0;
beforeAll(async () => {
  lotline = await startLotline({
    heartbeatMs: 100,
    mostConnections: MOST_CONNECTIONS,
    streamLimits: { messages: 60, bytes: 2_000_000 },
    retentionDays: 30,
  });
  await lotline.import({
    'operations.csv': csv([{ operation: 'P:FARM', name: 'Farm', country: 'UA', roles: 'producer' }]),
    'products.csv': csv([{ product: 'Wheat', hts: '1001990000', organic: 'yes' }]),
  });
});
afterAll(() => lotline.close());

/** Records lots in one command, and gives their codes. */
async function harvest(count = 1): Promise<string[]> {
  const codes = Array.from({ length: count }, () => `P-${String(++named).padStart(6, '0')}-${'x'.repeat(80)}`);
  const lot = (code: string) => ({ code, producer: 'P:FARM', product: 'Wheat', quantity: 1, unit: 'KGM', kind: 'harvest' });
  await lotline.import({ 'lots.csv': csv(codes.map(lot)) });
  return codes;
}
const cursorNow = async (): Promise<string> => (await lotline.ask('{ viewer { kind } }')).extensions!.cursor!;

afterEach(cutSockets);

const open = ({ protocol = 'graphql-transport-ws', url = lotline.url } = {}): Promise<Socket> => openSocket(url, protocol);
async function acknowledged(payload?: unknown, url = lotline.url): Promise<Socket> {
  const opened = await open({ url });
  opened.send({ type: 'connection_init', payload: payload ?? { authorization: `Bearer ${await lotline.token('analyst')}` } });
  await until(() => opened.frames.some(({ type }) => type === 'connection_ack'));
  return opened;
}
const asking = (id: string, query = LOTS, variables: object = {}) => ({ id, type: 'subscribe', payload: { query, variables } });
const codesIn = (frames: any[]): string[] =>
  frames.flatMap(({ payload }) => {
    const { change } = payload?.data?.lotEvents ?? {};
    return change ? [change.lot.code] : [];
  });
const errorOf = async ({ of }: Socket, id: string): Promise<any> => {
  await until(() => of(id).some(({ type }) => type === 'error'));
  return of(id).find(({ type }) => type === 'error').payload[0].extensions;
};

async function stream(headers: Record<string, string>, body: unknown, url = lotline.url): Promise<Response> {
  return fetch(`${url}/graphql/stream`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

/** What a response says until it has said that, and then it is left. */
async function textUntil(response: Response, what: string): Promise<string> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body!) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.includes(what)) break;
  }
  return text;
}

/** Another instance on the same database. */
const another = (streamLimits?: { messages: number; bytes: number }): Promise<RunningServer> =>
  startServer({
    streamLimits,
    graph: buildGraph(),
    database: lotline.database,
    runner: lotline.runner,
    cursors: lotline.cursors,
    port: 0,
    host: '127.0.0.1',
    logLevel: 'silent',
    questionTimeout: 30_000,
    limits: null,
    trusted: null,
    answers: true,
    drainMs: 0,
    demo: true,
    oidc: null,
    graphiqlToken: null,
    files: new FileDirectory(lotline.filesDir),
    largestFile: 1,
    retentionDays: 30,
    journalDays: 400,
    heartbeatMs: 100,
    mostConnections: 100,
  });

describe('1. messages and 2. cursors', () => {
  test('1.3 and 1.4 a heartbeat repeats the sequence, comes when the stream is live and in even intervals, and its cursor is a place', async () => {
    const opened = await acknowledged();
    opened.send(asking('1', LOTS, { after: await cursorNow() }));
    await until(() => opened.of('1').length > 0);
    const codes = await harvest(2);
    await until(() => codesIn(opened.of('1')).length === 2);
    const heard = opened.of('1').length;
    await until(() => opened.of('1').length >= heard + 4);
    const messages = opened.of('1').map(({ payload }) => payload.data.lotEvents);
    expect(messages[0]).toMatchObject({ change: null, sequence: 0 });
    expect(messages.filter(({ change }) => change !== null).map(({ sequence }) => sequence)).toEqual([1, 2]);
    for (const { change, sequence } of messages.slice(heard)) expect({ change, sequence }).toEqual({ change: null, sequence: 2 });
    opened.send(asking('2', LOTS, { after: messages.at(-1).cursor }));
    await until(() => opened.of('2').length > 0);
    expect(opened.of('2')[0].payload.data.lotEvents).toMatchObject({ change: null, sequence: 0 });
    expect(codes).toEqual(codesIn(opened.of('1')));
  });

  test('2.2 and 2.4 the cursor of a mutation, of a query and of a message, at this instance and at another: the same rest', async () => {
    const other = await another();
    try {
      const { operation } = await lotline.data('{ operation(identifier: "P:FARM") { id } }');
      const [{ id }] = (await lotline.database.query('select id from product')) as [{ id: string }];
      const input = {
        idempotencyKey: `cursor ${++named}`,
        producer: operation.id,
        product: Buffer.from(`Product:${id}`).toString('base64url'),
        code: `CURSOR-${named}`,
        quantity: { value: '1', unit: 'KGM' },
      };
      const admin = await acknowledged({ authorization: await lotline.token('admin') });
      admin.send(asking('message'));
      await until(() => admin.of('message').length > 0);
      const query = 'mutation ($input: RecordHarvestInput!) { recordHarvest(input: $input) { cursor } }';
      const ofMutation = (await lotline.data(query, { input }, 'admin')).recordHarvest.cursor;
      const ofQuery = (await lotline.ask('{ viewer { kind } }', {}, 'admin')).extensions!.cursor!;
      await until(() => codesIn(admin.of('message')).includes(input.code));
      const ofMessage = admin.of('message').find(({ payload }) => payload.data.lotEvents.change)!.payload.data.lotEvents.cursor;
      const codes = await harvest(3);
      for (const url of [lotline.url, other.url]) {
        const opened = await acknowledged({ authorization: await lotline.token('admin') }, url);
        for (const [name, after] of Object.entries({ ofMutation, ofQuery, ofMessage })) {
          opened.send(asking(name, LOTS, { after }));
          await until(() => codesIn(opened.of(name)).length === 3);
          expect({ name, codes: codesIn(opened.of(name)) }).toEqual({ name, codes });
        }
      }
    } finally {
      await other.stop();
    }
  });

  test('2.5 a cursor of a command that a failover lost is told apart, though its place was used again', async () => {
    await harvest();
    const [{ position }] = (await lotline.database.query('select position from log_counter')) as [{ position: string }];
    const lost = lotline.cursors.encode({ position: BigInt(position) as never, command: randomUUID(), told: null }, 'analyst');
    const ahead = lotline.cursors.encode({ position: (BigInt(position) + 1000n) as never, command: randomUUID(), told: null }, 'analyst');
    const opened = await acknowledged();
    for (const [id, after] of Object.entries({ lost, ahead })) {
      opened.send(asking(id, LOTS, { after }));
      expect(await errorOf(opened, id)).toMatchObject({ code: 'CURSOR_EXPIRED', path: ['after'], resumeAfter: expect.any(String) });
    }
  });
});

describe('3. how a stream ends', () => {
  test('3.1 the client ends it: nothing comes any more, and its id is free again', async () => {
    const opened = await acknowledged();
    opened.send(asking('1'));
    await until(() => opened.of('1').length > 0);
    opened.send({ id: '1', type: 'complete' });
    await sleep(50);
    const before = opened.of('1').length;
    await harvest();
    await sleep(250);
    expect(opened.of('1')).toHaveLength(before);
    opened.send(asking('1'));
    await until(() => opened.of('1').length > before);
  });

  test('3.2 a WebSocket that does not read lags: it is told where to resume, nothing is lost, others are undisturbed', async () => {
    const other = await subscribe(lotline, { query: LOTS });
    await other.abreast();
    const slow = await acknowledged();
    slow.send(asking('slow', LARGE));
    await until(() => slow.of('slow').length > 0);
    slow.socket.pause();
    const codes = (await Promise.all([harvest(150), harvest(150)])).flat();
    await other.abreast();
    expect(other.changes.map(({ lot }) => lot.code).sort()).toEqual([...codes].sort());
    expect(other.errors).toEqual([]);
    slow.socket.resume();
    const ending = await errorOf(slow, 'slow');
    expect(ending).toMatchObject({ code: 'LAGGED', retryable: true, remedy: expect.any(String), requestId: expect.any(String) });
    const heard = codesIn(slow.of('slow'));
    expect(heard.length).toBeLessThan(codes.length);
    const rest = await subscribe(lotline, { query: LOTS, variables: { after: ending.resumeAfter } });
    await rest.abreast();
    expect([...heard, ...rest.changes.map(({ lot }) => lot.code)]).toEqual(other.changes.map(({ lot }) => lot.code));
    // The connection goes on.
    slow.send(asking('again'));
    await until(() => slow.of('again').length > 0);
    await other.close();
    await rest.close();
  });

  test('3.2 an event stream that does not read lags in the same way', async () => {
    const authorization = `Bearer ${await lotline.token('analyst')}`;
    const asked = httpRequest(`${lotline.url}/graphql/stream`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
    });
    asked.end(JSON.stringify({ query: LARGE }));
    const response = await new Promise<IncomingMessage>((done) => asked.once('response', done));
    let text = '';
    response.on('data', (chunk) => {
      text += chunk;
    });
    // Live: a replay would wait for its client.
    await until(() => text.includes('"change":null'));
    response.pause();
    const before = await cursorNow();
    const codes = await harvest(300);
    await sleep(1000);
    response.resume();
    await new Promise((done) => response.once('end', done));
    const events = text.split('\n\n').flatMap((event) => /data: (\{.*)/.exec(event)?.[1] ?? []);
    const results = events.map((event) => JSON.parse(event));
    const { extensions } = results.at(-1).errors[0];
    expect(extensions).toMatchObject({ code: 'LAGGED', retryable: true });
    expect(text.trimEnd().endsWith('event: complete\ndata:')).toBe(true);
    const heard = codesIn(results.map((payload) => ({ payload })));
    const whole = await subscribe(lotline, { query: LOTS, variables: { after: before } });
    const rest = await subscribe(lotline, { query: LOTS, variables: { after: extensions.resumeAfter } });
    await Promise.all([whole.abreast(), rest.abreast()]);
    expect([...heard, ...rest.changes.map(({ lot }) => lot.code)]).toEqual(whole.changes.map(({ lot }) => lot.code));
    expect(whole.changes).toHaveLength(codes.length);
    await whole.close();
    await rest.close();
  });

  test('a replay of more than may wait is not cut off: it goes as fast as it is read', async () => {
    const after = await cursorNow();
    const codes = await harvest(500);
    const replay = await subscribe(lotline, { query: LOTS, variables: { after } });
    await replay.abreast();
    expect(replay.errors).toEqual([]);
    expect(replay.changes.map(({ lot }) => lot.code)).toEqual(codes);
    await replay.close();
  });

  test('a replay of messages each of which is larger than may wait is not cut off either', async () => {
    const tight = await another({ messages: 60, bytes: 1000 });
    const lastEventId = await cursorNow();
    const codes = await harvest(40);
    const replay = await subscribe({ ...lotline, url: tight.url }, { query: LARGE, lastEventId });
    await replay.abreast();
    expect(replay.errors).toEqual([]);
    expect(replay.changes.map(({ lot }) => lot.code)).toEqual(codes);
    await replay.close();
    await tight.stop();
  });

  test('3.4 CURSOR_FOREIGN says where this viewer is now; the answer to garbage is BAD_USER_INPUT; the connection stays', async () => {
    const opened = await acknowledged();
    const foreign = (await lotline.ask('{ viewer { kind } }', {}, 'admin')).extensions!.cursor!;
    opened.send(asking('foreign', LOTS, { after: foreign }));
    const ending = await errorOf(opened, 'foreign');
    expect(ending).toMatchObject({ code: 'CURSOR_FOREIGN', path: ['after'], retryable: false });
    expect(ending.resumeAfter).toHaveLength(foreign.length);
    opened.send(asking('fine', LOTS, { after: ending.resumeAfter }));
    const [code] = await harvest();
    await until(() => codesIn(opened.of('fine')).length > 0);
    expect(codesIn(opened.of('fine'))).toEqual([code]);
    for (const after of ['garbage', '', 'x'.repeat(5000), foreign.slice(0, -2), `${foreign}A`]) {
      const id = `after ${after.slice(0, 20)} ${after.length}`;
      opened.send(asking(id, LOTS, { after }));
      expect(await errorOf(opened, id)).toMatchObject({ code: 'BAD_USER_INPUT' });
    }
    // 5.4
    const subscriber = await subscribe(lotline, { query: LOTS, variables: { after: foreign } });
    await subscriber.ended;
    expect(subscriber.errors[0].extensions).toMatchObject({ code: 'CURSOR_FOREIGN', resumeAfter: expect.any(String) });
    expect(subscriber.complete).toBe(true);
  });

  test('3.7 what fails to be told ends the streams of its kind with an error, and no other', async () => {
    const opened = await acknowledged();
    opened.send(asking('lots'));
    opened.send(asking('certificates', CERTIFICATES));
    await until(() => opened.of('lots').length > 0 && opened.of('certificates').length > 0);
    const command = randomUUID();
    await lotline.database.query(
      `with taken as (update log_counter set position = position + 1, command = '${command}' returning position),
         told as (insert into command (position, id, type, at, by, key, input_hash)
           select position, '${command}', type, now(), by, 'poison', input_hash from taken, (select type, by, input_hash from command limit 1) c)
       insert into event (command, ordinal, type, version, subject, payload)
         values ('${command}', 0, 'import-certificate.status-changed', 1, '${randomUUID()}', '{}')`,
    );
    const [code] = await harvest();
    await until(() => codesIn(opened.of('lots')).length > 0);
    expect(codesIn(opened.of('lots'))).toEqual([code]);
    expect(await errorOf(opened, 'certificates')).toMatchObject({ code: 'INTERNAL_SERVER_ERROR' });
    expect(opened.socket.readyState).toBe(WebSocket.OPEN);
    opened.send(asking('anew', CERTIFICATES));
    await until(() => opened.of('anew').length > 0);
    expect(opened.of('anew')[0]).toMatchObject({ type: 'next' });
  });

  test('3.6 a stream ends when its token expires, with the place to resume from; the connection opens no other', async () => {
    const viewer = await lotline.viewer('analyst');
    const expiry = Math.ceil(Date.now() / 1000) + 3;
    const token = await mintToken(viewer, lotline.database.installation.tokenKey, expiry);
    const opened = await acknowledged({ authorization: token });
    opened.send(asking('1'));
    await until(() => opened.of('1').length > 0);
    const ending = await errorOf(opened, '1');
    expect(ending).toMatchObject({ code: 'UNAUTHENTICATED', resumeAfter: expect.any(String) });
    expect(Date.now()).toBeGreaterThanOrEqual(expiry * 1000);
    opened.send(asking('2'));
    expect(await errorOf(opened, '2')).toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});

describe('4. WebSocket', () => {
  test.each([
    ['a query', '{ viewer { kind } }', 'BAD_USER_INPUT'],
    ['a mutation', 'mutation { recordHarvest(input: {}) { cursor } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['a document that does not parse', 'subscription {', 'GRAPHQL_PARSE_FAILED'],
    ['a field that is not there', 'subscription { nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['two fields', 'subscription { a: lotEvents { cursor } b: lotEvents { cursor } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['an id of another type', 'subscription { lotEvents(filter: { products: ["TG90OjE"] }) { cursor } }', 'BAD_USER_INPUT'],
    ['an id that is none', 'subscription { lotEvents(filter: { producers: ["hello"] }) { cursor } }', 'BAD_USER_INPUT'],
    [
      'a day that does not exist',
      'subscription { lotEvents(filter: { producedFrom: "2025-02-30" }) { cursor } }',
      'GRAPHQL_VALIDATION_FAILED|BAD_USER_INPUT',
    ],
    [
      'a list that is too long',
      `subscription { lotEvents(filter: { codes: [${'"A",'.repeat(5100)}] }) { cursor } }`,
      'GRAPHQL_PARSE_FAILED',
    ],
  ])('4.1 %s is refused, and the connection and its streams go on', async (_, query, code) => {
    const opened = await acknowledged();
    opened.send(asking('good'));
    await until(() => opened.of('good').length > 0);
    opened.send(asking('bad', query));
    expect((await errorOf(opened, 'bad')).code).toMatch(new RegExp(`^(${code})$`));
    const [lot] = await harvest();
    await until(() => codesIn(opened.of('good')).length > 0);
    expect(codesIn(opened.of('good'))).toEqual([lot]);
  });

  test('4.1 a mutation that is valid is refused and does nothing', async () => {
    const opened = await acknowledged({ authorization: await lotline.token('admin') });
    const { operation } = await lotline.data('{ operation(identifier: "P:FARM") { id } }');
    const [{ id }] = await lotline.database.query<{ id: string }>('select id from product').then((rows) => rows as [{ id: string }]);
    const query = `mutation { recordHarvest(input: { idempotencyKey: "k", producer: "${operation.id}", product: "${Buffer.from(`Product:${id}`).toString('base64url')}", code: "NEVER", quantity: { value: "1", unit: "KGM" } }) { cursor } }`;
    opened.send(asking('1', query));
    expect(await errorOf(opened, '1')).toMatchObject({ code: 'BAD_USER_INPUT' });
    expect((await lotline.data('{ lots(filter: { codes: ["NEVER"] }) { totalCount } }')).lots.totalCount).toBe(0);
  });

  test.each([
    ['authorization', 'Bearer '],
    ['Authorization', ''],
    ['AUTHORIZATION', 'bearer '],
  ])('4.2 the token in %s, after "%s"', async (key, before) => {
    const opened = await acknowledged({ [key]: `${before}${await lotline.token('admin')}` });
    const after = (await lotline.ask('{ viewer { kind } }', {}, 'admin')).extensions!.cursor!;
    opened.send(asking('1', LOTS, { after }));
    await until(() => opened.of('1').length > 0);
    expect(opened.of('1')[0].type).toBe('next');
  });

  test.each<[string, string]>([
    ['no JSON', 'hello'],
    ['no object', '7'],
    ['null', 'null'],
    ['an unknown type', '{"type":"shout"}'],
    ['no type', '{}'],
    ['a subscription without an id', '{"type":"subscribe","payload":{"query":"subscription { lotEvents { cursor } }"}}'],
    ['a subscription without a query', '{"id":"1","type":"subscribe","payload":{}}'],
    ['variables that are no object', '{"id":"1","type":"subscribe","payload":{"query":"{ viewer { kind } }","variables":7}}'],
    ['bytes', '\u0000\u0001'],
  ])('4.3 4400: %s', async (_, frame) => {
    const opened = await acknowledged();
    opened.send(frame);
    expect(await opened.closed).toBe(4400);
  });

  test.each<[string, unknown]>([
    ['garbage', { authorization: 'Bearer hello' }],
    ['a number', { authorization: 7 }],
    ['an object', { authorization: {} }],
    ['an empty text', { authorization: '' }],
    ['a very long text', { authorization: 'a.b.'.concat('c'.repeat(20_000)) }],
  ])('4.3 4403: a token that is %s', async (_, payload) => {
    const opened = await open();
    opened.send({ type: 'connection_init', payload });
    expect(await opened.closed).toBe(4403);
  });

  test('4.3 4406: another subprotocol', async () => {
    const socket = socketTo(lotline.url, 'graphql-ws');
    socket.on('error', () => {});
    const bare = socketTo(lotline.url);
    const codes = [socket, bare].map((each) => new Promise<number>((done) => each.once('close', done)));
    const [named, none] = await Promise.all(codes);
    // A client of its own library hangs up by itself where the server names no subprotocol that it offered.
    expect([4406, 1006]).toContain(named);
    expect(none).toBe(4406);
  });

  test('4.4 4401: a subscription before the connection was acknowledged', async () => {
    const opened = await open();
    opened.send(asking('1'));
    expect(await opened.closed).toBe(4401);
  });

  test('4.4 4408: no connection_init in time', async () => {
    const opened = await open();
    const begun = Date.now();
    expect(await opened.closed).toBe(4408);
    expect(Date.now() - begun).toBeGreaterThan(9000);
  });

  test('4.5 4409: an id that is in use; 4429: a second connection_init', async () => {
    const twice = await acknowledged();
    twice.send(asking('1'));
    await until(() => twice.of('1').length > 0);
    twice.send(asking('1'));
    expect(await twice.closed).toBe(4409);
    const again = await acknowledged();
    again.send({ type: 'connection_init' });
    expect(await again.closed).toBe(4429);
  });

  test('4.6 1009: a frame larger than 64 KiB; one that is not is read', async () => {
    const opened = await acknowledged();
    opened.send({ ...asking('1'), more: 'x'.repeat(60_000) });
    await until(() => opened.of('1').length > 0);
    opened.send({ type: 'ping', payload: { more: 'x'.repeat(66_000) } });
    expect(await opened.closed).toBe(1009);
  });

  test('4.7 the 101st subscription of a connection is RATE_LIMITED, the hundred go on', async () => {
    const opened = await acknowledged();
    for (let id = 1; id <= 101; id++) opened.send(asking(String(id)));
    expect(await errorOf(opened, '101')).toMatchObject({ code: 'RATE_LIMITED' });
    const [code] = await harvest();
    await until(() => codesIn(opened.frames).length === 100);
    expect(new Set(codesIn(opened.frames))).toEqual(new Set([code]));
    opened.send({ id: '50', type: 'complete' });
    opened.send(asking('102'));
    await until(() => opened.of('102').length > 0);
    expect(opened.of('102')[0].type).toBe('next');
  });

  test('4.7 more connections than may be: 503, for WebSockets and event streams; those that are go on, and room is found again', async () => {
    const many: Socket[] = [];
    for (let count = 0; count < MOST_CONNECTIONS; count++) many.push(await acknowledged());
    await expect(open()).rejects.toThrow(/503/);
    const told = await new Promise<IncomingMessage>((done) => {
      const socket = new WebSocket(`${lotline.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
      socket.on('error', () => {});
      socket.on('unexpected-response', (_, response) => done(response));
    });
    let body = '';
    for await (const chunk of told) body += chunk;
    expect(JSON.parse(body).errors[0].extensions).toMatchObject({ code: 'BUSY', retryable: true, requestId: expect.any(String) });
    const refused = await stream({}, { query: LOTS });
    expect(refused.status).toBe(503);
    expect(((await refused.json()) as any).errors[0].extensions).toMatchObject({ code: 'BUSY', retryable: true });
    many[0]!.send(asking('1'));
    await until(() => many[0]!.of('1').length > 0);
    const [code] = await harvest();
    await until(() => codesIn(many[0]!.of('1')).length > 0);
    expect(codesIn(many[0]!.of('1'))).toEqual([code]);
    many[1]!.socket.close();
    await many[1]!.closed;
    await sleep(50);
    await open();
  });

  test('4.8 1012 when the server stops, 5.6 the response ends; both resume at another instance, also one that has told nothing yet', async () => {
    const first = await another();
    const opened = await acknowledged(undefined, first.url);
    opened.send(asking('1'));
    await until(() => opened.of('1').length > 0);
    const events = await stream({ authorization: `Bearer ${await lotline.token('analyst')}` }, { query: LOTS }, first.url);
    const read = events.text();
    const [heard] = await harvest();
    await until(() => codesIn(opened.of('1')).length > 0);
    // Behind a heartbeat: a cursor between the changes of a command is replayed in any case.
    await until(() => opened.of('1').at(-1).payload.data.lotEvents.change === null);
    const begun = Date.now();
    await first.stop();
    expect(Date.now() - begun).toBeLessThan(5000);
    expect(await opened.closed).toBe(1012);
    const text = await read;
    expect(text.startsWith('retry: ')).toBe(true);
    expect(text).toContain(heard);
    expect(text).not.toContain('event: complete');
    await expect(open({ url: first.url })).rejects.toThrow();

    // While no instance is there; the next one begins behind it.
    const missed = await harvest(3);
    const last = opened.of('1').at(-1).payload.data.lotEvents.cursor;
    const second = await another();
    try {
      const resumed = await acknowledged(undefined, second.url);
      resumed.send(asking('1', LOTS, { after: last }));
      await until(() => codesIn(resumed.of('1')).length > 0);
      const more = await harvest();
      await until(() => codesIn(resumed.of('1')).length >= 4);
      expect(codesIn(resumed.of('1'))).toEqual([...missed, ...more]);
    } finally {
      await second.stop();
    }
  });
});

describe('5. server-sent events', () => {
  const analyst = async () => ({ authorization: `Bearer ${await lotline.token('analyst')}` });

  test('5.1 GET with query and variables, as a browser asks; 5.2 each message has its cursor for an id', async () => {
    const after = await cursorNow();
    const codes = await harvest(2);
    const query = new URLSearchParams({ query: LOTS, variables: JSON.stringify({ after }), operationName: '' });
    query.delete('operationName');
    const aborting = new AbortController();
    const response = await fetch(`${lotline.url}/graphql/stream?${query}`, {
      headers: { ...(await analyst()), accept: 'text/event-stream' },
      signal: aborting.signal,
    });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body!) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      if (text.includes('"change":null')) break;
    }
    aborting.abort();
    const events = text.split('\n\n').slice(1, 4);
    for (const [index, event] of events.entries()) {
      const [id, type, data] = event.split('\n');
      expect(type).toBe('event: next');
      const { lotEvents } = JSON.parse(data!.slice('data: '.length)).data;
      expect(id).toBe(`id: ${lotEvents.cursor}`);
      expect(lotEvents.change?.lot.code).toBe(codes[index]);
    }
  });

  test.each<[string, Record<string, string>, unknown, number, string]>([
    ['a body that is no JSON', {}, '{', 400, 'BAD_USER_INPUT'],
    ['no query', {}, {}, 400, 'BAD_USER_INPUT'],
    ['a query', {}, { query: '{ viewer { kind } }' }, 400, 'BAD_USER_INPUT'],
    ['what does not parse', {}, { query: 'subscription' }, 400, 'GRAPHQL_PARSE_FAILED'],
    ['an unknown field', {}, { query: 'subscription { nothing }' }, 400, 'GRAPHQL_VALIDATION_FAILED'],
    ['variables of another type', {}, { query: LOTS, variables: { filter: 7 } }, 400, 'BAD_USER_INPUT'],
    ['a last id that is no cursor', { 'last-event-id': 'garbage' }, { query: LOTS }, 400, 'BAD_USER_INPUT'],
    ['a token that is none', { authorization: 'Bearer hello' }, { query: LOTS }, 401, 'UNAUTHENTICATED'],
    ['an Accept of something else', { accept: 'application/json' }, { query: LOTS }, 406, 'BAD_USER_INPUT'],
    ['a body of more than 1 MiB', {}, { query: LOTS, more: 'x'.repeat(1_100_000) }, 413, 'BAD_USER_INPUT'],
  ])('5.5 %s', async (_, headers, body, status, code) => {
    const response = await stream(headers, body);
    const { errors } = (await response.json()) as any;
    expect([response.status, errors[0].extensions.code]).toEqual([status, code]);
    expect(errors[0].extensions.requestId ?? response.headers.get('x-request-id')).toBeTruthy();
  });

  test('5.5 403: another host, in demo mode', async () => {
    const asked = httpRequest(`${lotline.url}/graphql/stream?query=x`, { headers: { host: 'lotline.example' } });
    asked.end();
    const response = await new Promise<IncomingMessage>((done) => asked.once('response', done));
    response.resume();
    expect(response.statusCode).toBe(403);
  });

  test('5.1 Accept may be left out or be anything, and what is asked may stand in the body: the same stream', async () => {
    const after = await cursorNow();
    const [code] = await harvest();
    for (const accept of ['*/*', 'application/json, text/event-stream;q=0.9']) {
      const response = await stream(
        { ...(await analyst()), accept },
        { query: `query Other { viewer { kind } } ${LOTS.replace(' (', ' Lots (')}`, operationName: 'Lots', variables: { after } },
      );
      expect(response.status).toBe(200);
      expect(await textUntil(response, code!)).toContain(code);
    }
  });

  test('5.3 Last-Event-ID wins over the variable and over an argument that is written out', async () => {
    const before = await cursorNow();
    const [first] = await harvest();
    const between = await cursorNow();
    const [second] = await harvest();
    const written = LOTS.replace('$after: Cursor, ', '').replace('after: $after', `after: "${before}"`);
    for (const body of [{ query: LOTS, variables: { after: before } }, { query: written }]) {
      const text = await textUntil(await stream({ ...(await analyst()), 'last-event-id': between }, body), second!);
      expect([text.includes(first!), text.includes(second!)]).toEqual([false, true]);
    }
  });

  test('a client that is gone frees its place', async () => {
    for (let count = 0; count < MOST_CONNECTIONS * 2; count++) {
      const subscriber = await subscribe(lotline, { query: LOTS });
      await subscriber.close();
      await sleep(20);
    }
  });
});

// Last: it makes the whole log old.
test('3.3 CURSOR_EXPIRED: where the log is not kept any more, and the oldest place that is; a quiet log does not expire', async () => {
  const old = await cursorNow();
  const beginning = lotline.cursors.encode({ position: 0n as never, command: null, told: null }, 'analyst');
  await harvest();
  const present = await cursorNow();
  await lotline.database.query(
    "set session_replication_role = replica; update command set at = at - interval '40 days'; set session_replication_role = origin",
  );
  for (const after of [old, beginning]) {
    const opened = await acknowledged();
    opened.send(asking('1', LOTS, { after }));
    const ending = await errorOf(opened, '1');
    expect(ending).toMatchObject({ code: 'CURSOR_EXPIRED', retryable: false, remedy: expect.any(String), path: ['after'] });
    const [code] = await harvest();
    opened.send(asking('2', LOTS, { after: ending.resumeAfter }));
    await until(() => codesIn(opened.of('2')).at(-1) === code);
  }
  const opened = await acknowledged();
  opened.send(asking('1', LOTS, { after: present }));
  await until(() => codesIn(opened.of('1')).length === 2);
});
