import { type Day, type ImportCertificateStatus, latest, type Reason } from '@lotline/schema';
import { v7 as uuidv7 } from 'uuid';
import { onBehalfOf } from '../access';
import { lockCertificates, recordCertificateStep, type Standing, stepOf } from '../certificates';
import type { Work } from '../commands';

// Goods that an emergency action holds: whose concern they are, and the certificates that cover them.

/** What an emergency action is on: a lot, or a shipment. */
export interface On {
  lot: string | null;
  shipment: string | null;
}

/** Lots of a shipment, or a lot, as SQL. */
const LOTS = (lot: string, shipment: string) =>
  `(select ${lot} as lot where ${lot} is not null union select k.lot from shipped_lot k where k.shipment = ${shipment} and k.retracted_by is null)`;

/** Certificates of which a line names such a lot, or that an entry joins with one, as SQL; of a shipment those that name its consignee. */
const COVERING = (lot: string, shipment: string) => `(
  select c.id from import_certificate c join (
    select x.import_certificate, x.lot from import_certificate_line x where x.retracted_by is null
    union all select n.import_certificate, j.lot from customs_entry_line n join customs_entry_line_lot j on j.line = n.id where n.retracted_by is null
  ) x on x.import_certificate = c.id
  where x.lot in ${LOTS(lot, shipment)}
    and (${shipment} is null or exists (select from shipment s where s.id = ${shipment} and s.consignee in (c.importer, c.importer_of_record, c.consignee))))`;

/** Is an emergency action still open: is some of what it holds not disposed of? As SQL. */
export const isOpen = (action: string): string => `not exists (
  select from disposition d where d.emergency_action = ${action}.id and d.retracted_by is null
  group by d.emergency_action having bool_or(d.grams is null) or sum(d.grams) >= held_grams(${action}))`;

/**
 * Why an operation has nothing to say of goods at the border; null if it has: the consignee of the shipment, or who by a certificate or an
 * entry imports or files the goods.
 */
export async function notConcerned({ tx }: Work, operation: string, { lot, shipment }: On): Promise<Reason | null> {
  const [row] = await tx.query<{ concerned: boolean }>(
    `select exists (select from shipment s where s.consignee = $1
         and (s.id = $3::uuid or exists (select from shipped_lot x where x.shipment = s.id and x.lot = $2::uuid and x.retracted_by is null)))
       or exists (select from import_certificate c where c.id in ${COVERING('$2::uuid', '$3::uuid')}
         and exists (select from party p where p.subject = c.id and p.operation = $1 and p.retracted_by is null)
         and ($1 in (c.importer, c.importer_of_record, c.consignee)
           or exists (select from customs_entry_line n join customs_entry e on e.id = n.entry where n.import_certificate = c.id and n.retracted_by is null and e.filer = $1)))
       or exists (select from customs_entry_line_lot j join customs_entry_line n on n.id = j.line and n.retracted_by is null join customs_entry e on e.id = n.entry
         where j.lot in ${LOTS('$2::uuid', '$3::uuid')} and e.filer = $1) as concerned`,
    [operation, lot, shipment],
  );
  return row!.concerned
    ? null
    : {
        code: 'FORBIDDEN',
        message: 'the operation neither imports, nor receives, nor enters the goods',
        path: ['operation'],
        remedy: 'the importer, the consignee or the filer of the entry tells of it',
      };
}

/** Certificates that cover held goods, of whoever tells of it, locked. */
async function lockCovering(work: Work, operation: string, { lot, shipment }: On): Promise<Standing[]> {
  const rows = await work.tx.query<{ id: string }>(
    `select c.id from import_certificate c where c.id in ${COVERING('$2::uuid', '$3::uuid')} and ($1 in (c.importer, c.importer_of_record, c.consignee)
       or exists (select from customs_entry_line n join customs_entry e on e.id = n.entry where n.import_certificate = c.id and n.retracted_by is null and e.filer = $1))
     order by c.id`,
    [operation, lot, shipment],
  );
  const locked = await lockCertificates(
    { ...work, viewer: onBehalfOf(work.viewer, operation) },
    rows.map(({ id }) => id),
  );
  return [...locked.values()];
}

/** Whose word it is, and of which day. */
export interface By {
  operation: string;
  day: Day;
}

/** Facts are recorded in any order; the history of a certificate is not. */
const step = (work: Work, { operation, day }: By, certificate: Standing, status: ImportCertificateStatus, reason: string): Promise<void> =>
  recordCertificateStep(work, certificate, {
    id: uuidv7(),
    certificateId: certificate.id,
    sequence: certificate.sequence + 1,
    from: certificate.status,
    status,
    on: latest(certificate.since ?? day, day),
    at: null,
    reason,
    madeById: operation,
  });

/** Certificates that cover held goods are HELD. */
export async function hold(work: Work, by: By, on: On): Promise<void> {
  for (const certificate of await lockCovering(work, by.operation, on))
    if (stepOf('recordEmergencyActionNotification').from.includes(certificate.status))
      await step(work, by, certificate, 'HELD', 'Goods that it covers are held at the border.');
}

/** All of what one emergency action held is disposed of: certificates that no other one holds stand where they stood before. */
export async function release(work: Work, by: By, action: string, on: On): Promise<void> {
  for (const certificate of await lockCovering(work, by.operation, on)) {
    if (certificate.status !== 'HELD') continue;
    const [found] = await work.tx.query<{ held: boolean; before: ImportCertificateStatus | null }>(
      `select exists (select from emergency_action a where a.id <> $2 and ${isOpen('a')} and $1 in ${COVERING('a.lot', 'a.shipment')}) as held,
         (select s.status from import_certificate_status s where s.import_certificate = $1 and s.retracted_by is null and s.status <> 'HELD' order by s.sequence desc limit 1) as before`,
      [certificate.id, action],
    );
    if (!found!.held && found!.before !== null)
      await step(work, by, certificate, found!.before, 'What was held at the border is disposed of.');
  }
}
