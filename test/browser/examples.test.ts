import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { type Browser, chromium, type Page } from 'playwright-core';
import { csv, type Lotline, startLotline } from '../support/lotline';

// The page of examples/browser, as it stands there, with the client as it was built.

const HOME = resolve(__dirname, '..', '..');
const CHROMIUM = [process.env.CHROMIUM_PATH, '/usr/bin/chromium'].find((path) => path && existsSync(path));

let lotline: Lotline;
let served: ChildProcess;
let url: string;
let browser: Browser;
let page: Page;

const looked = CHROMIUM !== undefined;
if (!looked) process.stderr.write('The example is not tried in a browser: there is no Chromium at CHROMIUM_PATH or /usr/bin/chromium\n');

(looked ? describe : describe.skip)('the example in a browser', () => {
  beforeAll(async () => {
    lotline = await startLotline({ heartbeatMs: 100, pollMs: 100 });
    await lotline.import({
      'operations.csv': csv([{ operation: 'B:FARM', name: 'Farm', country: 'UA', roles: 'producer' }]),
      'products.csv': csv([{ product: 'Wheat', hts: '1001990000', organic: 'yes' }]),
    });
    served = spawn(process.execPath, [join(HOME, 'examples', 'browser', 'serve.mjs')], {
      env: { ...process.env, LOTLINE_URL: lotline.url, PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    url = await new Promise<string>((done) => createInterface({ input: served.stdout! }).once('line', done));
    browser = await chromium.launch({
      executablePath: CHROMIUM!,
      headless: true,
      args: ['--no-sandbox', '--disable-gpu', '--no-first-run'],
    });
    page = await browser.newPage();
    // What `npm i` would have put there.
    await page.route('**/node_modules/@lotline/client/dist/**', (route) => {
      const path = new URL(route.request().url()).pathname.split('/dist/')[1]!;
      return route.fulfill({ contentType: 'text/javascript', body: readFileSync(join(HOME, 'client-sdk', 'dist', path)) });
    });
  });
  afterAll(async () => {
    await browser?.close();
    served?.kill();
    await lotline?.close();
  });

  const record = (code: string) =>
    lotline.import({
      'lots.csv': csv([{ code, producer: 'B:FARM', product: 'Wheat', quantity: '8164.663', unit: 'KGM', kind: 'harvest' }]),
    });
  const lots = () => page.locator('tbody tr td:nth-child(3)').allTextContents();

  test('follows lots as they change, and goes on where it was when it is opened again', async () => {
    const follow = async () => {
      await page.goto(url);
      await page.fill('input[name=token]', await lotline.token('analyst'));
      await page.click('button');
      await page.waitForFunction(`document.querySelector('[role=status]').textContent.startsWith('following')`);
    };
    await follow();
    await page.waitForTimeout(500);
    await record('LOT-1');
    await page.waitForFunction(`document.querySelectorAll('tbody tr').length === 1`);
    expect(await page.locator('tbody tr').first().textContent()).toContain('8164.663 kg');
    await page.goto('about:blank');
    await record('LOT-2');
    await follow();
    await page.waitForFunction(`document.querySelectorAll('tbody tr').length === 1`);
    expect(await lots()).toEqual(['LOT-2']);
  });

  test('says what is wrong', async () => {
    await page.goto(url);
    await page.fill('input[name=token]', 'nonsense');
    await page.click('button');
    await page.waitForFunction(`document.querySelector('[role=status]').textContent.startsWith('Unauthenticated')`);
  });
});
