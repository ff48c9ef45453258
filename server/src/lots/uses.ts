import { type Day, grams, LotInput, type Page } from '@lotline/schema';
import { factVisible } from '../access';
import { alike, knownFact, type Position, type Reader } from '../database';
import { MOST_COUNTED, makePage, type PageArguments, type Question, readPage } from '../questions';

// The uses that lead into a lot, and those that lead out of it: day, then hour, then the other lot's code and producer.

type Side = 'inputs' | 'outputs';

interface UsesKey {
  lot: string;
  side: Side;
  limit: number;
  after: readonly unknown[] | null;
  known: string | null;
  /** Condition: which uses the viewer sees. */
  seen: string;
}

interface Row {
  lot: string;
  id: string;
  outputId: string;
  inputId: string;
  holderId: string;
  grams: string;
  value: string;
  unit: string;
  on: Day | null;
  onDay: Day | null;
  at: Date | null;
  key: [string, string, string, string, string];
}

const ORDER = "coalesce(i.on_day, born.produced_on, 'infinity'), coalesce(i.at, '-infinity'), other.code, o.identifier, i.id";

async function pagesOf(reader: Reader, keys: readonly UsesKey[]): Promise<Row[][]> {
  const found = new Map<UsesKey, Row[]>(keys.map((key) => [key, []]));
  for (const group of alike(keys, ({ lot: _, ...same }) => [same])) {
    const { side, limit, after, known, seen } = group[0]!;
    const [own, far] = side === 'inputs' ? ['output', 'input'] : ['input', 'output'];
    const later = after === null ? '' : `and (${ORDER}) > ($2::date, $3::timestamptz, $4::text, $5::text, $6::uuid)`;
    const rows = await reader.query<Row>(
      `select x.* from unnest($1::uuid[]) as k(lot) cross join lateral (
         select k.lot, i.id, i.output as "outputId", i.input as "inputId", i.holder as "holderId", i.grams, i.value, i.unit,
           coalesce(i.on_day, born.produced_on) as "on", i.on_day as "onDay", i.at,
           array[coalesce(i.on_day, born.produced_on, 'infinity')::text, coalesce(i.at, '-infinity')::text, other.code, o.identifier, i.id::text] as key
         from lot_input i join lot born on born.id = i.output join lot other on other.id = i.${far} join operation o on o.id = other.producer
         where i.${own} = k.lot and ${knownFact('i', positionOf(known))} and ${seen} ${later}
         order by ${ORDER} limit ${limit}
       ) x`,
      [group.map((key) => key.lot), ...(after ?? [])],
    );
    const byLot = new Map(group.map((key) => [key.lot, key]));
    for (const row of rows) found.get(byLot.get(row.lot)!)!.push(row);
  }
  return keys.map((key) => found.get(key)!);
}

interface CountKey {
  lot: string;
  side: Side;
  known: string | null;
  seen: string;
}

async function counts(reader: Reader, keys: readonly CountKey[]): Promise<number[]> {
  const found = new Map<CountKey, number>();
  for (const group of alike(keys, ({ lot: _, ...same }) => [same])) {
    const { side, known, seen } = group[0]!;
    const rows = await reader.query<{ lot: string; count: number }>(
      `select k.lot, (select count(*)::int from (
         select from lot_input i where i.${side === 'inputs' ? 'output' : 'input'} = k.lot and ${knownFact('i', positionOf(known))} and ${seen} limit ${MOST_COUNTED + 1}
       ) x) as count from unnest($1::uuid[]) as k(lot)`,
      [group.map((key) => key.lot)],
    );
    const byLot = new Map(rows.map((row) => [row.lot, row.count]));
    for (const key of group) found.set(key, byLot.get(key.lot)!);
  }
  return keys.map((key) => found.get(key)!);
}

const positionOf = (known: string | null): Position | null => (known === null ? null : (BigInt(known) as Position));

/** One page of a lot's inputs or outputs. */
export async function usesOf(question: Question, lot: string, side: Side, page: PageArguments): Promise<Page<LotInput>> {
  const list = `${side} of ${lot}`;
  const request = readPage(question, list, page);
  const known = request.known === null ? null : String(request.known);
  const seen = factVisible(question.viewer, 'i.input', 'i.id', request.known);
  const rows = await question.reader.loader(pagesOf).load({ lot, side, limit: request.first + 1, after: request.after, known, seen });
  return makePage(question, {
    list,
    request,
    position: request.known ?? (await question.reader.position()),
    rows: rows.map((row) => Object.assign(new LotInput(), { ...row, grams: grams(row.grams) }) as LotInput & { key: string[] }),
    keyOf: (row) => row.key,
    count: () => question.reader.loader(counts).load({ lot, side, known, seen }),
  });
}
