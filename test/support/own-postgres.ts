import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Embedded, startEmbedded } from '@lotline/server/database';
import { Client } from 'pg';
import { type SpoilableProxy, startProxy } from './proxy';

/** How a PostgreSQL is ended: `pg_ctl stop` in its modes fast and immediate, and kill -9. */
export type PostgresEnd = 'SIGINT' | 'SIGQUIT' | 'SIGKILL';

/** A PostgreSQL that a test has for itself, so that it may end it. What it says is committed is on the disk. */
export class OwnPostgres {
  private constructor(
    private readonly directory: string,
    private embedded: Embedded,
    /** The way that others have to it, which stays where it is when it is started again. */
    readonly way: SpoilableProxy,
  ) {}

  static async start(): Promise<OwnPostgres> {
    const directory = mkdtempSync(join(tmpdir(), 'lotline-own-'));
    chmodSync(directory, 0o755);
    const embedded = await startEmbedded(directory);
    let own: OwnPostgres | null = null;
    const way = await startProxy(() => Number(new URL((own?.embedded ?? embedded).url).port));
    own = new OwnPostgres(directory, embedded, way);
    return own;
  }

  /** For whoever is to outlive a restart. */
  get url(): string {
    const url = new URL(this.embedded.url);
    url.port = String(this.way.port);
    return url.href;
  }

  /** Ends it beneath everybody, and starts it again after a while. */
  async restart(end: PostgresEnd, awayMs: number): Promise<void> {
    const pid = Number(readFileSync(join(this.directory, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);
    process.kill(pid, end);
    for (const until = Date.now() + 20_000; isAlive(pid); await sleep(20))
      if (Date.now() > until) throw new Error(`PostgreSQL is still there 20 s after ${end}`);
    await sleep(awayMs);
    await this.embedded.stop();
    this.embedded = await startEmbedded(this.directory);
  }

  /** Ends connections of that name, one or all; says how many. */
  async terminate(applicationName: string, most = 1000): Promise<number> {
    const client = new Client({ connectionString: this.embedded.url });
    await client.connect();
    try {
      const { rows } = await client.query(
        'select pg_terminate_backend(pid) from (select pid from pg_stat_activity where application_name = $1 order by random() limit $2) b',
        [applicationName, most],
      );
      return rows.length;
    } finally {
      await client.end();
    }
  }

  async close(): Promise<void> {
    await this.way.close();
    await this.embedded.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
