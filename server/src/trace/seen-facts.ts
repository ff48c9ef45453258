import type { Day } from '@lotline/schema';
import { type Carriage, firstDeparture } from '../shipments';
import { leadingTo, type StoryFacts, type TracedLot } from './facts';
import type { SightOfViewer } from './sight';

/** Of the facts of a story those in sight, about lots in sight. */
export function seenOf(all: StoryFacts, sight: SightOfViewer, lots: readonly TracedLot[]): StoryFacts {
  const some = <Fact extends object>(facts: ReadonlyMap<string, readonly Fact[]>, seen: (lot: string, fact: Fact) => boolean) =>
    new Map(lots.map(({ id }) => [id, (facts.get(id) ?? []).filter((fact) => seen(id, fact))] as const));
  const ofShipment = ({ shipment, legs, treatments, ...carriage }: Carriage): Carriage => ({
    ...carriage,
    shipment,
    legs: legs.filter(({ id }) => sight.sees(shipment, id, 'SHIPMENTS')),
    treatments: treatments.filter(({ id }) => sight.sees(shipment, id, 'SHIPMENTS')),
  });
  const carriagesIn = (facts: StoryFacts['carriages']) =>
    new Map(
      [...some(facts, (lot, { fact }) => sight.sees(lot, fact, 'SHIPMENTS'))].map(
        ([lot, carriages]) => [lot, carriages.map(ofShipment)] as const,
      ),
    );
  return {
    ...all,
    movements: some(all.movements, (lot, { fact }) => sight.sees(lot, fact)),
    inputs: new Map(lots.map(({ id }) => [id, (sight.opened.has(id) ? all.inputs : all.inputsInSight).get(id) ?? []])),
    birthCounts: ({ id }) => sight.sees(id, id),
    carriages: carriagesIn(all.carriages),
    allCarriages: carriagesIn(all.allCarriages),
    treatments: some(all.treatments, (lot, { id }) => sight.sees(lot, id)),
  };
}

/**
 * Where all facts of a lot count, those behind what is seen of it: the facts in sight, and, up to the last day on which some of it came to
 * whoever is seen whole, the transfers by which it came to whoever gave some of it, the shipments to them, and what was done to it. What
 * others did later is behind nothing.
 * @param whole operations of which every fact is seen
 */
export function behindOf(all: StoryFacts, seen: StoryFacts, lots: ReadonlySet<string>, whole: ReadonlySet<string>): StoryFacts {
  const movements = new Map(all.movements);
  const carriages = new Map(all.carriages);
  const allCarriages = new Map(all.allCarriages);
  const treatments = new Map(all.treatments);
  for (const lot of lots) {
    const own = seen.movements.get(lot)!;
    const last = own
      .flatMap(({ to, on }) => (to !== null && whole.has(to) ? [on ?? ALWAYS] : []))
      .sort()
      .at(-1);
    const isBefore = (day: Day | null) => last !== undefined && (day === null || day <= last);
    const before = all.movements.get(lot)!.filter(({ on }) => isBefore(on));
    const behind = new Map([...leadingTo(own, before), ...own].map((each) => [each.fact, each]));
    movements.set(lot, [...behind.values()]);
    const gave = new Set([...behind.values()].map(({ from }) => from));
    const carried = seen.carriages.get(lot) ?? [];
    const known = new Set(carried.map(({ fact }) => fact));
    const others = (all.carriages.get(lot) ?? []).filter(
      ({ fact, consignee, legs }) => gave.has(consignee) && !known.has(fact) && isBefore(firstDeparture(legs)),
    );
    carriages.set(lot, [...carried, ...others]);
    allCarriages.set(lot, [...carried, ...others]);
    const done = new Set(seen.treatments.get(lot));
    treatments.set(
      lot,
      (all.treatments.get(lot) ?? []).filter((each) => done.has(each) || isBefore(each.on)),
    );
  }
  return { ...all, movements, carriages, allCarriages, treatments };
}

/** Behind every day: of what came at no known day. */
const ALWAYS = '9999-12-31' as Day;
