import type { ImportCertificateStatus } from '@lotline/schema';
import type { Work } from '../commands';
import { addEffect, type Effect, isSettled, note, sendWhatWaits, type ToldSubject } from './effects';

// Where a certificate is not to be issued there any more, or not any longer.

/** What became of it here, by where it stands. */
const ENDED: { readonly [Status in ImportCertificateStatus]?: string } = {
  WITHDRAWN: 'The request was withdrawn',
  REJECTED: 'The request was rejected',
  ISSUED: 'It was issued by hand',
  VOIDED: 'It was voided',
};

/** After this nothing is issued, revised or issued again. */
export const isTheEnd = (status: ImportCertificateStatus): boolean => status !== 'ISSUED' && status in ENDED;

type Writing = Pick<Work, 'tx' | 'now' | 'command'>;

/**
 * Lets go of what is not done yet of a certificate. What was asked for and may have been issued is not asked for again: it is taken back, once, and what
 * arrives after that is not issued. Whoever does so has locked the certificate.
 * @param effects everything that is told of it
 */
export async function takeBack(
  work: Writing,
  told: ToldSubject,
  effects: readonly Effect[],
  status: ImportCertificateStatus,
  reason: string | null = null,
): Promise<void> {
  const ended = ENDED[status] ?? 'It is not issued any more';
  const wasSent = ({ what, attempts }: Effect) => what === 'ISSUE' && attempts > 0;
  for (const each of effects) {
    if (isSettled(each) || each.what === 'VOID') continue;
    const message = wasSent(each) ? `${ended}; what may have been issued there is taken back there.` : `${ended}.`;
    await note(work.tx, each.id, { state: 'NOT_NEEDED', message });
  }
  if (!effects.some(wasSent) || effects.some(({ what }) => what === 'VOID')) return sendWhatWaits(work, told);
  await addEffect(work, { ...told, what: 'VOID', body: { reason: reason ?? `${ended}.` } });
}
