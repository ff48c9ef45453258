import { type Day, type Grams, grams, LotAdjustment, ZERO } from '@lotline/schema';
import { factVisible } from '../access';
import { alike, type BatchOf, groupBy, grouped, knownFact, type Position, type Reader } from '../database';
import { type Question, seenFacts as seenFactsOf } from '../questions';

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
  /** Where that lot was born. */
  outputCountry: string | null;
  grams: Grams;
  on: Day | null;
  at: Date | null;
  /** Its paper. */
  document: string | null;
}

interface Row {
  lot: string;
  kind: Movement['kind'];
  fact: string;
  from: string;
  to: string | null;
  output: string | null;
  outputCountry: string | null;
  grams: string;
  on: Day | null;
  at: Date | null;
  document: string | null;
}

const TRANSFERS = (known: Position | null) => `
  select t.lot, 'TRANSFER' as kind, t.id as fact, t.sender as "from", t.receiver as "to", null::uuid as output, null as "outputCountry", t.grams, t.on_day as "on", t.at, t.document
    from transfer t where t.lot = any($1) and ${knownFact('t', known)}`;

const MOVEMENTS = (known: Position | null) => `${TRANSFERS(known)}
  union all
  select i.input, 'USE', i.id, i.holder, null, i.output, o.country, i.grams, coalesce(i.on_day, o.produced_on), i.at, null
    from lot_input i join lot o on o.id = i.output where i.input = any($1) and ${knownFact('i', known)}
  union all
  select a.lot, 'LOSS', a.id, a.holder, null, null, null, a.grams, a.on_day, a.at, a.document
    from lot_adjustment a where a.lot = any($1) and ${knownFact('a', known)}`;

const asMovement = (row: Row): Movement => ({ ...row, grams: grams(row.grams) });

/** Of a question, or of a command, which reads what it has locked. */
type Rows = Pick<Reader, 'query'>;

const batchOf =
  (sql: string) =>
  async (reader: Rows, lots: readonly string[]): Promise<Movement[][]> =>
    grouped(lots, (await reader.query<Row>(sql, [lots])).map(asMovement), (movement) => movement.lot);

/** Everything that moved grams of these lots but their births, at the reader's own state. */
export const movementsOf = batchOf(MOVEMENTS(null));

/** Their transfers alone. */
export const transfersOf = batchOf(TRANSFERS(null));

/** The papers of the transfers and losses of lots, whichever of these belong to a story. @param asOf null for all; else of that day or before */
export async function documentedMovements(
  reader: Reader,
  lots: readonly string[],
  asOf: Day | null,
): Promise<Map<string, { lot: string; fact: string; document: string }[]>> {
  const rows = await reader.query<{ lot: string; fact: string; document: string }>(
    `select lot, id as fact, document from transfer where lot = any($1) and document is not null and retracted_by is null and ($2::date is null or on_day <= $2::date)
     union all select lot, id, document from lot_adjustment where lot = any($1) and document is not null and retracted_by is null and ($2::date is null or on_day <= $2::date)`,
    [lots, asOf],
  );
  return groupBy(rows, ({ lot }) => lot);
}

/** Losses of lots, oldest first. */
export const lossesOf = seenFactsOf<Omit<LotAdjustment, 'grams'> & { of: string; grams: string }, LotAdjustment>(
  `select a.lot as of, a.lot as subject, a.id as fact, row(a.on_day, a.at, a.id) as place, a.id, a.lot as "lotId", a.holder as "holderId", a.kind, a.grams,
     a.on_day as "onDay", a.document as "documentId", a.recorded_by as "recordedBy"
   from lot_adjustment a where a.lot = any($1) and a.retracted_by is null`,
  ({ id, lotId, holderId, kind, grams: mass, onDay, documentId, recordedBy }) =>
    Object.assign(new LotAdjustment(), { id, lotId, holderId, kind, grams: grams(mass), onDay, documentId, recordedBy }),
);

/** What a viewer sees of the facts of a lot. */
export interface SeenFacts {
  /** Its birth, which is a fact of its producer. */
  birth: boolean;
  movements: Movement[];
}

interface SeenKey {
  lot: string;
  /** Position of the log; null for the reader's own state. */
  known: string | null;
  /** Condition on `f(lot, fact)`. */
  seen: string;
}

/** Facts of lots in sight, births among them, as they were known at a position of the log. */
const seenFacts: BatchOf<SeenKey, SeenFacts> = async (reader, keys) => {
  const found = new Map<SeenKey, SeenFacts>();
  for (const group of alike(keys, ({ lot: _, ...same }) => [same])) {
    const { known, seen } = group[0]!;
    const lots = group.map((key) => key.lot);
    const rows = await reader.query<Row | (Omit<Row, 'kind'> & { kind: 'BIRTH' })>(
      `select f.* from (${MOVEMENTS(known === null ? null : (BigInt(known) as Position))}
         union all select l.id, 'BIRTH', l.id, l.producer, null, null, null, l.grams, l.produced_on, l.produced_at, null from lot l where l.id = any($1)
       ) f where ${seen}`,
      [lots],
    );
    grouped(lots, rows, (row) => row.lot).forEach((facts, index) => {
      const movements = facts.filter((row): row is Row => row.kind !== 'BIRTH').map(asMovement);
      found.set(group[index]!, { birth: movements.length < facts.length, movements });
    });
  }
  return keys.map((key) => found.get(key)!);
};

/** What the viewer sees of a lot's facts, in the state that a page belongs to. */
export const factsSeen = (question: Question, lot: string, known: Position | null): Promise<SeenFacts> =>
  question.reader.loader(seenFacts).load({
    lot,
    known: known === null ? null : String(known),
    seen: factVisible(question.viewer, 'f.lot', 'f.fact', known),
  });

/** Grams of lots in shipments, of those in sight. */
const shippedGrams: BatchOf<Omit<SeenKey, 'known'>, Grams> = async (reader, keys) => {
  const found = new Map<string, Grams>();
  for (const group of alike(keys, ({ seen }) => [seen])) {
    const rows = await reader.query<{ lot: string; grams: string }>(
      `select f.lot, sum(f.grams) as grams from (
         select x.lot, x.id as fact, x.grams from shipped_lot x where x.lot = any($1) and x.retracted_by is null
       ) f where ${group[0]!.seen} group by f.lot`,
      [group.map((key) => key.lot)],
    );
    for (const row of rows) found.set(row.lot, grams(row.grams));
  }
  return keys.map(({ lot }) => found.get(lot) ?? ZERO);
};

/** How much of a lot the viewer knows to have been shipped. */
export const shippedOf = ({ reader, viewer }: Question, lot: string): Promise<Grams> =>
  reader.loader(shippedGrams).load({ lot, seen: factVisible(viewer, 'f.lot', 'f.fact') });
