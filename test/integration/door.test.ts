import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingHttpHeaders, type RequestOptions, request } from 'node:http';
import { request as requestByTls } from 'node:https';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '@lotline/server/config';
import { Proxies } from '@lotline/server/http/proxies';
import { WebSocket } from 'ws';
import { selfSigned } from '../support/certificate';
import { type Lotline, startLotline } from '../support/lotline';
import { until } from '../support/sockets';

// Who is let in, and what is told to whom: origins, hosts, proxies, TLS. What is refused there stands in the table of attacks.

const APP = 'https://app.example';
const STREAM = `/graphql/stream?query=${encodeURIComponent('subscription { lotEvents { cursor } }')}`;
const ASKED = { method: 'POST', body: '{"query":"{ viewer { kind } }"}' };
const JSON_TYPE = { 'content-type': 'application/json' };

let lotline: Lotline;
beforeAll(async () => {
  lotline = await startLotline({ door: { publicUrl: null, origins: [APP], proxies: [] }, heartbeatMs: 100, pollMs: 100 });
});
afterAll(() => lotline.close());

interface Asked extends RequestOptions {
  body?: string;
  headers?: Record<string, string>;
}

/** The head of an answer; the rest is not waited for. */
function asked(url: string, { body, ...options }: Asked = {}): Promise<{ status: number; headers: IncomingHttpHeaders; socket: Socket }> {
  const ask = url.startsWith('https') ? requestByTls : request;
  return new Promise((done, failed) => {
    const sent = ask(url, { agent: false, ...options }, (response) => {
      done({ status: response.statusCode!, headers: response.headers, socket: response.socket });
      response.once('error', () => {});
      response.destroy();
    });
    sent.once('error', failed);
    sent.end(body);
  });
}

