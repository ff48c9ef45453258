import { EVENT_VERSION, type LogEvent } from '@lotline/schema';
import { escapeLiteral, type PoolClient } from 'pg';
import type { Position, Transaction } from '../database';

/** What wakes the readers of the log; a lost one is made up for by their poll. */
export const LOG_CHANNEL = 'lotline_log';

/** A command as the log keeps it. */
export interface CommandRow {
  id: string;
  type: string;
  at: Date;
  by: string;
  key: string;
  inputHash: Buffer;
}

/** Writes what a command has to say. Free of the counter, so that a large command holds nobody up. */
export async function writeEvents(tx: Transaction, command: string, events: readonly LogEvent[]): Promise<void> {
  let ordinal = 0;
  await tx.insert<LogEvent>(
    'event',
    {
      command: ['uuid', () => command],
      ordinal: ['integer', () => ordinal++],
      type: ['text', (event) => event.type],
      version: ['smallint', (event) => EVENT_VERSION[event.type]],
      subject: ['uuid', (event) => event.subject],
      payload: ['jsonb', (event) => event.payload],
    },
    events,
  );
}

/**
 * Ends a command's transaction: checks what was deferred, takes the counter, writes the command's row and commits, in one round trip,
 * since everybody else waits for the counter meanwhile. Position order is commit order.
 */
export async function commitCommand(client: PoolClient, row: CommandRow): Promise<Position> {
  const values = [row.id, row.type, row.at.toISOString(), row.by, row.key].map(escapeLiteral).join(', ');
  const results = (await client.query(
    `set constraints all immediate;
     with taken as (update log_counter set position = position + 1, command = ${escapeLiteral(row.id)} returning position)
     insert into command (position, id, type, at, by, key, input_hash)
       select position, v.id::uuid, v.type, v.at::timestamptz, v.by, v.key, '\\x${row.inputHash.toString('hex')}'::bytea
       from taken, (values (${values})) as v(id, type, at, by, key) returning position;
     commit;
     notify ${LOG_CHANNEL}`,
  )) as unknown as { rows: { position: string }[] }[];
  return BigInt(results[1]!.rows[0]!.position) as Position;
}
