import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ADMINISTRATOR } from '@lotline/server/access';
import { importFolder } from '@lotline/server/import';
import { buildSchema } from 'graphql';
import { Webhook } from 'standardwebhooks';
import { csv, type Lotline, startLotline } from '../support/lotline';

// What a program begins with: the server gives the client away, and the README of the client is run, word for word, with what was installed
// in an empty folder.

const run = promisify(execFile);
const README = readFileSync(resolve(__dirname, '..', '..', 'client-sdk', 'README.md'), 'utf8');
const BLOCKS = [...README.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code]) => code!);
const blockWith = (words: string): string => {
  const found = BLOCKS.filter((code) => code.includes(words));
  if (found.length !== 1) throw new Error(`the README has ${found.length} programs with ${words}`);
  return found[0]!;
};
const SECRET = `whsec_${Buffer.from('a secret of the README').toString('base64')}`;

let lotline: Lotline;
let folder: string;

beforeAll(async () => {
  lotline = await startLotline({ heartbeatMs: 100, pollMs: 100 });
  await importFolder(lotline.runner, ADMINISTRATOR, resolve(__dirname, '..', '..', 'samples', 'soybeans'));
  folder = mkdtempSync(join(tmpdir(), 'lotline-program-'));
}, 120_000);
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await lotline?.close();
});

const environment = async () => {
  const { lot } = await lotline.data('{ lot(code: "SOY-STOCKTON-1") { producer { id } } }');
  // What npm says to those it runs is not meant for a program of somebody else.
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_|^NODE_OPTIONS$/i.test(name)));
  return { ...own, LOTLINE_TOKEN: await lotline.token('admin'), PRODUCER: lot.producer.id, WEBHOOK_SECRETS: SECRET };
};
const written = (name: string, code: string): string => {
  const path = join(folder, name);
  writeFileSync(path, code.replaceAll('http://localhost:4000', lotline.url));
  return path;
};
const first = blockWith('new Lotline(');
const program = async (name: string, words: string): Promise<string> =>
  (
    await run(process.execPath, [written(name, first + (first.includes(words) ? '' : blockWith(words)))], {
      cwd: folder,
      env: await environment(),
    })
  ).stdout;

