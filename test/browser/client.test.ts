import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { csv, type Lotline, startLotline } from '../support/lotline';

// The client as it was built, in a page of the server's own origin, and in one of another.

const BUILT = resolve(__dirname, '..', '..', 'client-sdk', 'dist');
const CHROMIUM = [process.env.CHROMIUM_PATH, '/usr/bin/chromium'].find((path) => path && existsSync(path));

let lotline: Lotline;
let browser: Browser;
let page: Page;
/** Servers of pages elsewhere: one whose origin is listed, one whose origin is not. */
let elsewhere: [Server, Server];

const originOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
/** Serves the built client, and an empty page. */
const servePages = (): Promise<Server> =>
  new Promise((done) => {
    const server = createServer(({ url = '' }, response) => {
      const isBuilt = /^\/built\/[\w/-]+\.js$/.test(url);
      response.setHeader('content-type', isBuilt ? 'text/javascript' : 'text/html');
      response.end(isBuilt ? readFileSync(join(BUILT, url.slice('/built/'.length))) : '<!doctype html>');
    }).listen(0, '127.0.0.1', () => done(server));
  });

const looked = CHROMIUM !== undefined;
if (!looked) process.stderr.write('The client is not tried in a browser: there is no Chromium at CHROMIUM_PATH or /usr/bin/chromium\n');

(looked ? describe : describe.skip)('the client in a browser', () => {
  beforeAll(async () => {
    elsewhere = [await servePages(), await servePages()];
    const door = { publicUrl: null, origins: [originOf(elsewhere[0])], proxies: [] };
    lotline = await startLotline({ heartbeatMs: 100, pollMs: 100, door });
    await lotline.import({
      'operations.csv': csv([{ operation: 'B:FARM', name: 'Farm', country: 'UA', roles: 'producer' }]),
      'products.csv': csv([{ product: 'Wheat', hts: '1001990000', organic: 'yes' }]),
    });
    browser = await chromium.launch({
      executablePath: CHROMIUM!,
      headless: true,
      args: ['--no-sandbox', '--disable-gpu', '--no-first-run'],
    });
    page = await browser.newPage();
    await page.route('**/built/**', (route) => {
      const path = new URL(route.request().url()).pathname.replace('/built/', '');
      return route.fulfill({ contentType: 'text/javascript', body: readFileSync(join(BUILT, path)) });
    });
    // The server's own pages run nothing but what is theirs.
    await page.route('**/empty', (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }));
    await page.goto(`${lotline.url}/empty`);
  });
  afterAll(async () => {
    await browser?.close();
    await lotline?.close();
    for (const server of elsewhere ?? []) server.close();
  });

  const record = (code: string) =>
    lotline.import({
      'lots.csv': csv([{ code, producer: 'B:FARM', product: 'Wheat', quantity: '8164.663', unit: 'KGM', kind: 'harvest' }]),
    });

  test('asks, follows what changes through a restart of the server, and refuses a webhook', async () => {
    const token = await lotline.token('analyst');
    // Modules are the page's own affair: nothing of the test is in scope there.
    await page.evaluate(`(async () => {
      const { Lotline } = await import('/built/index.js');
      const client = new Lotline({ url: location.origin, token: ${JSON.stringify(token)} });
      window.client = client;
      window.heard = [];
      const stream = client.lotEvents({ after: await client.cursor() });
      window.following = (async () => { for await (const { lot, kilograms } of stream) heard.push(lot.code + ' ' + kilograms.toString()); })();
    })()`);
    await record('LOT-1');
    await page.waitForFunction('heard.length === 1');
    await lotline.restart(async () => {
      await record('LOT-2');
    });
    await page.waitForFunction('heard.length === 2', undefined, { timeout: 30_000 });
    expect(await page.evaluate('heard')).toEqual(['LOT-1 8164.663', 'LOT-2 8164.663']);
    expect(await page.evaluate(`client.lots().toArray().then((lots) => lots.map(({ code }) => code))`)).toEqual(['LOT-1', 'LOT-2']);
    expect(
      await page.evaluate(`import('/built/webhooks/index.js').then(({ verifyWebhook }) =>
        verifyWebhook('{}', { 'webhook-id': 'a', 'webhook-timestamp': String(Math.floor(Date.now() / 1000)), 'webhook-signature': 'v1,x' },
          { secrets: 'whsec_YWJjZA==' }).catch((error) => error.name))`),
    ).toBe('WebhookRefused');
  });

  test('asks and follows from a page of a listed origin; from one of another it is refused', async () => {
    const token = await lotline.token('analyst');
    const outcomes: unknown[] = [];
    for (const server of elsewhere) {
      const other = await browser.newPage();
      await other.goto(`${originOf(server)}/`);
      outcomes.push(
        await other.evaluate(`(async () => {
          const { Lotline } = await import('/built/index.js');
          const client = new Lotline({ url: ${JSON.stringify(lotline.url)}, token: ${JSON.stringify(token)} });
          const socket = await new Promise((done) => {
            const opened = new WebSocket(${JSON.stringify(lotline.url.replace('http', 'ws'))} + '/graphql', 'graphql-transport-ws');
            opened.onopen = () => { opened.close(); done('open'); };
            opened.onerror = () => done('refused');
          });
          const late = new Promise((done) => setTimeout(() => done(null), 3000));
          const after = await Promise.race([client.cursor().catch(() => null), late]);
          if (after === null) return [socket, 'refused'];
          window.heard = [];
          (async () => { for await (const { lot } of client.lotEvents({ after })) heard.push(lot.code); })();
          return [socket, 'answered'];
        })()`),
      );
      if (server === elsewhere[0]) {
        await record('LOT-3');
        await other.waitForFunction('heard.length === 1', undefined, { timeout: 20_000 });
        expect(await other.evaluate('heard')).toEqual(['LOT-3']);
      }
      await other.close();
    }
    expect(outcomes).toEqual([
      ['open', 'answered'],
      ['refused', 'refused'],
    ]);
  });
});
