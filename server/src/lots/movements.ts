import { type Day, type Grams, grams } from '@lotline/schema';
import { type BatchOf, grouped, type Position } from '../database';
import { knownFact } from '../questions';

/** Grams that left a holding, or passed from one to another, as its lot's facts tell it. */
export interface Movement {
  lot: string;
  kind: 'TRANSFER' | 'USE' | 'LOSS';
  fact: string;
  from: string;
  /** The receiver of a transfer. */
  to: string | null;
  /** The lot that a use went into. */
  output: string | null;
  grams: Grams;
  on: Day | null;
  at: Date | null;
}

interface Row {
  lot: string;
  kind: Movement['kind'];
  fact: string;
  from: string;
  to: string | null;
  output: string | null;
  grams: string;
  on: Day | null;
  at: Date | null;
}

const TRANSFERS = (known: Position | null) => `
  select t.lot, 'TRANSFER' as kind, t.id as fact, t.sender as "from", t.receiver as "to", null::uuid as output, t.grams, t.on_day as "on", t.at
    from transfer t where t.lot = any($1) and ${knownFact('t', known)}`;

const MOVEMENTS = (known: Position | null) => `${TRANSFERS(known)}
  union all
  select i.input, 'USE', i.id, i.holder, null, i.output, i.grams, coalesce(i.on_day, o.produced_on), i.at
    from lot_input i join lot o on o.id = i.output where i.input = any($1) and ${knownFact('i', known)}
  union all
  select a.lot, 'LOSS', a.id, a.holder, null, null, a.grams, a.on_day, a.at
    from lot_adjustment a where a.lot = any($1) and ${knownFact('a', known)}`;

const asMovement = (row: Row): Movement => ({ ...row, grams: grams(row.grams) });

const batchOf =
  (sql: string): BatchOf<string, Movement[]> =>
  async (reader, lots) =>
    grouped(lots, (await reader.query<Row>(sql, [lots])).map(asMovement), (movement) => movement.lot);

/** Everything that moved grams of these lots but their births, at the reader's own state. */
export const movementsOf = batchOf(MOVEMENTS(null));

/** Their transfers alone. */
export const transfersOf = batchOf(TRANSFERS(null));

/** Everything that moved grams of one lot, as it was known at a position of the log. */
export const movementsKnownAt: BatchOf<{ lot: string; known: string }, Movement[]> = async (reader, keys) =>
  Promise.all(keys.map(async ({ lot, known }) => (await reader.query<Row>(MOVEMENTS(BigInt(known) as Position), [[lot]])).map(asMovement)));
