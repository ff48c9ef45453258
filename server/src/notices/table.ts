import {
  type Day,
  daysAfter,
  type Grams,
  type ImportCertificateKind,
  type ImportCertificateStatus,
  type NoticeKind,
  today,
  toKilograms,
} from '@lotline/schema';
import { reaches, type Volume } from '../certificates';
import type { Deadlines } from '../rules';

// What falls due, as a table of data: when, for what, by which rule. Whatever changes one of these facts schedules it anew.

/** An import certificate, as far as something of it falls due. */
export interface CertificateDue {
  kind: ImportCertificateKind;
  status: ImportCertificateStatus;
  validTo: Day | null;
  /** Day on which the goods are to arrive; null where nobody said. */
  arrivesOn: Day | null;
  cutOff: Pick<Deadlines, 'cutOffOn' | 'cutOffAt'>;
  volume: Volume;
  /** When draws reached which percentages of it. */
  reached: readonly { percent: number; at: Date; isReported: boolean; filedOn: Day | null }[];
}

/** An emergency action of which the certifier is to be told. */
export interface ActionDue {
  number: string;
  recordedAt: Date;
  notified: boolean;
  /** Hours within which the operation's own policy wants it done. */
  policyHours: number;
}

export interface Due {
  at: Date;
  /** Is it told as soon as it is known? */
  atOnce?: true;
  message: string;
}

export interface Deadline<Facts> {
  kind: NoticeKind;
  rule: string;
  says: string;
  /** When it falls due; null where it does not, or no more. */
  due(facts: Facts): Due | null;
}

/** Issued, and goods may still be entered under it. */
const OPEN: ReadonlySet<ImportCertificateStatus> = new Set(['ISSUED', 'HANDED_OVER', 'ENTERED']);
/** Nothing has been entered under it yet. */
const NOT_ENTERED: ReadonlySet<ImportCertificateStatus> = new Set(['REQUESTED', 'INFORMATION_ASKED', 'APPROVED', 'ISSUED', 'HANDED_OVER']);

const startOf = (day: Day): Date => new Date(`${day}T00:00:00Z`);
const HOUR_MS = 3_600_000;
/** A day is a day where the goods are: it has ended twelve hours after it did in UTC at the latest. */
const endOf = (day: Day): Date => new Date(startOf(daysAfter(day, 1)).getTime() + 12 * HOUR_MS);

/** Days before the end of a period on which somebody is told that it comes. */
const BEFORE_THE_END = 14;
/** Days before the end by which the actual weights are reported, and so many more to do it in. */
const [WEIGHTS_BEFORE, WEIGHTS_AHEAD] = [7, 3];
/** Hours before the filing cut-off. */
const BEFORE_CUT_OFF = 24;

/** Days after its filing by which the report of an entry is news. */
const NEWS_FOR = 30;

const RULE = '7 CFR 205.273';

/** At once, where draws have reached a percentage and have not fallen below it again. */
const drawn = (kind: NoticeKind, percent: bigint): Deadline<CertificateDue> => ({
  kind,
  rule: RULE,
  says: `At once, where customs entries have drawn ${percent} % of what it covers; again where it was left in between. Not of entries that are reported over ${NEWS_FOR} days after their filing.`,
  due: ({ volume, reached }) => {
    const last = reached.find((each) => each.percent === Number(percent));
    if (!last?.filedOn || !reaches(volume, percent)) return null;
    if (last.isReported && daysAfter(last.filedOn, NEWS_FOR) < today(last.at)) return null;
    return {
      at: last.at,
      atOnce: true,
      message: `At least ${percent} % of it is drawn: ${toKilograms(volume.drawn as Grams)} kg of ${toKilograms(volume.mass as Grams)} kg.`,
    };
  },
});

export const CERTIFICATE_DEADLINES: readonly Deadline<CertificateDue>[] = [
  {
    kind: 'FILING_CUT_OFF_NEAR',
    rule: '19 CFR 4.7, 122.48a, 123.91, 123.92',
    says: `${BEFORE_CUT_OFF} hours before the filing cut-off of its mode, where nothing is entered yet; of a bare day before that day.`,
    due: ({ status, cutOff: { cutOffAt, cutOffOn } }) => {
      if (!NOT_ENTERED.has(status)) return null;
      const end = cutOffAt ?? (cutOffOn && startOf(cutOffOn));
      if (!end) return null;
      return {
        at: new Date(end.getTime() - BEFORE_CUT_OFF * HOUR_MS),
        message: `The cargo is to be declared ${cutOffAt ? `by ${cutOffAt.toISOString()}` : `on ${cutOffOn}`}, and nothing is entered yet.`,
      };
    },
  },
  {
    kind: 'LAPSES_BEFORE_ARRIVAL',
    rule: RULE,
    says: 'At once, where the goods are to arrive after the last day of the certificate.',
    due: ({ status, validTo, arrivesOn }) => {
      if (!OPEN.has(status) || validTo === null || arrivesOn === null || arrivesOn <= validTo) return null;
      return {
        at: startOf(validTo),
        atOnce: true,
        message: `The certificate ends on ${validTo}, and the goods are to arrive on ${arrivesOn}.`,
      };
    },
  },
  {
    kind: 'WEIGHTS_DUE',
    rule: RULE,
    says: `${WEIGHTS_BEFORE + WEIGHTS_AHEAD} days before the end of a period: actual net weights are reported a week before it.`,
    due: ({ kind, status, validTo }) => {
      if (kind !== 'PERIOD' || !OPEN.has(status) || validTo === null) return null;
      const by = daysAfter(validTo, -WEIGHTS_BEFORE);
      return {
        at: startOf(daysAfter(by, -WEIGHTS_AHEAD)),
        message: `The actual net weights of the period are to be reported by ${by}.`,
      };
    },
  },
  {
    kind: 'PERIOD_ENDS',
    rule: RULE,
    says: `${BEFORE_THE_END} days before the last day of a period.`,
    due: ({ kind, status, validTo }) => {
      if (kind !== 'PERIOD' || !OPEN.has(status) || validTo === null) return null;
      return { at: startOf(daysAfter(validTo, -BEFORE_THE_END)), message: `The certificate ends on ${validTo}.` };
    },
  },
  {
    kind: 'CERTIFICATE_EXPIRED',
    rule: RULE,
    says: 'Once the last day of a period has ended everywhere, which is at noon of the next in UTC; the certificate is EXPIRED from then on.',
    due: ({ kind, status, validTo }) => {
      if (kind !== 'PERIOD' || !OPEN.has(status) || validTo === null) return null;
      return { at: endOf(validTo), message: `The certificate ended on ${validTo}.` };
    },
  },
  drawn('DRAWN_80', 80n),
  drawn('DRAWN_95', 95n),
  drawn('DRAWN_100', 100n),
];

export const ACTION_DEADLINES: readonly Deadline<ActionDue>[] = [
  {
    kind: 'CERTIFIER_NOT_NOTIFIED',
    rule: '7 CFR 205.400(f)',
    says: "As many hours after an emergency action was recorded as the operation's own policy allows, where the certifier was not told: the rule says immediately.",
    due: ({ number, recordedAt, notified, policyHours }) =>
      notified
        ? null
        : {
            at: new Date(recordedAt.getTime() + policyHours * HOUR_MS),
            message: `Nothing says that the certifier was told of ${number}; that is to be done immediately.`,
          },
  },
];
