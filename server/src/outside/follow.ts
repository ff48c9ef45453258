import type { EventPayloads, EventType, LogEvent, OutsideAct, OutsideSystem, Reason } from '@lotline/schema';
import type { Follow, Work } from '../commands';
import { addEffect, askAgain, effectsAbout, isSettled, type NewEffect, note, sendWhatWaits } from './effects';
import { NAME } from './ports';
import type { SystemsSettings } from './systems';
import { isTheEnd, takeBack } from './take-back';
import { certificateTold, filingTold } from './told';

// Which events of the log a system outside is told, as a table. What was reported from outside is known there: nothing of it is sent.

type Tell<Type extends EventType> = (work: Work, subject: string, payload: EventPayloads[Type]) => Promise<void>;

const OF_CERTIFICATES = { system: 'ORGANIC_INTEGRITY_DATABASE', noun: 'ImportCertificate' } as const;
const OF_ENTRIES = { system: 'AUTOMATED_COMMERCIAL_ENVIRONMENT', noun: 'CustomsEntry' } as const;

/** Most bytes of what is sent: what is longer could never be. */
const LONGEST_BODY = 1024 * 1024;

/** Writes down what a system is to be told; what is too much for it is refused, and the command with it. */
async function tell(work: Work, effect: NewEffect): Promise<void> {
  if (Buffer.byteLength(JSON.stringify(effect.body)) <= LONGEST_BODY) return addEffect(work, effect);
  work.refuse(0, {
    code: 'REFUSED',
    message: `${NAME[effect.system]} takes no more than ${LONGEST_BODY / 1024 / 1024} MiB at once`,
    path: ['lines'],
    remedy: effect.noun === 'CustomsEntry' ? 'split it: file several entries' : 'split it: ask for several certificates',
  });
}

/** A certifier has its certificate issued there. One that asks again has it tried again at once. */
const issueAsked: Tell<'import-certificate.issue-asked'> = async (work, subject, { reason }) => {
  const told = { ...OF_CERTIFICATES, subject };
  const issue = await issueOf(work, subject);
  if (issue) await askAgain(work, issue, reason);
  else await tell(work, { ...told, what: 'ISSUE', body: await certificateTold(work.tx, subject), reason });
};

/**
 * One that was issued there, or may have been, is taken back there where it is voided, rejected or withdrawn here. Where it is issued by hand, what was
 * never sent is not; what was sent is asked for once more, since the number that was typed may be the one that was given.
 */
const standingChanged: Tell<'import-certificate.status-changed'> = async (work, subject, { from, to, reason }) => {
  const told = { ...OF_CERTIFICATES, subject };
  const issue = await issueOf(work, subject);
  if (!issue) return;
  const effects = await effectsAbout(work.tx, told);
  const isByHand = from === 'APPROVED' && to === 'ISSUED' && !isSettled(issue);
  if (isTheEnd(to) || (isByHand && issue.attempts === 0)) await takeBack(work, told, effects, to, reason);
  else if (isByHand) await sendWhatWaits(work, told);
};

const revised: Tell<'import-certificate.revised'> = async (work, subject, { reason }) => {
  if (await issueOf(work, subject))
    await tell(work, {
      ...OF_CERTIFICATES,
      subject,
      what: 'REVISE',
      body: { reason, certificate: await certificateTold(work.tx, subject) },
    });
};

/** The issue of a certificate by us; null where there is none, or it was in vain: what is issued by hand is kept up to date by hand. */
async function issueOf({ tx }: Work, subject: string) {
  const [issue] = await effectsAbout(tx, { ...OF_CERTIFICATES, subject });
  return issue && issue.state !== 'NOT_NEEDED' && !issue.answer?.inVain ? issue : null;
}

/** An entry is filed, amended or cancelled. What was rejected is filed anew as it was amended, and was never there to be cancelled. */
const filing =
  (what: OutsideAct & ('FILE' | 'AMEND' | 'CANCEL')): Tell<EventType> =>
  async (work, subject, payload) => {
    const { reason = null } = payload as { reason?: string | null };
    const told = { ...OF_ENTRIES, subject };
    const before = await effectsAbout(work.tx, told);
    const wasTold = before.some(({ state }) => state !== 'NOT_NEEDED');
    if (what !== 'FILE' && !wasTold) return;
    const rejected = before.filter(({ state, answer }) => state === 'FAILED' && answer?.rejected);
    for (const { id } of rejected)
      await note(work.tx, id, { state: 'NOT_NEEDED', message: 'It was rejected, and is not filed as it was.' });
    const isThere = before.some((each) => !rejected.includes(each) && each.state !== 'NOT_NEEDED');
    const body: NewEffect['body'] = what === 'CANCEL' ? { reason } : await filingTold(work.tx, subject);
    if (isThere) await tell(work, { ...told, what, body: what === 'AMEND' ? { reason, filing: body } : body });
    else if (what !== 'CANCEL') await tell(work, { ...told, what: 'FILE', body });
    // Nothing waits any more: nor does an operator.
    else await sendWhatWaits(work, told);
  };

interface Told<Type extends EventType> {
  system: OutsideSystem;
  tell: Tell<Type>;
}

const TOLD: { readonly [Type in EventType]?: Told<Type> } = {
  'import-certificate.issue-asked': { system: 'ORGANIC_INTEGRITY_DATABASE', tell: issueAsked },
  'import-certificate.status-changed': { system: 'ORGANIC_INTEGRITY_DATABASE', tell: standingChanged },
  'import-certificate.revised': { system: 'ORGANIC_INTEGRITY_DATABASE', tell: revised },
  'customs-entry.recorded': { system: 'AUTOMATED_COMMERCIAL_ENVIRONMENT', tell: filing('FILE') },
  'customs-entry.amended': { system: 'AUTOMATED_COMMERCIAL_ENVIRONMENT', tell: filing('AMEND') },
  'customs-entry.cancelled': { system: 'AUTOMATED_COMMERCIAL_ENVIRONMENT', tell: filing('CANCEL') },
};

const NO_NUMBER: Reason = {
  code: 'REFUSED',
  message: 'no number is given, and the Organic Integrity Database is not connected here to be asked for one',
  path: ['number'],
  rule: '7 CFR 205.273',
  remedy: 'issue it there by hand, and write the number that it gave',
};

/** Writes down what systems outside are to be told of the events of a command, for those that are spoken to. */
export const tellOutside =
  (settings: SystemsSettings): Follow =>
  async (work, events) => {
    if (work.reported) return;
    for (const { type, subject, payload } of events as LogEvent[]) {
      const told = TOLD[type] as Told<EventType> | undefined;
      if (told && settings[told.system]) await told.tell(work, subject, payload);
      else if (type === 'import-certificate.issue-asked') work.refuse(0, NO_NUMBER);
    }
  };
