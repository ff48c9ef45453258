import { execFile } from 'node:child_process';
import { createHmac, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { TestIssuer, type TokenShape } from '../support/issuer';
import { csv, type Lotline, startLotline } from '../support/lotline';

// Who somebody is, by a token of an OpenID Connect issuer: the same over HTTP, WebSocket and server-sent events.

const FARM = 'I:FARM';
const MILL = 'I:MILL';
const LOTS = 'subscription { lotEvents { cursor sequence change { lot { code } } } }';
const VIEWER = '{ viewer { kind scopes operation { name } certifier { code } } lots { nodes { code } } }';

let issuer: TestIssuer;
let lotline: Lotline;
beforeAll(async () => {
  issuer = await TestIssuer.start();
  lotline = await startLotline({
    demo: false,
    oidc: { issuer: issuer.url, audience: TestIssuer.audience, claim: 'lotline' },
    heartbeatMs: 100,
  });
  await lotline.import({
    'certifiers.csv': csv([{ certifier: 'ZZ1', name: 'Certifier', scheme: 'NOP' }]),
    'operations.csv': csv([FARM, MILL].map((operation) => ({ operation, name: operation, country: 'UA', roles: 'producer' }))),
    'products.csv': csv([{ product: 'Wheat', hts: '1001990000', organic: 'yes' }]),
    'lots.csv': csv(
      [FARM, MILL].map((producer) => ({
        code: `OF-${producer}`,
        producer,
        product: 'Wheat',
        quantity: 1,
        unit: 'KGM',
        kind: 'harvest',
        produced_on: '2025-01-01',
      })),
    ),
  });
});
afterAll(async () => {
  await lotline.close();
  await issuer.close();
});

interface Answer {
  status: number;
  body: any;
}

/** Asks with headers as they are, so that there may be two of a name. */
function ask(headers: string[], query = VIEWER, path = '/graphql'): Promise<Answer> {
  return new Promise((done, failed) => {
    const asked = httpRequest(`${lotline.url}${path}`, { method: 'POST' }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
        if (path === '/graphql/stream' && response.statusCode === 200) {
          response.destroy();
          done({ status: 200, body: text });
        }
      });
      response.on('end', () => done({ status: response.statusCode!, body: JSON.parse(text) }));
      response.on('error', () => {});
    });
    asked.on('error', failed);
    asked.setHeader('content-type', 'application/json');
    const byName = new Map<string, string[]>();
    for (let index = 0; index < headers.length; index += 2)
      byName.set(headers[index]!, [...(byName.get(headers[index]!) ?? []), headers[index + 1]!]);
    for (const [name, values] of byName) asked.setHeader(name, values.length === 1 ? values[0]! : values);
    asked.end(JSON.stringify({ query }));
  });
}
const bearing = (token: string, ...more: string[]) => ['authorization', `Bearer ${token}`, ...more];
const viewerOf = async (token: string, ...more: string[]) => (await ask(bearing(token, ...more))).body.data;

