import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Kilograms } from '@lotline/client';
import { expressWebhook, fastifyWebhook, fetchWebhook, verifyWebhook, type WebhookEvent, WebhookRefused } from '@lotline/client/webhooks';
import fastify from 'fastify';
import { Webhook } from 'standardwebhooks';

// Deliveries by Standard Webhooks, against the package of those who wrote it down.

const OLD = `whsec_${Buffer.from('the secret that was there before').toString('base64')}`;
const NEW = `whsec_${Buffer.from('the secret that takes its place!').toString('base64')}`;
const OTHER = `whsec_${Buffer.from('of somebody else').toString('base64')}`;
const NOW = Math.floor(Date.now() / 1000);
const BODY = JSON.stringify({
  type: 'lotEvents',
  timestamp: '2025-04-07T12:00:00.000Z',
  data: {
    cursor: 'abc',
    change: { kind: 'HARVESTED', kilograms: '8164.663', lot: { code: 'SÖY-1', quantity: { kilograms: '1', value: '1' } } },
  },
});

interface Delivery {
  body: string;
  headers: Record<string, string>;
}

const sign = (secret: string, body = BODY, at = NOW, id = 'msg_1') => new Webhook(secret).sign(id, new Date(at * 1000), body);
const delivery = (more: Partial<Delivery['headers']> = {}, body = BODY): Delivery => ({
  body,
  headers: { 'webhook-id': 'msg_1', 'webhook-timestamp': String(NOW), 'webhook-signature': sign(NEW), ...(more as Record<string, string>) },
});
const without = (name: string): Delivery => {
  const { body, headers } = delivery();
  return { body, headers: Object.fromEntries(Object.entries(headers).filter(([each]) => each !== name)) };
};
const at = (seconds: number): Delivery => delivery({ 'webhook-timestamp': String(seconds), 'webhook-signature': sign(NEW, BODY, seconds) });
const flipped = (text: string, place: number) => text.slice(0, place) + (text[place] === 'A' ? 'B' : 'A') + text.slice(place + 1);

const GOOD = sign(NEW);
const TABLE: [words: string, good: boolean, delivery: Delivery][] = [
  ['as it should be', true, delivery()],
  ['an empty object', true, delivery({ 'webhook-signature': sign(NEW, '{}') }, '{}')],
  ['other letters', true, delivery({ 'webhook-signature': sign(NEW, '"\u{1f33e} żółć"') }, '"\u{1f33e} żółć"')],
  ['a large body', true, delivery({ 'webhook-signature': sign(NEW, `"${'x'.repeat(200_000)}"`) }, `"${'x'.repeat(200_000)}"`)],
  [
    'headers in capitals',
    true,
    { body: BODY, headers: Object.fromEntries(Object.entries(delivery().headers).map(([name, value]) => [name.toUpperCase(), value])) },
  ],
  ['another id', true, delivery({ 'webhook-id': 'msg.2 x', 'webhook-signature': sign(NEW, BODY, NOW, 'msg.2 x') })],
  ['two signatures, the second good', true, delivery({ 'webhook-signature': `${sign(OTHER)} ${GOOD}` })],
  ['two signatures, the first good', true, delivery({ 'webhook-signature': `${GOOD} ${sign(OTHER)}` })],
  ['a signature of another version beside', true, delivery({ 'webhook-signature': `v1a,abc ${GOOD}` })],
  ['twice the same', true, delivery({ 'webhook-signature': `${GOOD} ${GOOD}` })],
  ['four minutes old', true, at(NOW - 240)],
  ['four minutes ahead', true, at(NOW + 240)],
  ['six minutes old', false, at(NOW - 360)],
  ['six minutes ahead', false, at(NOW + 360)],
  ['of 1970', false, at(0)],
  ['no id', false, without('webhook-id')],
  ['no time', false, without('webhook-timestamp')],
  ['no signature', false, without('webhook-signature')],
  ['an empty id', false, delivery({ 'webhook-id': '' })],
  ['an empty signature', false, delivery({ 'webhook-signature': '' })],
  ['no time but a word', false, delivery({ 'webhook-timestamp': 'now' })],
  ['a time below zero', false, delivery({ 'webhook-timestamp': `-${NOW}` })],
  ['another body', false, delivery({}, BODY.replace('SÖY-1', 'SÖY-2'))],
  ['a space more', false, delivery({}, `${BODY} `)],
  ['another key', false, delivery({ 'webhook-signature': sign(OTHER) })],
  ['the id of another', false, delivery({ 'webhook-id': 'msg_2' })],
  ['the time of another', false, delivery({ 'webhook-timestamp': String(NOW - 1) })],
  ['one letter of the signature', false, delivery({ 'webhook-signature': flipped(GOOD, 5) })],
  ['the last bits of the signature', false, delivery({ 'webhook-signature': flipped(GOOD, GOOD.length - 2) })],
  ['a signature cut short', false, delivery({ 'webhook-signature': GOOD.slice(0, -4) })],
  ['a signature with more behind', false, delivery({ 'webhook-signature': `${GOOD}A` })],
  ['a signature without its version', false, delivery({ 'webhook-signature': GOOD.slice(3) })],
  ['of version 2', false, delivery({ 'webhook-signature': GOOD.replace('v1', 'v2') })],
  ['of version 1a', false, delivery({ 'webhook-signature': GOOD.replace('v1', 'v1a') })],
  ['only the version', false, delivery({ 'webhook-signature': 'v1,' })],
  ['in hexadecimal', false, delivery({ 'webhook-signature': `v1,${Buffer.from(GOOD.slice(3), 'base64').toString('hex')}` })],
  ['for URLs', false, delivery({ 'webhook-signature': GOOD.replaceAll('+', '-').replaceAll('/', '_').replace('=', '') })],
  ['in small letters', false, delivery({ 'webhook-signature': GOOD.toLowerCase() })],
  ['with commas between', false, delivery({ 'webhook-signature': `${sign(OTHER)},${GOOD}` })],
];

