import { addGrams, type Grams, grams, type ImportCertificate, type ImportCertificateLine, sumGrams } from '@lotline/schema';
import { claimedOf, claimsBeside, freeOf } from '../certificates';
import type { Reader } from '../database';
import { type Question, seen } from '../questions';
import type { DepartureOfLots, RequestedLot } from '../rules';

/**
 * The lots that lines of a request name.
 * @param knowsExporter may the viewer know what the exporter holds?
 */
export async function lotsOf(
  question: Question,
  { id: certificate, exporterId }: ImportCertificate,
  lines: readonly ImportCertificateLine[],
  knowsExporter: boolean,
): Promise<RequestedLot[]> {
  const { reader, viewer } = question;
  const rows = await reader.query<{ id: string; code: string; country: string; grams: string; producer: string }>(
    'select l.id, l.code, l.country, l.grams, l.producer from lot l where l.id = any($1) order by l.code, l.id',
    [lines.flatMap(({ lotId }) => lotId ?? [])],
  );
  const ids = rows.map(({ id }) => id);
  const free = knowsExporter ? await freeOf(reader, exporterId, ids, certificate) : null;
  const elsewhere = (await reader.loader(claimsBeside).loadMany(ids.map((lot) => ({ lot, certificate })))) as Grams[];
  return Promise.all(
    rows.map(async ({ id, code, country, producer, grams: mass }, index): Promise<RequestedLot> => {
      const asked = sumGrams(lines.filter(({ lotId }) => lotId === id).map((line) => line.grams));
      const weighs = grams(mass);
      const held = free?.get(id) ?? null;
      const inSight = await seen(question, claimedOf, id);
      const all = elsewhere[index]!;
      // An owner may know how much of its own lot is claimed; its certifier that too much is; nobody else anything that it does not see.
      const owns = held !== null && (held.held > 0n || producer === exporterId);
      const isOver = (claimed: Grams) => addGrams(asked, claimed) > weighs;
      const told = owns && viewer.certifierId === null ? all : inSight;
      return {
        id,
        code,
        country,
        weighs,
        asked,
        held: held?.held ?? null,
        free: held?.free ?? null,
        claimed: told,
        overclaimed: isOver(told) ? 'BY_WHAT_IS_TOLD' : owns && isOver(all) ? 'BY_OTHERS' : null,
      };
    }),
  );
}

/**
 * Legs from abroad into the United States of shipments that carry lots of a request from its exporter or final handler to whom it names,
 * where more of a lot went there than other certificates for them claim.
 */
export const departuresOf = (
  reader: Reader,
  { id, exporterId, finalHandlerId, importerId, importerOfRecordId, consigneeId }: ImportCertificate,
  lots: readonly string[],
): Promise<DepartureOfLots[]> =>
  reader.query<DepartureOfLots>(
    `with gone as (
       select distinct x.id as shipped, x.lot, x.grams, s.id as shipment, s.reference, g.from_un_locode as "fromUnLocode", g.departed_on as "on", g.departed_at as at
       from shipped_lot x join shipment s on s.id = x.shipment and s.shipper = any($2) and s.consignee = any($3)
         join shipment_leg g on g.shipment = s.id and g.retracted_by is null and g.to_country = 'US' and g.from_country <> 'US' and g.departed_on is not null
       where x.lot = any($1) and x.retracted_by is null
     ), covered as (
       select x.lot, sum(x.grams) as grams from import_certificate_line x join import_certificate k on k.id = x.import_certificate
       where x.lot = any($1) and x.retracted_by is null and k.exporter = any($2) and k.id <> $4 and claims(k.id) and claiming(x)
         and array[k.importer, k.importer_of_record, k.consignee] && $3
       group by x.lot
     )
     select distinct g.shipment, g.reference, g."fromUnLocode", g."on", g.at from gone g
     where (select sum(o.grams) from (select distinct shipped, grams from gone where lot = g.lot) o) > coalesce((select c.grams from covered c where c.lot = g.lot), 0)
     order by g."on", g.shipment`,
    [lots, [exporterId, finalHandlerId], [importerId, importerOfRecordId, consigneeId], id],
  );
