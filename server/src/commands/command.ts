import type { LogEvent, Reason } from '@lotline/schema';
import type { ZodType } from 'zod';
import type { Viewer } from '../access';
import type { Columns, Reader, Transaction } from '../database';

/** What a command has at hand while it runs. */
export interface Work {
  /** The command's own id, which the facts it records carry. */
  readonly command: string;
  readonly tx: Transaction;
  /** Asks as answers do, of what the command has before it. */
  readonly reader: Reader;
  readonly now: Date;
  readonly viewer: Viewer;
  /** True where facts come from outside as they were reported: policies do not refuse them, and the breach shows as a gap. */
  readonly reported: boolean;
  /** Says something in the log. */
  emit(event: LogEvent): void;
  /** Notes a reason against one row; the command goes on, so that every reason is told, and is refused at its end. */
  refuse(row: number, reason: Reason): void;
  /** Ends the command here if anything was refused so far: what follows builds on it. */
  check(): void;
}

/**
 * A change, in one transaction: what it takes, who may give it, and what it does. `run` is set-based: a mutation is a batch of one, an
 * import a batch of many.
 */
export interface Command<Input, Outcome> {
  name: string;
  input: ZodType<Input>;
  /** Facts are stored as reported, whatever the policies say. */
  reported?: boolean;
  /** Why this viewer may not; null if it may. */
  may(viewer: Viewer, input: Input): Reason | null;
  /** One outcome a row, plain enough for JSON: it is kept with the idempotency key. */
  run(work: Work, rows: readonly Input[]): Promise<Outcome[]>;
}

/** What follows from the events of a command, in its transaction: what is scheduled for later. What cannot follow is refused, and the command with it. */
export type Follow = (work: Work, events: readonly LogEvent[]) => Promise<void>;

/** Inserts rows that carry the command which records them. */
export const record = <Row>(
  { tx, command }: Work,
  table: string,
  columns: Columns<Row>,
  rows: readonly Row[],
  onConflict = '',
): Promise<void> => tx.insert(table, { ...columns, recorded_by: ['uuid', () => command] }, rows, onConflict);
