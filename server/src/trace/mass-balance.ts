import { type Day, type Grams, grams, type LotKind, StepKind } from '@lotline/schema';
import { knownFact, knownRow, type Position, type Reader } from '../database';
import { MOST_COUNTED } from '../questions';

/** What a mass balance is of: one operation, one product, one period, both ends included. */
export interface MassBalanceRequest {
  operation: string;
  product: string;
  from: Day;
  to: Day;
}

type Flow = 'BORN' | 'RECEIVED' | 'SENT' | 'USED' | 'LOST';

/** Everything that moved grams of a product into an operation's holdings or out of them. Parameters: operation, product. */
const facts = (known: Position | null): string => `
  select l.id as lot, 'BORN' as flow, l.kind as lot_kind, l.id as fact, null::uuid as sender, l.producer as receiver, l.grams, l.produced_on as on_day, l.produced_at as at, null::uuid as document
    from lot l where l.producer = $1 and l.product = $2 and ${knownRow('l', known)}
  union all
  select t.lot, 'RECEIVED', l.kind, t.id, t.sender, t.receiver, t.grams, t.on_day, t.at, t.document
    from transfer t join lot l on l.id = t.lot where t.receiver = $1 and l.product = $2 and ${knownFact('t', known)}
  union all
  select t.lot, 'SENT', l.kind, t.id, t.sender, t.receiver, -t.grams, t.on_day, t.at, t.document
    from transfer t join lot l on l.id = t.lot where t.sender = $1 and l.product = $2 and ${knownFact('t', known)}
  union all
  select i.input, 'USED', l.kind, i.id, i.holder, null, -i.grams, coalesce(i.on_day, o.produced_on), i.at, null
    from lot_input i join lot l on l.id = i.input join lot o on o.id = i.output where i.holder = $1 and l.product = $2 and ${knownFact('i', known)}
  union all
  select a.lot, 'LOST', l.kind, a.id, a.holder, null, -a.grams, a.on_day, a.at, a.document
    from lot_adjustment a join lot l on l.id = a.lot where a.holder = $1 and l.product = $2 and ${knownFact('a', known)}`;

export interface Sums {
  opening: Grams;
  born: Grams;
  received: Grams;
  sent: Grams;
  used: Grams;
  lost: Grams;
  closing: Grams;
  unexplained: Grams;
}

/**
 * Opening and closing are sums of the holdings above zero, lot by lot. A fact without a day counts on every day: it is in the opening, and
 * no flow of the period.
 */
export async function massBalanceOf(reader: Reader, { operation, product, from, to }: MassBalanceRequest): Promise<Sums> {
  const flow = (name: Flow) =>
    `coalesce(sum(abs(grams)) filter (where flow = '${name}' and on_day between $3::date and $4::date), 0) as ${name.toLowerCase()}`;
  const [row] = await reader.query<Record<'opening' | 'closing' | Lowercase<Flow>, string>>(
    `select coalesce(sum(greatest(opening, 0)), 0) as opening, coalesce(sum(greatest(closing, 0)), 0) as closing,
       ${(['born', 'received', 'sent', 'used', 'lost'] as const).map((name) => `coalesce(sum(${name}), 0) as ${name}`).join(', ')}
     from (
       select lot, coalesce(sum(grams) filter (where on_day is null or on_day < $3::date), 0) as opening,
         coalesce(sum(grams) filter (where on_day is null or on_day <= $4::date), 0) as closing,
         ${(['BORN', 'RECEIVED', 'SENT', 'USED', 'LOST'] as const).map(flow).join(', ')}
       from (${facts(null)}) f group by lot
     ) lots`,
    [operation, product, from, to],
  );
  const [opening, closing] = [grams(row!.opening), grams(row!.closing)];
  const [born, received, sent, used, lost] = [row!.born, row!.received, row!.sent, row!.used, row!.lost].map(grams) as [
    Grams,
    Grams,
    Grams,
    Grams,
    Grams,
  ];
  return {
    opening,
    born,
    received,
    sent,
    used,
    lost,
    closing,
    unexplained: grams(opening + born + received - sent - used - lost - closing),
  };
}

/** A fact behind the sums. */
export interface BalanceStep {
  kind: StepKind;
  lot: string;
  /** Whoever gave it, null for a birth. */
  sender: string | null;
  /** Whoever had it then, null where it was used or lost. */
  receiver: string | null;
  grams: Grams;
  on: Day;
  at: Date | null;
  /** Its paper. */
  document: string | null;
  key: readonly string[];
}

const BIRTHS: Record<LotKind, StepKind> = { HARVEST: 'HARVESTED', PURCHASED: 'PURCHASED', TRANSFORMATION: 'TRANSFORMED' };
const KINDS: Record<Exclude<Flow, 'BORN'>, StepKind> = { RECEIVED: 'TRANSFERRED', SENT: 'TRANSFERRED', USED: 'TRANSFORMED', LOST: 'LOST' };

/** The kind of step that a fact is, as SQL. */
const KIND = `case flow when 'BORN' then case lot_kind ${Object.entries(BIRTHS)
  .map(([kind, step]) => `when '${kind}' then '${step}'`)
  .join(' ')} end ${Object.entries(KINDS)
  .map(([flow, step]) => `when '${flow}' then '${step}'`)
  .join(' ')} end`;

/** Facts of the period, with what they are ordered by: day, hour, cause, lot, fact. */
const steps = (known: Position | null, kinds: string): string => `
  select f.*, array_position('{${Object.keys(StepKind).join(',')}}'::text[], f.kind) as cause, l.code, o.identifier
  from (select f.*, ${KIND} as kind from (${facts(known)}) f where on_day between $3::date and $4::date) f
    join lot l on l.id = f.lot join operation o on o.id = l.producer
  where ${kinds}::text[] is null or f.kind = any(${kinds})`;

const ORDER = "s.on_day, coalesce(s.at, '-infinity'), s.cause, s.code, s.identifier, s.fact";

export interface StepsRequest {
  kinds: readonly StepKind[] | null;
  after: readonly unknown[] | null;
  limit: number;
  known: Position | null;
}

interface StepRow extends Omit<BalanceStep, 'grams'> {
  grams: string;
}

/** One page of the facts behind the sums, oldest first. */
export async function stepsOf(
  reader: Reader,
  { operation, product, from, to }: MassBalanceRequest,
  { kinds, after, limit, known }: StepsRequest,
): Promise<BalanceStep[]> {
  const later = after === null ? '' : `where (${ORDER}) > ($6::date, $7::timestamptz, $8::int, $9::text, $10::text, $11::uuid)`;
  const rows = await reader.query<StepRow>(
    `select s.kind, s.lot, s.sender, s.receiver, abs(s.grams) as grams, s.on_day as "on", s.at, s.document,
       array[s.on_day::text, coalesce(s.at, '-infinity')::text, s.cause::text, s.code, s.identifier, s.fact::text] as key
     from (${steps(known, '$5')}) s ${later} order by ${ORDER} limit ${limit}`,
    [operation, product, from, to, kinds, ...(after ?? [])],
  );
  return rows.map((row) => ({ ...row, grams: grams(row.grams) }));
}

/** How many there are, counted to 10,001. */
export async function countSteps(
  reader: Reader,
  { operation, product, from, to }: MassBalanceRequest,
  { kinds, known }: Pick<StepsRequest, 'kinds' | 'known'>,
): Promise<number> {
  const [row] = await reader.query<{ count: number }>(
    `select count(*)::int as count from (${steps(known, '$5')} limit ${MOST_COUNTED + 1}) x`,
    [operation, product, from, to, kinds],
  );
  return row!.count;
}