test.each(TABLE)('%s: the same verdict as the reference', async (_, good, { body, headers }) => {
  const reference = () => new Webhook(NEW).verify(body, headers);
  const ours = verifyWebhook(body, headers, { secrets: NEW });
  if (good) {
    expect(reference).not.toThrow();
    await expect(ours).resolves.toMatchObject({ id: expect.any(String) });
  } else {
    expect(reference).toThrow();
    await expect(ours).rejects.toThrow(WebhookRefused);
  }
});

// Where we ask for more than the reference.
test.each(['12e3', `${NOW}abc`, ` ${NOW}`, `${NOW}.0`])('a time that is not written as seconds is refused: %s', async (timestamp) => {
  await expect(verifyWebhook(BODY, delivery({ 'webhook-timestamp': timestamp }).headers, { secrets: NEW })).rejects.toThrow(WebhookRefused);
});

test('either secret is good while one takes the place of the other', async () => {
  for (const secret of [OLD, NEW]) {
    const { headers } = delivery({ 'webhook-signature': sign(secret) });
    await expect(verifyWebhook(BODY, headers, { secrets: [OLD, NEW] })).resolves.toMatchObject({ type: 'lotEvents' });
  }
  await expect(verifyWebhook(BODY, delivery().headers, { secrets: [OLD, OTHER] })).rejects.toThrow(WebhookRefused);
  await expect(verifyWebhook(BODY, delivery().headers, { secrets: [] })).rejects.toThrow(WebhookRefused);
});

test.each(['', 'whsec_', 'whsec_***', 'whsec_abc'])('a secret that is none is a mistake of the receiver: %s', async (secret) => {
  await expect(verifyWebhook(BODY, delivery().headers, { secrets: secret })).rejects.toThrow(TypeError);
});

test('what is verified has its types, masses as exact values', async () => {
  const event = await verifyWebhook(Buffer.from(BODY), new Headers(delivery().headers), { secrets: NEW });
  if (event.type !== 'lotEvents') throw new Error(event.type);
  expect(event).toMatchObject({ id: 'msg_1', data: { cursor: 'abc', change: { lot: { code: 'SÖY-1', quantity: { value: '1' } } } } });
  expect(event.data.change.kilograms!.equals(Kilograms.of('8164.663'))).toBe(true);
});

describe('a delivery that comes over HTTP', () => {
  let handled: WebhookEvent[];
  let fails: boolean;
  const handle = async (event: WebhookEvent) => {
    if (fails) throw new Error('the database is away');
    handled.push(event);
  };
  beforeEach(() => {
    [handled, fails] = [[], false];
  });

  const express = async () => {
    const middleware = expressWebhook({ secrets: NEW }, handle);
    const server = createServer((request: IncomingMessage & { body?: unknown }, response: ServerResponse) => {
      if (request.url === '/parsed') request.body = {};
      void middleware(request, response, (error) => response.writeHead(500).end(String(error)));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => new Promise((done) => server.close(done)) };
  };
  const inFastify = async () => {
    const app = fastify();
    app.post('/json', async ({ body }) => body);
    await app.register(fastifyWebhook('/', { secrets: NEW }, handle));
    return { url: await app.listen({ port: 0, host: '127.0.0.1' }), close: () => app.close() };
  };
  const inFetch = async () => {
    const answer = fetchWebhook({ secrets: NEW }, handle);
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const asked = new Request('http://localhost/', {
        method: 'POST',
        headers: request.headers as Record<string, string>,
        body: Buffer.concat(chunks),
      });
      const { status, body } = await answer(asked).catch(() => new Response('failed', { status: 500 }));
      response.writeHead(status).end(body === null ? '' : await new Response(body).text());
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => new Promise((done) => server.close(done)) };
  };

  test.each([
    ['Express', express],
    ['Fastify', inFastify],
    ['Fetch', inFetch],
  ])('is verified, handled and answered in %s', async (_, start) => {
    const { url, close } = await start();
    const post = async ({ body, headers }: Delivery, path = '/') =>
      (await fetch(url + path, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body })).status;
    try {
      expect(await post(delivery())).toBe(204);
      expect(handled).toMatchObject([{ id: 'msg_1', type: 'lotEvents' }]);
      expect(await post(delivery({}, '{}'))).toBe(401);
      expect(await post(delivery({ 'webhook-signature': sign(NEW, 'no JSON') }, 'no JSON'))).toBe(400);
      expect(handled).toHaveLength(1);
      fails = true;
      expect(await post(delivery())).toBe(500);
    } finally {
      await close();
    }
  });

  test('is refused in Express where its bytes are gone, or are too many', async () => {
    const { url, close } = await express();
    try {
      const parsed = await fetch(`${url}/parsed`, { method: 'POST', headers: delivery().headers, body: BODY });
      expect(await parsed.text()).toMatch(/before express\.json\(\)/);
      const large = 'x'.repeat(1024 * 1024 + 1);
      expect((await fetch(url, { method: 'POST', headers: delivery().headers, body: large })).status).toBe(413);
    } finally {
      await close();
    }
  });

  test('leaves other routes of Fastify their bodies', async () => {
    const { url, close } = await inFastify();
    try {
      const answer = await fetch(`${url}/json`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"a":1}' });
      expect(await answer.json()).toEqual({ a: 1 });
    } finally {
      await close();
    }
  });
});
