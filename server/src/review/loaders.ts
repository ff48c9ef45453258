import { ImportCertificateReview, type ReviewReader } from '@lotline/schema';
import { type BatchOf, grouped } from '../database';

/** The sheet of the last decision on certificates; null where none was taken here. */
export const keptSheetOf: BatchOf<{ id: string; reader: ReviewReader }, ImportCertificateReview | null> = async (reader, keys) => {
  const rows = await reader.query<ImportCertificateReview>(
    `select distinct on (r.import_certificate, r.reader) r.id, r.import_certificate as "importCertificateId", r.status as "statusId", r.reader, r.at, r.findings,
       s.status as decision, s.reason, r.recorded_by as "recordedBy", r.retracted_by as "retractedBy"
     from import_certificate_review r join import_certificate_status s on s.id = r.status
     where r.import_certificate = any($1) and r.retracted_by is null order by r.import_certificate, r.reader, s.sequence desc`,
    [keys.map(({ id }) => id)],
  );
  const names = keys.map(({ id, reader: whose }) => id + whose);
  return grouped(names, rows, (row) => row.importCertificateId + row.reader).map(([row]) =>
    row ? Object.assign(new ImportCertificateReview(), row) : null,
  );
};