describe('origins', () => {
  test.each(['/graphql', '/graphql/stream', '/files', '/import', '/export/lots.csv', '/documents/x/content'])(
    'a page of a listed origin may ask %s, and is told what it may send',
    async (path) => {
      const { status, headers } = await asked(lotline.url + path, {
        method: 'OPTIONS',
        headers: { origin: APP, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization,content-type' },
      });
      expect(status).toBe(204);
      expect(headers).toMatchObject({ 'access-control-allow-origin': APP, vary: 'Origin', 'access-control-max-age': '600' });
      for (const name of ['authorization', 'content-type', 'lotline-acting-for', 'lotline-at-least', 'last-event-id'])
        expect(headers['access-control-allow-headers']!.split(', ')).toContain(name);
      expect(headers['access-control-allow-methods']).toBe('GET, HEAD, POST');
      expect(headers['access-control-allow-credentials']).toBeUndefined();
    },
  );

  test('it reads the answers, the errors, the streams and the headers that are meant for it', async () => {
    const from = { origin: APP, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' };
    const answers = [
      await asked(`${lotline.url}/graphql`, { ...ASKED, headers: { ...JSON_TYPE, ...from } }),
      await asked(`${lotline.url}/graphql`, { ...ASKED, headers: { ...JSON_TYPE, ...from, authorization: 'Bearer x' } }),
      await asked(lotline.url + STREAM, { headers: { ...from, accept: 'text/event-stream' } }),
      await asked(`${lotline.url}/nothing`, { headers: from }),
      await asked(`${lotline.url}/schema.graphql`, { headers: from }),
      await asked(`${lotline.url}/print/trace/x`, { headers: from }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 401, 200, 404, 200, expect.any(Number)]);
    for (const { headers } of answers) {
      expect(headers['access-control-allow-origin']).toBe(APP);
      expect(headers.vary).toMatch(/\bOrigin\b/);
      for (const name of ['x-request-id', 'retry-after', 'etag', 'lotline-content-hash', 'content-disposition'])
        expect(headers['access-control-expose-headers']!.split(', ')).toContain(name);
    }
  });

  test('its own pages ask as they did, programs say no origin, and a link leads to a page', async () => {
    const navigate = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
    const answers = [
      await asked(`${lotline.url}/graphql`, { ...ASKED, headers: { ...JSON_TYPE, origin: lotline.url, 'sec-fetch-site': 'same-origin' } }),
      await asked(`${lotline.url}/graphql`, { ...ASKED, headers: JSON_TYPE }),
      await asked(`${lotline.url}/`, { headers: navigate }),
      await asked(`${lotline.url}/`, { headers: { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' } }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });

  test.each([
    [APP, 'open'],
    ['own', 'open'],
    [undefined, 'open'],
    ['https://other.example', 403],
  ])('a WebSocket of %s: %s', async (origin, expected) => {
    const socket = new WebSocket(`${lotline.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
      origin: origin === 'own' ? lotline.url : origin,
    });
    const found = await new Promise((done) => {
      socket.once('open', () => done('open'));
      socket.once('unexpected-response', (_request, response) => {
        expect(response.headers).toMatchObject({ vary: 'Origin', 'x-content-type-options': 'nosniff', 'x-request-id': expect.any(String) });
        done(response.statusCode);
      });
      socket.on('error', () => {});
    });
    socket.terminate();
    expect(found).toBe(expected);
  });
});

describe('the public URL, and proxies', () => {
  let served: Lotline;
  beforeAll(async () => {
    served = await startLotline({
      demo: false,
      door: { publicUrl: 'https://lotline.example', origins: [], proxies: ['127.0.0.1', '10.0.0.0/8', '2001:db8::/32'] },
    });
  });
  afterAll(() => served.close());

  test.each<[string, number, Record<string, string>]>([
    ['its own name', 200, { host: 'lotline.example' }],
    ['its own name with the port that it has anyway', 200, { host: 'lotline.example:443' }],
    ['its own name in other letters', 200, { host: 'LOTLINE.example' }],
    ['another port', 403, { host: 'lotline.example:444' }],
    ['another name', 403, { host: 'other.example' }],
    ['what a proxy says it was called', 200, { host: 'inside:4000', 'x-forwarded-host': 'lotline.example' }],
    ['what a client said before the proxy', 403, { host: 'lotline.example', 'x-forwarded-host': 'lotline.example, other.example' }],
    ['a page of its own', 200, { host: 'lotline.example', origin: 'https://lotline.example' }],
    ['a page of its own name without TLS', 403, { host: 'lotline.example', origin: 'http://lotline.example' }],
  ])('%s: %d', async (_what, status, headers) => {
    const answer = await asked(`${served.url}/graphql`, { ...ASKED, headers: { ...JSON_TYPE, ...headers } });
    expect(answer.status).toBe(status);
    expect(answer.headers['strict-transport-security']).toBe('max-age=31536000');
  });

  test('in demo mode the name that a proxy was asked for is one of loopback, and so is the one that it asks for', async () => {
    const demo = await startLotline({ door: { publicUrl: null, origins: [], proxies: ['127.0.0.1'] }, host: '::' });
    try {
      expect(new URL(demo.url).hostname).toBe('localhost');
      const statuses = [];
      for (const [host, said] of [
        ['evil.example', 'localhost'],
        ['localhost', 'evil.example'],
        ['localhost', '127.0.0.1'],
      ])
        statuses.push(
          (await asked(`http://127.0.0.1:${demo.server.port}/`, { headers: { host: host!, 'x-forwarded-host': said! } })).status,
        );
      expect(statuses).toEqual([403, 403, 200]);
    } finally {
      await demo.close();
    }
  });

  test('health is told by whatever name it is asked', async () => {
    for (const path of ['/healthz', '/readyz'])
      expect((await asked(served.url + path, { headers: { host: '10.1.2.3:4000' } })).status).toBe(200);
  });

  test.each<[string, string, string | undefined, string]>([
    ['a client', '203.0.113.9', '198.51.100.1', '203.0.113.9'],
    ['a proxy that says for whom', '10.1.1.1', '198.51.100.1', '198.51.100.1'],
    ['two proxies', '127.0.0.1', '198.51.100.1, 10.2.2.2', '198.51.100.1'],
    ['a client that says it is another', '127.0.0.1', '1.1.1.1, 198.51.100.1', '198.51.100.1'],
    ['a proxy that says nothing', '10.1.1.1', undefined, '10.1.1.1'],
    ['a proxy that says what is no address', '10.1.1.1', 'unknown', '10.1.1.1'],
    ['IPv4 within IPv6', '::ffff:10.1.1.1', '::ffff:198.51.100.1', '198.51.100.1'],
    ['IPv6', '2001:db8::1', '2001:4860::1', '2001:4860::1'],
  ])('the address of %s', (_what, remoteAddress, forwarded, address) => {
    const proxies = new Proxies(['127.0.0.1', '10.0.0.0/8', '2001:db8::/32']);
    const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
    expect(proxies.peerOf({ socket: { remoteAddress }, headers } as never).address).toBe(address);
  });
});

test.each<[string, Record<string, string>, RegExp]>([
  ['a path', { PUBLIC_URL: 'https://lotline.example/x' }, /PUBLIC_URL/],
  ['no scheme', { CORS_ORIGINS: 'app.example' }, /CORS_ORIGINS: app.example/],
  ['an origin of everybody', { CORS_ORIGINS: '*' }, /CORS_ORIGINS: \*/],
  ['an origin with a path', { CORS_ORIGINS: 'https://a.example, https://b.example/' }, /CORS_ORIGINS: https:\/\/b.example\//],
  ['a port that browsers leave out', { CORS_ORIGINS: 'https://a.example:443' }, /CORS_ORIGINS/],
  ['a proxy by name', { TRUST_PROXY: 'proxy' }, /TRUST_PROXY: proxy/],
  ['an address that is none', { TRUST_PROXY: '10.0.0.999' }, /TRUST_PROXY/],
  ['a network that is none', { TRUST_PROXY: '10.0.0.0/99' }, /TRUST_PROXY/],
  ['a certificate without its key', { TLS_CERT: 'a.pem' }, /TLS_CERT and TLS_KEY/],
])('a setting that is %s is refused by its name', (_what, env, message) => {
  expect(() => readConfig(env)).toThrow(message);
});

test('HTTPS: over every transport, and by another certificate from when its files changed', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'lotline-tls-'));
  const tls = { cert: join(directory, 'cert.pem'), key: join(directory, 'key.pem') };
  const write = ({ cert, key }: { cert: string; key: string }) => {
    writeFileSync(tls.cert, cert);
    writeFileSync(tls.key, key);
  };
  const [first, second] = [selfSigned('localhost'), selfSigned('localhost')];
  write(first);
  const served = await startLotline({ tls, heartbeatMs: 100, pollMs: 100 });
  try {
    const url = `https://localhost:${served.server.port}`;
    expect(served.url).toMatch(/^https:/);
    const post = { ...ASKED, headers: { ...JSON_TYPE, origin: url } };
    const answer = await asked(`${url}/graphql`, { ...post, ca: first.cert } as Asked);
    expect([answer.status, answer.headers['strict-transport-security']]).toEqual([200, 'max-age=31536000']);
    const stream = await asked(url + STREAM, { headers: { accept: 'text/event-stream' }, ca: first.cert } as Asked);
    expect(stream.headers['content-type']).toMatch(/^text\/event-stream/);
    const socket = new WebSocket(`${url.replace('https', 'wss')}/graphql`, 'graphql-transport-ws', { ca: first.cert });
    await once(socket, 'open');

    write({ ...second, key: 'broken' });
    process.emit('SIGHUP');
    expect((await asked(`${url}/graphql`, { ...post, ca: first.cert } as Asked)).status).toBe(200);
    write(second);
    process.emit('SIGHUP');
    expect((await asked(`${url}/graphql`, { ...post, ca: second.cert } as Asked)).status).toBe(200);
    await expect(asked(`${url}/graphql`, { ...post, ca: first.cert } as Asked)).rejects.toThrow(/certificate/);
    // What was open stays.
    expect(socket.readyState).toBe(WebSocket.OPEN);
    // Who speaks without TLS, or never ends to agree on it, holds nobody up.
    const silent = connect(served.server.port, '127.0.0.1');
    silent.on('error', () => {});
    silent.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(silent, 'close');
  } finally {
    await served.close();
    rmSync(directory, { recursive: true, force: true });
  }
});

// Elsewhere loopback has one address only.
(process.platform === 'linux' ? test : test.skip)(
  'one address holds 1,000 connections, and no more; others are not held back by it',
  async () => {
    const open: Socket[] = [];
    let ended = 0;
    try {
      const connectFrom = async (localAddress: string) => {
        const socket = connect({ port: lotline.server.port, host: '127.0.0.1', localAddress });
        open.push(socket);
        socket.on('error', () => {});
        socket.once('close', () => {
          ended++;
        });
        await once(socket, 'connect');
      };
      for (let count = 0; count < 1000; count++) await connectFrom('127.0.0.2');
      expect(ended).toBe(0);
      await connectFrom('127.0.0.2');
      await until(() => ended === 1);
      await connectFrom('127.0.0.3');
      expect((await asked(`${lotline.url}/healthz`)).status).toBe(200);
      open[0]!.destroy();
      await until(() => ended === 2);
      await connectFrom('127.0.0.2');
      expect((await asked(`${lotline.url}/healthz`, { localAddress: '127.0.0.3' })).status).toBe(200);
    } finally {
      for (const socket of open) socket.destroy();
    }
  },
);
