import { byteOrder, sumGrams } from '@lotline/schema';
import {
  attributeBack,
  attributeForward,
  type BackAttribution,
  type Closure,
  type ForwardAttribution,
  type ForwardVertex,
  split,
} from '../lineage';
import type { Movement } from '../lots';
import type { StoryFacts, TracedLot } from './facts';
import { heldOf } from './held';

// The facts of a story as the attribution of lineage takes them.

/** Places of lots in the order in which ties are broken: code, then producer. */
function ranks(lots: readonly TracedLot[]): Map<string, number> {
  const sorted = [...lots].sort((a, b) => byteOrder(a.code, b.code) || byteOrder(a.producerIdentifier, b.producerIdentifier));
  return new Map(sorted.map((lot, rank) => [lot.id, rank]));
}

/** Where the mass of the one root of a closure began. */
export function whereFrom(closure: Closure, lots: readonly TracedLot[], inTime: () => void): BackAttribution {
  const rank = ranks(lots);
  const vertices = lots.map(({ id, grams, kind }) => [id, { id, grams, rank: rank.get(id)!, source: kind === 'HARVEST' }] as const);
  return attributeBack(closure.roots[0]!, new Map(vertices), closure.uses, inTime);
}

/** Where the mass of the roots of a closure went. */
export function whereTo(closure: Closure, lots: readonly TracedLot[], facts: StoryFacts, inTime: () => void): ForwardAttribution {
  const rank = ranks(lots);
  const followed = new Set(closure.uses.map(({ id }) => id));
  const vertices = lots.map((lot): [string, ForwardVertex] => {
    inTime();
    const movements = facts.movements.get(lot.id) ?? [];
    const losses = movements.filter((each) => each.kind === 'LOSS').sort(inOrderOf(facts));
    const { onHand, elsewhere } = onHandOf(lot, movements, facts);
    // What went into a lot that is not met is elsewhere, too.
    const unmet = movements.reduce((sum, { kind, fact, grams }) => (kind === 'USE' && !followed.has(fact) ? sum + grams : sum), 0n);
    return [
      lot.id,
      {
        id: lot.id,
        grams: lot.grams,
        rank: rank.get(lot.id)!,
        inputGrams: sumGrams((facts.inputs.get(lot.id) ?? []).map((each) => each.grams)),
        onHand,
        elsewhere: elsewhere + unmet,
        losses: losses.map((loss) => loss.grams),
      },
    ];
  });
  return attributeForward(new Set(closure.roots), new Map(vertices), closure.uses, inTime);
}

const inOrderOf =
  ({ names }: StoryFacts) =>
  (a: Movement, b: Movement): number =>
    byteOrder(a.on ?? '~', b.on ?? '~') ||
    (a.at?.getTime() ?? 0) - (b.at?.getTime() ?? 0) ||
    byteOrder(names.get(a.from)!, names.get(b.from)!) ||
    (a.grams < b.grams ? -1 : a.grams > b.grams ? 1 : 0);

/**
 * What is on hand, born less used less lost, shared among the holders above zero by what they hold; if nobody does, its producer's. Where
 * its birth is not among the facts, what they do not tell of is elsewhere.
 */
function onHandOf(lot: TracedLot, movements: readonly Movement[], facts: StoryFacts): Pick<ForwardVertex, 'onHand' | 'elsewhere'> {
  const gone = movements.reduce((sum, { kind, grams }) => (kind === 'TRANSFER' ? sum : sum + grams), 0n);
  const left = lot.grams - gone;
  if (left <= 0n || !facts.isBorn(lot)) return { onHand: [], elsewhere: 0n };
  const holders = heldOf(lot, movements, facts);
  const held = holders.reduce((sum, { grams }) => sum + grams, 0n);
  const known = facts.birthCounts(lot) || held > left ? left : held;
  const elsewhere = left - known;
  if (known === 0n) return { onHand: [], elsewhere };
  if (holders.length === 0) return { onHand: [{ holder: lot.producer, grams: known }], elsewhere };
  const shares = split(
    known,
    holders.map(({ grams }) => grams),
  );
  return { onHand: holders.map(({ holder }, index) => ({ holder, grams: shares[index]! })), elsewhere };
}
