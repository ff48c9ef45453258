import type { Day } from '@lotline/schema';
import { factVisible, type Viewer } from '../access';
import { alike, type BatchOf, grouped } from '../database';
import type { Shipped } from './close-out';

/** What was shipped under a certificate for a period, and whether the viewer sees it. */
export interface ShippedUnder extends Shipped {
  isSeen: boolean;
}

/**
 * What was shipped under certificates for a period, first departed first: what they claimed as shipments departed. Where a certificate claims nothing, since
 * it was reported from outside, the lots that its lines name, as its exporter shipped them to whoever imports by it and they departed within the period,
 * but for what another one claims.
 */
const SHIPPED = (viewer: Viewer): string => `
  select k.import_certificate as of, s.shipment, k.lot, k.on_day as "on", k.grams, k.id, ${factVisible(viewer, 'k.lot', 'k.id')} as "isSeen"
  from import_certificate_line k join shipped_lot s on s.id = k.shipped_lot where k.import_certificate = any($1) and k.retracted_by is null
  union all
  select c.id, x.shipment, x.lot, w.departed_on, x.grams, x.id, ${factVisible(viewer, 'x.shipment', 'x.id')}
  from import_certificate c
    join shipped_lot x on x.retracted_by is null and x.lot in (
      select n.lot from import_certificate_line n where n.import_certificate = c.id and n.shipped_lot is null and n.retracted_by is null)
    join shipment s on s.id = x.shipment and s.shipper = c.exporter and s.consignee in (c.importer, c.importer_of_record, c.consignee)
    cross join lateral (select min(g.departed_on) as departed_on from shipment_leg g where g.shipment = s.id and g.retracted_by is null) w
  where c.id = any($1) and (c.valid_from is null or w.departed_on >= c.valid_from) and (c.valid_to is null or w.departed_on <= c.valid_to)
    and w.departed_on is not null and not exists (
      select from import_certificate_line k where k.import_certificate = c.id and k.shipped_lot is not null and k.retracted_by is null)
    and not exists (select from import_certificate_line k where k.shipped_lot = x.id and k.retracted_by is null)`;

export const shippedUnder: BatchOf<{ id: string; viewer: Viewer }, ShippedUnder[]> = async (reader, keys) => {
  const found = new Map<string, ShippedUnder[]>();
  for (const group of alike(keys, ({ viewer }) => [viewer.name])) {
    const { viewer } = group[0]!;
    const ids = group.map(({ id }) => id);
    const rows = await reader.query<{ of: string; shipment: string; lot: string; on: Day; grams: string; isSeen: boolean }>(
      `select f.* from (${SHIPPED(viewer)}) f order by f."on", f.id`,
      [ids],
    );
    grouped(
      ids,
      rows.map((row) => ({ ...row, grams: BigInt(row.grams) })),
      ({ of }) => of,
    ).forEach((all, index) => {
      found.set(viewer.name + ids[index], all);
    });
  }
  return keys.map(({ id, viewer }) => found.get(viewer.name + id)!);
};
