import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DOCUMENT_ATTACKS } from '../support/attacks/documents';
import { BYTES_ATTACKS, FRAMES_ATTACKS, REQUEST_ATTACKS } from '../support/attacks/requests';
import type { DocumentAttack, Transport } from '../support/attacks/table';
import { type As, createDatabase, csv, fingerprint, type Lotline, startLotline } from '../support/lotline';
import { ServerProcess } from '../support/server-process';
import { cutSockets, openSocket, until } from '../support/sockets';

// What attackers send, by OWASP's lists and by the checks of graphql-cop, over every transport. Each gets its safe answer in time, and none
// of them a word of the inside; the server lives on, and nothing in the database has changed.

/** Longest that any answer takes, milliseconds: far more than it should. */
const ANSWERED_WITHIN_MS = 8000;
/** How much more memory a server may have after further rounds of all of it than after the first, bytes. */
const MOST_LEFT = 60 * 2 ** 20;
/** Words that only the inside knows. */
const INSIDE =
  /node_modules|\.[jt]s:\d+|"stack|stacktrace|syntax error at|relation "|column "|duplicate key|violates|typeorm|QueryFailed|ECONN|ENOENT|\/tmp\/lotline|PostgreSQL|at process\./i;

let lotline: Lotline;
let production: Lotline;
let small: Lotline;
let words: Record<string, string>;
let before: string;

beforeAll(async () => {
  const options = { heartbeatMs: 100, pollMs: 100 };
  lotline = await startLotline({ ...options, privateWebhooks: false });
  const few = { budget: 100, restoreRate: 1, concurrent: 2, streams: 1 };
  small = await startLotline({ ...options, limits: { viewer: few, nobody: few } });
  production = await startLotline({ ...options, demo: false, door: { publicUrl: 'https://lotline.example', origins: [], proxies: [] } });
  await lotline.import({
    'operations.csv': csv(['ATT:OWNER', 'ATT:OTHER'].map((operation) => ({ operation, name: operation, country: 'TR', roles: 'handler' }))),
    'products.csv': csv([{ product: 'Wheat', hts: '1001990000', organic: 'yes' }]),
    'lots.csv': csv([{ code: 'LOT-OWNER', producer: 'ATT:OWNER', product: 'Wheat', quantity: 5, unit: 'TNE', kind: 'harvest' }]),
    'shipments.csv': csv([{ reference: 'SHIP', shipper: 'ATT:OWNER', consignee: 'ATT:OWNER' }]),
    'documents.csv': csv([
      { type: 'invoice', number: 'PAPER', issuer: 'ATT:OWNER', issued_on: '2025-01-01', marked_organic: 'yes', lots: 'LOT-OWNER' },
    ]),
  });
  const { data, extensions } = await lotline.ask(
    `{ lot(code: "LOT-OWNER") { id product { id } producer { id } } documents { nodes { id } } shipments { nodes { id } } other: operation(identifier: "ATT:OTHER") { id } }`,
  );
  words = {
    LOT: data.lot.id,
    PRODUCT: data.lot.product.id,
    OWNER: data.lot.producer.id,
    OTHER: data.other.id,
    DOCUMENT: data.documents.nodes[0].id,
    SHIPMENT: data.shipments.nodes[0].id,
    CURSOR: extensions!.cursor!,
    OTHER_CURSOR: (await lotline.ask('{ viewer { kind } }', {}, 'admin')).extensions!.cursor!,
    ADMIN: await lotline.token('admin'),
    OWNER_TOKEN: await lotline.token({ operation: 'ATT:OWNER' }),
    OUTSIDER: await lotline.token({ operation: 'ATT:OTHER' }),
  };
  before = await fingerprint(lotline.database);
});
afterAll(async () => {
  await cutSockets();
  await lotline?.close();
  await production?.close();
  await small?.close();
});

const filled = (text: string): string => text.replace(/<([A-Z_]+)>/g, (whole, word: string) => words[word] ?? whole);
const filledIn = <T>(value: T): T => JSON.parse(filled(JSON.stringify(value))) as T;