/** How a WebSocket is met that says this at its beginning: acknowledged, or closed with a code. */
function greeted(
  payload: object,
  headers: Record<string, string> = {},
): Promise<{ code: number | 'acknowledged'; reason: string; socket: WebSocket }> {
  const socket = new WebSocket(`${lotline.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', { headers });
  socket.once('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload })));
  return new Promise((done) => {
    socket.once('message', () => done({ code: 'acknowledged', reason: '', socket }));
    socket.once('close', (code, reason) => done({ code, reason: String(reason), socket }));
  });
}

describe('a token says for whom somebody acts', () => {
  test.each<[string, unknown, object, string[]]>([
    ['an operation', [`operation:${FARM}`], { kind: 'OPERATION', operation: { name: FARM }, certifier: null }, [`OF-${FARM}`]],
    ['a certifier', ['certifier:zz1'], { kind: 'CERTIFIER', operation: null, certifier: { code: 'ZZ1' } }, []],
    ['an analyst', ['analyst'], { kind: 'ANALYST', operation: null, certifier: null }, [`OF-${FARM}`, `OF-${MILL}`]],
    ['an administrator', ['administrator'], { kind: 'ADMINISTRATOR', operation: null, certifier: null }, [`OF-${FARM}`, `OF-${MILL}`]],
    [
      'roles in one text',
      `openid operation:${MILL} email`,
      { kind: 'OPERATION', operation: { name: MILL }, certifier: null },
      [`OF-${MILL}`],
    ],
    [
      'roles of others beside it',
      ['offline_access', 7, null, 'analyst'],
      { kind: 'ANALYST', operation: null, certifier: null },
      [`OF-${FARM}`, `OF-${MILL}`],
    ],
    [
      'one role in two spellings',
      ['certifier:ZZ1', 'certifier:zz1'],
      { kind: 'CERTIFIER', operation: null, certifier: { code: 'ZZ1' } },
      [],
    ],
  ])('%s', async (_, roles, viewer, codes) => {
    const data = await viewerOf(issuer.token(roles));
    expect(data.viewer).toEqual({ ...viewer, scopes: [] });
    expect(data.lots.nodes.map(({ code }: { code: string }) => code)).toEqual(codes);
  });

  test.each<[string, TokenShape]>([
    ['for several audiences', { claims: { aud: ['another', TestIssuer.audience] } }],
    ['by a clock that is 20 seconds ahead', { claims: { iat: Date.now() / 1000 + 20, nbf: Date.now() / 1000 + 20 } }],
    ['expired 10 seconds ago by ours', { claims: { exp: Date.now() / 1000 - 10 } }],
  ])('%s, it is good', async (_, shape) => {
    expect((await viewerOf(issuer.token(['analyst'], shape))).viewer.kind).toBe('ANALYST');
  });

  test('of several roles one is named with each request, and no other is taken', async () => {
    const both = issuer.token([`operation:${FARM}`, `operation:${MILL}`, 'operation:I:NOWHERE']);
    const { status, body } = await ask(bearing(both));
    expect([status, body.errors[0].extensions.code]).toEqual([400, 'BAD_USER_INPUT']);
    expect(body.errors[0].message).toContain(`operation:${MILL}`);
    for (const operation of [FARM, MILL])
      expect((await viewerOf(both, 'lotline-acting-for', `operation:${operation}`)).viewer.operation).toEqual({ name: operation });

    // One that is not the token's, one that is not there, and one that cannot be: the same, but for what the caller wrote.
    const refusals = await Promise.all(
      ['certifier:ZZ1', 'operation:I:UNKNOWN', 'analyst', 'operation:I:NOWHERE', 'nonsense'].map(async (role) => {
        const refused = await ask(bearing(both, 'lotline-acting-for', role));
        return JSON.stringify(refused)
          .replaceAll(role, 'ROLE')
          .replace(/"requestId":"[^"]+"/, '');
      }),
    );
    expect(new Set(refusals).size).toBe(1);
    expect(refusals[0]).toContain('FORBIDDEN');
    expect((await ask(bearing(issuer.token([])))).body.errors[0].extensions.code).toBe('FORBIDDEN');
    const twice = await ask(bearing(both, 'lotline-acting-for', `operation:${FARM}`, 'lotline-acting-for', `operation:${MILL}`));
    expect([twice.status, twice.body.errors[0].extensions.code]).toEqual([400, 'BAD_USER_INPUT']);

    for (const key of ['actingFor', 'ACTINGFOR']) {
      const { code, socket } = await greeted({ authorization: both, [key]: `operation:${MILL}` });
      expect(code).toBe('acknowledged');
      socket.terminate();
    }
    expect(await greeted({ authorization: both })).toMatchObject({ code: 4403, reason: expect.stringContaining('several') });
    expect(await greeted({ authorization: both, actingFor: 'analyst' })).toMatchObject({ code: 4403 });
  });
});

describe('a token that is not good is refused over HTTP, WebSocket and server-sent events, and nothing is said but that', () => {
  const now = () => Math.floor(Date.now() / 1000);
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const good = () => issuer.token(['analyst']);
  const replaced = (part: number, by: string) =>
    good()
      .split('.')
      .map((each, index) => (index === part ? by : each))
      .join('.');
  test.each<[string, () => string]>([
    ['expired', () => issuer.token(['analyst'], { claims: { exp: now() - 60 } })],
    ['not yet valid', () => issuer.token(['analyst'], { claims: { nbf: now() + 300 } })],
    ['issued in the future', () => issuer.token(['analyst'], { claims: { iat: now() + 300 } })],
    ['without an end', () => issuer.token(['analyst'], { claims: { exp: undefined } })],
    ['without a subject', () => issuer.token(['analyst'], { claims: { sub: undefined } })],
    ['for another audience', () => issuer.token(['analyst'], { claims: { aud: 'another' } })],
    ['for no audience', () => issuer.token(['analyst'], { claims: { aud: undefined } })],
    ['of another issuer', () => issuer.token(['analyst'], { claims: { iss: 'https://issuer.example' } })],
    ['of no issuer', () => issuer.token(['analyst'], { claims: { iss: undefined } })],
    ['of demo mode', () => issuer.token(['analyst'], { claims: { iss: 'lotline-demo' } })],
    ['alg: none', () => issuer.token(['analyst'], { header: { alg: 'none' }, signedWith: () => Buffer.alloc(0) })],
    ['alg: none, with a signature', () => issuer.token(['analyst'], { header: { alg: 'none' } })],
    [
      'signed with the public key as a secret',
      () => {
        const secret = createPublicKey({ key: issuer.key.jwk as never, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
        return issuer.token(['analyst'], {
          header: { alg: 'HS256' },
          signedWith: (data) => createHmac('sha256', secret).update(data).digest(),
        });
      },
    ],
    ['signed by a stranger', () => issuer.token(['analyst'], { signedWith: (data) => sign('sha256', data, stranger) })],
    [
      'with a key of its own in its header',
      () =>
        issuer.token(['analyst'], { header: { kid: 'own', jwk: issuer.key.jwk }, signedWith: (data) => sign('sha256', data, stranger) }),
    ],
    [
      'its claims changed',
      () =>
        replaced(
          1,
          Buffer.from(
            JSON.stringify({ iss: issuer.url, aud: TestIssuer.audience, sub: 'x', exp: now() + 99, lotline: ['administrator'] }),
          ).toString('base64url'),
        ),
    ],
    ['its claims no JSON', () => replaced(1, 'eyJ')],
    ['its signature cut', () => good().slice(0, -8)],
    ['two parts', () => good().split('.').slice(0, 2).join('.')],
    ['larger than any', () => issuer.token(['analyst', 'x'.repeat(8192)])],
    ['garbage', () => 'garbage'],
    ['nothing', () => ''],
  ])('%s', async (_, made) => {
    const token = made();
    for (const path of ['/graphql', '/graphql/stream']) {
      const { status, body } = await ask(bearing(token), path === '/graphql' ? VIEWER : LOTS, path);
      expect([status, body.errors?.[0].extensions.code, body.data]).toEqual([401, 'UNAUTHENTICATED', undefined]);
      expect(JSON.stringify(body)).not.toMatch(/jose|JWT|JWS|claim|signature|at .*\.ts/);
    }
    expect(await greeted({ authorization: token })).toMatchObject({ code: 4403 });
  });

  test.each<[string, () => string[]]>([
    ['two tokens', () => [...bearing(issuer.token(['analyst'])), ...bearing(issuer.token(['administrator']))]],
    ['two in one header', () => ['authorization', `Bearer ${good()}, Bearer ${good()}`]],
    ['a password', () => ['authorization', 'Basic YTpi']],
    ['a role without a token', () => ['lotline-acting-for', 'analyst']],
  ])('%s', async (_, headers) => {
    for (const path of ['/graphql', '/graphql/stream']) {
      const { status, body } = await ask(headers(), path === '/graphql' ? VIEWER : LOTS, path);
      expect([status, body.errors?.[0].extensions.code]).toEqual([401, 'UNAUTHENTICATED']);
    }
  });

  test('two tokens in one connection_init, or another in its headers; the same one twice is one', async () => {
    const [one, other] = [issuer.token(['analyst']), issuer.token(['administrator'])];
    expect(await greeted({ authorization: one, Authorization: other })).toMatchObject({ code: 4403 });
    expect(await greeted({ authorization: one }, { authorization: `Bearer ${other}` })).toMatchObject({ code: 4403 });
    const same = await greeted({ authorization: one }, { authorization: `Bearer ${one}` });
    expect(same.code).toBe('acknowledged');
    same.socket.terminate();
  });

  test('a demo token of this very database, outside of demo mode', async () => {
    expect((await ask(bearing(await lotline.token('analyst')))).status).toBe(401);
  });
});

test('a connection ends when its token does: its streams say where to resume from, then it is closed; an event stream ends too', async () => {
  // A clock that is 30 seconds behind is borne: this token, which is over, ends in eight seconds by ours.
  const token = issuer.token(['analyst'], { claims: { exp: Math.floor(Date.now() / 1000) - 22 } });
  const { code, socket } = await greeted({ authorization: token });
  expect(code).toBe('acknowledged');
  const frames: any[] = [];
  socket.on('message', (data) => frames.push(JSON.parse(String(data))));
  const closed = new Promise<[number, string]>((done) => socket.once('close', (closing, reason) => done([closing, String(reason)])));
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: LOTS } }));
  const streaming = fetch(`${lotline.url}/graphql/stream`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query: LOTS }),
  }).then((response) => response.text());

  expect(await closed).toEqual([4403, 'the token has expired']);
  const last = frames.at(-1);
  expect(last.type).toBe('error');
  expect(last.payload[0].extensions).toMatchObject({ code: 'UNAUTHENTICATED', resumeAfter: expect.any(String) });
  const text = await streaming;
  expect(text).toContain('"code":"UNAUTHENTICATED"');
  expect(text.trimEnd().endsWith('event: complete\ndata:')).toBe(true);
});

describe('the keys of the issuer', () => {
  test('are fetched once for many tokens, and again where one is not known; those given up are not good any more', async () => {
    const before = issuer.token(['analyst']);
    await viewerOf(before);
    const fetched = issuer.keysFetched;
    await Promise.all(Array.from({ length: 20 }, () => viewerOf(issuer.token(['analyst']))));
    expect(issuer.keysFetched).toBe(fetched);

    // Keys that nobody has do not make us ask each time.
    for (let index = 0; index < 20; index++) await ask(bearing(issuer.token(['analyst'], { header: { kid: `unknown-${index}` } })));
    expect(issuer.keysFetched).toBeLessThanOrEqual(fetched + 1);

    issuer.rotate();
    for (const until = Date.now() + 20_000; (await ask(bearing(issuer.token(['analyst'])))).status !== 200; await sleep(200))
      if (Date.now() > until) throw new Error('the new key was never taken');
    expect((await ask(bearing(before))).status).toBe(401);
  }, 30_000);

  test('cannot be fetched: that is said, and mends by itself', async () => {
    const other = await TestIssuer.start();
    const cut = await startLotline({ demo: false, oidc: { issuer: other.url, audience: TestIssuer.audience, claim: 'roles' } });
    try {
      other.down = true;
      const token = other.token(undefined, { claims: { roles: ['analyst'] } });
      const asked = () =>
        fetch(`${cut.url}/graphql`, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify({ query: '{ viewer { kind } }' }),
        });
      const response = await asked();
      expect(response.status).toBe(503);
      expect(((await response.json()) as any).errors[0].extensions).toMatchObject({ code: 'UNAVAILABLE', retryable: true });
      const socket = new WebSocket(`${cut.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
      socket.once('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: token } })));
      expect(await new Promise((done) => socket.once('close', done))).toBe(1013);
      other.down = false;
      expect((await asked()).status).toBe(200);
    } finally {
      await cut.close();
      await other.close();
    }
  });
});

