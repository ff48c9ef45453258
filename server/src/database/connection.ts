import { Pool, type PoolClient, type PoolConfig } from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';
import type { Hosts } from './hosts';
import { unavailable } from './laws';

/** How long a server may take to accept a connection, milliseconds. */
export const CONNECTED_WITHIN_MS = 10_000;

/** A connection taken out of the pool, with TypeORM's view of it beside. */
export interface Connection {
  client: PoolClient;
  runner: QueryRunner;
  /** Gives it back; a broken one is thrown away. */
  release(broken?: Error): Promise<void>;
  /** Cancels the statement at hand. */
  cancel(): Promise<void>;
}

/** @throws Refusal UNAVAILABLE where there is no connection to be had */
export async function connectionOf(source: DataSource): Promise<Connection> {
  let runner: QueryRunner | undefined;
  try {
    const taken = source.createQueryRunner('master');
    runner = taken;
    const client = (await taken.connect()) as PoolClient & { processID: number };
    return {
      client,
      runner: taken,
      release: async (broken) => {
        if (broken) await (client as unknown as { end(): Promise<void> }).end().catch(() => {});
        await taken.release();
      },
      cancel: async () => {
        await source.query('select pg_cancel_backend($1)', [client.processID]);
      },
    };
  } catch (error) {
    await runner?.release().catch(() => {});
    throw unavailable(error);
  }
}

/** A pool of connections to the server that can be written to. */
export function poolOf(hosts: Hosts, config: PoolConfig): Pool {
  const pool = new Pool({
    connectionTimeoutMillis: CONNECTED_WITHIN_MS,
    ...config,
    connectionString: hosts.first,
    Client: hosts.Client,
  } as PoolConfig);
  // A lost connection is found by whoever uses it next.
  pool.on('error', () => {});
  return pool;
}
