import { randomBytes } from 'node:crypto';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { csv, type Lotline, startLotline } from '../support/lotline';
import { cutSockets, openSocket, type Socket, until } from '../support/sockets';

// What a client may send, and what it may not: docs/PROTOCOL.md 4 and 5, by clients that are hasty, broken or ill-meant.

const LOTS = 'subscription ($after: Cursor) { lotEvents(after: $after) { cursor sequence change { lot { code } } } }';

let lotline: Lotline;
let named = 0;
beforeAll(async () => {
  lotline = await startLotline({ heartbeatMs: 100, mostConnections: 12 });
  await lotline.import({
    'operations.csv': csv([{ operation: 'P:FARM', name: 'Farm', country: 'UA', roles: 'producer' }]),
    'products.csv': csv([{ product: 'Wheat', hts: '1001990000', organic: 'yes' }]),
  });
});
afterAll(() => lotline.close());
afterEach(cutSockets);

/** Records a lot, and gives its code. */
async function harvest(): Promise<string> {
  const code = `F-${++named}`;
  await lotline.import({ 'lots.csv': csv([{ code, producer: 'P:FARM', product: 'Wheat', quantity: 1, unit: 'KGM', kind: 'harvest' }]) });
  return code;
}
const init = async () => ({ type: 'connection_init', payload: { authorization: await lotline.token('analyst') } });
async function acknowledged(): Promise<Socket> {
  const opened = await openSocket(lotline.url);
  opened.send(await init());
  await until(() => opened.frames.some(({ type }) => type === 'connection_ack'));
  return opened;
}
const asking = (id: string, more: object = {}) => ({ id, type: 'subscribe', payload: { query: LOTS, ...more } });
const completing = (id: string) => ({ id, type: 'complete' });
const changesIn = (frames: any[]): string[] =>
  frames.flatMap(({ payload }) => (payload?.data?.lotEvents.change ? [payload.data.lotEvents.change.lot.code] : []));

describe('4.5 and 4.7: subscriptions that come and go in haste', () => {
  test.each([1, 300])(
    'what was completed %d times while it was being opened is one stream, and ends with the last complete',
    async (times) => {
      const opened = await acknowledged();
      for (let count = 0; count < times; count++) {
        opened.send(asking('a'));
        opened.send(completing('a'));
      }
      opened.send(asking('a'));
      await until(() => opened.of('a').length > 0, 20_000);
      await sleep(200);
      const code = await harvest();
      await until(() => changesIn(opened.of('a')).length > 0);
      await sleep(200);
      expect(changesIn(opened.of('a'))).toEqual([code]);
      expect(opened.of('a').every(({ type }) => type === 'next')).toBe(true);
      opened.send(completing('a'));
      await sleep(100);
      const heard = opened.of('a').length;
      await harvest();
      await sleep(300);
      expect(opened.of('a')).toHaveLength(heard);
    },
  );

  test('an id is free as soon as it was completed: what follows under it goes on', async () => {
    const opened = await acknowledged();
    opened.send(asking('a'));
    await until(() => opened.of('a').length > 0);
    for (let count = 0; count < 5; count++) {
      opened.send(completing('a'));
      opened.send(asking('a'));
    }
    await sleep(300);
    const code = await harvest();
    await until(() => changesIn(opened.of('a')).length > 0);
    await sleep(200);
    expect(changesIn(opened.of('a'))).toEqual([code]);
    expect(opened.of('a').every(({ type }) => type === 'next')).toBe(true);
    opened.send(asking('a'));
    expect(await opened.closed).toBe(4409);
  });

  test('4409: an id that is being opened', async () => {
    const opened = await acknowledged();
    opened.send(asking('a'));
    opened.send(asking('a'));
    expect(await opened.closed).toBe(4409);
  });

  test('a place is free as soon as its subscription was completed; a refusal takes none', async () => {
    const opened = await acknowledged();
    for (let id = 1; id <= 150; id++) opened.send(asking(String(id)));
    opened.send(completing('50'));
    opened.send(asking('again'));
    opened.send(asking('more'));
    await until(() => opened.of('again').length > 0 && opened.of('more').length > 0);
    expect(opened.of('again')[0].type).toBe('next');
    const refused = opened.frames.filter(({ type }) => type === 'error');
    expect(refused.map(({ id }) => id)).toEqual([...Array.from({ length: 50 }, (_, index) => String(101 + index)), 'more']);
    expect(refused.every(({ payload }) => payload[0].extensions.code === 'RATE_LIMITED')).toBe(true);
  });

  test('4.4 4401: sent right behind connection_init, before it was acknowledged', async () => {
    const opened = await openSocket(lotline.url);
    opened.send(await init());
    opened.send(asking('1'));
    expect(await opened.closed).toBe(4401);
    expect(opened.frames).toEqual([]);
  });
});

