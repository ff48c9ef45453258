import type { OutsideAct, OutsideEffect, OutsideEffectState, OutsideSystem, ToldNoun } from '@lotline/schema';
import { v7 as uuidv7 } from 'uuid';
import { record, type Work } from '../commands';
import type { Columns, Transaction } from '../database';
import { type Job, schedule } from '../jobs';

// What systems outside are told is written down with the command that it follows from, and sent afterwards by a job of its noun. The library's
// queues pass by a job that is tried again; so the job sends what was written first, and nothing past what is not settled.

/** What a system is to be told of a noun. */
export interface NewEffect {
  system: OutsideSystem;
  what: OutsideAct;
  noun: ToldNoun;
  subject: string;
  body: object;
  /** Why a certifier wants it though something speaks against it. */
  reason?: string | null;
}

/** Name of the task that sends to a system. */
export const TASK: Readonly<Record<OutsideSystem, string>> = { ORGANIC_INTEGRITY_DATABASE: 'oid', AUTOMATED_COMMERCIAL_ENVIRONMENT: 'ace' };

/** Of what a system is told by an effect. */
export const toldOf = ({ system, noun, subject }: ToldSubject): ToldSubject => ({ system, noun, subject });

const TABLE: Readonly<Record<ToldNoun, string>> = { ImportCertificate: 'import_certificate', CustomsEntry: 'customs_entry' };

export type ToldSubject = Pick<NewEffect, 'system' | 'noun' | 'subject'>;

const jobFor = ({ system, noun, subject }: ToldSubject): Job => ({
  task: TASK[system],
  subject,
  payload: { noun, subject },
  key: `${TASK[system]} ${subject}`,
});

const EFFECT = ({ now }: Pick<Work, 'now'>): Columns<NewEffect & { sequence: number }> => ({
  id: ['uuid', () => uuidv7()],
  system: ['text', (each) => each.system],
  what: ['text', (each) => each.what],
  noun: ['text', (each) => each.noun],
  subject: ['uuid', (each) => each.subject],
  sequence: ['integer', (each) => each.sequence],
  body: ['jsonb', (each) => each.body],
  reason: ['text', (each) => each.reason ?? null],
  since: ['timestamptz', () => now],
  state: ['text', () => 'WAITING'],
  attempts: ['integer', () => 0],
});

/** Has what waits of a noun sent, the first of it at once. Whoever does so has locked the noun. */
export const sendWhatWaits = (work: Pick<Work, 'tx'>, told: ToldSubject): Promise<void> => schedule(work, [jobFor(told)]);

/** Writes down what a system is to be told of a noun next, and has it sent. Whoever does so has locked the noun. */
export async function addEffect(work: Pick<Work, 'tx' | 'now' | 'command'>, effect: NewEffect): Promise<void> {
  const [{ sequence } = { sequence: 1 }] = await work.tx.query<{ sequence: number }>(
    'select count(*)::int + 1 as sequence from outside_effect where subject = $1 and system = $2',
    [effect.subject, effect.system],
  );
  await record(work as Work, 'outside_effect', EFFECT(work), [{ ...effect, sequence }]);
  await sendWhatWaits(work, effect);
}

export type Effect = Pick<
  OutsideEffect,
  'id' | 'system' | 'what' | 'noun' | 'subject' | 'body' | 'reason' | 'state' | 'attempts' | 'answer' | 'recordedBy'
>;

const COLUMNS = 'e.id, e.system, e.what, e.noun, e.subject, e.body, e.reason, e.state, e.attempts, e.answer, e.recorded_by as "recordedBy"';

/** Everything that a system is told of a noun, in its order. */
export const effectsAbout = (
  tx: Pick<Transaction, 'query'>,
  { system, subject }: Pick<ToldSubject, 'system' | 'subject'>,
): Promise<Effect[]> =>
  tx.query<Effect>(`select ${COLUMNS} from outside_effect e where e.subject = $1 and e.system = $2 order by e.sequence`, [subject, system]);

export const isSettled = ({ state }: Pick<Effect, 'state'>): boolean => state === 'DONE' || state === 'NOT_NEEDED';

interface Outcome {
  state: OutsideEffectState;
  message?: string | null;
  answer?: object;
}

/** Notes how far an effect is; false of one that is settled, which stays as it is. */
export async function note(tx: Pick<Transaction, 'query'>, id: string, { state, message = null, answer }: Outcome): Promise<boolean> {
  const noted = await tx.query(
    `update outside_effect set state = $2, message = $3, answer = coalesce($4, answer), settled_at = case when $5 then now() end
     where id = $1 and settled_at is null returning id`,
    [id, state, message, answer ? JSON.stringify(answer) : null, isSettled({ state })],
  );
  return noted.length > 0;
}

/** Locks what systems are told of, and gives everything that they are told of it: whoever decides what is told of it waits until that is known. */
export async function lockEffects(tx: Pick<Transaction, 'query'>, { system, noun, subject }: ToldSubject): Promise<Effect[]> {
  await tx.query(`select from ${TABLE[noun]} where id = $1 for no key update`, [subject]);
  return effectsAbout(tx, { system, subject });
}

/** Has an issue that was refused, or is tried again later, tried at once, for the reason that is given now. */
export async function askAgain(work: Pick<Work, 'tx'>, { id, state, ...told }: Effect, reason: string | null): Promise<void> {
  await work.tx.query('update outside_effect set state = $2, reason = $3 where id = $1 and settled_at is null', [
    id,
    state === 'FAILED' ? 'RETRYING' : state,
    reason,
  ]);
  await sendWhatWaits(work, told);
}

/** Notes that an effect is sent now, before it is: whoever finds it afterwards knows that it may have arrived. */
export async function noteAttempt(tx: Transaction, id: string): Promise<void> {
  await tx.query(
    `update outside_effect set attempts = attempts + 1, last_tried_at = clock_timestamp(), state = case state when 'FAILED' then 'RETRYING' else state end
     where id = $1`,
    [id],
  );
}
