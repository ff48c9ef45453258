import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { freePort } from './haproxy';

// PostgreSQL as the operating system brings it, with its tools: what the embedded one has none of.

const run = promisify(execFile);
const VERSIONS = '/usr/lib/postgresql';
const OLDEST = 15;

/** Where the programs of the newest one are; null where none is installed. */
const BINARIES = (() => {
  const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS).map(Number) : [];
  const newest = versions.filter((version) => version >= OLDEST).sort((one, other) => one - other);
  return newest.length === 0 ? null : join(VERSIONS, String(newest.at(-1)), 'bin');
})();

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
/** How long a start may take, and lines that are run, milliseconds. */
const [STARTS_WITHIN_MS, RUNS_WITHIN_MS] = [30_000, 60_000];

const environment = (more: Record<string, string>) => ({ PATH: `${BINARIES}:${process.env.PATH}`, LC_ALL: 'C.UTF-8', ...more });

/** A folder that the account of PostgreSQL may write to. */
export function folderForPostgres(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lotline-cluster-'));
  const as = account();
  if (as) chownSync(folder, as.uid, as.gid);
  chmodSync(folder, 0o755);
  return folder;
}

/** Runs lines of a shell, which finds its programs. @throws what they complained of */
export async function runLines(lines: string, env: Record<string, string>, as?: ReturnType<typeof account>): Promise<void> {
  await run('bash', ['-euo', 'pipefail', '-c', lines], { ...as, cwd: '/', env: environment(env), timeout: RUNS_WITHIN_MS });
}

/** The same as its account. */
export const runAsPostgres = (lines: string, env: Record<string, string>): Promise<void> => runLines(lines, env, account());

/** A server of one's own, on 127.0.0.1 and by a socket in its folder. */
export class Cluster {
  private child: ChildProcess | null = null;

  private constructor(
    readonly folder: string,
    readonly port: number,
  ) {}

  /** Makes one, and starts it. */
  static async make(settings: Record<string, string> = {}): Promise<Cluster> {
    const cluster = await Cluster.at(folderForPostgres());
    const secret = join(cluster.folder, 'secret');
    writeFileSync(secret, PASSWORD, { mode: 0o644 });
    await runAsPostgres(
      'initdb --username=lotline --auth-local=trust --auth-host=scram-sha-256 --pwfile="$SECRET" --encoding=UTF8 --no-sync',
      {
        PGDATA: cluster.data,
        SECRET: secret,
      },
    );
    cluster.set({ fsync: 'off', max_connections: '100', wal_keep_size: '256MB', ...settings });
    await cluster.start();
    return cluster;
  }

  /** One whose files are in the folder `data` of the given one, or will be when it is started. */
  static async at(folder: string): Promise<Cluster> {
    return new Cluster(folder, await freePort());
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

  /** Begins to start it, itself or by a script; it may have to recover for a while. */
  begin([program, ...args]: readonly [string, ...string[]] = ['postgres'], env: Record<string, string> = {}): void {
    const log = openSync(join(this.folder, 'log'), 'a');
    const settings = { port: this.port, listen_addresses: '127.0.0.1', unix_socket_directories: this.folder };
    const given = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    this.child = spawn(program, [...args, ...given], {
      ...account(),
      cwd: '/',
      env: environment({ PGDATA: this.data, ...env }),
      stdio: ['ignore', log, log],
    });
    closeSync(log);
  }

  /** Starts it, and waits until it answers; one that recovers may not be one to write to yet. */
  async start(): Promise<void> {
    this.begin();
    for (const until = Date.now() + STARTS_WITHIN_MS; ; await sleep(50)) {
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
    const standby = await Cluster.at(folderForPostgres());
    await runAsPostgres('pg_basebackup --dbname="$FROM" --pgdata="$PGDATA" --write-recovery-conf --checkpoint=fast --no-sync', {
      FROM: this.url,
      PGDATA: standby.data,
    });
    standby.set(settings);
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

  /** Ends it for good: nothing of it is left. */
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
