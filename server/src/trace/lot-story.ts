import { type Day, earliest, latest, today } from '@lotline/schema';
import type { Reader } from '../database';
import { type Movement, ownershipOf } from '../lots';
import { standingOf } from '../operations';
import { BILLS_OF_LADING, type Flow, type LotStory, type Presence, type Standing, type Tenure } from '../rules';
import { type Carriage, firstDeparture, type Treated, underWay } from '../shipments';
import type { StoryFacts, TracedLot } from './facts';
import { heldOf } from './held';
import type { Paperwork } from './paperwork';
import type { Counting } from './sight';

// The facts of one lot as the rules look at it.

/** The standing of every holder that the rules may ask about. */
export async function standingsOf(reader: Reader, lots: readonly TracedLot[], { movements }: StoryFacts): Promise<Map<string, Standing>> {
  const holders = new Set<string>();
  for (const lot of lots) {
    if (!lot.organic) continue;
    holders.add(lot.producer);
    for (const { to } of movements.get(lot.id)!) if (to !== null) holders.add(to);
  }
  const ids = [...holders];
  const standings = (await reader.loader(standingOf).loadMany(ids)) as Standing[];
  return new Map(ids.map((id, index) => [id, standings[index]!]));
}

/** How a lot's story is looked at. */
export interface View {
  standings: ReadonlyMap<string, Standing>;
  paperwork: Paperwork;
  counting: Counting;
  /** The last day that counts. */
  asOf: Day | null;
}

/** One lot as the rules look at it. */
export function lotStory(lot: TracedLot, all: StoryFacts, view: View): LotStory {
  const { movements, inputs, names } = all;
  const facts = movements.get(lot.id)!;
  const carriages = all.carriages.get(lot.id) ?? [];
  const inShipment = (inShipment: boolean) => (each: Treated) => ({ ...each, inShipment });
  const { paperwork } = view;
  const { papers, certificates, forProduct, draws, entries } = paperwork.of(lot.id);
  const receipts: Flow[] = [];
  const gifts: Flow[] = [];
  for (const { kind, from, to, grams, on, document } of facts) {
    const flow = { kind, grams, on, documented: paperwork.paper(document) !== null };
    gifts.push({ ...flow, holder: from });
    if (to !== null) receipts.push({ ...flow, holder: to });
  }
  return {
    kind: lot.kind,
    grams: lot.grams,
    producedOn: lot.producedOn,
    producer: lot.producer,
    product: { id: lot.product, organic: lot.organic },
    country: lot.country,
    inputs: inputs.get(lot.id) ?? [],
    receipts,
    gifts,
    tenures: lot.organic ? tenuresOf(lot, facts, view) : [],
    presences: presencesOf(lot, all, view),
    carriages: onceAShipment(carriages).map(({ shipper, consignee, shipment, legs }) => ({
      shipper,
      consignee,
      billOfLading: paperwork.about(shipment).some(({ type }) => BILLS_OF_LADING.has(type)),
      on: firstDeparture(legs),
      legs: legs
        .filter(({ departedOn }) => departedOn !== null)
        .map(({ from, to, ...leg }) => ({ ...leg, fromCountry: from.country, fromUnLocode: from.unLocode, toCountry: to.country })),
    })),
    treatments: [...(all.treatments.get(lot.id) ?? []).map(inShipment(false)), ...treatmentsUnderWay(carriages).map(inShipment(true))],
    releases: releasesOf(lot, carriages, paperwork),
    papers,
    certificates,
    productCertificates: forProduct,
    draws,
    entries: entries.map(({ number, filedOn }) => ({ number, on: filedOn })),
    standingOf: (holder) => view.standings.get(holder)!,
    nameOf: (holder) => names.get(holder) ?? holder,
  };
}

/**
 * Every acquisition, with the days on which its holder is judged. One that does not count whole is judged to the last day on which it
 * passed the lot on; what was passed on at no known day may have been passed on at any. Where it did not, only that it acquired the lot
 * is known, and where not even that counts, nothing is judged.
 */
function tenuresOf(lot: TracedLot, facts: readonly Movement[], { counting, asOf }: Pick<View, 'counting' | 'asOf'>): Tenure[] {
  const last = asOf ?? today();
  const passed = new Map<string, Day>();
  for (const { from, on } of facts) {
    const day = on ?? last;
    passed.set(from, latest(passed.get(from) ?? day, day));
  }
  const birth = { producerId: lot.producer, grams: lot.grams, producedOn: lot.producedOn, producedAt: null };
  return ownershipOf(birth, facts, last).flatMap(({ ownerId, from, heldFrom, until }) => {
    const end = until ?? latest(heldFrom, last);
    const tenure = { holder: ownerId, from: heldFrom };
    if (counting.whole(lot.id, ownerId)) return [{ ...tenure, to: end }];
    const passedOn = passed.get(ownerId) ?? (counting.all(lot.id) && from !== null ? heldFrom : undefined);
    return passedOn === undefined ? [] : [{ ...tenure, to: earliest(passedOn, end) }];
  });
}

/** What of a lot, or of shipments that carried it, was held and released as not organic. */
const releasesOf = ({ id }: TracedLot, carriages: readonly Carriage[], paperwork: Paperwork): LotStory['releases'] =>
  [id, ...new Set(carriages.map(({ shipment }) => shipment))]
    .flatMap((noun) => paperwork.heldBy(noun))
    .flatMap(({ number, dispositions }) =>
      dispositions
        .filter(({ kind }) => kind === 'RELEASED_CONVENTIONAL')
        .map(({ on, grams }) => ({ number, on, grams: grams === null ? null : BigInt(grams) })),
    );

/** A shipment may carry a lot in several rows; the rules look at it once. */
const onceAShipment = (carriages: readonly Carriage[]): Carriage[] => [
  ...new Map(carriages.map((each) => [each.shipment, each] as const)).values(),
];

/** Treatments of the shipments that carried a lot, each once. */
export const treatmentsUnderWay = (carriages: readonly Carriage[]): Treated[] => [
  ...new Map(carriages.flatMap((carriage) => underWay(carriage).map((each) => [each.id, each] as const))).values(),
];

/** Where the goods are: where they were used; and where whoever counts whole and has some on hand is. */
function presencesOf(lot: TracedLot, facts: StoryFacts, { counting }: View): Presence[] {
  const movements = facts.movements.get(lot.id)!;
  const presences = movements.flatMap(({ outputCountry, on }): Presence[] =>
    outputCountry === null ? [] : [{ country: outputCountry, on }],
  );
  if (![lot.producer, ...movements.map(({ to }) => to)].some((holder) => holder !== null && counting.whole(lot.id, holder)))
    return presences;
  for (const { holder } of heldOf(lot, movements, facts)) {
    if (!counting.whole(lot.id, holder)) continue;
    const receipts = movements.filter(({ to }) => to === holder).map(({ on }) => on);
    if (holder === lot.producer) receipts.push(lot.producedOn);
    const first = receipts.includes(null) ? null : (receipts as Day[]).sort()[0]!;
    presences.push({ country: facts.countries.get(holder)!, on: first });
  }
  return presences;
}