interface Answered {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

interface Sent {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** Where what has come so far is enough. */
  enough?: RegExp;
}

/** A request as a program of Node sends it, which may say whatever it likes. */
function sent(url: string, { method = 'GET', headers = {}, body, enough }: Sent): Promise<Answered> {
  return new Promise((done, failed) => {
    const length: Record<string, string> = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const asked = request(url, { method, headers: { ...length, ...headers }, agent: false }, (response) => {
      let text = '';
      const end = () => done({ status: response.statusCode!, headers: response.headers, text });
      response.on('data', (chunk) => {
        text += chunk;
        if (!enough?.test(text)) return;
        end();
        response.destroy();
      });
      response.once('end', end);
      response.once('error', end);
    });
    asked.once('error', failed);
    asked.end(body);
  });
}

/** Codes of all errors in an answer. */
function codesIn(text: string): string[] {
  try {
    const { errors } = JSON.parse(text) as { errors?: { extensions: { code: string } }[] };
    return [...new Set((errors ?? []).map(({ extensions }) => extensions.code))];
  } catch {
    return [];
  }
}

function expectSafeHeaders(headers: IncomingHttpHeaders): void {
  expect(headers).toMatchObject({
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': expect.stringContaining('camera=()'),
    'x-request-id': expect.any(String),
  });
  for (const banner of ['server', 'x-powered-by', 'access-control-allow-credentials', 'set-cookie'])
    expect(headers[banner]).toBeUndefined();
}

/** Any refusal but a fault of ours: `*`; whatever is no fault: `?`. */
function expectCode(found: readonly string[], code: string | null): void {
  expect(found).not.toContain('INTERNAL_SERVER_ERROR');
  if (code === '*') expect(found.length).toBeGreaterThan(0);
  else if (code === null) expect(found).toEqual([]);
  else if (code !== '?') expect(found).toContain(code);
}

const authorized = async (as: As = 'analyst'): Promise<Record<string, string>> =>
  as === 'nobody' ? {} : { authorization: `Bearer ${await lotline.token(as)}` };

/** Where a row is sent, and by which name. */
const served = ({ to = 'demo' }: DocumentAttack): { url: string; host: Record<string, string> } =>
  to === 'demo' ? { url: lotline.url, host: {} } : { url: production.url, host: { host: 'lotline.example' } };

const WAYS: Record<Transport, (row: DocumentAttack) => Promise<{ text: string; codes: string[] }>> = {
  HTTP: async (row) => {
    const { query, variables, as } = row;
    const { url, host } = served(row);
    const { text, headers } = await sent(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...host, ...(await authorized(as)) },
      body: filled(JSON.stringify({ query, variables })),
    });
    expectSafeHeaders(headers);
    return { text, codes: codesIn(text) };
  },
  SSE: async (row) => {
    const { query, live = query, variables, as } = row;
    const { url, host } = served(row);
    const { text, headers, status } = await sent(`${url}/graphql/stream`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...host, ...(await authorized(as)) },
      body: filled(JSON.stringify({ query: live, variables })),
      enough: /event: next\n.*\n\n/,
    });
    expectSafeHeaders(headers);
    const told = status === 200 ? (/data: (\{.*\})/.exec(text)?.[1] ?? '') : text;
    return { text: told, codes: codesIn(told) };
  },
  WebSocket: async (row) => {
    const { query, live = query, variables, as } = row;
    const { url, host } = served(row);
    const opened = await openSocket(url, 'graphql-transport-ws', { headers: host });
    opened.send({ type: 'connection_init', payload: await authorized(as) });
    await until(() => opened.frames.length > 0);
    const frame = filled(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: live, variables } }));
    opened.send(frame);
    const closed = await Promise.race([opened.closed, until(() => opened.of('1').length > 0)]);
    opened.socket.terminate();
    // More than a frame may hold.
    if (closed === 1009 && frame.length > 64 * 1024) return { text: '', codes: ['TOO_COSTLY'] };
    const { payload } = opened.of('1')[0];
    const text = JSON.stringify(Array.isArray(payload) ? { errors: payload } : payload);
    return { text, codes: codesIn(text) };
  },
};

