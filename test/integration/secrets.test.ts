import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { mintToken, viewerInRole } from '@lotline/server/access';
import { Database } from '@lotline/server/database';
import { hidingSecrets } from '@lotline/server/secrets';
import { Client } from 'pg';
import { createDatabase, csv } from '../support/lotline';
import { type SpoilableProxy, startProxy } from '../support/proxy';
import { Receiver } from '../support/receiver';
import { openSocket, until } from '../support/sockets';

// No secret is in a log. A server that logs all it can is used in every way, the failing ones included, and what it wrote is looked through.

const MAIN = resolve(__dirname, '..', '..', 'server', 'dist', 'main.js');
const CLI = resolve(__dirname, '..', '..', 'server', 'bin', 'lotline.js');
/** A secret as it may be written: as it is, or as bytes are. */
const waysToWrite = (secret: string): string[] => {
  const bytes = Buffer.from(secret);
  return [secret, [...bytes].join(','), bytes.toString('hex'), bytes.toString('base64').replace(/.{0,4}=*$/, '')];
};
const soon = () => new Date(Date.now() + 9 * 86_400_000).toISOString().slice(0, 10);
const made = (what: string) => `${what}${randomBytes(12).toString('hex')}`;

/** A fault that nobody hears of, as soon as the server would: its text has secrets. */
const FAULT = `data:text/javascript,${encodeURIComponent(`process.on('newListener', (event) => {
  if (event === 'uncaughtException') setTimeout(() => Promise.reject(new Error('a fault at ' + process.env.DATABASE_URL + ' with ' + process.env.ACE_TOKEN)));
})`)}`;

/** Everything that must not be written, by what it is. */
const secrets: Record<string, string> = {
  'the password of the database': made('pw'),
  'the token for the Organic Integrity Database': made('oid'),
  'the token for ACE': made('ace'),
  'the secret of the bucket': made('s3'),
  'a token that is none': made('none'),
  'a body that cannot be read': made('body'),
  'a variable': made('variable'),
  'a text in a document': made('text'),
  'a query string': made('query'),
  'a payload of connection_init': made('init'),
  'a header that is no header': made('header'),
};

let child: ChildProcess;
let written = '';
let url: string;
let proxy: SpoilableProxy;
let receiver: Receiver;
let drop: () => Promise<void>;
let dataDir: string;
let role: string;
let databaseUrl: string;
let adminUrl: string;
let database: Database;

const environment = (more: Record<string, string>) => ({
  ...process.env,
  PORT: '0',
  LOTLINE_DEMO: 'yes',
  LOTLINE_SAMPLES: 'none',
  LOG_LEVEL: 'trace',
  DATA_DIR: dataDir,
  OID_URL: 'http://127.0.0.1:9/oid',
  OID_TOKEN: secrets['the token for the Organic Integrity Database']!,
  ACE_URL: 'http://127.0.0.1:9/ace',
  ACE_TOKEN: secrets['the token for ACE']!,
  HEARTBEAT_MS: '100',
  ...more,
});

function begin(script: string, args: string[], env: Record<string, string>): ChildProcess {
  const begun = spawn(process.execPath, [script, ...args], { env: environment(env), stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [begun.stdout!, begun.stderr!]) {
    stream.on('data', (chunk) => {
      written += chunk;
    });
  }
  return begun;
}

beforeAll(async () => {
  const created = await createDatabase();
  drop = created.drop;
  adminUrl = created.url;
  database = await Database.open(adminUrl, { poolSize: 2 });
  role = made('r');
  const admin = new Client({ connectionString: adminUrl });
  await admin.connect();
  await admin.query(`create role ${role} login superuser password '${secrets['the password of the database']}'`);
  await admin.end();
  proxy = await startProxy(Number(new URL(created.url).port));
  const through = new URL(created.url);
  Object.assign(through, {
    username: role,
    password: secrets['the password of the database'],
    hostname: '127.0.0.1',
    port: String(proxy.port),
  });
  databaseUrl = through.href;
  receiver = await new Receiver().start();
  receiver.answer = () => ({ status: 500 });
  dataDir = mkdtempSync(join(tmpdir(), 'lotline-secrets-'));
  child = begin(MAIN, [], { DATABASE_URL: databaseUrl });
  await until(() => /"msg":"ready"/.test(written), 30_000);
  url = /"url":"([^"]+)"/.exec(written)![1]!;
});
afterAll(async () => {
  if (child.exitCode === null && child.kill('SIGKILL')) await once(child, 'exit');
  await proxy?.close();
  await receiver?.stop();
  await database?.close();
  const admin = new Client({ connectionString: adminUrl });
  await admin.connect();
  await admin.query(`drop owned by ${role}; drop role ${role}`).catch(() => {});
  await admin.end();
  await drop();
  rmSync(dataDir, { recursive: true, force: true });
});

