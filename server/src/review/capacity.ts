import { type Day, grams, type ImportCertificate, sumGrams } from '@lotline/schema';
import { freeOf } from '../certificates';
import type { Reader } from '../database';
import type { Capacity } from '../rules';

/** Days of a harvest year. */
const YEAR = 365;

/**
 * What the lots and fields of an exporter can give of the products of a request on a day, and what its other certificates for a period take of it. Hectares are those of its certificates in force, summed, each as its
 * history told them last; a harvest counts with the hectares of its day. Computed exactly, and cut to whole grams.
 */
export async function capacityOf(
  reader: Reader,
  { id, exporterId: exporter, validFrom, validTo }: ImportCertificate,
  products: readonly string[],
  on: Day,
): Promise<Capacity> {
  const lots = await reader.query<{ id: string }>(
    'select l.id from holding h join lot l on l.id = h.lot and l.product = any($2) where h.owner = $1 and h.grams > 0',
    [exporter, products],
  );
  const free = await freeOf(
    reader,
    exporter,
    lots.map((lot) => lot.id),
    id,
  );
  const [others] = await reader.query<{ promised: string }>(
    `select coalesce(sum(greatest(k.grams - coalesce((select sum(x.grams) from import_certificate_line x
       where x.import_certificate = k.id and x.retracted_by is null and x.lot is not null and claiming(x)), 0), 0)), 0) as promised
     from import_certificate k where k.exporter = $1 and k.id <> $2 and k.kind = 'PERIOD' and claims(k.id)
       and k.valid_from <= $4::date and k.valid_to >= $3::date
       and exists (select from import_certificate_line x where x.import_certificate = k.id and x.retracted_by is null and x.product = any($5))`,
    [exporter, id, validFrom, validTo, products],
  );
  const [fields] = await reader.query<{ hectares: string | null; yearly: string | null }>(
    `with area(on_day, hectares) as (
       select d.on_day, (select sum(s.hectares[1]) from operation_certificate c join lateral (
         select (array_agg(s.status order by s.effective_from desc))[1] as status,
           array_agg(s.hectares order by s.effective_from desc) filter (where s.hectares is not null) as hectares
         from operation_certificate_status s where s.operation_certificate = c.id and s.retracted_by is null and s.effective_from <= d.on_day
       ) s on s.status = 'CERTIFIED' where c.operation = $1)
       from (select distinct l.produced_on as on_day from lot l where l.producer = $1 and l.product = any($2) and l.kind = 'HARVEST' and l.produced_on is not null
         union select $3::date) d
     )
     select n.hectares, (
       select max(trunc((select sum(l.grams) from lot l where l.producer = $1 and l.product = any($2) and l.kind = 'HARVEST'
           and l.produced_on > a.on_day - ${YEAR} and l.produced_on <= a.on_day) * n.hectares / a.hectares))
       from area a where a.hectares > 0
     ) as yearly
     from area n where n.on_day = $3::date`,
    [exporter, products, on],
  );
  return {
    free: sumGrams([...free.values()].map((each) => each.free)),
    promised: grams(others!.promised),
    hectares: fields!.hectares,
    yearly: fields!.yearly === null ? null : grams(fields!.yearly),
  };
}
