import { byteOrder } from '@lotline/schema';
import type { Movement } from '../lots';
import type { Carriage } from '../shipments';
import type { StoryFacts, TracedLot } from './facts';

/** Holdings above zero of a lot, by its facts, in the order of their identifiers; nobody holds one that is not born. */
export function heldOf(
  lot: TracedLot,
  movements: readonly Movement[],
  { names, isBorn, birthCounts }: Pick<StoryFacts, 'names' | 'isBorn' | 'birthCounts'>,
): { holder: string; grams: bigint }[] {
  if (!isBorn(lot)) return [];
  const held = new Map<string, bigint>(birthCounts(lot) ? [[lot.producer, lot.grams]] : []);
  for (const { from, to, grams } of movements) {
    held.set(from, (held.get(from) ?? 0n) - grams);
    if (to !== null) held.set(to, (held.get(to) ?? 0n) + grams);
  }
  return [...held]
    .filter(([, grams]) => grams > 0n)
    .map(([holder, grams]) => ({ holder, grams }))
    .sort((a, b) => byteOrder(names.get(a.holder)!, names.get(b.holder)!));
}

/** Has it departed, and not arrived? */
export const isUnderWay = ({ legs }: Carriage): boolean =>
  legs.some(({ departedOn }) => departedOn !== null) && legs.at(-1)!.arrivedOn === null;

/**
 * What of a lot is on its way, departed and not arrived, by holder: the shipper's if it holds some, else the consignee's; never more than
 * is held.
 */
export function inTransitOf(held: readonly { holder: string; grams: bigint }[], carriages: readonly Carriage[]): Map<string, bigint> {
  const most = new Map(held.map(({ holder, grams }) => [holder, grams]));
  const moving = new Map<string, bigint>();
  for (const { shipper, consignee, grams } of carriages.filter(isUnderWay)) {
    const holder = most.has(shipper) ? shipper : consignee;
    const sum = (moving.get(holder) ?? 0n) + grams;
    const limit = most.get(holder) ?? 0n;
    moving.set(holder, sum < limit ? sum : limit);
  }
  return moving;
}
