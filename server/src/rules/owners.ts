import type { CertificationVerdict, Day } from '@lotline/schema';
import { firstUncertifiedDay, verdictOn } from './certification';
import { FIRST_DAY_OF_THE_PROGRAM, type Flow, type LotStory, type Rule, STRENGTHENED_ENFORCEMENT } from './story';

const DID: Record<Flow['kind'], string> = { TRANSFER: 'transferred', USE: 'used', LOSS: 'lost' };

/** The earliest day by which a holder had received some of the lot; '' where it had some on every day, null where it never did. */
function firstHeld({ producer, receipts }: LotStory, holder: string): Day | '' | null {
  if (holder === producer) return '';
  const days = receipts.filter((receipt) => receipt.holder === holder).map(({ on }) => on ?? '');
  return days.sort()[0] ?? null;
}

/**
 * Gave or shipped some of a lot without ever having received any of it by that day: a transfer is missing from the audit trail (7 CFR 205.2). One gap
 * a fact; a gift without a day compares with all receipts.
 */
export const ownerChangedWithoutTransfer: Rule = {
  gap: 'OWNER_CHANGED_WITHOUT_TRANSFER',
  citation: '7 CFR 205.2, 205.103(b)(2)',
  says: 'Whoever uses, loses, transfers or ships some of a lot has received some of it by a transfer on record, or produced it.',
  since: FIRST_DAY_OF_THE_PROGRAM,
  judgedBy: 'HOLDER',
  find: (story) =>
    [
      ...story.gifts.map(({ kind, holder, on }) => ({ did: DID[kind], holder, on })),
      ...story.carriages.map(({ shipper, on }) => ({ did: 'shipped', holder: shipper, on })),
    ].flatMap(({ did, holder, on }) => {
      const held = firstHeld(story, holder);
      if (held !== null && (on === null || held <= on)) return [];
      return [{ on, holder, message: `${story.nameOf(holder)} ${did} some of the lot, but no transfer says how it came to it.` }];
    }),
};

const WHY: Partial<Record<CertificationVerdict, string>> = {
  SUSPENDED: 'its certificate was suspended',
  REVOKED: 'its certificate was revoked',
  SURRENDERED: 'its certificate was surrendered',
  EXPIRED: 'its certificate had expired',
  OUT_OF_SCOPE: 'its certificate did not cover the product',
  NONE: 'it had no certificate',
};

/**
 * A day of holding an organic lot on which the owner was neither certified for it, equivalent, nor exempt (7 CFR 205.100(a), 205.101, for
 * everybody who sells or trades since Strengthening Organic Enforcement). One gap an acquisition, on its first such day.
 */
export const ownerNotCertified: Rule = {
  gap: 'OWNER_NOT_CERTIFIED',
  citation: '7 CFR 205.100(a)',
  says: 'Whoever holds an organic lot is certified for its product on every day of it, under an arrangement of equivalence, or exempt (7 CFR 205.101).',
  since: STRENGTHENED_ENFORCEMENT,
  judgedBy: 'FACT',
  find: (story) =>
    !story.product.organic
      ? []
      : story.tenures.flatMap(({ holder, from, to }) => {
          const standing = story.standingOf(holder);
          const on = firstUncertifiedDay(standing, story.product.id, from, to);
          if (on === null) return [];
          const why = WHY[verdictOn(standing, story.product.id, on)] ?? 'nothing says that it was certified';
          const held = on === from ? `acquired the lot on ${on}, when` : `held the lot from ${from}, and on ${on}`;
          return [{ on, holder, message: `${story.nameOf(holder)} ${held} ${why}.` }];
        }),
};
