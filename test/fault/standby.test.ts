import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { freePort } from '../support/haproxy';

// The scripts of docker-compose.yml by which a primary gets its standby, run as the images run them, on Debian's PostgreSQL: the embedded one has
// no pg_basebackup.

const BIN = ['18', '17', '16', '15'].map((version) => `/usr/lib/postgresql/${version}/bin`).find((folder) => existsSync(folder));
if (!BIN && process.env.CI === 'true') throw new Error('no PostgreSQL of Debian: install the package postgresql');
if (!BIN) process.stderr.write('skipped: there is no PostgreSQL of Debian (apt-get install postgresql)\n');
const DEPLOY = resolve(__dirname, '..', '..', 'deploy');
const WITHIN_MS = 20_000;

/** PostgreSQL does not run as root. */
const account = ((): { uid: number; gid: number } | null => {
  if (process.getuid?.() !== 0) return null;
  const [, , uid, gid] = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((line) => line.startsWith('postgres:'))!
    .split(':');
  return { uid: Number(uid), gid: Number(gid) };
})();

const directory = mkdtempSync(join(tmpdir(), 'lotline-standby-'));
const secrets = { POSTGRES_USER: 'lotline', POSTGRES_DB: 'lotline', REPLICATION_PASSWORD: 'it has a \' and a "' };
const children: ChildProcess[] = [];

const environment = (more: Record<string, string>) => ({ PATH: `${BIN}:${process.env.PATH}`, LC_ALL: 'C', ...secrets, ...more });

function run(file: string, args: string[], more: Record<string, string> = {}): void {
  const { status, stderr, stdout } = spawnSync(file, args, { ...account, cwd: '/', env: environment(more), encoding: 'utf8' });
  if (status !== 0) throw new Error(`${file} ${args.join(' ')}: ${stderr}${stdout}`);
}

function start(file: string, args: string[], more: Record<string, string>): ChildProcess {
  const child = spawn(file, args, { ...account, cwd: '/', env: environment(more), stdio: 'ignore' });
  children.push(child);
  return child;
}

async function end(child: ChildProcess, signal: 'SIGINT' | 'SIGKILL' | 'SIGQUIT'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, 'exit');
}

async function ask(port: number, sql: string): Promise<any[]> {
  const client = new Client({ host: '127.0.0.1', port, user: 'lotline', database: 'lotline', password: 'invented' });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

async function until(what: string, is: () => Promise<boolean>): Promise<void> {
  for (const last = Date.now() + WITHIN_MS; Date.now() < last; await sleep(100)) if (await is().catch(() => false)) return;
  throw new Error(`not within ${WITHIN_MS} ms: ${what}`);
}

afterAll(async () => {
  await Promise.all(children.map((child) => end(child, 'SIGQUIT')));
  rmSync(directory, { recursive: true, force: true });
});

(BIN ? it : it.skip)(
  'a primary gets a standby that has whatever is acknowledged, and that comes back by itself',
  async () => {
    chmodSync(directory, 0o755);
    const [home, sockets, scripts] = ['home', 'sockets', 'scripts'].map((name) => join(directory, name)) as [string, string, string];
    for (const folder of [home, sockets]) {
      mkdirSync(folder);
      if (account) chownSync(folder, account.uid, account.gid);
    }
    cpSync(DEPLOY, scripts, { recursive: true });
    const [primary, standby] = [join(home, 'primary'), join(home, 'standby')];
    const [port, otherPort] = [await freePort(), await freePort()];
    const args = (on: number) => ['-c', 'listen_addresses=127.0.0.1', '-c', `port=${on}`, '-c', `unix_socket_directories=${sockets}`];

    // As the image does: the cluster is made, and the script is run on a server that is reached by its socket only.
    const password = join(home, 'password');
    writeFileSync(password, 'invented', { mode: 0o644 });
    run(join(BIN!, 'initdb'), ['-D', primary, '-U', 'lotline', '-A', 'scram-sha-256', '--auth-local=trust', `--pwfile=${password}`]);
    const socketOnly = ['-o', `-c listen_addresses='' -c port=${port} -c unix_socket_directories=${sockets}`];
    run(join(BIN!, 'pg_ctl'), ['-D', primary, '-w', '-l', join(home, 'log'), ...socketOnly, 'start']);
    run(join(BIN!, 'createdb'), ['-h', sockets, '-p', String(port), '-U', 'lotline', 'lotline']);
    run(join(scripts, 'primary.sh'), [], { PGDATA: primary, PGHOST: sockets, PGPORT: String(port) });
    run(join(BIN!, 'pg_ctl'), ['-D', primary, '-w', '-m', 'fast', 'stop']);

    // The standby may be there first: it waits. What a copy that was broken off has left is in nobody's way.
    const following = { PGDATA: standby, PRIMARY_HOST: '127.0.0.1', PRIMARY_PORT: String(port) };
    mkdirSync(`${standby}.new`);
    writeFileSync(join(`${standby}.new`, 'PG_VERSION'), '15\n');
    if (account) chownSync(`${standby}.new`, account.uid, account.gid);
    let follower = start('bash', [join(scripts, 'standby.sh'), ...args(otherPort)], following);
    await sleep(300);
    start(join(BIN!, 'postgres'), ['-D', primary, ...args(port)], {});

    const isInStep = async () => (await ask(port, 'select sync_state from pg_stat_replication')).some((row) => row.sync_state === 'sync');
    await until('the standby follows', isInStep);
    await ask(port, 'create table kept (word text)');
    await ask(port, `insert into kept values ('acknowledged')`);
    const kept = () => ask(otherPort, 'select word from kept');
    await until('the standby shows it', async () => (await kept()).length === 1);
    expect(await ask(otherPort, 'select pg_is_in_recovery() as follows')).toEqual([{ follows: true }]);

    // Killed, it is not copied anew: what it has is enough.
    writeFileSync(join(standby, 'mark'), '');
    await end(follower, 'SIGKILL');
    const waits = ask(port, `insert into kept values ('waited for')`).then(() => 'acknowledged');
    expect(await Promise.race([waits, sleep(500, 'not yet')])).toBe('not yet');
    follower = start('bash', [join(scripts, 'standby.sh'), ...args(otherPort)], following);
    expect(await waits).toBe('acknowledged');
    await until('the standby shows both', async () => (await kept()).length === 2);
    expect(existsSync(join(standby, 'mark'))).toBe(true);
  },
  90_000,
);
