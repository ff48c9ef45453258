import type { Day } from '@lotline/schema';
import type { Work } from '../commands';

/** All that a shipper ever had of a lot by some day. */
export interface Had {
  lot: string;
  code: string;
  producedOn: Day | null;
  /** Born to it and received by it by that day; what it gave away since counts too. */
  grams: bigint;
  /** From when it had some; null where that is not dated, or it never had any. */
  since: Day | null;
}

/**
 * What a shipper ever had of lots. Its producer had a lot on every day; whoever else, from the first transfer to it on. What it gave away is
 * not taken off: goods are shipped by whoever sold them.
 * @param by of this day or before; null for all
 */
export async function everHad(work: Work, shipper: string, lots: readonly string[], by: Day | null): Promise<Map<string, Had>> {
  // What it received is not taken back meanwhile.
  await work.tx.query('select from holding h where h.owner = $1 and h.lot = any($2) order by h.lot for share', [shipper, lots]);
  const rows = await work.tx.query<Omit<Had, 'grams'> & { grams: string }>(
    `select l.id as lot, l.code, l.produced_on as "producedOn", case when l.producer = $1 then l.grams else 0 end + coalesce(r.grams, 0) as grams,
       case when l.producer <> $1 then r.since end as since
     from lot l cross join lateral (
       select sum(t.grams) as grams, min(t.on_day) as since from transfer t
       where t.lot = l.id and t.receiver = $1 and t.retracted_by is null and ($3::date is null or t.on_day <= $3::date)
     ) r where l.id = any($2)`,
    [shipper, lots, by],
  );
  return new Map(rows.map((row) => [row.lot, { ...row, grams: BigInt(row.grams) }]));
}
