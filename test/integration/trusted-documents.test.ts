import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Lotline as Client } from '@lotline/client';
import { readManifest } from '@lotline/server/limits';
import { parse } from 'graphql';
import { csv, type Lotline, startLotline } from '../support/lotline';
import { cutSockets, openSocket, until } from '../support/sockets';

// A server that answers the documents of a manifest, and no others; and one that is out of budget, as the client meets it.

const QUESTION = 'query Kind { viewer { kind } }';
const STREAM = 'subscription Events { lotEvents { cursor sequence change { kind } } }';
const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
const MANIFEST = join(__dirname, '../../client-sdk/trusted-documents.json');

const folder = mkdtempSync(join(tmpdir(), 'lotline-manifest-'));
const manifest = (content: unknown): string => {
  const path = join(folder, 'manifest.json');
  writeFileSync(path, JSON.stringify(content));
  return path;
};

let lotline: Lotline;
let open: Lotline;
beforeAll(async () => {
  const own = readManifest(manifest({ [`sha256:${hash(QUESTION)}`]: QUESTION, [hash(STREAM)]: STREAM }));
  lotline = await startLotline({ trusted: new Map([...own, ...readManifest(MANIFEST)]) });
  open = await startLotline();
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await Promise.all([lotline.close(), open.close()]);
});
afterEach(cutSockets);

async function post(path: string, body: object, url = lotline.url): Promise<{ status: number; body: any }> {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: path === '/graphql' ? 'application/json' : 'text/event-stream',
      authorization: `Bearer ${await (url === lotline.url ? lotline : open).token('analyst')}`,
    },
    body: JSON.stringify(body),
  });
  if (response.headers.get('content-type')!.startsWith('text/event-stream')) {
    await response.body!.cancel();
    return { status: response.status, body: null };
  }
  return { status: response.status, body: await response.json() };
}
const codeOf = ({ status, body }: { status: number; body: any }) => [status, body.errors[0].extensions.code];

test('over HTTP a document of the manifest is answered, by its id or as it is, and no other', async () => {
  for (const body of [{ query: QUESTION }, { documentId: `sha256:${hash(QUESTION)}` }, { documentId: hash(QUESTION) }])
    expect((await post('/graphql', body)).body.data).toEqual({ viewer: { kind: 'ANALYST' } });
  const got = await fetch(`${lotline.url}/graphql?documentId=sha256:${hash(QUESTION)}`, {
    headers: { accept: 'application/json', 'apollo-require-preflight': '1' },
  });
  expect(((await got.json()) as any).data).toEqual({ viewer: { kind: 'NOBODY' } });
  expect(codeOf(await post('/graphql', { query: `${QUESTION} ` }))).toEqual([403, 'FORBIDDEN']);
  expect(codeOf(await post('/graphql', { documentId: `sha256:${hash('other')}` }))).toEqual([404, 'NOT_FOUND']);
  expect(codeOf(await post('/graphql', { documentId: 7 }))).toEqual([404, 'NOT_FOUND']);
  expect(codeOf(await post('/graphql', { documentId: hash(QUESTION), query: QUESTION }))).toEqual([400, 'BAD_USER_INPUT']);
  expect(codeOf(await post('/graphql', { documentId: hash(QUESTION) }, open.url))).toEqual([400, 'BAD_USER_INPUT']);
});

test('over server-sent events and WebSocket as well', async () => {
  expect((await post('/graphql/stream', { documentId: hash(STREAM) })).status).toBe(200);
  expect((await post('/graphql/stream', { query: STREAM })).status).toBe(200);
  expect(codeOf(await post('/graphql/stream', { query: `${STREAM} ` }))).toEqual([403, 'FORBIDDEN']);
  const socket = await openSocket(lotline.url, 'graphql-transport-ws');
  socket.send({ type: 'connection_init', payload: { authorization: `Bearer ${await lotline.token('analyst')}` } });
  await until(() => socket.frames.some(({ type }) => type === 'connection_ack'));
  socket.send({ id: 'good', type: 'subscribe', payload: { query: STREAM } });
  socket.send({ id: 'bad', type: 'subscribe', payload: { query: `${STREAM} ` } });
  await until(() => socket.of('good').some(({ type }) => type === 'next') && socket.of('bad').length > 0);
  expect(socket.of('bad')[0]).toMatchObject({ type: 'error', payload: [{ extensions: { code: 'FORBIDDEN' } }] });
});

test('a manifest of Apollo is read; one whose ids are not the hashes of its documents is refused', () => {
  expect([...readManifest(manifest({ format: 'apollo-persisted-query-manifest', operations: [{ id: hash('a'), body: 'a' }] }))]).toEqual([
    [hash('a'), 'a'],
  ]);
  expect(() => readManifest(manifest({ [hash('a')]: 'b' }))).toThrow('is not the SHA-256');
});

test('the client brings the manifest of its own documents', async () => {
  const client = new Client({ url: lotline.url, token: await lotline.token('analyst') });
  expect((await client.viewer()).kind).toBe('ANALYST');
});

test('a webhook asks a document of the manifest as well', async () => {
  await lotline.import({ 'operations.csv': csv([{ operation: 'T:HOOK', name: 'Hook', country: 'UA', roles: 'producer' }]) });
  const client = new Client({ url: lotline.url, token: await lotline.token({ operation: 'T:HOOK' }) });
  const url = 'http://127.0.0.1:9/hook';
  expect(await client.createWebhook({ url, query: STREAM })).toMatchObject({ webhook: { url } });
  await expect(client.createWebhook({ url, query: `${STREAM} ` })).rejects.toMatchObject({
    code: 'FORBIDDEN',
    reasons: [{ path: ['input', 'query'], remedy: expect.any(String) }],
  });
});

test('the client waits as long as a server that is out of budget says, and then is answered', async () => {
  const few = { budget: 200, restoreRate: 100, concurrent: 10, streams: 1 };
  const limited = await startLotline({ limits: { viewer: few, nobody: few } });
  await limited.import({ 'operations.csv': csv([{ operation: 'T:FARM', name: 'Farm', country: 'UA', roles: 'producer' }]) });
  const client = new Client({ url: limited.url, token: await limited.token('analyst') });
  for (let asked = 0; asked < 40; asked++) if ((await limited.ask('{ operations(first: 80) { totalCount nodes { id } } }')).errors) break;
  const began = performance.now();
  const question = parse('{ operations(first: 140) { nodes { __typename } } }');
  expect(await client.request(question as never)).toMatchObject({ operations: { nodes: [{}] } });
  expect(performance.now() - began).toBeGreaterThan(900);
  for (let asked = 0; asked < 40; asked++) if ((await limited.ask('{ operations(first: 80) { totalCount nodes { id } } }')).errors) break;
  const impatient = new Client({ url: limited.url, token: await limited.token('analyst'), retries: 0 });
  await expect(impatient.request(question as never)).rejects.toMatchObject({ code: 'RATE_LIMITED', status: 429, retryable: true });
  await limited.close();
});
