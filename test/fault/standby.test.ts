import { cpSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster, folderForPostgres, runAsPostgres, withPostgres } from '../support/cluster';

// The scripts of docker-compose.yml by which a primary gets its standby, run as the images run them.

const DEPLOY = resolve(__dirname, '..', '..', 'deploy');
const WITHIN_MS = 20_000;
const SECRETS = { POSTGRES_USER: 'lotline', POSTGRES_DB: 'postgres', REPLICATION_PASSWORD: 'it has a \' and a "' };

async function until(what: string, is: () => Promise<boolean>): Promise<void> {
  for (const last = Date.now() + WITHIN_MS; Date.now() < last; await sleep(100)) if (await is().catch(() => false)) return;
  throw new Error(`not within ${WITHIN_MS} ms: ${what}`);
}

withPostgres('the scripts of docker-compose.yml', () => {
  let scripts: string;
  let primary: Cluster;
  let standby: Cluster;
  beforeAll(async () => {
    scripts = folderForPostgres();
    cpSync(DEPLOY, scripts, { recursive: true });
    primary = await Cluster.make();
    standby = await Cluster.at(folderForPostgres());
  });
  afterAll(async () => {
    await standby?.close();
    await primary?.close();
    if (scripts) rmSync(scripts, { recursive: true });
  });

  test('a primary gets a standby that has whatever is acknowledged, and that comes back by itself', async () => {
    // As the image does: the cluster is made, and the script is run on a server that is reached by its socket.
    const { folder, data, port } = primary;
    await runAsPostgres(join(scripts, 'primary.sh'), { ...SECRETS, PGDATA: data, PGHOST: folder, PGPORT: String(port) });
    await primary.end('SIGINT');

    // The standby may be there first: it waits. What a copy that was broken off has left is in nobody's way.
    await runAsPostgres('mkdir "$PGDATA.new"; echo 15 > "$PGDATA.new/PG_VERSION"', { PGDATA: standby.data });
    const follow = () =>
      standby.begin(['bash', join(scripts, 'standby.sh')], { ...SECRETS, PRIMARY_HOST: '127.0.0.1', PRIMARY_PORT: String(port) });
    follow();
    await sleep(300);
    await primary.start();

    const isInStep = async () => (await primary.ask('select sync_state from pg_stat_replication')).some((row) => row.sync_state === 'sync');
    await until('the standby follows', isInStep);
    await primary.ask('create table kept (word text)');
    await primary.ask(`insert into kept values ('acknowledged')`);
    const kept = () => standby.ask('select word from kept');
    await until('the standby shows it', async () => (await kept()).length === 1);
    expect(await standby.ask('select pg_is_in_recovery() as follows')).toEqual([{ follows: true }]);

    // Killed, it is not copied anew: what it has is enough.
    const mark = join(standby.data, 'mark');
    writeFileSync(mark, '');
    await standby.end('SIGKILL');
    const waits = primary.ask(`insert into kept values ('waited for')`).then(() => 'acknowledged');
    expect(await Promise.race([waits, sleep(500, 'not yet')])).toBe('not yet');
    follow();
    expect(await waits).toBe('acknowledged');
    await until('the standby shows both', async () => (await kept()).length === 2);
    expect(existsSync(mark)).toBe(true);
  }, 90_000);
});
