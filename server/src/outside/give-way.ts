import type { Work } from '../commands';
import { addEffect, type Effect, isSettled, note, toldOf } from './effects';
import { filingTold } from './told';

/**
 * Customs rejected what it was told of an entry, which has changed meanwhile: it gives way to the change. A filing that was to be amended is filed anew as the
 * entry stands, one that was to be cancelled was never there; an amendment is left out. False where nothing waits: it is for somebody to change.
 * Whoever does so has locked the entry.
 * @param effects everything that customs is told of it
 * @param message what customs says against it
 */
export async function giveWay(
  work: Pick<Work, 'tx' | 'now' | 'command'>,
  effect: Effect,
  effects: readonly Effect[],
  message: string,
): Promise<boolean> {
  const waiting = effects.filter((each) => each.id !== effect.id && !isSettled(each));
  const last = waiting.at(-1);
  if (!last) return false;
  await note(work.tx, effect.id, { state: 'NOT_NEEDED', message, answer: { rejected: true } });
  if (effect.what !== 'FILE') return true;
  for (const { id } of waiting)
    await note(work.tx, id, { state: 'NOT_NEEDED', message: 'What it changes was rejected, and is not filed as it was.' });
  if (last.what !== 'CANCEL')
    await addEffect(
      { ...work, command: last.recordedBy },
      { ...toldOf(effect), what: 'FILE', body: await filingTold(work.tx, effect.subject) },
    );
  return true;
}
