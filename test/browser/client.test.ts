import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { csv, type Lotline, startLotline } from '../support/lotline';

// The client as it was built, in a page of the server's own origin.

const BUILT = resolve(__dirname, '..', '..', 'client-sdk', 'dist');
const CHROMIUM = [process.env.CHROMIUM_PATH, '/usr/bin/chromium'].find((path) => path && existsSync(path));

let lotline: Lotline;
let browser: Browser;
let page: Page;

const looked = CHROMIUM !== undefined;
if (!looked) process.stderr.write('The client is not tried in a browser: there is no Chromium at CHROMIUM_PATH or /usr/bin/chromium\n');

(looked ? describe : describe.skip)('the client in a browser', () => {
  beforeAll(async () => {
    lotline = await startLotline({ heartbeatMs: 100, pollMs: 100 });
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
    await page.goto(`${lotline.url}/healthz`);
  });
  afterAll(async () => {
    await browser?.close();
    await lotline?.close();
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
});
