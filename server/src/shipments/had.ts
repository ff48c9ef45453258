import { type Day, quote } from '@lotline/schema';
import type { Work } from '../commands';
import { freeAtTheBorder, heldAtTheBorder, holding } from '../lots';

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

/** What a shipper sent of lots by now, in shipments that have departed. @param but not in this one */
async function sentBy({ tx }: Work, shipper: string, lots: readonly string[], but: string | null): Promise<Map<string, bigint>> {
  const rows = await tx.query<{ lot: string; grams: string }>(
    `select x.lot, sum(x.grams) as grams from shipment s join shipped_lot x on x.shipment = s.id and x.retracted_by is null
     where s.shipper = $1 and x.lot = any($2) and s.id is distinct from $3
       and exists (select from shipment_leg g where g.shipment = s.id and g.retracted_by is null and g.departed_on is not null) group by x.lot`,
    [shipper, lots, but],
  );
  return new Map(rows.map(({ lot, grams }) => [lot, BigInt(grams)]));
}

/**
 * Which lots a shipper may not send as much of, since what it had is held at the border: what it had, less what is held with it and what it has sent
 * already, is not enough.
 * @param wanted grams of each that are to be sent
 * @param but a shipment that is not counted among what was sent
 */
export async function heldOfShipper(
  work: Work,
  shipper: string,
  wanted: ReadonlyMap<string, bigint>,
  had: ReadonlyMap<string, Had>,
  but: string | null = null,
): Promise<{ lot: string; says: string }[]> {
  const border = await heldAtTheBorder(
    work,
    [...wanted.keys()].map((lotId) => ({ lotId, ownerId: shipper })),
  );
  const held = [...wanted.keys()].filter((lotId) => border.of({ lotId, ownerId: shipper }).received > 0n);
  if (held.length === 0) return [];
  const sent = await sentBy(work, shipper, held, but);
  return held.flatMap((lot) => {
    const back = border.of({ lotId: lot, ownerId: shipper });
    const { code, grams } = had.get(lot)!;
    const has = grams - (sent.get(lot) ?? 0n);
    if (wanted.get(lot)! <= has - back.received) return [];
    return [{ lot, says: `${freeAtTheBorder(has, back.received)} kg of lot ${quote(code)} is free to be sent: ${holding(back)}` }];
  });
}
