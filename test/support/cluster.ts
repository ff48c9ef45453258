import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';

// PostgreSQL as the operating system brings it, with its tools: what the embedded one has none of.

const run = promisify(execFile);
const VERSIONS = '/usr/lib/postgresql';

/** Where its programs are; null where it is not installed. */
export const BINARIES =
  existsSync(VERSIONS) &&
  readdirSync(VERSIONS)
    .map((version) => join(VERSIONS, version, 'bin'))
    .findLast((folder) => existsSync(join(folder, 'pg_basebackup')) && existsSync(join(folder, 'initdb')));

/** For tests that need it: where they run by themselves it must be there. */
export const withPostgres = BINARIES || process.env.CI ? describe : describe.skip;
if (!BINARIES && !process.env.CI) process.stderr.write('skipped: install the package postgresql (15 or later) for this test\n');

/** PostgreSQL refuses to run as root. */
const account = (): { uid: number; gid: number } | undefined => {
  if (process.getuid?.() !== 0) return undefined;
  const fields = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((line) => line.startsWith('postgres:'))!
    .split(':');
  return { uid: Number(fields[2]), gid: Number(fields[3]) };
};

const PASSWORD = 'not-to-be-shown';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}

/** A folder that the account of PostgreSQL may write to. */
export function folderForPostgres(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lotline-cluster-'));
  const as = account();
  if (as) chownSync(folder, as.uid, as.gid);
  chmodSync(folder, 0o755);
  return folder;
}

/** Runs one of its programs, or a shell that finds them, as its account. */
export async function asPostgres(program: string, args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const path = join(String(BINARIES), program);
  const { stdout } = await run(existsSync(path) ? path : program, args, {
    ...account(),
    cwd: '/',
    env: { PATH: `${BINARIES}:${process.env.PATH}`, LC_ALL: 'C', ...env },
  });
  return stdout;
}

/** A server of one's own on 127.0.0.1. */
export class Cluster {
  private child: ChildProcess | null = null;

  private constructor(
    readonly folder: string,
    readonly port: number,
  ) {}

  /** Makes one, and starts it. */
  static async make(settings: Record<string, string> = {}): Promise<Cluster> {
    const folder = folderForPostgres();
    const secret = join(folder, 'secret');
    writeFileSync(secret, PASSWORD, { mode: 0o644 });
    const args = ['-D', join(folder, 'data'), '-U', 'lotline', '-A', 'scram-sha-256', `--pwfile=${secret}`, '-E', 'UTF8', '--no-sync'];
    await asPostgres('initdb', [...args, '--locale=C']);
    const cluster = await Cluster.at(folder, settings);
    await cluster.start();
    return cluster;
  }

  /** One whose files are there already, in the folder `data` of the given one. */
  static async at(folder: string, settings: Record<string, string> = {}): Promise<Cluster> {
    const cluster = new Cluster(folder, await freePort());
    cluster.set({ fsync: 'off', max_connections: '100', wal_keep_size: '256MB', ...settings });
    return cluster;
  }

  get data(): string {
    return join(this.folder, 'data');
  }

  /** Where to ask it. */
  get url(): string {
    return `postgres://lotline:${PASSWORD}@127.0.0.1:${this.port}/postgres`;
  }

  /** Holds from its next start on. */
  set(settings: Record<string, string>): void {
    const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value}'\n`);
    appendFileSync(join(this.data, 'postgresql.conf'), lines.join(''));
  }

  /** Begins to start it; it may have to recover for a while. */
  begin(): void {
    const log = openSync(join(this.folder, 'log'), 'a');
    const args = ['-D', this.data, '-p', String(this.port), '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='];
    this.child = spawn(join(String(BINARIES), 'postgres'), args, {
      ...account(),
      cwd: '/',
      env: { LC_ALL: 'C' },
      stdio: ['ignore', log, log],
    });
  }

  async start(): Promise<void> {
    this.begin();
    for (const until = Date.now() + 30_000; ; await sleep(50)) {
      try {
        return void (await this.ask('select 1'));
      } catch (error) {
        if (Date.now() > until || this.child?.exitCode !== null)
          throw new Error(`${(error as Error).message}\n${readFileSync(join(this.folder, 'log'), 'utf8').slice(-2000)}`);
      }
    }
  }

  /** Ends it: fast, or as by a loss of power. */
  async end(signal: 'SIGINT' | 'SIGKILL'): Promise<void> {
    const { child } = this;
    this.child = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  /** Signals all of its processes: stopped ones keep their connections, and say nothing. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    const { pid } = this.child!;
    const parentOf = (one: string) =>
      readFileSync(`/proc/${one}/stat`, 'utf8')
        .replace(/^.*\) \S /s, '')
        .split(' ')[0];
    process.kill(pid!, signal);
    for (const one of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        if (parentOf(one) === String(pid)) process.kill(Number(one), signal);
      } catch {
        // It has ended meanwhile.
      }
    }
  }

  /** A standby that follows it. */
  async standby(settings: Record<string, string> = {}): Promise<Cluster> {
    const folder = folderForPostgres();
    await asPostgres('pg_basebackup', ['-d', this.url, '-D', join(folder, 'data'), '-R', '-X', 'stream', '-c', 'fast', '--no-sync']);
    const standby = await Cluster.at(folder, settings);
    await standby.start();
    return standby;
  }

  async ask<Row = Record<string, any>>(sql: string): Promise<Row[]> {
    const client = new Client({ connectionString: this.url, connectionTimeoutMillis: 2000 });
    client.on('error', () => {});
    await client.connect();
    try {
      return (await client.query(sql)).rows as Row[];
    } finally {
      await client.end();
    }
  }

  /** Changes settings of a running one. */
  async change(settings: Record<string, string>): Promise<void> {
    for (const [name, value] of Object.entries(settings)) await this.ask(`alter system set ${name} = '${value}'`);
    await this.ask('select pg_reload_conf()');
  }

  async close(): Promise<void> {
    await this.end('SIGKILL');
    await sleep(100);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

/** A database on all of them, as a server is told it. */
export const urlOf = (...clusters: Cluster[]): string =>
  `postgres://lotline:${PASSWORD}@${clusters.map(({ port }) => `127.0.0.1:${port}`).join(',')}/postgres`;

export { PASSWORD };
