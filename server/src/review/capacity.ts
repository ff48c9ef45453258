import { type Day, grams } from '@lotline/schema';
import type { Reader } from '../database';
import type { Capacity } from '../rules';

/** Days of a harvest year. */
const YEAR = 365;

/**
 * What an exporter's lots and fields of some products can give on a day. Hectares are those of its certificates in force, summed, each as its
 * history told them last; a harvest counts with the hectares of its day. Computed exactly, and cut to whole grams.
 */
export async function capacityOf(reader: Reader, exporter: string, products: readonly string[], on: Day): Promise<Capacity> {
  const [held] = await reader.query<{ unclaimed: string }>(
    `select coalesce(sum(greatest(least(h.grams, l.grams - coalesce(k.grams, 0)), 0)), 0) as unclaimed
     from holding h join lot l on l.id = h.lot and l.product = any($2)
       left join lateral (select sum(c.grams) as grams from import_certificate_line c
         where c.lot = l.id and c.retracted_by is null and claims(c.import_certificate) and claiming(c)) k on true
     where h.owner = $1`,
    [exporter, products],
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
    unclaimed: grams(held!.unclaimed),
    hectares: fields!.hectares,
    yearly: fields!.yearly === null ? null : grams(fields!.yearly),
  };
}
