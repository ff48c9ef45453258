import { type Day, type ImportCertificateStatus, latest, type Reason } from '@lotline/schema';
import { v7 as uuidv7 } from 'uuid';
import { ADMINISTRATOR } from '../access';
import { lockCertificates, recordCertificateStep, type Standing, standingsAfterHold, stepOf } from '../certificates';
import type { Work } from '../commands';
import type { Action } from './action';
import { coveringOf, filedUnder, IMPORTING, type On } from './covering';

// Goods that an emergency action holds: whose concern they are, and the certificates that are held with them.

/** Is an emergency action still open: is some of what it holds not disposed of? As SQL. */
const isOpen = (action: string): string => `not exists (
  select from disposition d where d.emergency_action = ${action}.id and d.retracted_by is null
  group by d.emergency_action having bool_or(d.grams is null) or sum(d.grams) >= held_grams(${action}))`;

const STRANGER: Reason = {
  code: 'FORBIDDEN',
  message: 'the operation neither imports, nor receives, nor enters the goods',
  path: ['operation'],
  remedy: 'the importer, the consignee or the filer of the entry tells of it',
};

/**
 * Why an operation has nothing to tell of goods at the border; null if it has: the consignee of the shipment, or of one with the lot, or who by a
 * certificate that it has, or an entry, imports or files the goods.
 */
export async function notConcerned(work: Work, operation: string, on: On): Promise<Reason | null> {
  const [row] = await work.tx.query<{ concerned: boolean }>(
    `select exists (select from shipment s where s.consignee = $1 and (s.id = $3::uuid or (s.shipper <> $1
         and exists (select from shipped_lot x where x.shipment = s.id and x.lot = $2::uuid and x.retracted_by is null))))
       or exists (select from party p where p.subject = any($4) and p.operation = $1 and p.retracted_by is null)
       or exists (select from customs_entry_line_lot j join customs_entry_line n on n.id = j.line and n.retracted_by is null join customs_entry e on e.id = n.entry
         where e.filer = $1 and (j.lot = $2::uuid or j.lot in (select k.lot from shipped_lot k where k.shipment = $3::uuid and k.retracted_by is null))) as concerned`,
    [operation, on.lot, on.shipment, await coveringOf(work, operation, on, null)],
  );
  return row!.concerned ? null : STRANGER;
}

/**
 * Why an operation has nothing to say of an emergency action; null if it has: whoever recorded it, the consignee of its shipment, or who imports by a
 * certificate that is held with it, or filed an entry under one. Of one that was reported from outside, whoever is concerned with the goods.
 */
export async function notItsAction(work: Work, operation: string, action: Action): Promise<Reason | null> {
  if (action.madeBy === null) return notConcerned(work, operation, action);
  const [row] = await work.tx.query<{ concerned: boolean }>(
    `select $1::uuid = $3::uuid or exists (select from shipment s where s.id = $4 and s.consignee = $1)
       or exists (select from emergency_action_certificate h join import_certificate c on c.id = h.import_certificate
         where h.emergency_action = $2 and ($1 in ${IMPORTING} or ${filedUnder('$1')})) as concerned`,
    [operation, action.id, action.madeBy, action.shipment],
  );
  return row!.concerned ? null : STRANGER;
}

/** Whose word it is, and of which day. */
interface By {
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

/** Certificates that are to be held with goods, locked: those that cover them, whoever sees them, where that can hold them. */
export async function lockCovering(work: Work, { operation, day }: By, on: On): Promise<Standing[]> {
  const { from } = stepOf('recordEmergencyActionNotification');
  const locked = await lockCertificates({ ...work, viewer: ADMINISTRATOR }, await coveringOf(work, operation, on, day));
  return [...locked.values()].filter(({ status }) => status === 'HELD' || from.includes(status));
}

/** Certificates are HELD with the goods; one that is already stays so. */
export async function hold(work: Work, by: By, certificates: readonly Standing[]): Promise<void> {
  for (const certificate of certificates)
    if (certificate.status !== 'HELD') await step(work, by, certificate, 'HELD', 'Goods that it covers are held at the border.');
}

/** All of what an emergency action held is disposed of: certificates that were held with it, and are not with another, stand by what is drawn on them now. */
export async function release(work: Work, by: By, action: string): Promise<void> {
  const held = await work.tx.query<{ id: string }>(
    'select h.import_certificate as id from emergency_action_certificate h where h.emergency_action = $1 order by h.import_certificate',
    [action],
  );
  const certificates = await lockCertificates(
    { ...work, viewer: ADMINISTRATOR },
    held.map(({ id }) => id),
  );
  const others = await work.tx.query<{ id: string }>(
    `select distinct h.import_certificate as id from emergency_action_certificate h join emergency_action a on a.id = h.emergency_action
     where h.import_certificate = any($1) and a.id <> $2 and ${isOpen('a')}`,
    [[...certificates.keys()], action],
  );
  for (const { id } of others) certificates.delete(id);
  const released = [...certificates.values()].filter(({ status }) => status === 'HELD');
  const after = await standingsAfterHold(
    work,
    released.map(({ id }) => id),
  );
  for (const certificate of released) {
    const status = after.get(certificate.id);
    if (status !== undefined) await step(work, by, certificate, status, 'What was held at the border is disposed of.');
  }
}
