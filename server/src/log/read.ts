import type { EventType } from '@lotline/schema';
import type { Position } from '../database';

/** One event as it lies in the log. */
export interface LogRow {
  position: Position;
  ordinal: number;
  command: string;
  commandType: string;
  at: Date;
  type: EventType;
  version: number;
  subject: string;
  payload: unknown;
}

type Query = <Row>(sql: string, parameters: unknown[]) => Promise<Row[]>;

const MOST_COMMANDS = 1000;

/** The commands after a position, oldest first, whole, each with its events in order. */
export async function readLog(query: Query, after: Position, most = MOST_COMMANDS): Promise<LogRow[]> {
  const rows = await query<Omit<LogRow, 'position'> & { position: string }>(
    `select c.position, e.ordinal, c.id as command, c.type as "commandType", c.at, e.type, e.version, e.subject, e.payload
     from (select * from command where position > $1 order by position limit $2) c join event e on e.command = c.id
     order by c.position, e.ordinal`,
    [after, most],
  );
  return rows.map((row) => ({ ...row, position: BigInt(row.position) as Position }));
}
