import { byteOrder, type Day, type Grams, type LotKind, StepKind } from '@lotline/schema';
import { type Carriage, firstDeparture, type Leg } from '../shipments';
import type { StoryFacts, TracedLot } from './facts';
import { treatmentsUnderWay } from './lot-story';

/** One thing that happened to a lot of a story. */
export interface FoundStep {
  kind: StepKind;
  on: Day | null;
  at: Date | null;
  lot: TracedLot;
  owner: string | null;
  from: string | null;
  to: string | null;
  grams: Grams | null;
  shipment: string | null;
  leg: Leg | null;
  /** Tells steps of one lot, kind and moment apart, in an order of their own. */
  tie: string;
}

const BIRTH: Record<LotKind, StepKind> = { HARVEST: 'HARVESTED', PURCHASED: 'PURCHASED', TRANSFORMATION: 'TRANSFORMED' };
const CAUSES = Object.keys(StepKind);

/** The story of lots in order: by day, undated last; by hour, those without one first; then causes before what follows from them. */
export function stepsOf(lots: readonly TracedLot[], facts: StoryFacts): FoundStep[] {
  return lots
    .flatMap((lot) => stepsOfLot(lot, facts))
    .sort(
      (a, b) =>
        byteOrder(a.on ?? '~', b.on ?? '~') ||
        (a.at?.getTime() ?? Number.NEGATIVE_INFINITY) - (b.at?.getTime() ?? Number.NEGATIVE_INFINITY) ||
        CAUSES.indexOf(a.kind) - CAUSES.indexOf(b.kind) ||
        byteOrder(a.lot.code, b.lot.code) ||
        byteOrder(a.lot.producerIdentifier, b.lot.producerIdentifier) ||
        byteOrder(a.tie, b.tie),
    );
}

function stepsOfLot(lot: TracedLot, facts: StoryFacts): FoundStep[] {
  const { names, movements } = facts;
  const step = (kind: StepKind, on: Day | null, at: Date | null, more: Partial<FoundStep>, ...tie: unknown[]): FoundStep => ({
    kind,
    on,
    at,
    lot,
    owner: null,
    from: null,
    to: null,
    grams: null,
    shipment: null,
    leg: null,
    ...more,
    tie: JSON.stringify(tie.map(String)),
  });
  const steps: FoundStep[] = [];
  if (facts.isBorn(lot)) {
    const { producer, grams } = lot;
    steps.push(step(BIRTH[lot.kind], lot.producedOn, lot.producedAt, { owner: producer, to: producer, grams }));
  }
  for (const { kind, from, to, grams, on, at, fact } of movements.get(lot.id)!) {
    if (kind === 'TRANSFER')
      steps.push(step('TRANSFERRED', on, at, { owner: to, from, to, grams }, names.get(from), names.get(to!), padded(grams), fact));
    if (kind === 'LOSS') steps.push(step('LOST', on, at, { owner: from, from, grams }, names.get(from), padded(grams), fact));
  }
  const carriages = facts.carriages.get(lot.id) ?? [];
  for (const carriage of carriages) steps.push(...stepsOfCarriage(carriage, step, names));
  for (const treated of [...(facts.treatments.get(lot.id) ?? []), ...treatmentsUnderWay(carriages)]) {
    const owner = carriages.find(({ shipment }) => shipment === treated.shipment)?.shipper ?? null;
    steps.push(step('TREATED', treated.on, treated.at, { owner, shipment: treated.shipment }, treated.kind, treated.substance, treated.id));
  }
  return steps;
}

const padded = (grams: bigint): string => grams.toString().padStart(20, '0');

type Step = (kind: StepKind, on: Day | null, at: Date | null, more: Partial<FoundStep>, ...tie: unknown[]) => FoundStep;

/** A leg departs and arrives; one that crosses a border also exports and imports. */
function stepsOfCarriage(
  { fact, shipment, shipper, consignee, grams, legs }: Carriage,
  step: Step,
  names: ReadonlyMap<string, string>,
): FoundStep[] {
  const steps: FoundStep[] = [];
  const first = firstDeparture(legs);
  for (const leg of legs) {
    const crosses = leg.from.country !== null && leg.to.country !== null && leg.from.country !== leg.to.country;
    const more = { owner: shipper, from: shipper, to: consignee, grams, shipment, leg };
    const tie = [names.get(shipper), first, String(leg.sequence).padStart(4, '0'), fact];
    if (leg.departedOn !== null) {
      steps.push(step('DEPARTED', leg.departedOn, leg.departedAt, more, ...tie));
      if (crosses) steps.push(step('EXPORTED', leg.departedOn, leg.departedAt, more, ...tie));
    }
    if (leg.arrivedOn !== null) {
      steps.push(step('ARRIVED', leg.arrivedOn, leg.arrivedAt, more, ...tie));
      if (crosses) steps.push(step('IMPORTED', leg.arrivedOn, leg.arrivedAt, more, ...tie));
    }
  }
  return steps;
}
