import { byteOrder, type Day, type Grams, grams, type LotKind, StepKind } from '@lotline/schema';
import type { Reader } from '../database';
import type { Paper } from '../documents';
import { standingOf } from '../operations';
import { type Standing, verdictOn } from '../rules';
import { type Carriage, firstDeparture, type Leg } from '../shipments';
import type { StoryFacts, TracedLot } from './facts';
import { treatmentsUnderWay } from './lot-story';
import type { Paperwork } from './paperwork';

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
  certificate: string | null;
  papers: readonly Paper[];
  /** Tells steps of one lot, kind and moment apart, in an order of their own. */
  tie: string;
}

const BIRTH: Record<LotKind, StepKind> = { HARVEST: 'HARVESTED', PURCHASED: 'PURCHASED', TRANSFORMATION: 'TRANSFORMED' };
const CAUSES = Object.keys(StepKind);

/** The story of lots in order: by day, undated last; by hour, those without one first; then causes before what follows from them. */
export function stepsOf(lots: readonly TracedLot[], facts: StoryFacts, paperwork: Paperwork, inTime: () => void): FoundStep[] {
  const steps = lots.flatMap((lot) => {
    inTime();
    return stepsOfLot(lot, facts, paperwork);
  });
  return steps.sort((a, b) => {
    inTime();
    return (
      byteOrder(a.on ?? '~', b.on ?? '~') ||
      (a.at?.getTime() ?? Number.NEGATIVE_INFINITY) - (b.at?.getTime() ?? Number.NEGATIVE_INFINITY) ||
      CAUSES.indexOf(a.kind) - CAUSES.indexOf(b.kind) ||
      byteOrder(a.lot.code, b.lot.code) ||
      byteOrder(a.lot.producerIdentifier, b.lot.producerIdentifier) ||
      byteOrder(a.tie, b.tie)
    );
  });
}

function stepsOfLot(lot: TracedLot, facts: StoryFacts, paperwork: Paperwork): FoundStep[] {
  const { names, movements } = facts;
  const paperOf = (id: string | null): Paper[] => [paperwork.paper(id)].filter((paper) => paper !== null);
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
    certificate: null,
    papers: [],
    ...more,
    tie: JSON.stringify(tie.map(String)),
  });
  const steps: FoundStep[] = [];
  if (facts.isBorn(lot)) {
    const { producer, grams } = lot;
    const papers = paperwork.of(lot.id).own;
    steps.push(step(BIRTH[lot.kind], lot.producedOn, lot.producedAt, { owner: producer, to: producer, grams, papers }));
  }
  for (const { kind, from, to, grams, on, at, fact, document } of movements.get(lot.id)!) {
    const papers = paperOf(document);
    if (kind === 'TRANSFER')
      steps.push(step('TRANSFERRED', on, at, { owner: to, from, to, grams, papers }, names.get(from), names.get(to!), padded(grams), fact));
    if (kind === 'LOSS') steps.push(step('LOST', on, at, { owner: from, from, grams, papers }, names.get(from), padded(grams), fact));
  }
  const carriages = facts.carriages.get(lot.id) ?? [];
  for (const carriage of carriages) steps.push(...stepsOfCarriage(carriage, step, names, paperwork.about(carriage.shipment)));
  for (const treated of [...(facts.treatments.get(lot.id) ?? []), ...treatmentsUnderWay(carriages)]) {
    const owner = carriages.find(({ shipment }) => shipment === treated.shipment)?.shipper ?? null;
    const more = { owner, shipment: treated.shipment, papers: paperOf(treated.document) };
    steps.push(step('TREATED', treated.on, treated.at, more, treated.kind, treated.substance, treated.id));
  }
  steps.push(...stepsAtTheBorder(lot, carriages, step, paperwork));
  return steps;
}

const padded = (grams: bigint): string => grams.toString().padStart(20, '0');

type Step = (kind: StepKind, on: Day | null, at: Date | null, more: Partial<FoundStep>, ...tie: unknown[]) => FoundStep;

/** A leg departs and arrives; one that crosses a border also exports and imports. */
function stepsOfCarriage(
  { fact, shipment, shipper, consignee, grams, legs }: Carriage,
  step: Step,
  names: ReadonlyMap<string, string>,
  papers: readonly Paper[],
): FoundStep[] {
  const steps: FoundStep[] = [];
  const first = firstDeparture(legs);
  for (const leg of legs) {
    const crosses = leg.from.country !== null && leg.to.country !== null && leg.from.country !== leg.to.country;
    const more = { owner: shipper, from: shipper, to: consignee, grams, shipment, leg, papers };
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

/** An import certificate issued, an entry filed, an emergency action and what became of the goods. */
function stepsAtTheBorder(lot: TracedLot, carriages: readonly Carriage[], step: Step, paperwork: Paperwork): FoundStep[] {
  const steps: FoundStep[] = [];
  const { certificates, entries } = paperwork.of(lot.id);
  const importers = new Map(certificates.map(({ id, importer }) => [id, importer]));
  for (const { id, number, exporter, importer, issuedOn, issuedAt } of certificates) {
    const more = { owner: exporter, from: exporter, to: importer, certificate: id, papers: paperwork.about(id) };
    steps.push(step('CERTIFIED', issuedOn, issuedAt, more, number, id));
  }
  for (const { fact, number, line, filedOn, filedAt, filer, certificate, grams } of entries) {
    const importer = importers.get(certificate ?? '') ?? filer;
    const more = { owner: importer, to: importer, certificate, grams };
    steps.push(step('ENTERED', filedOn, filedAt, more, number, String(line).padStart(4, '0'), fact));
  }
  const shippers = new Map(carriages.map(({ shipment, shipper }) => [shipment, shipper]));
  for (const { id, number, on, at, shipment, dispositions } of [lot.id, ...shippers.keys()].flatMap((noun) => paperwork.heldBy(noun))) {
    const more = { owner: shippers.get(shipment ?? '') ?? null, shipment };
    steps.push(step('HELD', on, at, more, number, id));
    for (const each of dispositions)
      steps.push(step('DISPOSED', each.on, null, { ...more, grams: each.grams === null ? null : grams(each.grams) }, number, each.id));
  }
  return steps;
}

/** What a step says, in one line: two traces with the same lines have told the same. */
export async function linesOf(reader: Reader, steps: readonly FoundStep[]): Promise<(step: FoundStep) => string> {
  const owners = [...new Set(steps.flatMap(({ owner }) => owner ?? []))];
  const found = (await reader.loader(standingOf).loadMany(owners)) as Standing[];
  const standings = new Map(owners.map((owner, index) => [owner, found[index]!]));
  return ({ kind, lot, on, at, owner, from, to, grams, shipment, leg, certificate, papers, tie }) => {
    const certified = owner && on ? verdictOn(standings.get(owner)!, lot.product, on) : null;
    return [
      kind,
      lot.id,
      on,
      at?.getTime(),
      owner,
      from,
      to,
      grams,
      shipment,
      leg?.id,
      certificate,
      certified,
      tie,
      ...papers.map(({ id }) => id),
    ].join();
  };
}
