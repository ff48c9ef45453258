import { type NoticedNoun, type NoticeKind, today } from '@lotline/schema';
import { Parties, record, type Work } from '../commands';
import type { Columns } from '../database';

export interface NewNotice {
  id: string;
  kind: NoticeKind;
  noun: NoticedNoun;
  subject: string;
  /** What it follows from, beside time. */
  cause: string | null;
  /** ISO 8601. */
  due: string;
  at: Date;
  message: string;
  rule: string;
  /** Who is told; null for whoever sees what it is about. */
  to: readonly string[] | null;
}

const NOTICE: Columns<NewNotice> = {
  id: ['uuid', (each) => each.id],
  kind: ['text', (each) => each.kind],
  noun: ['text', (each) => each.noun],
  subject: ['uuid', (each) => each.subject],
  to_parties: ['boolean', (each) => each.to !== null],
  cause: ['uuid', (each) => each.cause],
  due: ['timestamptz', (each) => each.due],
  at: ['timestamptz', (each) => each.at],
  message: ['text', (each) => each.message],
  rule: ['text', (each) => each.rule],
};

/** What the parties of a notice are parties about. */
const PARTY_NOUN = {
  Lot: 'lot',
  Shipment: 'shipment',
  EmergencyActionNotification: 'emergency_action',
  ImportCertificate: 'import_certificate',
} as const;

/** Records notices, with whoever is told, and tells of them in the log. */
export async function recordNotices(work: Work, notices: readonly NewNotice[]): Promise<void> {
  await record(work, 'notice', NOTICE, notices);
  const parties = new Parties();
  for (const { id, noun, subject, to } of notices) if (to !== null) parties.add(to, PARTY_NOUN[noun], subject, id, today(work.now));
  await parties.record(work);
  for (const { id, subject, kind, due, message } of notices)
    work.emit({ type: 'notice.given', subject, payload: { notice: id, kind, due, message } });
}