describe('demo mode', () => {
  /** `lotline token --analyst`, with settings. */
  const tokenVerb = (env: Record<string, string>): Promise<{ code: number; out: string; err: string }> =>
    new Promise((done) => {
      const cli = join(__dirname, '..', '..', 'server', 'bin', 'lotline.js');
      execFile(process.execPath, [cli, 'token', '--analyst'], { env: { ...process.env, ...env } }, (error, out, err) =>
        done({ code: error ? Number(error.code) : 0, out, err }),
      );
    });

  test("mints no token for somebody's own database, unless it is told to; settings that cannot be are named", async () => {
    const own = { DATABASE_URL: lotline.databaseUrl };
    const issuers = ['http://issuer.example', 'issuer.example', 'https://issuer.example/?a'];
    const [refused, told, maybe, halfway, ...wrong] = await Promise.all([
      tokenVerb(own),
      tokenVerb({ ...own, LOTLINE_DEMO: 'yes' }),
      tokenVerb({ ...own, LOTLINE_DEMO: 'maybe' }),
      tokenVerb({ ...own, OIDC_ISSUER: 'https://issuer.example' }),
      ...issuers.map((of) => tokenVerb({ ...own, OIDC_ISSUER: of, OIDC_AUDIENCE: 'lotline' })),
    ]);
    expect(refused).toMatchObject({ code: 1, out: '', err: expect.stringContaining('LOTLINE_DEMO=yes') });
    expect(told).toMatchObject({ code: 0, err: '' });
    expect((await ask(bearing(told!.out.trim()))).status).toBe(401);
    expect(maybe).toMatchObject({ code: 2, err: expect.stringContaining('LOTLINE_DEMO') });
    expect(halfway).toMatchObject({ code: 2, err: expect.stringContaining('OIDC_AUDIENCE') });
    expect(wrong).toHaveLength(issuers.length);
    for (const each of wrong) expect(each).toMatchObject({ code: 2, err: expect.stringContaining('OIDC_ISSUER') });
  });
});
