import type { Day, Grams, ImportCertificateKind, ImportCertificateStatus } from '@lotline/schema';
import { Parties, record, type Work } from '../commands';
import { type Columns, groupBy } from '../database';
import type { ExpectedTransport } from '../rules';
import { HANDED_OVER, handOver } from './receiving';

// Import certificates with their history and lines, as rows of any number, each with its parties. Whether they may be recorded has been
// decided before.

type Attributes = Record<string, string> | null;

/** Whom a certificate names. */
export interface CertificateParties {
  id: string;
  exporterId: string;
  finalHandlerId: string | null;
  importerId: string;
  importerOfRecordId: string | null;
  consigneeId: string | null;
  certifierId: string;
}

export interface NewImportCertificate extends CertificateParties {
  number: string | null;
  kind: ImportCertificateKind;
  hts: string;
  origin: string | null;
  destination: string | null;
  standard: string | null;
  validFrom: Day | null;
  validTo: Day | null;
  /** Day by which the exporter needs it. */
  neededBy: Day | null;
  /** How the goods are to travel; left out where it came from outside. */
  transport?: ExpectedTransport | null;
  grams: Grams | null;
  value: string | null;
  unit: string | null;
  attributes: Attributes;
  /** Its history, oldest first. */
  statuses: readonly NewStatus[];
}

interface NewStatus {
  id: string;
  status: ImportCertificateStatus;
  on: Day | null;
  at: Date | null;
  /** On whose behalf: an operation or a certifying agent; nobody where it was reported from outside. */
  madeById?: string;
}

export interface NewCertificateLine {
  id: string;
  certificate: CertificateParties;
  productId: string;
  lotId: string | null;
  grams: Grams;
  value: string;
  unit: string;
  reference: string | null;
  attributes: Attributes;
  /** Of a claim: what was shipped, and when it departed. */
  shipped?: { id: string; shipment: string; on: Day };
}

/** Who asked for it and who issues it. */
export const askingParties = ({ exporterId, certifierId }: CertificateParties): string[] => [exporterId, certifierId];

/** Who has it once it is handed over. */
export const receivingParties = (of: CertificateParties): (string | null)[] => [
  of.importerId,
  of.importerOfRecordId,
  of.consigneeId,
  of.finalHandlerId,
];

const CERTIFICATE: Columns<NewImportCertificate> = {
  id: ['uuid', (each) => each.id],
  number: ['text', (each) => each.number],
  kind: ['text', (each) => each.kind],
  exporter: ['uuid', (each) => each.exporterId],
  final_handler: ['uuid', (each) => each.finalHandlerId],
  importer: ['uuid', (each) => each.importerId],
  importer_of_record: ['uuid', (each) => each.importerOfRecordId],
  consignee: ['uuid', (each) => each.consigneeId],
  certifier: ['uuid', (each) => each.certifierId],
  hts: ['text', (each) => each.hts],
  origin: ['text', (each) => each.origin],
  destination: ['text', (each) => each.destination],
  standard: ['text', (each) => each.standard],
  valid_from: ['date', (each) => each.validFrom],
  valid_to: ['date', (each) => each.validTo],
  needed_by: ['date', (each) => each.neededBy],
  mode: ['text', (each) => each.transport?.mode ?? null],
  port_of_lading: ['text', (each) => each.transport?.portOfLading ?? null],
  port_of_entry: ['text', (each) => each.transport?.portOfEntry ?? null],
  departs_on: ['date', (each) => each.transport?.departs.on ?? null],
  departs_at: ['timestamptz', (each) => each.transport?.departs.at ?? null],
  arrives_on: ['date', (each) => each.transport?.arrives?.on ?? null],
  arrives_at: ['timestamptz', (each) => each.transport?.arrives?.at ?? null],
  grams: ['bigint', (each) => each.grams],
  value: ['text', (each) => each.value],
  unit: ['text', (each) => each.unit],
  attributes: ['jsonb', (each) => each.attributes],
};

type StatusRow = NewStatus & { certificateId: string; sequence: number; reason?: string | null; recipientId?: string | null };

const STATUS: Columns<StatusRow> = {
  id: ['uuid', (each) => each.id],
  import_certificate: ['uuid', (each) => each.certificateId],
  sequence: ['integer', (each) => each.sequence],
  status: ['text', (each) => each.status],
  on_day: ['date', (each) => each.on],
  at: ['timestamptz', (each) => each.at],
  reason: ['text', (each) => each.reason ?? null],
  made_by: ['uuid', (each) => each.madeById ?? null],
  recipient: ['uuid', (each) => each.recipientId ?? null],
};

const LINE: Columns<NewCertificateLine> = {
  id: ['uuid', (each) => each.id],
  import_certificate: ['uuid', (each) => each.certificate.id],
  product: ['uuid', (each) => each.productId],
  lot: ['uuid', (each) => each.lotId],
  grams: ['bigint', (each) => each.grams],
  value: ['text', (each) => each.value],
  unit: ['text', (each) => each.unit],
  reference: ['text', (each) => each.reference],
  attributes: ['jsonb', (each) => each.attributes],
  shipped_lot: ['uuid', (each) => each.shipped?.id ?? null],
  on_day: ['date', (each) => each.shipped?.on ?? null],
};

/**
 * Records certificates with their history and lines: rows, parties, events. Exporter and issuer are parties to a certificate; importer,
 * consignee and final handler once it has been handed over. All of them are parties to what it says of a lot.
 * @param addedOn the day of lines that a certificate on record has from then on; null for those that it had all the time
 */
