import { Refusal } from '@lotline/schema';
import type { Position, Reader } from '../database';

/** A place in the log: behind a command, or behind some of the changes that it told. */
export interface Place {
  position: Position;
  /** The command at that position, by which a position that was used again after a failover is told apart; null at the beginning. */
  command: string | null;
  /** How many of its changes lie before the place; null for all. */
  told: number | null;
}

/** A place as a cursor keeps it. */
export interface RememberedPlace {
  position: Position;
  /** The last eight bytes of the command's id, which are random; zeros at the beginning. */
  mark: Buffer;
  told: number | null;
}

/** What of a command's id a cursor keeps. */
export const markOf = (command: string | null): Buffer =>
  command === null ? Buffer.alloc(8) : Buffer.from(command.replaceAll('-', ''), 'hex').subarray(8);

/** The place behind everything that a reader sees. */
export const presentPlace = async (reader: Reader): Promise<Place> => ({ ...(await reader.state()), told: null });

/** The oldest place that the log is kept for. */
export async function oldestPlace(reader: Reader, retentionDays: number): Promise<Place> {
  const [row] = await reader.query<{ position: string; command: string }>(
    'select position, id as command from command where at < now() - make_interval(days => $1) order by position desc limit 1',
    [retentionDays],
  );
  return row ? { ...row, position: BigInt(row.position) as Position, told: null } : { position: 0n as Position, command: null, told: null };
}

/** Thrown for a cursor that nobody can resume from; says where one can. */
export class PlaceLost extends Refusal {
  constructor(
    message: string,
    readonly resumeAfter: Place,
  ) {
    super({
      code: 'CURSOR_EXPIRED',
      message,
      path: ['after'],
      remedy: 'ask for the state by a query, and subscribe with the cursor of its answer',
    });
  }
}

/**
 * The place that a cursor remembers, if the log still leads there.
 * @throws PlaceLost where the log is not kept so far back, or the command at that position is another one
 */
export async function recallPlace(reader: Reader, { position, mark, told }: RememberedPlace, retentionDays: number): Promise<Place> {
  const oldest = await oldestPlace(reader, retentionDays);
  // Behind the last command that is too old nothing is missing yet, however long the log has been quiet.
  const isKept = position >= oldest.position;
  if (position === 0n) {
    if (!isKept) throw new PlaceLost('the log is not kept back to the beginning', oldest);
    return oldest;
  }
  const [row] = await reader.query<{ id: string }>('select id from command where position = $1', [position]);
  if (!row || !markOf(row.id).equals(mark)) throw new PlaceLost('the database has lost what this cursor stands behind', oldest);
  if (!isKept || (position === oldest.position && told !== null)) throw new PlaceLost('the log is not kept back to this cursor', oldest);
  return { position, command: row.id, told };
}