test.each([
  ['/client.tgz', 'application/gzip'],
  ['/schema.graphql', 'text/plain; charset=utf-8'],
  ['/scalars.json', 'application/json; charset=utf-8'],
])('%s is for whoever comes, and is sent again only when it has changed', async (path, type) => {
  const answer = await fetch(lotline.url + path);
  expect([answer.status, answer.headers.get('content-type'), answer.headers.get('cache-control')]).toEqual([200, type, 'no-cache']);
  const etag = answer.headers.get('etag')!;
  expect(etag).toMatch(/^"[0-9a-f]{64}"$/);
  const bytes = Buffer.from(await answer.arrayBuffer());
  expect(bytes.length).toBe(Number(answer.headers.get('content-length')));
  for (const known of [etag, `"other", W/${etag}`, '*']) {
    const again = await fetch(lotline.url + path, { headers: { 'if-none-match': known } });
    expect([again.status, await again.text()]).toEqual([304, '']);
  }
  expect((await fetch(lotline.url + path, { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
  expect((await fetch(lotline.url + path, { method: 'HEAD' })).headers.get('content-length')).toBe(String(bytes.length));
});

test('the scalars are those of the schema', async () => {
  const schema = buildSchema(await (await fetch(`${lotline.url}/schema.graphql`)).text());
  const scalars = (await (await fetch(`${lotline.url}/scalars.json`)).json()) as object;
  const own = Object.values(schema.getTypeMap())
    .filter(({ astNode }) => astNode?.kind === 'ScalarTypeDefinition')
    .map(({ name }) => name);
  expect(Object.keys(scalars).sort()).toEqual([...own, 'ID'].sort());
});

describe('from an empty folder', () => {
  beforeAll(async () => {
    const command = BLOCKS.length > 0 && /```sh\nnpm i (\S+)\n```/.exec(README)![1]!.replace('http://localhost:4000', lotline.url);
    await run('npm', ['i', '--no-audit', '--no-fund', '--no-update-notifier', String(command)], { cwd: folder, env: await environment() });
  }, 60_000);

  test('the client installs, alone', () => {
    const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'));
    expect(Object.keys(packages)).toEqual(['', 'node_modules/@lotline/client']);
  });

  test('the first answer', async () => {
    expect(await program('first.mjs', 'new Lotline(')).toMatch(/^\S.* \d+(\.\d+)? kg\n/);
  });

  test('lists', async () => {
    const lines = (await program('lists.mjs', 'for await (const { code, quantity }')).trim().split('\n').slice(1);
    const { lots } = await lotline.data('{ all: lots { totalCount } lots(first: 500, filter: { kinds: [HARVEST] }) { totalCount } }');
    expect(lines.length - 1).toBe(lots.totalCount);
    expect(lines.at(-1)).toMatch(/^(\d+) \1 \S+$/);
  });

  test('a command', async () => {
    expect(await program('command.mjs', 'recordHarvest')).toMatch(/SOY-NEW-1 true\n$/);
  });

  test('errors', async () => {
    expect(await program('errors.mjs', 'catch (error)')).toMatch(/BadUserInput BAD_USER_INPUT [0-9a-f-]{36}\n\[ 'lots' \]/);
  });

  test('masses', async () => {
    expect(await program('masses.mjs', 'Kilograms.sum(')).toMatch(/\n0\.3\n$/);
  });

  test('documents of your own', async () => {
    expect(await program('documents.mjs', 'new TypedDocument(')).toMatch(/\n\d+(\.\d+)?\n$/);
  });

  test('live changes, and again from the cursor that was stored', async () => {
    const stored: { cursor?: string } = {};
    const heard: string[] = [];
    const start = async () => {
      const around = `const load = async () => ${JSON.stringify(stored.cursor)};\nconst save = async (cursor) => console.log('cursor', cursor);\n`;
      const path = written('live.mjs', first + around + blockWith('client.lotEvents('));
      const child = spawn(process.execPath, [path], { cwd: folder, env: await environment(), stdio: ['ignore', 'pipe', 'inherit'] });
      let text = '';
      child.stdout.on('data', (chunk) => {
        text += chunk;
        const lines = text.split('\n');
        text = lines.pop()!;
        for (const line of lines) {
          if (line.startsWith('cursor ')) stored.cursor = line.slice(7);
          if (line.startsWith('HARVESTED ')) heard.push(line);
        }
      });
      return child;
    };
    const record = (code: string) =>
      lotline.import({
        'operations.csv': csv([{ operation: 'R:FARM', name: 'Farm', country: 'UA', roles: 'producer' }]),
        'products.csv': csv([{ product: 'Wheat', hts: '1001990000', organic: 'yes' }]),
        'lots.csv': csv([{ code, producer: 'R:FARM', product: 'Wheat', quantity: 1, unit: 'KGM', kind: 'harvest' }]),
      });
    stored.cursor = (await lotline.ask('{ viewer { kind } }', {}, 'admin')).extensions!.cursor!;
    for (const code of ['SOY-LIVE-1', 'SOY-LIVE-2']) {
      const before: string | undefined = stored.cursor;
      await record(code);
      await record(code.replace('SOY', 'OTHER'));
      const child = await start();
      for (const last = Date.now() + 15_000; stored.cursor === before && Date.now() < last; ) await sleep(20);
      child.kill();
    }
    expect(heard).toEqual(['HARVESTED SOY-LIVE-1', 'HARVESTED SOY-LIVE-2']);
  });

  test('webhooks', async () => {
    const body = JSON.stringify({ type: 'lotEvents', timestamp: new Date().toISOString(), data: { change: { lot: { code: 'SOY-1' } } } });
    const headers = {
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
      'webhook-signature': new Webhook(SECRET).sign('msg_1', new Date(), body),
    };
    const deliver = `const request = new Request('http://localhost', ${JSON.stringify({ method: 'POST', headers, body })});
console.log((await POST(request.clone())).status, (await POST(new Request(request, { body: '{}' }))).status);\n`;
    const path = written('webhook.mjs', blockWith('fetchWebhook(') + deliver);
    expect((await run(process.execPath, [path], { cwd: folder, env: await environment() })).stdout).toBe('msg_1 SOY-1\n204 401\n');
  });
});
