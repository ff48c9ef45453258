import { NoticeKind, today } from '@lotline/schema';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { CLOCK } from '../access';
import { expireCertificate } from '../certificates';
import type { Command, Runner, Work } from '../commands';
import type { Task } from '../jobs';
import { DUE_OF } from './due';
import type { NoticePayload } from './plan';
import { recordNotices } from './record';

const payload = z.object({
  noun: z.enum(['ImportCertificate', 'EmergencyActionNotification']),
  subject: z.uuid(),
  kind: z.enum(Object.keys(NoticeKind) as [NoticeKind, ...NoticeKind[]]),
  due: z.iso.datetime(),
});

/** Whoever is a party to all that is drawn on a certificate: who sees a part of it is not told how much the others drew. */
async function whoSeesDraws({ tx }: Work, certificate: string): Promise<string[]> {
  const rows = await tx.query<{ operation: string }>(
    `with draws as (select x.id from customs_entry_line x where x.import_certificate = $1 and x.retracted_by is null)
     select p.operation from party p join draws d on d.id = p.fact where p.subject = $1 and p.retracted_by is null
     group by p.operation having count(distinct p.fact) = (select count(*) from draws)`,
    [certificate],
  );
  return rows.map(({ operation }) => operation);
}

/**
 * Gives the notices that have fallen due, each once; one that is no longer due, since what is on record has changed, is not given. A
 * certificate whose period has ended is EXPIRED then.
 */
const giveNotice: Command<NoticePayload, { given: boolean }> = {
  name: 'giveNotice',
  input: payload,
  may: (viewer) => (viewer === CLOCK ? null : { code: 'FORBIDDEN', message: 'the clock gives notices', remedy: 'wait for it' }),
  async run(work, rows) {
    const outcomes: { given: boolean }[] = [];
    for (const row of rows) {
      const found = (await DUE_OF[row.noun](work.reader, [row.subject])).find(({ kind }) => kind === row.kind);
      const known = await work.tx.query('select from notice where subject = $1 and kind = $2 and due = $3 and retracted_by is null', [
        row.subject,
        row.kind,
        row.due,
      ]);
      const given = known.length === 0 && found?.due?.at.toISOString() === row.due;
      outcomes.push({ given });
      if (!given) continue;
      const { message } = found!.due!;
      const to = found!.kind.startsWith('DRAWN_') ? await whoSeesDraws(work, row.subject) : found!.to === null ? null : [found!.to];
      await recordNotices(work, [{ ...row, id: uuidv7(), cause: null, at: work.now, message, rule: found!.rule, to }]);
      if (row.kind === 'CERTIFICATE_EXPIRED') await expireCertificate(work, row.subject, today(new Date(row.due)), message);
    }
    return outcomes;
  },
};

/** The task of the worker. However often it is done, a notice is given once. */
export const noticeTask =
  (runner: Runner): Task =>
  async (given) => {
    const { noun, subject, kind, due } = payload.parse(given);
    await runner.execute(giveNotice, CLOCK, [{ noun, subject, kind, due }], `${kind} ${subject} ${due}`);
  };
