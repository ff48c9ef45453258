import { type Day, GapKind } from '@lotline/schema';
import type { Reader } from '../database';
import { type Breach, breachesOf, LOT_RULES, type Rule } from '../rules';
import { underWay } from '../shipments';
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

/** What a viewer sees; and, back, what lies behind that: the same for whoever sees everything. */
export interface Accounts {
  seen: Account;
  behind: Account | null;
  /** Back, of the root, all there is: nobody is accused of what others' facts refute. */
  truth: Account | null;
}

/** A breach as a viewer may hear of it. */
type Heard = Breach | 'BY_KIND';

/**
 * What is missing or wrong with lots, by kind, then lot, then day. Back, a breach is told in full where what the viewer sees shows it and
 * what lies behind that does not explain it; one that only shows behind, or on a lot that is withheld, by its kind alone, once a lot.
 * Forward, nothing behind is looked at: a breach is told where the viewer sees all that it is judged by.
 */
export async function gapsOf(
  reader: Reader,
  lots: readonly TracedLot[],
  { seen, behind, truth }: Accounts,
  { asOf, isWithheld }: { asOf: Day | null; isWithheld: (lot: TracedLot) => boolean },
): Promise<FoundGap[]> {
  const standings = await standingsOf(reader, lots, (behind ?? seen).facts);
  const storyOf = (lot: TracedLot, { facts, paperwork, counting }: Account) => {
    reader.inTime();
    return lotStory(lot, facts, { standings, paperwork, counting, asOf });
  };
  const stories = lots
    .filter((lot) => seen.facts.isBorn(lot))
    .map((lot) => {
      if (isWithheld(lot)) return { lot, own: null, all: storyOf(lot, behind!), whole: null };
      const own = storyOf(lot, seen);
      // The root is all that is not judged by what leads here alone.
      const whole = truth !== null && seen.counting.all(lot.id) ? storyOf(lot, truth) : null;
      return { lot, own, all: behind === null || isSame(lot, seen, behind) ? own : storyOf(lot, behind), whole };
    });
  const heard = (rule: Rule, { lot, own, all, whole }: (typeof stories)[number]): Heard[] => {
    reader.inTime();
    if (whole !== null && rule.judgedBy === 'EVERYBODY' && breachesOf(rule, whole).length === 0) return [];
    const breaches = breachesOf(rule, all);
    if (behind === null) return breaches.filter((breach) => isJudged(rule, breach, lot, seen));
    if (own === all) return breaches;
    const shown = own ? breachesOf(rule, own) : [];
    const told = breaches.filter(({ on, message }) => shown.some((each) => each.on === on && each.message === message));
    return told.length === breaches.length ? told : [...told, 'BY_KIND'];
  };
  return LOT_RULES.flatMap((rule) =>
    stories.flatMap((story) =>
      heard(rule, story).map((breach) =>
        breach === 'BY_KIND'
          ? { kind: rule.gap, lot: story.lot, on: null, message: BY_KIND, rule: rule.citation }
          : { kind: rule.gap, lot: story.lot, on: breach.on, message: breach.message, rule: breach.citation ?? rule.citation },
      ),
    ),
  );
}

/** Is all that lies behind what a viewer sees of a lot seen itself? Then it need not be looked at twice. */
function isSame(lot: TracedLot, seen: Account, behind: Account): boolean {
  if (seen === behind) return true;
  const [own, all] = [partsOf(lot, seen), partsOf(lot, behind)];
  return seen.facts.birthCounts(lot) && own.length === all.length && own.every((part, index) => part === all[index]);
}

/** Everything that the story of a lot is made of, one after the other. */
function partsOf({ id }: TracedLot, { facts, paperwork }: Account): unknown[] {
  const movements = facts.movements.get(id)!;
  const carriages = facts.carriages.get(id) ?? [];
  const { papers, certificates, forProduct, draws, entries } = paperwork.of(id);
  return [
    ...movements.flatMap((movement) => [movement, paperwork.paper(movement.document)]),
    ...carriages.flatMap((each) => [each.fact, ...each.legs, ...underWay(each), ...paperwork.about(each.shipment)]),
    ...(facts.treatments.get(id) ?? []),
    ...[id, ...carriages.map(({ shipment }) => shipment)].flatMap((noun) => paperwork.heldBy(noun)),
    ...(facts.inputs.get(id) ?? []).flatMap(({ hts, organic, count, grams, lastBornOn }) => [hts, organic, count, grams, lastBornOn]),
    ...[papers, certificates, forProduct, entries].flatMap((list) => [list.length, ...list]),
    ...draws.flatMap(({ number, covers, grams, on, entry }) => [number, covers, grams, on, entry]),
  ];
}

/** Does the viewer see all that a breach is judged by? */
function isJudged({ judgedBy }: Rule, { holder }: Breach, lot: TracedLot, { facts, counting }: Account): boolean {
  const isKnown = (operation: string) => counting.documented(lot.id, operation);
  if (judgedBy === 'FACT') return true;
  if (judgedBy === 'HOLDER') return holder !== undefined && isKnown(holder);
  if (judgedBy === 'PRODUCER') return counting.whole(lot.id, lot.producer);
  const movements = facts.movements.get(lot.id)!;
  const carriages = facts.carriages.get(lot.id) ?? [];
  return [
    lot.producer,
    ...movements.flatMap(({ from, to }) => [from, to ?? from]),
    ...carriages.flatMap(({ shipper, consignee }) => [shipper, consignee]),
  ].every(isKnown);
}

/** What is said of a breach that is told by its kind alone. */
export const BY_KIND = 'Facts that you may not see break this rule.';

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
