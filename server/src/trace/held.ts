import { addGrams, byteOrder, type Grams, type HolderShare, ZERO } from '@lotline/schema';
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

/** A holder of lots, with the part of the roots' mass among what it holds. */
export type FoundHolder = HolderShare & { operationId: string };

/**
 * Who holds how much of some lots, by identifier.
 * @param fromRoot grams of the roots among what each holds
 * @param inTime called for each lot; throws when it is time to end
 */
export function holdersOf(
  lots: readonly TracedLot[],
  facts: StoryFacts,
  fromRoot: ReadonlyMap<string, bigint>,
  inTime: () => void,
): FoundHolder[] {
  const holders = new Map<string, FoundHolder>();
  for (const lot of lots) {
    inTime();
    const held = heldOf(lot, facts.movements.get(lot.id) ?? [], facts);
    const moving = inTransitOf(held, facts.carriages.get(lot.id) ?? []);
    for (const { holder, grams } of held) {
      const entry = holders.get(holder) ?? {
        operationId: holder,
        lots: 0,
        held: ZERO,
        fromRoot: (fromRoot.get(holder) ?? 0n) as Grams,
        inTransit: ZERO,
      };
      holders.set(holder, {
        ...entry,
        lots: entry.lots + 1,
        held: addGrams(entry.held, grams as Grams),
        inTransit: addGrams(entry.inTransit, (moving.get(holder) ?? 0n) as Grams),
      });
    }
  }
  return [...holders.values()].sort((a, b) => byteOrder(facts.names.get(a.operationId)!, facts.names.get(b.operationId)!));
}

/** What an operation holds of some lots, by lot. */
export function stockOf(operation: string, lots: readonly TracedLot[], facts: StoryFacts): Map<string, FoundHolder> {
  const stock = new Map<string, FoundHolder>();
  for (const lot of lots) {
    const held = heldOf(lot, facts.movements.get(lot.id) ?? [], facts);
    const own = held.find(({ holder }) => holder === operation);
    if (!own) continue;
    const [mass, moving] = [own.grams as Grams, (inTransitOf(held, facts.carriages.get(lot.id) ?? []).get(operation) ?? 0n) as Grams];
    stock.set(lot.id, { operationId: operation, lots: 1, held: mass, fromRoot: mass, inTransit: moving });
  }
  return stock;
}
