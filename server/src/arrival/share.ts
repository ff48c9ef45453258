import type { Work } from '../commands';
import { mostHeld } from '../lots';
import { COVERED, filedUnder, IMPORTING } from './covering';

/** How much of a lot an operation may say is held: of its own part of it. Whole grams. */
export interface Share {
  /** Held where nothing else is said. */
  all: bigint;
  /** At most. */
  most: bigint;
}

/**
 * What an operation has to do with a lot at the border: what shipments brought it, or whoever imports by its certificates; what these cover of the lot
 * by name, or entries under them do. Where there is nothing of that, the most that it ever had of the lot, which is the limit, too, where that is more.
 */
export async function shareOf({ tx }: Work, operation: string, lot: string): Promise<Share> {
  const [row] = await tx.query<{ grams: string; brought: string; covered: string; entered: string }>(
    `with own as materialized (
       select c.id from import_certificate c where claims(c.id) and ($2 in ${IMPORTING} or ${filedUnder('$2')}) and c.id in (
         select import_certificate from import_certificate_line where lot = $1 and retracted_by is null
         union select k.certificate from ${COVERED} k where k.lot = $1
         union select n.import_certificate from customs_entry_line n join customs_entry_line_lot j on j.line = n.id where j.lot = $1 and n.retracted_by is null))
     select l.grams,
       (select coalesce(sum(x.grams), 0) from shipped_lot x join shipment s on s.id = x.shipment where x.lot = $1 and x.retracted_by is null
         and (s.consignee = $2 or s.id in (select k.shipment from ${COVERED} k where k.lot = $1 and k.certificate in (select id from own)))) as brought,
       (select coalesce(sum(n.grams), 0) from import_certificate_line n where n.lot = $1 and n.retracted_by is null and n.import_certificate in (select id from own)) as covered,
       (select coalesce(sum(n.grams), 0) from customs_entry_line n join customs_entry e on e.id = n.entry
         where n.retracted_by is null and (e.filer = $2 or n.import_certificate in (select id from own))
           and exists (select from customs_entry_line_lot j where j.line = n.id and j.lot = $1)) as entered
     from lot l where l.id = $1`,
    [lot, operation],
  );
  const larger = (one: bigint, other: bigint): bigint => (one > other ? one : other);
  const born = BigInt(row!.grams);
  const atMostBorn = (mass: bigint): bigint => (mass > born ? born : mass);
  const had = await mostHeld(tx, lot, operation);
  const came = [row!.brought, row!.covered, row!.entered].map(BigInt).reduce(larger);
  return { all: atMostBorn(came > 0n ? came : had), most: atMostBorn(larger(came, had)) };
}
