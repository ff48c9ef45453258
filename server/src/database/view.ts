import type { Connection } from './connection';
import { type Deadline, StatementTimer } from './deadline';
import { explain, isAway } from './laws';

/** Number of a command in the log; dense, in commit order, never shown outside. */
export type Position = bigint & { readonly __brand: 'Position' };

/** What a view of the database must be like. */
export interface View {
  /** Longest that one statement may take, milliseconds; for what has no deadline. */
  timeout?: number;
  /** When all of it must be over. */
  deadline?: Deadline;
  /** The answer must reflect at least this much of the log. */
  atLeast?: Position | null;
}

/** A view that is open. */
export interface Snapshot {
  connection: Connection;
  timer?: StatementTimer;
  position: Position;
  /** The command at that position; null before the first. */
  command: string | null;
  /** Of a replica: leaves it alone for a while. */
  rest?: () => void;
}

/**
 * Opens a view on a connection.
 * @returns its state; which command it has at another position: null where it has not come so far; and does it follow a primary?
 */
export async function openView(
  connection: Connection,
  { timeout = 15_000, deadline }: View,
  there: Position = 0n as Position,
): Promise<Snapshot & { commandThere: string | null; follows: boolean }> {
  const timer = deadline && new StatementTimer(connection.client, deadline);
  const results = (await connection.client.query(
    `begin isolation level repeatable read read only; set local statement_timeout = ${timer?.begin() ?? timeout}; select position, command, ${
      there === 0n ? 'null' : `(select id from command c where c.position = ${there})`
    } as there, pg_is_in_recovery() as follows from log_counter`,
  )) as unknown as { rows: { position: string; command: string | null; there: string | null; follows: boolean }[] }[];
  const { command, position, there: commandThere, follows } = results[2]!.rows[0]!;
  return { connection, timer, position: BigInt(position) as Position, command, commandThere, follows };
}

/** The state of the log that an open transaction sees. */
export async function positionOf({ client }: Connection): Promise<Omit<Snapshot, 'connection'>> {
  const { rows } = await client.query<{ position: string; command: string | null }>('select position, command from log_counter');
  const { command, position } = rows[0]!;
  return { position: BigInt(position) as Position, command };
}

/** Is it the replica that failed, and not the question: one that is gone, or had to go on in the log over what the view still needs? */
export function isOfReplica(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  if (code === '40001' || code === '40P01' || (code === '57014' && /conflict with recovery/.test(message ?? ''))) return true;
  return isAway(explain(error));
}
