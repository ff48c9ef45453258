import { type ChildProcess, execFile, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, chmodSync, chownSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';

// The PostgreSQL that this machine has installed, with its tools: the embedded one comes without pg_basebackup.

/** The folder of its programs, of the newest version from 15 on; null where there is none. */
export function installedPrograms(): string | null {
  const root = '/usr/lib/postgresql';
  const versions = (() => {
    try {
      return readdirSync(root).map(Number);
    } catch {
      return [];
    }
  })();
  const newest = Math.max(...versions.filter((version) => version >= 15));
  return Number.isFinite(newest) ? join(root, String(newest), 'bin') : null;
}

/** Runs a test with it; says why it was left out where there is none, which CI never does. */
export const withInstalledPostgres: jest.It = installedPrograms() !== null || process.env.CI ? test : (test.skip as jest.It);

/** PostgreSQL refuses to run as root. */
function account(): { uid: number; gid: number } | null {
  if (process.getuid?.() !== 0) return null;
  const [, , uid, gid] = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((line) => line.startsWith('postgres:'))!
    .split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** A folder that its account owns. */
export function ownFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `lotline-${name}-`));
  chmodSync(folder, 0o755);
  const owner = account();
  if (owner) chownSync(folder, owner.uid, owner.gid);
  return folder;
}

const PROGRAMS_WITHIN_MS = 60_000;

/** Runs lines of a shell, while others go on. @throws what they complained of */
export async function runLines(script: string, env: Record<string, string>, owner: ReturnType<typeof account> = null): Promise<void> {
  await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], {
    ...owner,
    timeout: PROGRAMS_WITHIN_MS,
    cwd: '/',
    env: { ...env, PATH: `${installedPrograms()}:${process.env.PATH}`, HOME: tmpdir(), LC_ALL: 'C.UTF-8' },
  });
}

/** The same as the account of PostgreSQL. */
export const runAsPostgres = (script: string, env: Record<string, string>): Promise<void> => runLines(script, env, account());

/** One of its servers, on loopback. */
export class InstalledPostgres {
  private child: ChildProcess | null = null;

  private constructor(
    readonly directory: string,
    readonly port: number,
  ) {}

  get url(): string {
    return `postgres://lotline@127.0.0.1:${this.port}/postgres`;
  }

  /** Makes a database cluster in a folder that is not there yet. */
  static async create(directory: string, settings: readonly string[] = []): Promise<InstalledPostgres> {
    await runAsPostgres('initdb --pgdata="$DIRECTORY" --username=lotline --auth=trust --encoding=UTF8 --locale=C.UTF-8', {
      DIRECTORY: directory,
    });
    appendFileSync(join(directory, 'postgresql.conf'), `${settings.join('\n')}\n`);
    return InstalledPostgres.over(directory);
  }

  /** Takes a folder as it is. */
  static async over(directory: string): Promise<InstalledPostgres> {
    return new InstalledPostgres(directory, await freePort());
  }

  /** Starts it, and waits until it can be written to. */
  async start(): Promise<this> {
    const args = ['-D', this.directory, '-p', `${this.port}`, '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='];
    const options: SpawnOptions = { ...account(), cwd: '/', stdio: ['ignore', 'ignore', 'pipe'], env: { LC_ALL: 'C.UTF-8' } };
    const child = spawn(join(installedPrograms()!, 'postgres'), args, options);
    const said: string[] = [];
    child.stderr!.on('data', (chunk) => said.push(String(chunk)));
    this.child = child;
    for (const until = Date.now() + PROGRAMS_WITHIN_MS; ; await sleep(50)) {
      if (child.exitCode !== null || Date.now() > until) throw new Error(`PostgreSQL did not start:\n${said.join('')}`);
      const client = new Client({ connectionString: this.url });
      client.on('error', () => {});
      try {
        await client.connect();
        const { rows } = await client.query('select pg_is_in_recovery() as recovering');
        if (!rows[0].recovering) return this;
      } catch {
        // Not yet.
      } finally {
        await client.end().catch(() => {});
      }
    }
  }

  async stop(signal: 'SIGINT' | 'SIGKILL' = 'SIGINT'): Promise<void> {
    const { child } = this;
    this.child = null;
    if (!child || child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
