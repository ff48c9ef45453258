import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { type Lotline, startLotline } from '../support/lotline';

// What comes out of a printer: a browser prints the pages, on the paper of either side of the sea.

const SAMPLE = join(__dirname, '..', '..', 'samples', 'soybeans');
const READ_PDF = join(__dirname, '..', 'support', 'pdf-text.mjs');
const CHROMIUM = [process.env.CHROMIUM_PATH, '/usr/bin/chromium'].find((path) => path && existsSync(path));
const FLAGS = ['--no-sandbox', '--disable-gpu', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'];
if (!CHROMIUM) process.stderr.write('No page is printed: there is no Chromium at CHROMIUM_PATH or /usr/bin/chromium\n');

let lotline: Lotline;
let browser: Browser;

interface Sheets {
  /** What stands on each, spaces made one. */
  sheets: string[];
  hash: string;
  headings: string[];
  complaints: string[];
  requested: string[];
}

async function printed(path: string, format: 'A4' | 'Letter'): Promise<Sheets> {
  const context = await browser.newContext({ extraHTTPHeaders: { authorization: `Bearer ${await lotline.token('analyst')}` } });
  const page = await context.newPage();
  const complaints: string[] = [];
  const requested: string[] = [];
  page.on('request', (request) => requested.push(request.url()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => complaints.push(message.text()));
  const response = await page.goto(`${lotline.url}/print/${path}`);
  const headings = await page.locator('h2').allTextContents();
  const text: string[] = JSON.parse(execFileSync(process.execPath, [READ_PDF], { input: await page.pdf({ format }), encoding: 'utf8' }));
  await context.close();
  return {
    sheets: text.map((each) => each.replace(/\s+/g, ' ')),
    hash: response!.headers()['lotline-content-hash']!,
    headings,
    complaints,
    requested,
  };
}

(CHROMIUM ? describe : describe.skip)('printed by a browser', () => {
  beforeAll(async () => {
    lotline = await startLotline();
    const files = readdirSync(SAMPLE).filter((name) => name.endsWith('.csv'));
    await lotline.import(Object.fromEntries(files.map((name) => [name, readFileSync(join(SAMPLE, name))])));
    browser = await chromium.launch({ executablePath: CHROMIUM!, headless: true, args: FLAGS });
  });
  afterAll(async () => {
    await browser?.close();
    await lotline?.close();
  });

  test.each<[string, 'A4' | 'Letter', string[]]>([
    ['importCertificate/999-0000000001-000001', 'A4', ['Import certificate 999-0000000001-000001', '16329325.32 kg']],
    ['importCertificate/999-0000000001-000001', 'Letter', ['Placeholder Organic Imports (invented)']],
    [
      'trace/SOY-STOCKTON-1?direction=BACK',
      'A4',
      ['Example Steppe Farm One (invented)', '5889930.774 kg', '16410971.947 kg', '7 CFR 205.301(b)'],
    ],
    ['trace/SOY-STOCKTON-1?direction=FORWARD', 'Letter', ['Nosuch Egg Farm (invented)', '1950579.427 kg']],
  ])('%s on %s has every section, and its number and hash on every sheet', async (path, format, parts) => {
    const { sheets, hash, headings, complaints, requested } = await printed(path, format);
    const all = sheets.join(' ');
    expect(headings.length).toBeGreaterThanOrEqual(8);
    for (const part of [...headings, ...parts]) expect(all).toContain(part);
    expect(sheets.length).toBeGreaterThan(1);
    expect(sheets.length).toBeLessThan(10);
    sheets.forEach((sheet, index) => {
      expect(sheet).toContain(`SHA-256 ${hash}`);
      expect(sheet).toContain(`${index + 1} / ${sheets.length}`);
    });
    expect([complaints, requested]).toEqual([[], [`${lotline.url}/print/${path}`]]);
  });

  test('the heads of a table that goes on are repeated', async () => {
    const { sheets } = await printed('trace/SOY-STOCKTON-1?direction=BACK', 'A4');
    expect(sheets.filter((sheet) => sheet.includes('On What Lot Mass Owner From, to Way Papers')).length).toBeGreaterThan(1);
  });
});
