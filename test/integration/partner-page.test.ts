import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { ServerProcess } from '../support/server-process';

// The page that a partner follows, word for word: from an empty folder with only the running server to the first answer, the first live change
// and the first webhook.

const run = promisify(execFile);
const PAGE = readFileSync(resolve(__dirname, '..', '..', 'docs', 'partners.md'), 'utf8');
const PROGRAMS = new Map([...PAGE.matchAll(/```js\n\/\/ (\S+)\n([\s\S]*?)```/g)].map(([, name, code]) => [name!, code!]));
const INSTALL = /```sh\n(npm i \S+)\n```/.exec(PAGE)![1]!;

const server = new ServerProcess('', { LOTLINE_SAMPLES: 'all' });
let folder: string;
let env: NodeJS.ProcessEnv;
const here = (text: string) => text.replaceAll('http://localhost:4000', `http://127.0.0.1:${server.port}`);
const node = (name: string) => run(process.execPath, [join(folder, name)], { cwd: folder, env });

beforeAll(async () => {
  await server.start();
  folder = mkdtempSync(join(tmpdir(), 'lotline-partner-'));
  const { exporter } = JSON.parse(readFileSync(join(server.directory, 'demo-tokens.json'), 'utf8'));
  // What npm says to those it runs is not meant for a program of somebody else.
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_|^NODE_OPTIONS$/i.test(name)));
  env = { ...own, LOTLINE_TOKEN: exporter };
  for (const [name, code] of PROGRAMS) writeFileSync(join(folder, name), here(code));
  const [npm, ...words] = here(INSTALL).split(' ');
  await run(npm!, [...words, '--no-audit', '--no-fund', '--no-update-notifier'], { cwd: folder, env });
}, 120_000);
afterAll(async () => {
  await server.end('SIGTERM');
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

test('the first answer', async () => {
  const lines = (await node('first-answer.mjs')).stdout.trim().split('\n');
  expect(lines[0]).toMatch(/^You are .+ \(OPERATION\)\.$/);
  expect(lines.length).toBeGreaterThan(2);
  for (const line of lines.slice(1)) expect(line).toMatch(/ [\d.]+ kg$/);
}, 60_000);

test('the first live change', async () => {
  const child = spawn(process.execPath, [join(folder, 'first-change.mjs')], { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] });
  let heard = '';
  child.stdout.on('data', (chunk) => {
    heard += chunk;
  });
  const ended = new Promise((done) => child.once('exit', done));
  // It waits for what is committed from now on; what was recorded before it had begun it does not hear.
  while (child.exitCode === null && heard === '') {
    expect((await node('harvest.mjs')).stdout).toMatch(/^recorded TEN-MINUTES-\d+\n$/);
    await Promise.race([ended, new Promise((done) => setTimeout(done, 500))]);
  }
  await ended;
  expect(heard).toMatch(/^HARVESTED TEN-MINUTES-\d+ 12\.5 kg [\w-]+\n$/);
}, 60_000);

test('the first webhook, verified', async () => {
  expect((await node('first-webhook.mjs')).stdout).toMatch(/^test msg_\w+\n$/);
}, 60_000);
