import type { Day, ImportCertificateKind, ImportCertificateStatus, Reason } from '@lotline/schema';
import { mayActFor, mayActForCertifier, subjectVisible } from '../access';
import { noSuch, type Work } from '../commands';
import type { CertificateParties } from './record';
import { commandsFrom, type RoadCommand, stepOf } from './road';

/** A certificate, and where it stands. */
export interface Standing extends CertificateParties {
  kind: ImportCertificateKind;
  hts: string;
  validFrom: Day | null;
  validTo: Day | null;
  /** Whole grams as text, as the row states them. */
  grams: string | null;
  value: string | null;
  unit: string | null;
  status: ImportCertificateStatus;
  /** Place of its last step, from 1. */
  sequence: number;
  /** The last day that its history names. */
  since: Day | null;
  /** The last hour. */
  sinceAt: Date | null;
  /** To whom the last step handed it over; null where it did not, or nobody said. */
  recipientId: string | null;
  /** Has an entry drawn on it? */
  drawn: boolean;
}

/** Certificates of these ids that the viewer sees, with where they stand, locked: two steps of one come one after the other. */
export async function lockCertificates({ tx, viewer }: Work, ids: readonly string[]): Promise<Map<string, Standing>> {
  const found = await tx.query<Standing>(
    `select c.id, c.kind, c.hts, c.valid_from as "validFrom", c.valid_to as "validTo", c.exporter as "exporterId", c.final_handler as "finalHandlerId", c.importer as "importerId",
       c.importer_of_record as "importerOfRecordId", c.consignee as "consigneeId", c.certifier as "certifierId", c.grams, c.value, c.unit
     from import_certificate c where c.id = any($1) and ${subjectVisible(viewer, 'c.id')} order by c.id for no key update of c`,
    [ids],
  );
  const latest = await tx.query<Pick<Standing, 'id' | 'status' | 'sequence' | 'since' | 'sinceAt' | 'recipientId' | 'drawn'>>(
    `select distinct on (s.import_certificate) s.import_certificate as id, s.status, s.sequence, s.recipient as "recipientId",
       (select max(d.on_day) from import_certificate_status d where d.import_certificate = s.import_certificate and d.retracted_by is null) as since,
       (select max(d.at) from import_certificate_status d where d.import_certificate = s.import_certificate and d.retracted_by is null) as "sinceAt",
       exists (select from customs_entry_line n where n.import_certificate = s.import_certificate) as drawn from import_certificate_status s
     where s.import_certificate = any($1) and s.retracted_by is null order by s.import_certificate, s.sequence desc`,
    [found.map(({ id }) => id)],
  );
  const certificates = new Map(found.map((row) => [row.id, row]));
  return new Map(latest.map((row) => [row.id, { ...certificates.get(row.id)!, ...row }]));
}

/** Why the viewer may not take a step with a certificate; null if it may. What it does not see is as what is not there. */
export function mayStep({ viewer }: Work, command: RoadCommand, certificate: Standing | undefined): Reason | null {
  if (!certificate) return noSuch('import certificate', 'importCertificate');
  const { role } = stepOf(command);
  const forbidden =
    role === 'CERTIFIER'
      ? mayActForCertifier(viewer, certificate.certifierId)
      : mayActFor(viewer, certificate.exporterId, 'IMPORT_CERTIFICATES');
  return forbidden ?? standsElsewhere(command, certificate.status, 'importCertificate');
}

/** Why a command does not begin where a certificate stands; null if it does. */
export function standsElsewhere(command: RoadCommand, status: ImportCertificateStatus, ...path: (string | number)[]): Reason | null {
  const { from, rule } = stepOf(command);
  if (from.includes(status)) return null;
  const open = commandsFrom(status);
  return {
    code: 'CONFLICT',
    message: `the certificate is ${status}`,
    path,
    rule,
    remedy: `${command} is for one that is ${from.join(' or ')}; ${open.length > 0 ? `what may follow now is ${open.join(', ')}` : 'nothing follows now'}`,
  };
}
