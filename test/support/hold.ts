import { Client } from 'pg';
import type { Lotline } from './lotline';

/** Holds something by a connection that is none of the server's. @returns lets it go */
export async function hold({ databaseUrl }: Pick<Lotline, 'databaseUrl'>, statement: string): Promise<() => Promise<void>> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(`begin; ${statement}`);
  client.on('error', () => {});
  return () => client.end();
}

/** Lets nobody read a table. */
export const lock = (lotline: Pick<Lotline, 'databaseUrl'>, table: string) => hold(lotline, `lock table ${table} in access exclusive mode`);
