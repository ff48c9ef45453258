import { readFileSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { Follower } from '../support/follower';
import { type Lotline, startLotline } from '../support/lotline';
import { ServerProcess } from '../support/server-process';

// More who come than may: ten thousand connections to a server that takes five hundred, and such as never say what they want. Each is given
// a clear answer or ended in bounded time, while those who are there hear on and queries are answered. The server stands in a process of its
// own, so that its memory can be looked at from outside.

const MOST = 500;
const ATTEMPTS = 10_000;
/** Every so many-th comes for server-sent events, the others by WebSocket. */
const BY_EVENT_STREAM = 5;
/** So many come at once. */
const WAVE = 250;
const HARVEST = 'mutation ($input: RecordHarvestInput!) { recordHarvest(input: $input) { cursor } }';
const LOTS =
  'subscription ($filter: LotFilter, $after: Cursor) { lotEvents(filter: $filter, after: $after) { cursor sequence change { lot { code } } } }';

let lotline: Lotline;
let server: ServerProcess;
/** What became of those that never finished what they had to say. */
let silent: Promise<string[]>;
let tokens: { admin: string; analyst: string };

beforeAll(async () => {
  lotline = await startLotline();
  await lotline.import({
    'operations.csv': 'operation,name,country,roles\nCROWD:FARM,Farm,UA,producer',
    'products.csv': 'product,hts,organic\nWheat,1001990000,yes',
  });
  tokens = { admin: await lotline.token('admin'), analyst: await lotline.token('analyst') };
  server = new ServerProcess(lotline.databaseUrl, { LIVE_CONNECTIONS: String(MOST), HEARTBEAT_MS: '1000' });
  await server.start();
  // Begun here and looked at last: ending them takes its time.
  const upgrade = 'GET /graphql HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n';
  const post = 'POST /graphql/stream HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"query":';
  silent = Promise.all(['', 'GET', upgrade, post].map(mumble));
});
afterAll(async () => {
  await server?.close();
  await lotline.close();
});

async function ask(query: string, variables: object = {}, token = tokens.analyst): Promise<any> {
  const response = await fetch(`http://127.0.0.1:${server.port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as any;
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

/** What became of a connection: open, with a way to leave, or an answer of HTTP. */
type Outcome = { leave: () => void } | { status: number; body: string };

function byWebSocket(): Promise<Outcome> {
  return new Promise((done, failed) => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/graphql`, 'graphql-transport-ws');
    socket.on('error', failed);
    socket.on('unexpected-response', (_request, response) => read(response).then((body) => done({ status: response.statusCode!, body })));
    socket.on('open', () => {
      socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: tokens.analyst } }));
      done({ leave: () => socket.terminate() });
    });
  });
}

