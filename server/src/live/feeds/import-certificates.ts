import { type Day, type EventPayloads, ImportCertificateStatusChange } from '@lotline/schema';
import { stepVisible } from '../../access';
import { htsOf, type ImportCertificateFilter, numberVisible } from '../../certificates';
import { idsOf } from '../../questions';
import { anyOf, type Feed } from '../feed';

interface Facts {
  id: string;
  number: string | null;
  exporter: string;
  importer: string;
  certifier: string;
  hts: string;
  issuedOn: Day | null;
  to: string;
  /** Is the step in sight? Who certified one who has the certificate for a time sees no later one. */
  isSeen: boolean;
}

/** Steps of import certificates. */
export const importCertificateFeed: Feed<ImportCertificateStatusChange, Facts, ImportCertificateFilter> = {
  field: 'importCertificateStatusChanged',
  reads: new Set(['import-certificate.status-changed']),
  async find(reader, commands) {
    const steps = commands.flatMap(({ position, at, events }) =>
      events
        .filter(({ type }) => type === 'import-certificate.status-changed')
        .map(({ subject, payload }) => ({
          position,
          at,
          subject,
          payload: payload as EventPayloads['import-certificate.status-changed'],
        })),
    );
    // A certificate has its day of issue from the command on that issued it.
    const rows = await reader.query<Omit<Facts, 'to' | 'isSeen'> & { issuedAt: string | null }>(
      `select ic.id, ic.number, ic.exporter, ic.importer, ic.certifier, ic.hts, i.on_day as "issuedOn", c.position as "issuedAt" from import_certificate ic
         left join import_certificate_status i on i.import_certificate = ic.id and i.status = 'ISSUED' and i.retracted_by is null
         left join command c on c.id = i.recorded_by where ic.id = any($1)`,
      [[...new Set(steps.map(({ subject }) => subject))]],
    );
    const certificates = new Map(rows.map((row) => [row.id, row]));
    return steps.map(({ position, at, subject, payload: { from, to, reason } }) => {
      const { issuedAt, issuedOn, ...facts } = certificates.get(subject)!;
      const issued = issuedAt !== null && BigInt(issuedAt) <= position;
      return {
        position,
        answer: Object.assign(new ImportCertificateStatusChange(), { importCertificateId: subject, at, from, to, reason }),
        facts: { ...facts, issuedOn: issued ? issuedOn : null, to, isSeen: true },
        rights: [{ subject, fact: null }],
      };
    });
  },
  async asSeenBy(viewer, reader, changes) {
    const rows = await reader.query<{ place: number; numbered: boolean }>(
      `select k.place, ${numberVisible(viewer, 'k.certificate', null)} as numbered from unnest($1::int[], $2::uuid[], $3::text[], $4::bigint[]) as k(place, certificate, status, position)
       where exists (select from import_certificate_status s join command c on c.id = s.recorded_by and c.position = k.position
         where s.import_certificate = k.certificate and s.status = k.status and ${stepVisible(viewer, 's')})`,
      [
        changes.map((_, place) => place),
        changes.map(({ facts }) => facts.id),
        changes.map(({ facts }) => facts.to),
        changes.map(({ position }) => String(position)),
      ],
    );
    const seen = new Map(rows.map(({ place, numbered }) => [place, numbered]));
    return changes.map(({ answer, facts }, place) => ({
      answer,
      facts: { ...facts, number: seen.get(place) ? facts.number : null, isSeen: seen.has(place) },
    }));
  },
  fitter(filter) {
    const ids = idsOf(filter?.ids, 'ImportCertificate', 'filter.ids');
    const exporters = idsOf(filter?.exporters, 'Operation', 'filter.exporters');
    const importers = idsOf(filter?.importers, 'Operation', 'filter.importers');
    const certifiers = idsOf(filter?.certifiers, 'Certifier', 'filter.certifiers');
    const hts = htsOf(filter?.hts);
    return (facts) =>
      facts.isSeen &&
      anyOf(ids, facts.id) &&
      anyOf(filter?.numbers, facts.number) &&
      anyOf<string>(filter?.statuses, facts.to) &&
      anyOf(exporters, facts.exporter) &&
      anyOf(importers, facts.importer) &&
      anyOf(certifiers, facts.certifier) &&
      anyOf(hts, facts.hts) &&
      (filter?.issuedFrom == null || (facts.issuedOn !== null && facts.issuedOn >= filter.issuedFrom)) &&
      (filter?.issuedTo == null || (facts.issuedOn !== null && facts.issuedOn <= filter.issuedTo));
  },
};
