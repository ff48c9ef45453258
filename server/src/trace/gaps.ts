import { type Day, GapKind } from '@lotline/schema';
import type { Reader } from '../database';
import { type Breach, breachesOf, RULES, type Rule } from '../rules';
import type { StoryFacts, TracedLot } from './facts';
import { lotStory, standingsOf } from './lot-story';
import type { Paperwork } from './paperwork';
import type { Counting } from './sight';

/** A gap, with the lot it is about. */
export interface FoundGap {
  kind: GapKind;
  lot: TracedLot;
  on: Day | null;
  message: string;
  rule: string | null;
}

/** The facts and the paperwork of lots, as far as they count. */
export interface Account {
  facts: StoryFacts;
  paperwork: Paperwork;
  counting: Counting;
}

/** What a viewer sees, and what lies behind that: the same for whoever sees everything. */
export interface Accounts {
  seen: Account;
  behind: Account;
}

/** A breach as a viewer may hear of it. */
type Heard = Breach | 'BY_KIND';

/**
 * What is missing or wrong with lots, by kind, then lot, then day. A breach is told in full where what the viewer sees shows it and what lies
 * behind that does not explain it; one that only shows behind, or on a lot that is withheld, by its kind alone, once a lot.
 */
export async function gapsOf(
  reader: Reader,
  lots: readonly TracedLot[],
  { seen, behind }: Accounts,
  { asOf, isWithheld }: { asOf: Day | null; isWithheld: (lot: TracedLot) => boolean },
): Promise<FoundGap[]> {
  const standings = await standingsOf(reader, lots, behind.facts);
  const storyOf = (lot: TracedLot, { facts, paperwork, counting }: Account) =>
    lotStory(lot, facts, { standings, paperwork, counting, asOf });
  const stories = lots
    .filter((lot) => behind.facts.isBorn(lot))
    .map((lot) => ({ lot, all: storyOf(lot, behind), own: seen === behind || isWithheld(lot) ? null : storyOf(lot, seen) }));
  const heard = (rule: Rule, { lot, all, own }: (typeof stories)[number]): Heard[] => {
    const breaches = breachesOf(rule, all);
    if (breaches.length === 0 || seen === behind) return breaches;
    const shown = own ? breachesOf(rule, own).map(({ on, message }) => `${on} ${message}`) : [];
    const told = breaches.filter(({ on, message }) => !isWithheld(lot) && shown.includes(`${on} ${message}`));
    return told.length === breaches.length ? told : [...told, 'BY_KIND'];
  };
  return RULES.flatMap((rule) =>
    stories.flatMap((story) =>
      heard(rule, story).map((breach) =>
        breach === 'BY_KIND'
          ? { kind: rule.gap, lot: story.lot, on: null, message: BY_KIND, rule: rule.citation }
          : { kind: rule.gap, lot: story.lot, on: breach.on, message: breach.message, rule: breach.citation ?? rule.citation },
      ),
    ),
  );
}

const BY_KIND = 'Facts that you may not see break this rule.';

/** The gap of a lot that is withheld. */
export const withheldGap = (lot: TracedLot): FoundGap => ({
  kind: GapKind.WITHHELD,
  lot,
  on: null,
  message: 'You are no party to this lot: what it is and whose, others know.',
  rule: null,
});

/** The gap of what became of a lot with others. */
export const beyondGap = (lot: TracedLot): FoundGap => ({
  kind: GapKind.WITHHELD,
  lot,
  on: null,
  message: 'Some of it is or was with others: what became of it there, you may not see.',
  rule: null,
});
