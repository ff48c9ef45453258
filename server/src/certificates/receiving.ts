import type { Day, ImportCertificateStatus } from '@lotline/schema';
import { Parties, type PartyRow, type Work } from '../commands';

/** A certificate that stands here, or stood here, has been handed to its importer. */
export const HANDED_OVER: ReadonlySet<ImportCertificateStatus> = new Set(['HANDED_OVER', 'ENTERED', 'VERIFIED', 'EXHAUSTED']);

/**
 * Certificates that have been handed over, or that an entry drew on, whom each names as receiving it, and since when: a day that nobody
 * gave for the hand-over itself is unknown, whatever was entered later.
 */
const RECEIVED = `select c.id, r.operation, h."on" from import_certificate c
  cross join unnest(array[c.importer, c.importer_of_record, c.consignee, c.final_handler] || array(
    select s.recipient from import_certificate_status s where s.import_certificate = c.id and s.recipient is not null and s.retracted_by is null)) as r(operation)
  cross join lateral (
    select on_day as "on" from (
      (select 1 as rank, s.on_day from import_certificate_status s
        where s.import_certificate = c.id and s.status = any($2) and s.retracted_by is null order by s.sequence limit 1)
      union all (select 2, e.filed_on from customs_entry_line x join customs_entry e on e.id = x.entry
        where x.import_certificate = c.id and x.retracted_by is null order by e.filed_on limit 1)
    ) ways order by rank limit 1
  ) h where c.id = any($1) and r.operation is not null`;

/**
 * Whoever has a certificate by now becomes a party to what its lines say of lots and to what papers are about it, in whatever order
 * hand-over, entries, lines and papers were recorded: since it has the certificate, not before. Who only filed an entry on it sees the lots that it names, by the entry: that
 * makes no fact of its own for those who claimed them.
 * @param addedOn the day from which on a certificate that had been handed over says what is new; null where it always said so
 */
export async function handOver(work: Work, certificates: readonly string[], addedOn: Day | null = null): Promise<void> {
  if (certificates.length === 0) return;
  const rows = await work.tx.query<PartyRow>(
    `with received as materialized (${RECEIVED}), due as (
       select h.operation, 'lot' as noun, l.lot as subject, l.id as fact, greatest(h."on", $3::date) as "on"
       from received h join import_certificate_line l on l.import_certificate = h.id and l.lot is not null and l.retracted_by is null
       union all select h.operation, 'document', k.document, k.id, greatest(d.issued_on, h."on", $3::date)
       from received h join document_link k on k.import_certificate = h.id and k.retracted_by is null join document d on d.id = k.document
       union all select e.filer, 'lot', l.lot, x.id, e.filed_on
       from customs_entry_line x join customs_entry e on e.id = x.entry and e.filer is not null
         join import_certificate_line l on l.import_certificate = x.import_certificate and l.lot is not null and l.retracted_by is null
       where x.import_certificate = any($1) and x.retracted_by is null
     )
     select d.* from due d where not exists (select from party p where p.operation = d.operation and p.subject = d.subject and p.fact = d.fact)
     order by d.fact, d.subject, d.operation`,
    [[...new Set(certificates)], [...HANDED_OVER], addedOn],
  );
  const parties = new Parties();
  for (const { operation, noun, subject, fact, on } of rows) parties.add([operation], noun, subject, fact, on);
  await parties.record(work);
}
