import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { post } from '@lotline/server/webhooks/post';
import { whyPrivate } from '@lotline/server/webhooks/url';

// Nothing is sent to the house itself: not by an address, in whatever notation, nor by a name that leads there, nor by one that did not when
// it was looked at.

jest.mock('node:dns', () => {
  const dns = jest.requireActual('node:dns');
  return { ...dns, lookup: (...all: unknown[]) => mockLookup(...all) };
});

/** What names lead to: each time they are looked up the next. */
const mockNames = new Map<string, string[]>();
const mockLookedUp: string[] = [];
function mockLookup(...[host, options, callback]: any[]): void {
  mockLookedUp.push(host);
  const answers = mockNames.get(host);
  if (!answers) {
    callback(Object.assign(new Error('no such host'), { code: 'ENOTFOUND' }));
    return;
  }
  const address = answers.length > 1 ? answers.shift()! : answers[0]!;
  const found = address.split(' ').map((each) => ({ address: each, family: each.includes(':') ? 6 : 4 }));
  callback(null, options.all ? found : found[0]!.address, found[0]!.family);
}

let hits = 0;
let port: number;
const server = createServer((_, response) => {
  hits++;
  response.writeHead(204).end();
});

beforeAll(async () => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => new Promise((done) => server.close(done)));

const CLOSED = { privateAddresses: false, timeoutMs: 1000 };
const send = (url: string) => post(url, {}, '{}', CLOSED);

const LITERALS = [
  'https://127.0.0.1/',
  'https://127.1/',
  'https://127.0.0.1.:443/',
  'https://2130706433/',
  'https://0x7f000001/',
  'https://0x7f.1/',
  'https://0177.0.0.1/',
  'https://017700000001/',
  'https://0/',
  'https://0.0.0.0/',
  'https://10.0.0.1/',
  'https://100.64.0.1/',
  'https://169.254.169.254/latest/meta-data/',
  'https://172.16.5.4/',
  'https://172.31.255.255/',
  'https://192.168.1.1/',
  'https://192.0.0.192/',
  'https://198.18.0.1/',
  'https://224.0.0.1/',
  'https://255.255.255.255/',
  'https://[::1]/',
  'https://[::]/',
  'https://[::ffff:127.0.0.1]/',
  'https://[::ffff:7f00:1]/',
  'https://[::127.0.0.1]/',
  'https://[64:ff9b::7f00:1]/',
  'https://[2002:7f00:1::]/',
  'https://[2001:0:7f00:1::]/',
  'https://[fc00::1]/',
  'https://[fd12:3456::1]/',
  'https://[fe80::1]/',
  'https://[ff02::1]/',
  'https://①②⑦.⓪.⓪.①/',
];
const NAMES = [
  'https://localhost/',
  'https://LOCALHOST/',
  'https://localhost./',
  'https://foo.localhost/',
  'https://metadata.google.internal/',
  'https://printer.local/',
  'https://intranet/',
  'https://1.0.0.127.in-addr.arpa/',
];

test.each([...LITERALS, ...NAMES, 'http://example.com/', 'http://93.184.215.14/'])('%s is not sent to', async (url) => {
  expect(whyPrivate(url)).not.toBeNull();
  mockLookedUp.length = 0;
  expect(await send(url)).toEqual({ status: null, wrong: whyPrivate(url) });
  expect(mockLookedUp).toEqual([]);
});

test.each([
  'https://93.184.215.14/',
  'https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/',
  'https://hooks.example.com/in',
  'https://example.com:8443/',
])('%s may be sent to', (url) => {
  expect(whyPrivate(url)).toBeNull();
});

test.each([
  ['a name that leads to the house', ['127.0.0.1']],
  ['to a private network', ['10.1.2.3']],
  ['to the cloud’s own service', ['169.254.169.254']],
  ['to IPv6 that holds a private address', ['::ffff:10.0.0.1']],
  ['to one public and one private address', ['93.184.215.14 127.0.0.1']],
  ['to nothing', ['']],
])('%s is not connected to', async (_, answers) => {
  const host = 'rebinds.example.com';
  mockNames.set(host, answers[0] === '' ? [] : [...answers]);
  if (answers[0] === '') mockNames.delete(host);
  const before = hits;
  const { status, wrong } = await send(`https://${host}:${port}/`);
  expect(status).toBeNull();
  expect(wrong).toMatch(answers[0] === '' ? /cannot be reached \(ENOTFOUND\)/ : /^the host has an address that is not public$/);
  expect(hits).toBe(before);
});

test('a name that was public when the webhook was created, and is not any more', async () => {
  const host = 'changes.example.com';
  mockNames.set(host, ['93.184.215.14', '127.0.0.1']);
  const first = await post(`https://${host}:1/`, {}, '{}', { ...CLOSED, timeoutMs: 300 });
  expect(first.wrong).not.toBe('the host has an address that is not public');
  expect(await send(`https://${host}:${port}/`)).toEqual({ status: null, wrong: 'the host has an address that is not public' });
});

test('with leave of an operator the house is sent to, as it is', async () => {
  expect(await post(`http://127.0.0.1:${port}/`, {}, '{}', { privateAddresses: true, timeoutMs: 1000 })).toEqual({
    status: 204,
    wrong: null,
  });
});