function byEventStream(agent: Agent): Promise<Outcome> {
  return new Promise((done, failed) => {
    const asked = request(`http://127.0.0.1:${server.port}/graphql/stream`, {
      method: 'POST',
      agent,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${tokens.analyst}` },
    });
    asked.on('error', failed);
    asked.on('response', (response) => {
      response.on('error', () => {});
      if (response.statusCode === 200) done({ leave: () => asked.destroy() });
      else void read(response).then((body) => done({ status: response.statusCode!, body }));
    });
    asked.end(JSON.stringify({ query: LOTS }));
  });
}

async function read(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response) text += chunk;
  return text;
}

/** Memory of the server, bytes; null where the system does not tell. */
function memory(): number | null {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))![1]) * 1024;
  } catch {
    return null;
  }
}

/** As many as are wanted, a wave at a time. */
async function crowd(attempts: number): Promise<Outcome[]> {
  const agent = new Agent({ keepAlive: false });
  const outcomes: Outcome[] = [];
  while (outcomes.length < attempts) {
    const wave = Array.from({ length: Math.min(WAVE, attempts - outcomes.length) }, (_, index) =>
      index % BY_EVENT_STREAM === 0 ? byEventStream(agent) : byWebSocket(),
    );
    outcomes.push(...(await Promise.all(wave)));
  }
  return outcomes;
}

const isIn = (outcome: Outcome): outcome is { leave: () => void } => 'leave' in outcome;

test('ten thousand connections: as many as may are in, each of the others is told, nobody is disturbed, and the room is found again', async () => {
  const { operation } = await ask('{ operation(identifier: "CROWD:FARM") { id } }');
  const [{ id }] = (await lotline.database.query<{ id: string }>('select id from product')) as [{ id: string }];
  let named = 0;
  const harvest = async () => {
    const code = `CROWD-${++named}`;
    const product = Buffer.from(`Product:${id}`).toString('base64url');
    await ask(
      HARVEST,
      { input: { idempotencyKey: code, producer: operation.id, product, code, quantity: { value: '1', unit: 'KGM' } } },
      tokens.admin,
    );
  };
  const cursor = (await lotline.ask('{ viewer { kind } }')).extensions!.cursor!;
  const followers = (['WebSocket', 'server-sent events'] as const).map(
    (transport) =>
      new Follower({
        transport,
        port: server.port,
        query: LOTS,
        filter: {},
        after: cursor,
        token: tokens.analyst,
        lineOf: ({ lot }) => lot.code,
        isDone: () => false,
      }),
  );
  const following = followers.map((follower) => follower.follow());
  const heardAll = async () => {
    for (const last = Date.now() + 10_000; followers.some(({ heard }) => heard.length < named) && Date.now() < last; ) await sleep(20);
    for (const { heard } of followers) expect(heard).toEqual(Array.from({ length: named }, (_, index) => `CROWD-${index + 1}`));
  };
  await harvest();
  await heardAll();

  // While they come, lots are recorded and heard of, and queries are answered.
  let coming = true;
  let answered = 0;
  const asking = (async () => {
    for (; coming; await sleep(100)) {
      await harvest();
      // By a viewer other than the crowd's own, who asks too much at a time.
      expect((await ask('{ viewer { kind } }', {}, tokens.admin)).viewer.kind).toBe('ADMINISTRATOR');
      answered++;
    }
  })();
  const outcomes = await crowd(ATTEMPTS);
  coming = false;
  await asking;
  const inside = outcomes.filter(isIn);
  // Two were there before.
  expect(inside).toHaveLength(MOST - followers.length);
  const answers = new Map<string, number>();
  for (const outcome of outcomes) {
    if (isIn(outcome)) continue;
    const [error] = JSON.parse(outcome.body).errors;
    expect(error).toMatchObject({ message: expect.any(String), extensions: { remedy: expect.any(String), requestId: expect.any(String) } });
    const answer = `${outcome.status} ${error.extensions.code} ${error.extensions.retryable}`;
    answers.set(answer, (answers.get(answer) ?? 0) + 1);
  }
  expect([...answers]).toEqual([['503 BUSY true', ATTEMPTS - inside.length]]);
  expect(answered).toBeGreaterThan(3);
  await heardAll();
  expect(followers.map(({ opened, wrong }) => ({ opened, wrong }))).toEqual([
    { opened: 1, wrong: [] },
    { opened: 1, wrong: [] },
  ]);

  // They leave, and others come: again and again as many as may, and the server does not grow with those that are gone.
  let leaving = inside;
  const sizes: number[] = [];
  for (let round = 0; round < 4; round++) {
    for (const { leave } of leaving) leave();
    leaving = [];
    for (const last = Date.now() + 5000; leaving.length < MOST - followers.length && Date.now() < last; )
      leaving.push(...(await crowd(MOST - followers.length - leaving.length)).filter(isIn));
    expect(leaving).toHaveLength(MOST - followers.length);
    sizes.push(memory() ?? 0);
  }
  for (const { leave } of leaving) leave();
  await harvest();
  await heardAll();
  // Four hundred and more that stayed in memory with all that is theirs would show; a collector's moods do not.
  expect(sizes.at(-1)! - sizes[0]!).toBeLessThan(100 * 2 ** 20);
  for (const follower of followers) follower.stop();
  await Promise.all(following);
  expect(server.crashes).toEqual([]);
});

/** Says so much and no more; what became of it. */
function mumble(text: string): Promise<string> {
  return new Promise((done) => {
    let said = '';
    const socket = connect(server.port, '127.0.0.1', () => socket.write(text));
    socket.on('data', (chunk) => {
      said += chunk;
    });
    socket.on('error', () => {});
    socket.on('close', () => done(said));
  });
}

test('who never says a word, or not the whole of it, is ended in bounded time', async () => {
  for (const said of await silent) expect(said).toMatch(/^(HTTP\/1\.1 408 |$)/);
  expect((await ask('{ viewer { kind } }')).viewer.kind).toBe('ANALYST');
}, 30_000);
