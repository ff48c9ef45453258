import type { NoticedNoun, NoticeKind } from '@lotline/schema';
import { record, type Work } from '../commands';
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
}

const NOTICE: Columns<NewNotice> = {
  id: ['uuid', (each) => each.id],
  kind: ['text', (each) => each.kind],
  noun: ['text', (each) => each.noun],
  subject: ['uuid', (each) => each.subject],
  cause: ['uuid', (each) => each.cause],
  due: ['timestamptz', (each) => each.due],
  at: ['timestamptz', (each) => each.at],
  message: ['text', (each) => each.message],
  rule: ['text', (each) => each.rule],
};

/** Records notices, and tells of them in the log. */
export async function recordNotices(work: Work, notices: readonly NewNotice[]): Promise<void> {
  await record(work, 'notice', NOTICE, notices);
  for (const { id, subject, kind, due, message } of notices)
    work.emit({ type: 'notice.given', subject, payload: { notice: id, kind, due, message } });
}
