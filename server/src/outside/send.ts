import { type OutsideAct, type OutsideSystem, Refusal } from '@lotline/schema';
import { z } from 'zod';
import type { Runner } from '../commands';
import type { Database, Transaction } from '../database';
import { FinalFailure, forgetFailed, type Task, type Tasks } from '../jobs';
import { type Effect, effectsAbout, isSettled, lockEffects, note, noteAttempt, TASK, toldOf } from './effects';
import { giveWay } from './give-way';
import { recordIssue, tryIssue } from './issue';
import { NAME, Refused, Rejected, Unreachable } from './ports';
import type { Systems } from './systems';
import { takeBack } from './take-back';

/** What sending needs. */
export interface Sending {
  database: Database;
  runner: Runner;
  systems: Systems;
}

type Send = (sending: Sending, effect: Effect) => Promise<void>;

const oid = ({ systems }: Sending) => systems.ORGANIC_INTEGRITY_DATABASE!.port;
const ace = ({ systems }: Sending) => systems.AUTOMATED_COMMERCIAL_ENVIRONMENT!.port;
const done = async ({ database }: Sending, { id }: Effect) => {
  await note(database, id, { state: 'DONE' });
};

/** How each is sent and what is recorded of the answer. Whoever dies in between sends it again, under the same key. */
const SEND: Readonly<Record<OutsideAct, Send>> = {
  ISSUE: async (sending, effect) => {
    const number = await oid(sending).issue(effect.subject, effect.body);
    await recordIssue(sending, effect, number);
  },
  REVISE: async (sending, effect) => {
    await oid(sending).revise(effect.subject, effect.id, effect.body);
    await done(sending, effect);
  },
  VOID: async (sending, effect) => {
    await oid(sending).void(effect.subject, effect.body);
    await done(sending, effect);
  },
  FILE: async (sending, effect) => {
    await ace(sending).file(effect.subject, effect.body);
    await done(sending, effect);
  },
  AMEND: async (sending, effect) => {
    await ace(sending).amend(effect.subject, effect.id, effect.body);
    await done(sending, effect);
  },
  CANCEL: async (sending, effect) => {
    await ace(sending).cancel(effect.subject, effect.body);
    await done(sending, effect);
  },
};

/** Notes that an effect is sent now; false where it is not, since nobody waits for it any more. */
const begin = ({ database }: Sending, effect: Effect): Promise<boolean> =>
  database.within(async (tx) => {
    const effects = await lockEffects(tx, effect);
    if (effects.some((each) => each.id === effect.id && isSettled(each))) return false;
    await noteAttempt(tx, effect.id);
    return true;
  });

/** Does a certificate wait for its issue? */
async function isAwaited(tx: Pick<Transaction, 'query'>, subject: string): Promise<boolean> {
  const [last] = await tx.query<{ status: string }>(
    'select status from import_certificate_status where import_certificate = $1 and retracted_by is null order by sequence desc limit 1',
    [subject],
  );
  return last?.status === 'APPROVED';
}

const sentence = (words: string): string => `${words[0]!.toUpperCase()}${words.slice(1).replace(/\.$/, '')}.`;

/** What stands against an issue. What the review found is its certifier's to read: the exporter has another sheet. */
const reasonsOf = ({ reasons }: Refusal): string => {
  const words = reasons.map(({ path, message }) =>
    path?.[0] === 'reason' ? 'something blocks it that did not at its approval; its review says what' : message,
  );
  return [...new Set(words)].join('; ');
};

/** What went wrong, as those concerned may read it. */
function wordsOf(error: unknown, { system, attempts }: Effect): string {
  if (error instanceof Unreachable || error instanceof Refused) return sentence(`${NAME[system]} ${error.message}`);
  if (!(error instanceof Refusal) || error.retryable) return 'Something went wrong here.';
  return sentence(`${attempts === 0 ? 'it cannot be issued' : 'it was issued there, and cannot be recorded here'}: ${reasonsOf(error)}`);
}

/** Would it not help to try again? */
const isFinal = (error: unknown): boolean => error instanceof Refused || (error instanceof Refusal && !error.retryable);

/**
 * Notes why an effect is not done, and gives what the job is to end with; null where what comes next may go on: nobody waits for it any more, or
 * something else takes its place.
 */
async function noteFailure({ database }: Sending, effect: Effect, error: unknown, isLast: boolean): Promise<Error | null> {
  const { id, what, subject } = effect;
  const message = wordsOf(error, effect);
  const ends = isFinal(error);
  const goesOn = await database.within(async (tx) => {
    const work = { tx, now: new Date(), command: effect.recordedBy };
    const effects = await lockEffects(tx, effect);
    if (effects.some((each) => each.id === id && isSettled(each))) return true;
    if (error instanceof Rejected && (await giveWay(work, effect, effects, message))) return true;
    if (error instanceof Refused && what === 'ISSUE' && !(await isAwaited(tx, subject))) {
      await takeBack(work, toldOf(effect), effects, 'ISSUED');
      return true;
    }
    await note(tx, id, {
      state: ends || isLast ? 'FAILED' : 'RETRYING',
      message,
      ...(error instanceof Rejected && { answer: { rejected: true } }),
    });
    return false;
  });
  if (goesOn) return null;
  if (ends) return new FinalFailure(message);
  return error instanceof Unreachable ? new Error(message) : (error as Error);
}

const payload = z.object({ noun: z.string(), subject: z.uuid() });

/** Sends what waits of a noun, one after the other; what is not done stays in the way of what comes after it. */
const sendTo =
  (sending: Sending, system: OutsideSystem): Task =>
  async (given, { last }) => {
    const { subject } = payload.parse(given);
    const { database, systems } = sending;
    for (;;) {
      const effect = (await effectsAbout(database, { system, subject })).find((each) => !isSettled(each));
      if (!effect) return forgetFailed(database, TASK[system], subject);
      let sent = effect;
      try {
        if (effect.what === 'ISSUE' && effect.attempts === 0 && (await isAwaited(database, subject))) await tryIssue(sending, effect);
        await systems[system]!.circuit.through(async () => {
          if (!(await begin(sending, effect))) return;
          sent = { ...effect, attempts: effect.attempts + 1 };
          await SEND[effect.what](sending, sent);
        });
      } catch (error) {
        const failure = await noteFailure(sending, sent, error, last);
        if (failure) throw failure;
      }
    }
  };

/** What the worker does for the systems that are spoken to. */
export const sendingTasks = (sending: Sending): Tasks =>
  Object.fromEntries(
    (Object.keys(TASK) as OutsideSystem[]).flatMap((system) => (sending.systems[system] ? [[TASK[system], sendTo(sending, system)]] : [])),
  );
