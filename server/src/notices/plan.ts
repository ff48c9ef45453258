import type { EventType, LogEvent } from '@lotline/schema';
import type { Follow } from '../commands';
import { type Job, schedule, unschedule } from '../jobs';
import { DUE_OF, type DueNoun, type NounDue } from './due';

/** Name of the task that gives a notice. */
export const NOTICE_TASK = 'notice';

/** What the task is told. */
export interface NoticePayload {
  noun: DueNoun;
  subject: string;
  kind: NounDue['kind'];
  /** ISO 8601. */
  due: string;
}

/** Events that change when something of a noun falls due. */
const CHANGES: Readonly<Record<DueNoun, ReadonlySet<EventType>>> = {
  ImportCertificate: new Set<EventType>([
    'import-certificate.recorded',
    'import-certificate.status-changed',
    'import-certificate.revised',
    'import-certificate.drawn',
    'import-certificate.volume-reached',
  ]),
  EmergencyActionNotification: new Set<EventType>(['emergency-action.recorded', 'emergency-action.certifier-notified']),
};

const keyOf = ({ kind, subject }: Pick<NounDue, 'kind' | 'subject'>): string => `${NOTICE_TASK} ${kind} ${subject}`;

/**
 * Schedules what falls due of the nouns that events are about, and takes back what does not any more. Of a history that is reported nothing is
 * told that was past before anybody reported it.
 */
export const planNotices: Follow = async (work, events) => {
  for (const noun of Object.keys(CHANGES) as DueNoun[]) {
    const subjects = [...new Set(events.flatMap(({ type, subject }: LogEvent) => (CHANGES[noun].has(type) ? [subject] : [])))];
    if (subjects.length === 0) continue;
    const all = await DUE_OF[noun](work.reader, subjects, work.now);
    await unschedule(
      work,
      all.flatMap((each) => (each.due === null ? [keyOf(each)] : [])),
    );
    await schedule(
      work,
      all.flatMap(({ subject, kind, due }): Job[] => {
        if (due === null || (work.reported && due.at < work.now)) return [];
        const payload: NoticePayload = { noun, subject, kind, due: due.at.toISOString() };
        return [
          { task: NOTICE_TASK, subject, payload: { ...payload }, key: keyOf({ kind, subject }), ...(!due.atOnce && { runAt: due.at }) },
        ];
      }),
    );
  }
};