const timed = async <T>(work: Promise<T>): Promise<T> => {
  const late = sleep(ANSWERED_WITHIN_MS, null, { ref: false }).then(() => {
    throw new Error(`not answered within ${ANSWERED_WITHIN_MS} ms`);
  });
  return Promise.race([work, late]);
};

const documents = DOCUMENT_ATTACKS.flatMap((row) =>
  (row.over ?? (['HTTP', 'WebSocket', 'SSE'] as const)).map((way): [string, string, Transport, DocumentAttack] => [
    row.attack,
    row.source,
    way,
    row,
  ]),
);
const requests = REQUEST_ATTACKS.map((row, index) => [index + 1, row.attack, row.source, row] as const);
const bytes = BYTES_ATTACKS.map((row) => [row.attack, row.source, row] as const);
const frames = FRAMES_ATTACKS.map((row) => [row.attack, row.source, row] as const);

test('the table has what it must: 120 requests and more, over all three transports, and every check of graphql-cop', () => {
  expect(documents.length + requests.length + bytes.length + frames.length).toBeGreaterThanOrEqual(120);
  const sources = [...DOCUMENT_ATTACKS, ...REQUEST_ATTACKS].map(({ source }) => source).join('\n');
  const checks = [
    'alias_overloading',
    'batch_query',
    'circular_fragment',
    'introspection_circular',
    'directive_overloading',
    'field_duplication',
  ];
  const more = [
    'field_suggestions',
    'get_based_mutation',
    'get_method_support',
    'post_based_csrf',
    'graphiql',
    'introspection',
    'trace_mode',
  ];
  for (const check of [...checks, ...more, 'unhandled_error']) expect(sources).toContain(`graphql-cop: ${check}`);
});

test.each(documents)('%s (%s) over %s', async (_attack, _source, way, row) => {
  const { text, codes } = await timed(WAYS[way](row));
  expect(text).not.toMatch(INSIDE);
  expectCode(codes, (way === 'HTTP' ? undefined : row.liveCode) === undefined ? row.code : row.liveCode!);
  if (row.says) expect(text).toMatch(row.says);
  if (row.code !== null) return;
  const { data } = JSON.parse(text);
  if (way !== 'HTTP') expect(Object.values<any>(data)[0].change).toBeNull();
  else if (row.data !== '*') expect(data).toEqual(row.data);
});

test.each(requests)('%d: %s (%s)', async (_index, _attack, _source, row) => {
  const { method, path, headers = {}, body, to = 'demo', times = 1, status, code, answers = {} } = row;
  const server = { demo: lotline, production, small }[to];
  const send = () =>
    sent(server.url + filled(path), {
      method,
      headers: filledIn(headers),
      body: typeof body === 'string' ? filled(body) : body,
      enough: /event: next\n.*\n\n/,
    });
  let answer = await timed(send());
  for (let more = 1; more < times; more++) answer = await timed(send());
  expect([status].flat()).toContain(answer.status);
  expectSafeHeaders(answer.headers);
  const isPage = /^text\/html/.test(answer.headers['content-type'] ?? '');
  if (!isPage) expect(answer.text).not.toMatch(INSIDE);
  if (!isPage) expectCode(codesIn(/data: (\{.*\})/.exec(answer.text)?.[1] ?? answer.text), code);
  if (row.body_) expect(answer.text).toMatch(row.body_);
  for (const [name, value] of Object.entries(answers)) {
    if (value === null) expect(answer.headers[name]).toBeUndefined();
    else expect(answer.headers[name]).toEqual(typeof value === 'string' ? value : expect.stringMatching(value));
  }
});

