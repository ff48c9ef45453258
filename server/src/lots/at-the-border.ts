import { type Grams, quote, type Reason, toKilograms } from '@lotline/schema';
import { subjectVisible } from '../access';
import type { Work } from '../commands';

// Goods that are held at the border stay there: whoever has them neither uses, nor gives, nor sends them on until they are disposed of.

/** What open emergency actions hold of a lot with an owner; whole grams. */
interface HeldBack {
  grams: bigint;
  /** Of these, what came to it, or was to come; the rest it sent, and has not given yet. */
  received: bigint;
  /** Numbers of the emergency actions that whoever asks sees. */
  numbers: string[];
}

/** Some of a lot, with its owner, and to whom that gives it, where it does. */
interface Asked {
  lotId: string;
  ownerId: string;
  to?: string;
}

const NOTHING: HeldBack = { grams: 0n, received: 0n, numbers: [] };
const keyOf = ({ lotId, ownerId, to = '' }: Asked): string => lotId + ownerId + to;

/** What is held of lots, by owner. */
export class AtTheBorder {
  constructor(private readonly held: ReadonlyMap<string, HeldBack>) {}

  of(asked: Asked): HeldBack {
    return this.held.get(keyOf(asked)) ?? NOTHING;
  }
}

/**
 * What is held of lots with their owners, by emergency actions that somebody recorded: of a lot with whoever recorded it, or where that has none of it, as
 * a broker, with who imports by the certificates that are held; of a shipment with its consignee, whoever recorded it, and who imports by the certificates that are held; with its shipper what it has not given to one of these, who may get it.
 * Nothing is locked: of an action that is recorded meanwhile, this came before.
 */
export async function heldAtTheBorder({ tx, viewer }: Work, asked: readonly Asked[]): Promise<AtTheBorder> {
  const rows = await tx.query<{ lot: string; owner: string; to: string; grams: string; received: string; numbers: string[] }>(
    `with asked as (select distinct lot, owner, nullif("to", '')::uuid as "to" from unnest($1::uuid[], $2::uuid[], $3::text[]) as m(lot, owner, "to")),
     opened as materialized (
       select a.id, case when ${subjectVisible(viewer, 'a.id')} then a.number end as number, a.lot, a.shipment, a.made_by, held_grams(a) - coalesce(
         (select sum(coalesce(d.grams, held_grams(a))) from disposition d where d.emergency_action = a.id and d.retracted_by is null), 0) as left_of_it
       from emergency_action a where a.made_by is not null and a.id in (
         select o.id from asked q join emergency_action o on o.lot = q.lot
         union select o.id from asked q join shipped_lot x on x.lot = q.lot and x.retracted_by is null join emergency_action o on o.shipment = x.shipment)
     ), shipped as (
       select o.shipment, s.shipper, sum(o.left_of_it) as left_of_it, array_remove(array_agg(distinct o.number), null) as numbers,
         array(select distinct r.operation from opened a left join emergency_action_certificate h on h.emergency_action = a.id left join import_certificate c on c.id = h.import_certificate
           cross join unnest(array[s.consignee, a.made_by, c.importer, c.importer_of_record, c.consignee]) as r(operation)
           where a.shipment = o.shipment and r.operation <> s.shipper) as receivers
       from opened o join shipment s on s.id = o.shipment where o.left_of_it > 0 group by o.shipment, s.shipper, s.consignee
     ), carried as (
       select w.*, x.lot, least(sum(x.grams), w.left_of_it) as grams
       from shipped w join shipped_lot x on x.shipment = w.shipment and x.retracted_by is null where x.lot in (select lot from asked) group by w.shipment, w.shipper, w.left_of_it, w.numbers, w.receivers, x.lot
     ), held as (
       select q.lot, q.owner, q."to", o.left_of_it as grams, true as is_received, array_remove(array[o.number], null) as numbers
       from asked q join opened o on o.lot = q.lot and (o.made_by = q.owner
         or (not exists (select from holding x where x.lot = o.lot and x.owner = o.made_by and x.grams > 0)
           and exists (select from emergency_action_certificate h join import_certificate c on c.id = h.import_certificate
             where h.emergency_action = o.id and q.owner in (c.importer, c.importer_of_record, c.consignee)))) where o.left_of_it > 0
       union all select q.lot, q.owner, q."to", w.grams, true, w.numbers from asked q join carried w on w.lot = q.lot and q.owner = any(w.receivers)
       union all select q.lot, q.owner, q."to", w.grams - coalesce((
           select sum(t.grams) from transfer t where t.lot = w.lot and t.sender = w.shipper and t.receiver = any(w.receivers) and t.retracted_by is null), 0), false, w.numbers
       from asked q join carried w on w.lot = q.lot and q.owner = w.shipper where q."to" is null or q."to" <> all(w.receivers)
     )
     select h.lot, h.owner, coalesce(h."to"::text, '') as "to", sum(h.grams) as grams, coalesce(sum(h.grams) filter (where h.is_received), 0) as received,
       array(select distinct n from held k cross join unnest(k.numbers) as n where k.lot = h.lot and k.owner = h.owner and k."to" is not distinct from h."to" and k.grams > 0 order by n) as numbers
     from held h where h.grams > 0 group by h.lot, h.owner, h."to"`,
    [asked.map(({ lotId }) => lotId), asked.map(({ ownerId }) => ownerId), asked.map(({ to = '' }) => to)],
  );
  return new AtTheBorder(
    new Map(
      rows.map(({ lot, owner, to, grams, received, numbers }) => [
        lot + owner + to,
        { grams: BigInt(grams), received: BigInt(received), numbers },
      ]),
    ),
  );
}

/** Names what holds goods, as far as whoever asks sees it. */
export const holding = ({ numbers }: Pick<HeldBack, 'numbers'>): string =>
  numbers.length === 0 ? 'it is held at the border' : `${numbers.map(quote).join(', ')} holds it at the border`;

/** Why goods do not move while they are held. */
export const heldBack = (message: string, path: Reason['path']): Reason => ({
  code: 'REFUSED',
  message,
  path,
  rule: '7 CFR 205.273',
  remedy: 'record first the disposition of what is held',
});

/** Mass that is free of what there is. */
export const freeOf = (has: bigint, held: bigint): string => toKilograms((has > held ? has - held : 0n) as Grams);