const post = (path: string, body: string, headers: Record<string, string> = {}) =>
  fetch(url + path, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });

/** Sends bytes, and waits for what is answered. */
async function send(bytes: string): Promise<void> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', () => {});
  socket.resume();
  socket.write(bytes);
  await Promise.race([once(socket, 'close'), sleep(500)]);
  socket.destroy();
}

test('a server that logs all it can, used in every way and with its database lost, writes none of its secrets', async () => {
  const tokens = JSON.parse(readFileSync(join(dataDir, 'demo-tokens.json'), 'utf8')) as Record<string, string>;
  const admin = Object.values(tokens)[0]!;
  for (const [who, token] of Object.entries(tokens)) secrets[`the token of ${who}`] = token;
  const authorization = `Bearer ${Object.entries(tokens).find(([who]) => /admin/i.test(who))?.[1] ?? admin}`;
  const ask = async (query: string, variables: object = {}, as = authorization) =>
    (await (await post('/graphql', JSON.stringify({ query, variables }), { authorization: as })).json()) as any;

  // What is created, and shown once.
  const form = new FormData();
  form.set('files', new Blob([csv([{ operation: 'S:OWNER', name: 'Farm', country: 'TR', roles: 'producer' }])]), 'operations.csv');
  expect((await fetch(`${url}/import`, { method: 'POST', headers: { authorization }, body: form })).status).toBe(200);
  const { operation } = (await ask('{ operation(identifier: "S:OWNER") { id } }')).data;
  const hook = await ask('mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { secret webhook { id } } }', {
    input: {
      idempotencyKey: 'b',
      url: `${receiver.url}/?token=${secrets['a query string']}`,
      query: 'subscription { lotEvents { cursor sequence change { kind } } }',
    },
  });
  secrets['the secret of a webhook'] = hook.data.createWebhook.secret;
  await ask('mutation ($input: TestWebhookInput!) { testWebhook(input: $input) { cursor } }', {
    input: { idempotencyKey: 'c', webhook: hook.data.createWebhook.webhook.id },
  });
  const owner = `Bearer ${await mintToken(await viewerInRole(database, 'operation:S:OWNER'), database.installation.tokenKey)}`;
  const input = { idempotencyKey: 'd', operation: operation.id, name: 'app', scopes: ['LOTS'] };
  const key = await ask(
    'mutation ($input: CreateKeyInput!) { createKey(input: $input) { secret } }',
    { input: { ...input, expiresOn: soon() } },
    owner,
  );
  const shown: string = key.data.createKey.secret;
  secrets['a key'] = shown.split('_').slice(2).join('_');
  for (const each of [shown, shown.slice(0, -1)]) await ask('{ viewer { kind } }', {}, `Bearer ${each}`);

  const use = async () => {
    const stream = `/graphql/stream?query=${encodeURIComponent('subscription { lotEvents { cursor } }')}&token=${secrets['a query string']}`;
    await ask('query ($code: String!) { lot(code: $code) { id } }', { code: secrets['a variable'] });
    await ask(`{ lot(code: "${secrets['a text in a document']}") { nothing } }`);
    await ask('{ viewer { kind } }', {}, `Bearer ${secrets['a token that is none']}`);
    await ask('{ viewer { kind } }', {}, `Basic ${secrets['a token that is none']}`);
    await post('/graphql', `{"query": ${secrets['a body that cannot be read']}`);
    for (const path of ['/files', '/import']) await post(path, secrets['a body that cannot be read']!, { authorization });
    for (const path of [
      stream,
      `/print/trace/x?direction=BACK&t=${secrets['a query string']}`,
      `/export/lots.csv?t=${secrets['a query string']}`,
    ]) {
      const aborting = new AbortController();
      await fetch(url + path, { headers: { authorization }, signal: aborting.signal });
      aborting.abort();
    }
    for (const given of [
      authorization,
      `Bearer ${secrets['a payload of connection_init']}`,
      { [secrets['a payload of connection_init']!]: 1 },
    ]) {
      const socket = await openSocket(url);
      socket.send({ type: 'connection_init', payload: { authorization: given } });
      socket.send({ type: 'subscribe', id: '1', payload: { query: 'subscription { lotEvents { cursor } }' } });
      socket.send(`{${secrets['a body that cannot be read']}`);
      await Promise.race([socket.closed, sleep(1000)]);
      socket.socket.terminate();
    }
    const broken = `POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: ${authorization}\r\n`;
    await send(`${broken}${secrets['a header that is no header']}\r\n\r\n`);
    await send(`${broken}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`);
    await send(`${broken}X: ${'a'.repeat(20_000)}\r\n\r\n`);
  };
  await use();
  await until(() => receiver.received.length > 0, 10_000);

  // The database is lost: whatever failed is told, with what it failed at.
  const before = written.length;
  proxy.cut();
  await proxy.close();
  await use().catch(() => {});
  await sleep(500);
  expect(written.slice(before)).toMatch(/"level":50/);

  // A start that fails, and a command line that does.
  const failing = [
    begin(MAIN, [], { DATABASE_URL: databaseUrl.replace(/@[^/]+\//, '@127.0.0.1:9/') }),
    begin(MAIN, [], { DATABASE_URL: `mysql://u:${secrets['the password of the database']}@127.0.0.1/x` }),
    begin(MAIN, [], { DATABASE_URL: `postgres://u:${secrets['the password of the database']}@127.0.0.1:x/x` }),
    begin(MAIN, [], { DATABASE_URL: databaseUrl, FILES_S3_SECRET: secrets['the secret of the bucket']!, PORT: 'x' }),
    begin(CLI, ['token', 'analyst'], { DATABASE_URL: databaseUrl }),
    begin(MAIN, [], { DATABASE_URL: databaseUrl, NODE_OPTIONS: `--import ${FAULT}` }),
  ];
  await Promise.all(failing.map((each) => once(each, 'close')));
  for (const { exitCode } of failing) expect(exitCode).not.toBe(0);
  expect(written).toContain('lotline ends by a fault of its own: Error: a fault at ');

  expect(written.split('\n').length).toBeGreaterThan(40);
  const found = Object.entries(secrets).flatMap(([what, secret]) =>
    waysToWrite(secret).flatMap((text) => {
      const at = written.indexOf(text);
      return at < 0 ? [] : [`${what}: ${written.slice(Math.max(0, at - 200), at)}`];
    }),
  );
  expect(found).toEqual([]);
});

test('what looks like a secret is hidden, whoever wrote it, and what does not is left as it is', () => {
  const hide = hidingSecrets({ DATABASE_URL: 'postgres://lot:pa%20ss-word@h/x', ACE_TOKEN: 'a-token-of-ace' });
  for (const [text, hidden] of [
    ['a-token-of-ace was refused', '[hidden] was refused'],
    ['password "pa ss-word"', 'password "[hidden]"'],
    ['at postgres://other:secret@h:5432/x', 'at postgres://other:[hidden]@h:5432/x'],
    ['{"authorization":"Bearer abcdefghijk"}', '{"authorization":"Bearer [hidden]"}'],
    [`lotline_${'0'.repeat(32)}_${'A'.repeat(43)}`, `lotline_${'0'.repeat(32)}_[hidden]`],
    ['whsec_YWJjZA==', '[hidden]'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.c2ln', '[hidden]'],
    ['http://localhost:4000/ and a@b', 'http://localhost:4000/ and a@b'],
    ['bearer of news', 'bearer of news'],
  ])
    expect(hide(text!)).toBe(hidden);
});
