import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { type Browser, chromium, type Page } from 'playwright-core';
import { TestIssuer } from '../support/issuer';
import { csv, startLotline, writeFolder } from '../support/lotline';

// The first minutes of a newcomer: npm start, then the page at / in a browser.

const MAIN = resolve(__dirname, '..', '..', 'server', 'dist', 'main.js');
const CLI = resolve(__dirname, '..', '..', 'server', 'bin', 'lotline.js');
const run = promisify(execFile);
const CHROMIUM = [process.env.CHROMIUM_PATH, '/usr/bin/chromium'].find((path) => path && existsSync(path));
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Nothing but this machine has a name: what the page wanted from elsewhere would fail.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];

let dataDir: string;
let server: ChildProcess;
let url: string;
let browser: Browser;
let page: Page;
const requested = new Set<string>();
const connected = new Set<string>();
const complaints: string[] = [];

async function startServer(): Promise<string> {
  dataDir = mkdtempSync(join(tmpdir(), 'lotline-browser-'));
  chmodSync(dataDir, 0o755);
  server = spawn(process.execPath, [MAIN], {
    env: { ...process.env, DATA_DIR: dataDir, PORT: '0', LOTLINE_SAMPLES: 'all', LOG_LEVEL: 'info', HEARTBEAT_MS: '200', DATABASE_URL: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: server.stdout! })) {
    const entry = JSON.parse(line) as { msg: string; url?: string };
    if (entry.msg === 'ready') {
      server.stdout!.resume();
      return entry.url!;
    }
  }
  throw new Error('the server did not start');
}

const tabs = () => page.locator('.graphiql-tab-button').allTextContents();
const editor = () => page.locator('.graphiql-query-editor .CodeMirror-lines');

async function openTab(name: string): Promise<void> {
  await page.locator('.graphiql-tab-button', { hasText: name }).click();
  await editor()
    .filter({ hasText: ` ${name} {` })
    .waitFor();
  await noted();
}

/** GraphiQL notes which operation its editor holds only when nothing has changed for a moment; until then it asks the one before. */
const noted = () => page.waitForTimeout(500);

/** Presses the Execute button; what the server answered, and what the page shows of it. */
async function execute(): Promise<{ answer: any; shown: string }> {
  // The page asks for the schema there too, and may still wait for it.
  const answered = page.waitForResponse(
    (response) => response.url() === `${url}/graphql` && !response.request().postData()?.includes('IntrospectionQuery'),
  );
  await page.locator('.graphiql-execute-button').click();
  const answer = await (await answered).json();
  await page.locator('.result-window', { hasText: '"data"' }).waitFor();
  return { answer, shown: (await page.locator('.result-window').textContent()) ?? '' };
}

const looked = CHROMIUM !== undefined;
if (!looked) process.stderr.write('GraphiQL is not looked at: there is no Chromium at CHROMIUM_PATH or /usr/bin/chromium\n');

