import { type Day, type GapKind, type Lot, type LotKind, type TraceDirection, toKilograms } from '@lotline/schema';
import type { BatchOf } from '../database';
import { operationById } from '../operations';
import { productById } from '../products';
import type { Question } from '../questions';
import { Chain, type TracedLot } from '../trace';

/** A lot of a report. Masses are kilograms, exact decimals. */
export interface ReportedLot {
  /** Names the lot within its report: its place in the trace, the root's is 0. */
  ref: number;
  /** OPERATION/code. */
  lot: string;
  depth: number;
  code: string;
  producer: string;
  producerName: string;
  product: string;
  organic: boolean;
  kind: LotKind;
  country: string;
  producedOn: Day | null;
  quantity: string;
  /** Of the root's mass: BACK how much came out of this lot, FORWARD how much went into it. */
  kilograms: string;
  share: number;
}

export interface ReportedLink {
  /** Refs of the two lots. */
  from: number;
  to: number;
  kilograms: string;
}

export interface ReportedGap {
  kind: GapKind;
  /** The lot's ref, and its name. */
  ref: number;
  lot: string;
  on: Day | null;
  message: string;
  rule: string | null;
}

export interface ReportedHolder {
  operation: string;
  name: string;
  lots: number;
  held: string;
  fromRoot: string;
}

/** The trace of a lot, for people and programs that read text. */
export interface Report {
  direction: TraceDirection;
  complete: boolean;
  root: ReportedLot;
  /** In the order of a trace. */
  lots: ReportedLot[];
  links: ReportedLink[];
  gaps: ReportedGap[];
  /** BACK: mass of which nobody knows where it was harvested; FORWARD: null. */
  unknown: string | null;
  /** FORWARD: who holds how much of the root's mass; BACK: nobody. */
  holders: ReportedHolder[];
}

/** Walks from a lot and says all that there is to say, read once, for who sees everything. */
export async function reportOn(question: Question, root: Lot, direction: TraceDirection): Promise<Report> {
  const chain = await Chain.walk(question, [root.id], { direction, maxDepth: null, asOf: null });
  const traced = [chain.lot(root.id), ...chain.reached];
  const holders = direction === 'FORWARD' ? await chain.holders() : [];
  const products = await load(
    question,
    productById,
    traced.map((lot) => lot.product),
  );
  const operations = await load(question, operationById, [
    ...traced.map((lot) => lot.producer),
    ...holders.map(({ operationId }) => operationId),
  ]);
  const name = ({ producerIdentifier, code }: TracedLot) => `${producerIdentifier}/${code}`;
  const refs = new Map(traced.map(({ id }, ref) => [id, ref]));
  const reported = async (lot: TracedLot): Promise<ReportedLot> => {
    const mass = await chain.massOf(lot);
    const { name: product, organic } = products.get(lot.product)!;
    return {
      ref: refs.get(lot.id)!,
      lot: name(lot),
      depth: lot.depth,
      code: lot.code,
      producer: lot.producerIdentifier,
      producerName: operations.get(lot.producer)!.name,
      product,
      organic,
      kind: lot.kind,
      country: lot.country,
      producedOn: lot.producedOn,
      quantity: toKilograms(lot.grams),
      kilograms: toKilograms(mass),
      share: Number(mass) / Number(root.grams),
    };
  };
  const lots: ReportedLot[] = [];
  for (const lot of traced) lots.push(await reported(lot));
  return {
    direction,
    complete: await chain.complete(),
    root: lots[0]!,
    lots: lots.slice(1),
    links: (await chain.links()).map(({ input, output, grams }) => ({
      from: refs.get(input)!,
      to: refs.get(output)!,
      kilograms: toKilograms(grams),
    })),
    gaps: (await chain.gaps()).map(({ kind, lot, on, message, rule }) => ({
      kind,
      ref: refs.get(lot.id)!,
      lot: name(lot),
      on,
      message,
      rule,
    })),
    unknown: direction === 'BACK' ? toKilograms((await chain.whereFrom()).unknown) : null,
    holders: holders.map(({ operationId, lots: count, held, fromRoot }) => {
      const { identifier, name: called } = operations.get(operationId)!;
      return { operation: identifier, name: called, lots: count, held: toKilograms(held), fromRoot: toKilograms(fromRoot) };
    }),
  };
}

async function load<Noun extends { id: string }>(
  { reader }: Question,
  byId: BatchOf<string, Noun | null>,
  ids: readonly string[],
): Promise<Map<string, Noun>> {
  const nouns = (await reader.loader(byId).loadMany([...new Set(ids)])) as Noun[];
  return new Map(nouns.map((noun) => [noun.id, noun]));
}
