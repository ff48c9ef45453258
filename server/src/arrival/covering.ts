import type { Day } from '@lotline/schema';
import type { Work } from '../commands';

// What at the border a certificate covers: one answer for whoever verifies what arrived, and for what is held. A shipment, or a lot.

/** What is at the border: a lot, or a shipment. */
export interface On {
  lot: string | null;
  shipment: string | null;
}

/** Whoever imports by a certificate `c`, as SQL. */
export const IMPORTING = '(c.importer, c.importer_of_record, c.consignee)';

/** Did this operation file an entry that draws on a certificate `c`? As SQL. */
export const filedUnder = (operation: string): string =>
  `exists (select from customs_entry_line f join customs_entry e on e.id = f.entry where f.import_certificate = c.id and f.retracted_by is null and e.filer = ${operation})`;

/** First and last day of a shipment `s` on its way; no last one while its last leg has not arrived. As SQL. */
export const WAY = `cross join lateral (
  select min(g.departed_on) as departed_on, case when (array_agg(g.arrived_on order by g.sequence desc))[1] is not null then max(g.arrived_on) end as arrived_on
  from shipment_leg g where g.shipment = s.id and g.retracted_by is null) w`;

const CARRIED = 'k.certificate, k.shipment, k.lot, k.departed_on, k.arrived_on';
const FOUND = 'c.id as certificate, s.id as shipment, x.lot, w.departed_on, w.arrived_on';
const LIVE = 'retracted_by is null';

/**
 * What shipments carry to whoever imports by a certificate, as SQL rows of `(certificate, shipment, lot, departed_on, arrived_on)`: lots that a line of it
 * names, or that an entry under it does; by a line that names a product and no lot, what its exporter ships, in the period if it has one.
 */
export const COVERED = `(
  select ${FOUND} from import_certificate_line n join import_certificate c on c.id = n.import_certificate
    join shipped_lot x on x.lot = n.lot and x.${LIVE} and (n.shipped_lot is null or n.shipped_lot = x.id) join shipment s on s.id = x.shipment and s.consignee in ${IMPORTING} ${WAY}
  where n.${LIVE}
  union select ${FOUND} from customs_entry_line n join customs_entry_line_lot j on j.line = n.id join import_certificate c on c.id = n.import_certificate
    join shipped_lot x on x.lot = j.lot and x.${LIVE} join shipment s on s.id = x.shipment and s.consignee in ${IMPORTING} ${WAY}
  where n.${LIVE}
  union select ${FOUND} from import_certificate_line n join import_certificate c on c.id = n.import_certificate
    join shipment s on s.shipper = c.exporter and s.consignee in ${IMPORTING} join shipped_lot x on x.shipment = s.id and x.${LIVE} join lot l on l.id = x.lot and l.product = n.product ${WAY}
  where n.${LIVE} and n.lot is null and (c.valid_to is null or w.departed_on is null or w.departed_on <= c.valid_to)
    and (c.valid_from is null or w.arrived_on is null or w.arrived_on >= c.valid_from))`;

/** Was a certificate issued by a day, or on one that is not known? As SQL. */
export const issuedBy = (certificate: string, day: string): string =>
  `exists (select from import_certificate_status i where i.import_certificate = ${certificate} and i.status = 'ISSUED' and i.${LIVE} and (i.on_day is null or i.on_day <= ${day}))`;

/** Of a shipment what it carries; of a lot, all that carries it, and certificates that name it where nothing carries it to whoever imports by them. */
const atTheBorder = ({ shipment }: On): string =>
  shipment !== null
    ? `select ${CARRIED} from ${COVERED} k where k.shipment = $2 and $1::uuid is null`
    : `with carried as materialized (select ${CARRIED} from ${COVERED} k where k.lot = $1 and $2::uuid is null)
       select ${CARRIED} from carried k
       union all select n.import_certificate, null, $1, null, null from (
         select import_certificate from import_certificate_line where lot = $1 and ${LIVE}
         union select n.import_certificate from customs_entry_line n join customs_entry_line_lot j on j.line = n.id where j.lot = $1 and n.${LIVE} and n.import_certificate is not null
       ) n where n.import_certificate not in (select certificate from carried)`;

/**
 * Certificates that cover what is at the border, of whoever tells of it: it imports by them, or filed an entry under them. They were issued by the
 * day on which the goods arrived; of goods that have not, by the day of what is told.
 * @param day null for those that were issued later, too
 */
export async function coveringOf({ tx }: Pick<Work, 'tx'>, operation: string, on: On, day: Day | null): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `select distinct c.id from (${atTheBorder(on)}) k join import_certificate c on c.id = k.certificate
     where ($3 in ${IMPORTING} or ${filedUnder('$3')}) and ${issuedBy('c.id', "case when $4::date is null then 'infinity'::date else coalesce(k.arrived_on, $4::date) end")} order by c.id`,
    [on.lot, on.shipment, operation, day],
  );
  return rows.map(({ id }) => id);
}