(looked ? describe : describe.skip)('GraphiQL at /', () => {
  beforeAll(async () => {
    url = await startServer();
    browser = await chromium.launch({ executablePath: CHROMIUM!, headless: true, args: FLAGS });
    const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
    // What another GraphiQL on this port may have left behind.
    await context.addInitScript(`localStorage.setItem('graphiql:tabState', JSON.stringify({ activeTabIndex: 0, tabs: [
      { id: 'a', hash: 'a', title: 'Foreign', query: '{ foreign }', variables: null, headers: null, operationName: null, response: null },
    ] })); localStorage.setItem('graphiql:query', '{ foreign }');`);
    page = await context.newPage();
    page.on('request', (request) => requested.add(new URL(request.url()).origin));
    page.on('websocket', (socket) => connected.add(socket.url()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
    await page.goto(url);
    await page.locator('.graphiql-execute-button').waitFor();
  });

  afterAll(async () => {
    await browser?.close();
    if (server && server.exitCode === null) {
      const gone = new Promise((done) => server.once('exit', done));
      server.kill('SIGTERM');
      await gone;
    }
    if (dataDir) rmSync(dataDir, { recursive: true, force: true });
  });

  it('begins with a welcome and one tab a question', async () => {
    expect(await tabs()).toEqual(['WhereDidItComeFrom', 'WhereIsItNow', 'WhoIsCertified', 'WhatHappensNow']);
    expect(await editor().textContent()).toContain('You are signed in as the');
    expect(await page.title()).toBe('Lotline');
  });

  it('answers each question at the press of its button', async () => {
    const back = await execute();
    expect(back.answer.errors).toBeUndefined();
    expect(back.answer.data.lot.trace.gaps.nodes.length).toBeGreaterThanOrEqual(3);
    expect(back.shown).toContain('MISSING_INPUTS');
    for (const name of ['WhereIsItNow', 'WhoIsCertified']) {
      await openTab(name);
      const { answer, shown } = await execute();
      expect(answer.errors).toBeUndefined();
      expect(shown).toContain('(invented)');
    }
  });

  it('shows every line of a question without scrolling sideways', async () => {
    for (const name of await tabs()) {
      await openTab(name);
      const { width, clientWidth }: any = await page.evaluate(
        `document.querySelector('.graphiql-query-editor .CodeMirror').CodeMirror.getScrollInfo()`,
      );
      expect([name, width]).toEqual([name, clientWidth]);
    }
  });

  it('shows what is recorded while it looks, until its button is pressed again', async () => {
    await openTab('WhatHappensNow');
    await page.locator('.graphiql-execute-button').click();
    const shown = page.locator('.result-window');
    await shown.filter({ hasText: '"change": null' }).waitFor();
    const record = async (code: string) => {
      const folder = writeFolder({
        'lots.csv': csv([{ code, producer: '9990000002', product: 'Organic soybeans', quantity: 1, unit: 'KGM', kind: 'harvest' }]),
      });
      await run(process.execPath, [CLI, 'import', folder], { env: { ...process.env, DATA_DIR: dataDir, DATABASE_URL: '' } });
      rmSync(folder, { recursive: true });
    };
    await record('SEEN-1');
    await shown.filter({ hasText: '"SEEN-1"' }).waitFor();
    // Heartbeats do not take it away.
    await page.waitForTimeout(1000);
    expect(await shown.textContent()).toContain('"SEEN-1"');
    await page.locator('.graphiql-execute-button').click();
    await record('UNSEEN-1');
    await page.waitForTimeout(1000);
    expect(await shown.textContent()).toContain('"SEEN-1"');
  });

  it('is signed in as the analyst, for a question of your own too', async () => {
    await page.locator('.graphiql-tab-add').click();
    await page.locator('.graphiql-query-editor .CodeMirror').click();
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText('query Me { viewer { kind } }');
    await noted();
    const { answer, shown } = await execute();
    expect(answer.data).toEqual({ viewer: { kind: 'ANALYST' } });
    expect(shown).toContain('ANALYST');
  });

  it('explains the schema', async () => {
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    await page.locator('.graphiql-doc-explorer', { hasText: 'Query' }).waitFor();
  });

  it('asks nothing of any other host, and complains of nothing', () => {
    expect([...requested]).toEqual([url]);
    expect([...connected]).toEqual([`${url.replace(/^http/, 'ws')}/graphql`]);
    expect(complaints).toEqual([]);
  });
});

(looked ? describe : describe.skip)('GraphiQL outside of demo mode', () => {
  it('holds all that can be asked once a token stands under Headers, and not before', async () => {
    const issuer = await TestIssuer.start();
    const oidc = { issuer: issuer.url, audience: TestIssuer.audience, claim: 'lotline' };
    const production = await startLotline({ demo: false, oidc });
    const chrome = await chromium.launch({ executablePath: CHROMIUM!, headless: true, args: FLAGS });
    try {
      const shown = await chrome.newPage({ viewport: { width: 1400, height: 900 } });
      const schemaAsked = () => shown.waitForResponse((response) => !!response.request().postData()?.includes('IntrospectionQuery'));
      const refused = schemaAsked();
      await shown.goto(production.url);
      expect((await (await refused).json()).errors[0].extensions.code).toBe('FORBIDDEN');
      expect(await shown.locator('.graphiql-query-editor .CodeMirror-lines').textContent()).toContain('is at /schema.graphql');
      await shown.locator('button[data-name="headers"]').click();
      await shown.locator('.graphiql-editor-tool .CodeMirror:visible').click();
      await shown.keyboard.insertText(JSON.stringify({ authorization: `Bearer ${issuer.token(['analyst'])}` }));
      await shown.waitForTimeout(500);
      const answered = schemaAsked();
      await shown.locator('button[aria-label="Re-fetch GraphQL schema"]').click();
      expect((await (await answered).json()).data.__schema.queryType.name).toBe('Query');
      await shown.locator('button[aria-label="Show Documentation Explorer"]').click();
      await shown.locator('.graphiql-doc-explorer', { hasText: 'Query' }).waitFor();
    } finally {
      await chrome.close();
      await production.close();
      await issuer.close();
    }
  });
});
