import { type Day, type DispositionKind, type Grams, grams } from '@lotline/schema';
import { additionVisible, type Viewer } from '../access';
import { groupBy, type Reader } from '../database';

// What happened to lots at the border, as a trace tells it.

/** A line of an entry that names a lot. */
export interface Entered {
  lot: string;
  /** The line. */
  fact: string;
  entry: string;
  number: string;
  line: number;
  filedOn: Day;
  filedAt: Date | null;
  filer: string | null;
  certificate: string | null;
  /** Null where the line names several lots, since nobody said how much of each. */
  grams: Grams | null;
}

/** Entries of lots, by lot. @param asOf null for all; else those filed by the end of that day */
export async function entriesOf(reader: Reader, lots: readonly string[], asOf: Day | null): Promise<Map<string, Entered[]>> {
  const rows = await reader.query<Omit<Entered, 'grams'> & { grams: string | null }>(
    `select j.lot, x.id as fact, e.id as entry, e.number, x.line, e.filed_on as "filedOn", e.filed_at as "filedAt", e.filer, x.import_certificate as certificate,
       case when (select count(*) from customs_entry_line_lot o where o.line = x.id) = 1 then x.grams end as grams
     from customs_entry_line_lot j join customs_entry_line x on x.id = j.line and x.retracted_by is null join customs_entry e on e.id = x.entry
     where j.lot = any($1) and ($2::date is null or e.filed_on <= $2::date) order by e.filed_on, e.number, x.line`,
    [lots, asOf],
  );
  return groupBy(
    rows.map((row): Entered => ({ ...row, grams: row.grams === null ? null : grams(row.grams) })),
    ({ lot }) => lot,
  );
}

/** What a line of an entry drew on an import certificate. */
export interface Drawn {
  certificate: string;
  /** The line. */
  fact: string;
  entry: string;
  filedOn: Day;
  grams: Grams;
  /** What the certificate covers. */
  covers: Grams;
}

/**
 * What was drawn on those of some certificates on which more was drawn than they cover, first filed first; entries that were cancelled draw nothing. One that
 * says of no mass that it covers it is not among them.
 * @param asOf null for all; else what was filed by the end of that day
 */
export async function overdrawsOn(reader: Reader, certificates: readonly string[], asOf: Day | null): Promise<Map<string, Drawn[]>> {
  const rows = await reader.query<Omit<Drawn, 'grams' | 'covers'> & { grams: string; covers: string }>(
    `select * from (
       select x.import_certificate as certificate, x.id as fact, x.entry, e.number, x.line, e.filed_on as "filedOn", x.grams, m.grams as covers,
         sum(x.grams) over (partition by x.import_certificate) as drawn
       from import_certificate c cross join lateral (select import_certificate_mass(c) as grams) m
         join customs_entry_line x on x.import_certificate = c.id and x.retracted_by is null join customs_entry e on e.id = x.entry
       where c.id = any($1) and m.grams > 0 and ($2::date is null or e.filed_on <= $2::date)
     ) d where d.drawn > d.covers order by d."filedOn", d.number, d.line`,
    [certificates, asOf],
  );
  return groupBy(
    rows.map(
      ({ certificate, fact, entry, filedOn, ...row }): Drawn => ({
        certificate,
        fact,
        entry,
        filedOn,
        grams: grams(row.grams),
        covers: grams(row.covers),
      }),
    ),
    ({ certificate }) => certificate,
  );
}

/** An emergency action on a lot or a shipment, with what became of the goods. */
export interface Held {
  id: string;
  number: string;
  on: Day;
  at: Date | null;
  lot: string | null;
  shipment: string | null;
  dispositions: readonly { id: string; kind: DispositionKind; on: Day | null; grams: string | null }[];
}

/** Emergency actions on lots and shipments, by either. @param asOf null for all; else those of that day or before */
export async function emergencyActionsOn(
  reader: Reader,
  { lots, shipments }: { lots: readonly string[]; shipments: readonly string[] },
  asOf: Day | null,
  viewer: Viewer,
): Promise<Map<string, Held[]>> {
  const rows = await reader.query<Held>(
    `select a.id, a.number, a.on_day as "on", a.at, a.lot, a.shipment, coalesce((
       select json_agg(json_build_object('id', d.id, 'kind', d.kind, 'on', d.on_day, 'grams', d.grams::text) order by d.on_day nulls last, d.kind, d.id) from disposition d
       where d.emergency_action = a.id and d.retracted_by is null and ${additionVisible(viewer, 'a.id', 'd.on_day')} and ($3::date is null or d.on_day is null or d.on_day <= $3::date)), '[]') as dispositions
     from emergency_action a where (a.lot = any($1) or a.shipment = any($2)) and ($3::date is null or a.on_day <= $3::date) order by a.on_day, a.number`,
    [lots, shipments, asOf],
  );
  return groupBy(rows, ({ lot, shipment }) => (lot ?? shipment)!);
}
