import type { ImportCertificate, ImportCertificateStatus, NoticedNoun, NoticeKind } from '@lotline/schema';
import { cutOffOfCertificate, importCertificateById, reachedOf, volumesOf } from '../certificates';
import { grouped, type Reader } from '../database';
import { ACTION_DEADLINES, type ActionDue, CERTIFICATE_DEADLINES, type Deadline, type Due } from './table';

/** Nouns of which something falls due. */
export type DueNoun = Extract<NoticedNoun, 'ImportCertificate' | 'EmergencyActionNotification'>;

/** What falls due for a noun. */
export interface NounDue {
  noun: DueNoun;
  subject: string;
  kind: NoticeKind;
  rule: string;
  /** Null where it does not, or no more. */
  due: Due | null;
  /** Who alone is told; null for whoever sees the noun. */
  to: string | null;
}

/** Hours after which the clock asks whether a certifier was told, where nobody's policy says; the rule says immediately. */
const POLICY_HOURS = 24;

const dueOf = <Facts>(
  deadlines: readonly Deadline<Facts>[],
  { noun, subject, to = null }: Pick<NounDue, 'noun' | 'subject'> & { to?: string | null },
  facts: Facts,
): NounDue[] => deadlines.map(({ kind, rule, due }) => ({ noun, subject, to, kind, rule, due: due(facts) }));

/** What falls due of certificates, by what is on record. */
export async function dueOfCertificates(reader: Reader, ids: readonly string[], now = new Date()): Promise<NounDue[]> {
  const certificates = (await reader.loader(importCertificateById).loadMany([...ids])) as (ImportCertificate | null)[];
  const standing = await reader.query<{ id: string; status: ImportCertificateStatus }>(
    `select distinct on (s.import_certificate) s.import_certificate as id, s.status from import_certificate_status s
     where s.import_certificate = any($1) and s.retracted_by is null order by s.import_certificate, s.sequence desc`,
    [ids],
  );
  const volumes = await volumesOf({ tx: reader }, ids);
  const reached = grouped(ids, await reachedOf(reader, ids, now), ({ id }) => id);
  const reachedBy = new Map(ids.map((id, place) => [id, reached[place]!]));
  const statusOf = new Map(standing.map(({ id, status }) => [id, status]));
  return certificates.flatMap((certificate) => {
    const status = certificate && statusOf.get(certificate.id);
    if (!certificate || !status) return [];
    const { id, kind, validTo, arrivesOn } = certificate;
    const facts = {
      kind,
      status,
      validTo,
      arrivesOn,
      cutOff: cutOffOfCertificate(certificate),
      volume: volumes.get(id)!,
      reached: reachedBy.get(id)!,
    };
    return dueOf(CERTIFICATE_DEADLINES, { noun: 'ImportCertificate', subject: id }, facts);
  });
}

/** The same of emergency actions: whoever recorded one is asked whether its own certifier was told; of one that was reported from outside, whether any was. */
export async function dueOfActions(reader: Reader, ids: readonly string[], now = new Date()): Promise<NounDue[]> {
  const rows = await reader.query<ActionDue & { id: string; to: string | null }>(
    `select a.id, a.number, a.made_by as "to", coalesce(a.notice_hours, ${POLICY_HOURS}) as "policyHours", coalesce(c.at, $2) as "recordedAt",
       exists (select from certifier_notice n where n.emergency_action = a.id and n.retracted_by is null and (a.made_by is null or n.made_by = a.made_by)) as notified
     from emergency_action a left join command c on c.id = a.recorded_by where a.id = any($1)`,
    [ids, now],
  );
  return rows.flatMap(({ id, to, ...facts }) => dueOf(ACTION_DEADLINES, { noun: 'EmergencyActionNotification', subject: id, to }, facts));
}

/** @param now when a command records what is not committed yet */
export const DUE_OF: Readonly<Record<DueNoun, (reader: Reader, ids: readonly string[], now?: Date) => Promise<NounDue[]>>> = {
  ImportCertificate: dueOfCertificates,
  EmergencyActionNotification: dueOfActions,
};