export async function recordImportCertificates(
  work: Work,
  certificates: readonly NewImportCertificate[],
  lines: readonly NewCertificateLine[],
  addedOn: Day | null = null,
): Promise<void> {
  await record(work, 'import_certificate', CERTIFICATE, certificates);
  await record(
    work,
    'import_certificate_status',
    STATUS,
    certificates.flatMap(({ id, statuses }) => statuses.map((each, index) => ({ ...each, certificateId: id, sequence: index + 1 }))),
  );
  // One statement for all lines, after the histories: the law on claims looks at them together.
  await record(work, 'import_certificate_line', LINE, lines);

  const parties = new Parties();
  for (const certificate of certificates) {
    const { id, statuses } = certificate;
    parties.add(askingParties(certificate), 'import_certificate', id, id, statuses[0]?.on ?? null);
    for (const { id: fact, status, on } of statuses)
      if (HANDED_OVER.has(status))
        parties.add([...askingParties(certificate), ...receivingParties(certificate)], 'import_certificate', id, fact, on);
  }
  const asked = await askedOn(
    work,
    lines.map(({ certificate }) => certificate.id),
  );
  for (const { id, certificate, lotId } of lines) {
    if (lotId === null) continue;
    parties.add(askingParties(certificate), 'lot', lotId, id, addedOn ?? asked.get(certificate.id) ?? null);
  }
  await parties.record(work);
  await handOver(work, [...certificates.map(({ id }) => id), ...lines.map(({ certificate }) => certificate.id)], addedOn);
  tell(work, certificates, lines);
}

/** The day of the first step of certificates: they claim nothing before. */
async function askedOn({ tx }: Work, certificates: readonly string[]): Promise<Map<string, Day>> {
  const rows = await tx.query<{ id: string; on: Day }>(
    `select distinct on (s.import_certificate) s.import_certificate as id, s.on_day as "on" from import_certificate_status s
     where s.import_certificate = any($1) order by s.import_certificate, s.sequence`,
    [[...new Set(certificates)]],
  );
  return new Map(rows.map(({ id, on }) => [id, on]));
}

function tell(work: Work, certificates: readonly NewImportCertificate[], lines: readonly NewCertificateLine[]): void {
  const linesOf = groupBy(lines, ({ certificate }) => certificate.id);
  const take = (id: string) => {
    const own = linesOf.get(id) ?? [];
    linesOf.delete(id);
    return own.map(({ productId, lotId, grams }) => ({ product: productId, lot: lotId, grams: String(grams) }));
  };
  for (const { id, number, kind, exporterId, importerId, certifierId, hts, statuses } of certificates) {
    work.emit({
      type: 'import-certificate.recorded',
      subject: id,
      payload: { number, kind, exporter: exporterId, importer: importerId, certifier: certifierId, hts, lines: take(id) },
    });
    statuses.forEach(({ status, on }, index) => {
      work.emit({
        type: 'import-certificate.status-changed',
        subject: id,
        payload: { from: statuses[index - 1]?.status ?? null, to: status, on, reason: null },
      });
    });
  }
  for (const id of [...linesOf.keys()]) work.emit({ type: 'import-certificate.lines-added', subject: id, payload: { lines: take(id) } });
}

/** A step that a certificate on record takes. */
export interface CertificateStep extends StatusRow {
  from: ImportCertificateStatus;
  reason: string | null;
}

/** Records a step of a certificate that is on record; one that hands it over makes whoever receives it a party from that day on. */
export async function recordCertificateStep(work: Work, certificate: CertificateParties, step: CertificateStep): Promise<void> {
  await record(work, 'import_certificate_status', STATUS, [step]);
  const { id, certificateId, from, status, on, reason, recipientId = null } = step;
  if (HANDED_OVER.has(status)) {
    const parties = new Parties();
    parties.add(
      [...askingParties(certificate), ...receivingParties(certificate), recipientId],
      'import_certificate',
      certificateId,
      id,
      on,
    );
    await parties.record(work);
    await handOver(work, [certificateId]);
  }
  work.emit({ type: 'import-certificate.status-changed', subject: certificateId, payload: { from, to: status, on, reason } });
}

/** A claim of what departed. */
export type NewClaim = NewCertificateLine & { lotId: string; shipped: { id: string; shipment: string; on: Day } };

/** Records claims under certificates for a period as a shipment departs: whoever sees a line of the certificate that names a lot sees them so. */
export async function recordClaims(work: Work, claims: readonly NewClaim[]): Promise<void> {
  if (claims.length === 0) return;
  await record(work, 'import_certificate_line', LINE, claims);
  const parties = new Parties();
  for (const { id, certificate, lotId, shipped } of claims) parties.add(askingParties(certificate), 'lot', lotId, id, shipped.on);
  await parties.record(work);
  const [{ shipped }] = claims as [NewClaim];
  const byCertificate = groupBy(claims, ({ certificate }) => certificate.id);
  await handOver(work, [...byCertificate.keys()], shipped.on);
  for (const [certificate, own] of byCertificate)
    work.emit({
      type: 'import-certificate.claimed',
      subject: certificate,
      payload: {
        shipment: shipped.shipment,
        on: shipped.on,
        claims: own.map(({ id, lotId, grams }) => ({ claim: id, lot: lotId, grams: String(grams) })),
      },
    });
}
