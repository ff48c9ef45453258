import { createHash } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { type Caller, MOST_LOTS, type Note } from './notes';

/** What was done, as it is written down: who did what, how often, and when first and last, milliseconds of the epoch. */
export interface Entry extends Note {
  by: Caller;
  at: number;
  lastAt: number;
  times: number;
}

type Query = (sql: string, parameters: unknown[]) => Promise<unknown[]>;

/** Most operations that are told of one thing. */
const MOST_OWNERS = 1000;
const HOUR_MS = 3_600_000;

/** Is it of the stories of others' lots, which are told once an hour, however many there were? */
export const isUncounted = ({ act, subject }: Pick<Note, 'act' | 'subject'>): boolean => act === 'TRACED' && subject === null;

/** One for all that one record counts: of the same viewer, act and noun, within the same hour. */
function likenessOf({ by: { viewer, key }, at, act, subject, what, code }: Pick<Entry, 'by' | 'at' | keyof Note>): string {
  const { kind, operationId, certifierId } = viewer;
  const text = JSON.stringify([kind, operationId, certifierId, key, act, subject, what, code, Math.floor(at / HOUR_MS)]);
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/**
 * Whom nouns concern: an operation itself, whose key, certificate or assignment it is, and the parties of everything else; of an audit those
 * of its lot: the others of the chain hear when it is told. Told are the first $20 of
 * each, those of the noun itself before those of the lots of a story. What was refused about a noun that is nobody's is not kept: it is not
 * there. A record that is there counts what is new, but for its own, which an earlier try has brought.
 */
const KEEP = `
  with given as (
    select * from unnest($1::int[], $2::uuid[], $3::uuid[], $4::timestamptz[], $5::timestamptz[], $6::int[], $7::text[], $8::text[], $9::uuid[], $10::uuid[],
      $11::uuid[], $12::text[], $13::uuid[], $14::text[], $15::text[], $16::boolean[])
      as g(place, id, likeness, at, last_at, times, act, viewer_kind, operation, certifier, api_key, noun, subject, what, code, cut)
  ), about as (
    select * from unnest($17::int[], $18::uuid[], $19::boolean[]) as a(place, noun, itself)
  ), concerned as materialized (
    select c.place, c.operation, row_number() over (partition by c.place order by bool_or(c.itself) desc, c.operation) as nth from (
      select a.place, o.id as operation, a.itself from about a join operation o on o.id = a.noun
      union all select a.place, k.operation, a.itself from about a join api_key k on k.id = a.noun
      union all select a.place, c.operation, a.itself from about a join operation_certificate c on c.id = a.noun
      union all select a.place, b.importer, a.itself from about a join broker_assignment b on b.id = a.noun
      union all select n.place, p.operation, n.itself from (
        select * from about union all select a.place, g.lot, a.itself from about a join audit_grant g on g.id = a.noun
      ) n join party p on p.subject = n.noun and p.retracted_by is null join operation o on o.id = p.operation
    ) c group by c.place, c.operation
  ), kept as (
    insert into access_record as r (id, likeness, at, last_at, times, act, viewer_kind, operation, certifier, api_key, noun, subject, what, code, cut)
    select g.id, g.likeness, g.at, g.last_at, g.times, g.act, g.viewer_kind, g.operation, g.certifier, g.api_key, g.noun, g.subject, g.what, g.code,
      g.cut or exists (select from concerned c where c.place = g.place and c.nth > $20)
    from given g where g.act <> 'REFUSED' or g.subject is null or exists (select from concerned c where c.place = g.place)
    order by g.likeness
    on conflict (likeness) do update set times = case when r.act = 'TRACED' and r.subject is null then 1 else least(r.times::bigint + excluded.times, 2147483647) end::int,
      last_at = greatest(r.last_at, excluded.last_at),
      cut = r.cut or excluded.cut where r.id <> excluded.id
    returning r.id, r.likeness
  )
  insert into access_owner (operation, act, record)
  select c.operation, g.act, k.id from kept k join given g on g.likeness = k.likeness join concerned c on c.place = g.place and c.nth <= $20
  on conflict do nothing`;

/** Gives entries the ids of their records: an entry that is written again after a failure must keep its own. */
export const withIds = (entries: readonly Entry[]): (Entry & { id: string })[] => entries.map((entry) => ({ ...entry, id: uuidv7() }));

/** Writes entries down, by one statement. No two may be alike. */
export async function keep(query: Query, entries: readonly (Entry & { id: string })[]): Promise<void> {
  const column = (value: (entry: Entry & { id: string }, place: number) => unknown) => entries.map(value);
  const about = entries.flatMap((entry, place) => [
    ...ownNounOf(entry).map((noun) => ({ place, noun, itself: true })),
    ...entry.lots.slice(0, MOST_LOTS).map((noun) => ({ place, noun, itself: false })),
  ]);
  await query(KEEP, [
    column((_, place) => place),
    column(({ id }) => id),
    column(likenessOf),
    column(({ at }) => new Date(at).toISOString()),
    column(({ lastAt }) => new Date(lastAt).toISOString()),
    column(({ times }) => times),
    column(({ act }) => act),
    column(({ by }) => by.viewer.kind),
    column(({ by }) => by.viewer.operationId),
    column(({ by }) => by.viewer.certifierId),
    column(({ by }) => by.key),
    column(({ noun }) => noun),
    column(({ subject }) => subject),
    column(({ what }) => what),
    column(({ code }) => code),
    column(({ lots }) => lots.length > MOST_LOTS),
    about.map(({ place }) => place),
    about.map(({ noun }) => noun),
    about.map(({ itself }) => itself),
    MOST_OWNERS,
  ]);
}

/**
 * What an entry is about. A key that asks beyond its scopes concerns whose key it is. Where it asks about a noun its operation is not told:
 * whether there is one would show by that.
 */
function ownNounOf({ act, subject, by: { viewer } }: Entry): string[] {
  if (subject !== null) return [subject];
  return act === 'REFUSED' && viewer.kind === 'PARTNER' && viewer.operationId !== null ? [viewer.operationId] : [];
}