test.each(bytes)('%s (%s), byte by byte', async (_attack, _source, row) => {
  const socket = connect(lotline.server.port, '127.0.0.1');
  await once(socket, 'connect');
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.on('error', () => {});
  const closed = once(socket, 'close');
  socket.write(row.bytes, 'latin1');
  const idle = sleep(300);
  await timed(Promise.race([closed, idle]));
  socket.destroy();
  const statuses = [...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status));
  // What lies behind it is no request of its own.
  expect(statuses.length).toBeLessThanOrEqual(1);
  expect([row.status].flat()).toContain(statuses[0] ?? 0);
  if (statuses[0] !== undefined) expect(text).toMatch(/^x-content-type-options: nosniff/im);
  expect(text).not.toMatch(INSIDE);
});

test.each(frames)('%s (%s) over WebSocket', async (_attack, _source, { acknowledged, frames: given, headers, safe }) => {
  if (typeof safe === 'number' && safe < 1000) {
    await expect(openSocket(lotline.url, 'graphql-transport-ws', { headers })).rejects.toThrow(String(safe));
    return;
  }
  const opened = await openSocket(lotline.url, 'graphql-transport-ws', { headers });
  if (acknowledged) {
    opened.send({ type: 'connection_init', payload: await authorized() });
    await until(() => opened.frames.length > 0);
  }
  for (const frame of given)
    opened.socket.send(Buffer.isBuffer(frame) ? frame : typeof frame === 'string' ? frame : filled(JSON.stringify(frame)));
  if (typeof safe === 'number') expect(await timed(opened.closed)).toBe(safe);
  else {
    await until(() => opened.of('1').length > 0);
    expectCode(codesIn(JSON.stringify({ errors: opened.of('1')[0].payload })), safe);
  }
  expect(JSON.stringify(opened.frames)).not.toMatch(INSIDE);
  opened.socket.terminate();
});

test('after all of them the server answers, and nothing in the database has changed', async () => {
  expect(await (await fetch(`${lotline.url}/readyz`)).json()).toEqual({ status: 'ready' });
  expect(await lotline.data('{ lots { totalCount } }')).toEqual({ lots: { totalCount: 1 } });
  expect(await fingerprint(lotline.database)).toBe(before);
});

// Memory of another process is told by Linux.
(process.platform === 'linux' ? test : test.skip)(
  'a server in a process of its own has no more memory after three rounds than after one',
  async () => {
    const { url, drop } = await createDatabase();
    const whole = '1000000000';
    const server = new ServerProcess(url, {
      // What is garbage does not pass for what is left.
      NODE_OPTIONS: '--max-old-space-size=128 --max-semi-space-size=2',
      ...Object.fromEntries(['COST_BUDGET', 'COST_RESTORE_RATE'].flatMap((name) => [name, `${name}_NOBODY`].map((each) => [each, whole]))),
    });
    const residentBytes = (): number => Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))![1]) * 1024;
    try {
      await server.start();
      const tokens = JSON.parse(readFileSync(join(server.directory, 'demo-tokens.json'), 'utf8')) as { analyst: string };
      const at = `http://127.0.0.1:${server.port}`;
      const round = async () => {
        for (const { query, variables } of DOCUMENT_ATTACKS)
          await sent(`${at}/graphql`, {
            method: 'POST',
            headers: { 'content-type': 'application/json', authorization: `Bearer ${tokens.analyst}` },
            body: filled(JSON.stringify({ query, variables })),
          });
        for (const { method, path, headers, body, to } of REQUEST_ATTACKS)
          if (to === undefined) await sent(at + filled(path), { method, headers: filledIn(headers ?? {}), body, enough: /event: next/ });
      };
      await round();
      const before = residentBytes();
      for (let rounds = 0; rounds < 2; rounds++) await round();
      const more = residentBytes() - before;
      expect(more).toBeLessThan(MOST_LEFT);
      expect((await sent(`${at}/readyz`, {})).status).toBe(200);
      expect(server.crashes).toEqual([]);
    } finally {
      await server.close();
      await drop();
    }
  },
);
