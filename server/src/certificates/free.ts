import { type Grams, grams } from '@lotline/schema';

/** An answer's reader, or a command's transaction. */
interface Rows {
  query<Row>(sql: string, parameters?: unknown[]): Promise<Row[]>;
}

/** Of a lot what an exporter holds, and what of that stands behind none of its own certificates. */
export interface Free {
  held: Grams;
  /** Never negative. */
  free: Grams;
}

/**
 * How much of lots an exporter holds, and how much of that is free for another certificate of its own: what it holds, less what its other live
 * certificates claim and has not come yet to those whom they name as receiving.
 * @param beside a certificate whose own claims do not count; null for none
 */
export async function freeOf(rows: Rows, exporter: string, lots: readonly string[], beside: string | null): Promise<Map<string, Free>> {
  const found = await rows.query<{ lot: string; held: string; open: string }>(
    `select l.id as lot, coalesce(h.grams, 0) as held, coalesce((
       select sum(greatest(c.claimed - coalesce((select sum(t.grams) from transfer t
           where t.lot = l.id and t.sender = $1 and t.receiver = any(c.receivers) and t.retracted_by is null), 0), 0))
       from (
         select sum(x.grams) as claimed, array_agg(k.importer) || array_agg(k.importer_of_record) || array_agg(k.consignee) || array_agg(k.final_handler) as receivers
         from import_certificate_line x join import_certificate k on k.id = x.import_certificate
         where x.lot = l.id and x.retracted_by is null and k.exporter = $1 and k.id is distinct from $3 and claims(k.id) and claiming(x)
         group by k.importer
       ) c), 0) as open
     from lot l left join holding h on h.lot = l.id and h.owner = $1 where l.id = any($2)`,
    [exporter, lots, beside],
  );
  return new Map(
    found.map(({ lot, held, open }) => {
      const rest = BigInt(held) - BigInt(open);
      return [lot, { held: grams(held), free: (rest > 0n ? rest : 0n) as Grams }];
    }),
  );
}