test.each([
  ['next', { id: '1', type: 'next', payload: { data: {} } }],
  ['error', { id: '1', type: 'error', payload: [{ message: 'x' }] }],
  ['connection_ack', { type: 'connection_ack' }],
])('4.3 4400: %s, which only a server sends', async (_, frame) => {
  const opened = await acknowledged();
  opened.send(frame);
  expect(await opened.closed).toBe(4400);
});

describe('4.10 a client that does not read', () => {
  const MASKED = 0x80;
  function frame(opcode: number, payload: Buffer): Buffer {
    const { length } = payload;
    const head = Buffer.from(length < 126 ? [0x80 | opcode, MASKED | length] : [0x80 | opcode, MASKED | 126, length >> 8, length & 255]);
    return Buffer.concat([head, Buffer.alloc(4), payload]);
  }
  const text = (message: object) => frame(1, Buffer.from(JSON.stringify(message)));
  const MOST_TAKEN = 64 * 1024 * 1024;

  /** Sends without ever reading, and pongs unasked: how much of it was taken, and how it ended. */
  async function flood(next: (count: number) => Buffer): Promise<{ little: boolean; end: unknown }> {
    const { port, host } = new URL(lotline.url);
    const socket = connect(Number(port), '127.0.0.1');
    const closed = new Promise((done) => socket.once('close', () => done('cut off')));
    socket.on('error', () => {});
    socket.pause();
    const headers = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`];
    headers.push('Sec-WebSocket-Version: 13', 'Sec-WebSocket-Protocol: graphql-transport-ws', `Host: ${host}`);
    socket.write(['GET /graphql HTTP/1.1', ...headers, '', ''].join('\r\n'));
    socket.write(text(await init()));
    await sleep(300);
    let taken = 0;
    for (let count = 0; taken < MOST_TAKEN; count++) {
      const bytes = next(count);
      if (!socket.write(bytes)) {
        const drained = new Promise((done) => socket.once('drain', () => done('drained')));
        if ((await Promise.race([drained, closed, sleep(2500)])) !== 'drained') break;
      }
      taken += bytes.length;
    }
    const ponging = setInterval(() => socket.write(frame(10, Buffer.alloc(0))), 3000);
    const end = await Promise.race([closed, sleep(40_000, 'still there', { ref: false })]);
    clearInterval(ponging);
    socket.destroy();
    return { little: taken < MOST_TAKEN / 2, end };
  }

  async function pongUnasked(): Promise<number | string> {
    const opened = await openSocket(lotline.url, undefined, { autoPong: false });
    opened.send(await init());
    const ponging = setInterval(() => opened.socket.pong(), 1000);
    const end = await Promise.race([opened.closed, sleep(40_000, 'still there', { ref: false })]);
    clearInterval(ponging);
    return end;
  }

  // Together, since it takes the 30 seconds that a client has.
  test('no more is read of it, and it is cut off within a bounded time; 4.9 pongs that answer no ping keep no connection', async () => {
    const other = await acknowledged();
    const [pings, refusals, controls, pongs] = await Promise.all([
      flood(() => text({ type: 'ping', payload: { x: 'y'.repeat(64_000) } })),
      flood((count) =>
        Buffer.concat(
          Array.from({ length: 500 }, (_, index) => text({ id: `${count} ${index}`, type: 'subscribe', payload: { query: '{' } })),
        ),
      ),
      flood(() => Buffer.concat(Array(500).fill(frame(9, Buffer.alloc(125))))),
      pongUnasked(),
    ]);
    const held = { little: true, end: 'cut off' };
    expect({ pings, refusals, controls, pongs }).toEqual({ pings: held, refusals: held, controls: held, pongs: 1006 });
    expect(other.socket.readyState).toBe(other.socket.OPEN);
  });

  test('one that reads late gets every answer', async () => {
    const opened = await acknowledged();
    opened.socket.pause();
    for (let count = 0; count < 400; count++) opened.send({ type: 'ping', payload: { count, x: 'y'.repeat(60_000) } });
    await sleep(500);
    opened.socket.resume();
    const pongs = () => opened.frames.filter(({ type }) => type === 'pong').map(({ payload }) => payload.count);
    await until(() => pongs().length === 400, 20_000);
    expect(pongs()).toEqual(Array.from({ length: 400 }, (_, count) => count));
    opened.socket.ping('hello');
    expect(String(await new Promise((done) => opened.socket.once('pong', done)))).toBe('hello');
  });
});

describe('5. what asks for an event stream', () => {
  const url = () => `${lotline.url}/graphql/stream`;
  const post = async (body: object, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(url(), {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${await lotline.token('analyst')}`, ...headers },
      body: JSON.stringify(body),
    });

  test('5.1 HEAD is answered at once, and holds no place', async () => {
    for (let count = 0; count < 15; count++) {
      const asked = httpRequest(`${url()}?${new URLSearchParams({ query: LOTS })}`, { method: 'HEAD' });
      asked.end();
      const response = await new Promise<IncomingMessage>((done, failed) => asked.once('response', done).once('error', failed));
      expect(response.statusCode).toBe(404);
    }
  });

  test.each(['text/plain', 'text/plain; charset=utf-8', 'application/xml'])('5.5 415: %s, in the words of /graphql', async (type) => {
    const refused = [await post({ query: LOTS }, { 'content-type': type })];
    const headers = { 'content-type': type };
    refused.push(await fetch(`${lotline.url}/graphql`, { method: 'POST', headers, body: '{"query":"{ viewer { kind } }"}' }));
    expect(refused.map(({ status }) => status)).toEqual([415, 415]);
    const [own, other] = (await Promise.all(refused.map((response) => response.json()))) as any[];
    expect(own.errors[0].extensions).toMatchObject({ code: 'BAD_USER_INPUT', remedy: 'send Content-Type: application/json' });
    expect(own.errors[0].message).toBe(other.errors[0].message);
  });

  test.each([
    ['text/*', 200],
    ['TEXT/Event-Stream', 200],
    ['application/json;q=0.9, text/*;q=0.1', 200],
    ['text/event-stream;q=0', 406],
    ['text/html, application/json', 406],
    ['text/event-streams', 406],
  ])('5.1 Accept: %s is answered with %d', async (accept, status) => {
    const response = await post({ query: LOTS }, { accept });
    expect(response.status).toBe(status);
    await response.body!.cancel();
  });
});

describe('the name of the operation, both ways', () => {
  test('an empty one is none', async () => {
    const opened = await acknowledged();
    opened.send(asking('1', { operationName: '' }));
    await until(() => opened.of('1').length > 0);
    expect(opened.of('1')[0].type).toBe('next');
    const response = await fetch(`${lotline.url}/graphql/stream?${new URLSearchParams({ query: LOTS, operationName: '' })}`);
    expect(response.status).toBe(200);
    await response.body!.cancel();
  });

  test('a number is refused', async () => {
    const opened = await acknowledged();
    opened.send(asking('1', { operationName: 7 }));
    expect(await opened.closed).toBe(4400);
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ query: LOTS, operationName: 7 });
    const response = await fetch(`${lotline.url}/graphql/stream`, { method: 'POST', headers, body });
    expect(response.status).toBe(400);
    expect(((await response.json()) as any).errors[0].extensions).toMatchObject({ code: 'BAD_USER_INPUT', path: ['operationName'] });
  });
});
