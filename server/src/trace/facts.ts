import { byteOrder, type Day, type Grams, grams, type LotKind, sumGrams } from '@lotline/schema';
import { groupBy, type Reader } from '../database';
import type { Closure } from '../lineage';
import { type Movement, movementsOf, transfersOf } from '../lots';
import type { InputsOfProduct } from '../rules';
import { type Carriage, carriagesOf, type Treated, treatmentsInStore } from '../shipments';
import type { SightOfViewer } from './sight';

/** A lot of a trace, as far as the story needs it. */
export interface TracedLot {
  id: string;
  code: string;
  producer: string;
  producerIdentifier: string;
  producerCountry: string;
  product: string;
  hts: string;
  organic: boolean;
  kind: LotKind;
  grams: Grams;
  country: string;
  producedOn: Day | null;
  producedAt: Date | null;
  depth: number;
}

interface LotRow extends Omit<TracedLot, 'grams' | 'depth'> {
  grams: string;
}

/** The lots of a closure in the order of a trace: depth, then code, then producer; the roots first. */
export async function tracedLots(reader: Reader, closure: Closure): Promise<TracedLot[]> {
  const rows = await reader.query<LotRow>(
    `select l.id, l.code, l.producer, o.identifier as "producerIdentifier", o.country as "producerCountry", l.product, p.hts, p.organic, l.kind, l.grams, l.country, l.produced_on as "producedOn", l.produced_at as "producedAt"
     from lot l join operation o on o.id = l.producer join product p on p.id = l.product where l.id = any($1)`,
    [[...closure.roots, ...closure.depths.keys()]],
  );
  return rows
    .map((row) => ({ ...row, grams: grams(row.grams), depth: closure.depths.get(row.id) ?? 0 }))
    .sort((a, b) => a.depth - b.depth || byteOrder(a.code, b.code) || byteOrder(a.producerIdentifier, b.producerIdentifier));
}

/** The facts about the lots of a trace that belong to its story. */
export interface StoryFacts {
  /** Movements of each lot that count. */
  movements: ReadonlyMap<string, readonly Movement[]>;
  /** Live inputs of each lot, by product: all of them, also where the walk was cut. */
  inputs: ReadonlyMap<string, readonly InputsOfProduct[]>;
  /** Of these, what the viewer sees. */
  inputsInSight: ReadonlyMap<string, readonly InputsOfProduct[]>;
  /** Had the lot been born at the end of the day asked for? One that had not is neither held, judged nor dated. */
  isBorn: (lot: TracedLot) => boolean;
  /** Is its birth among these facts? */
  birthCounts: (lot: { id: string }) => boolean;
  /** Every operation named by these facts. */
  names: ReadonlyMap<string, string>;
  /** Where these operations are. */
  countries: ReadonlyMap<string, string>;
  /** Shipments of each lot that count. */
  carriages: ReadonlyMap<string, readonly Carriage[]>;
  /** All of its shipments, whether or not they belong to the story. */
  allCarriages: ReadonlyMap<string, readonly Carriage[]>;
  /** What was done to each lot itself. */
  treatments: ReadonlyMap<string, readonly Treated[]>;
}

/**
 * Reads the facts of a story. For the root, and forward for every lot, all count. Back, a lot reached contributes what leads to its use
 * on this trace: the uses that the walk met, and the transfers by which it came to the holders who used it.
 */
export async function storyFacts(
  reader: Reader,
  closure: Closure,
  lots: readonly TracedLot[],
  asOf: Day | null,
  sight: SightOfViewer | null,
): Promise<StoryFacts> {
  const ids = lots.map((lot) => lot.id);
  // What had not happened yet leads to nothing.
  const then = (facts: readonly Movement[]) => facts.filter(({ on }) => asOf === null || on === null || on <= asOf);
  const found = closure.direction === 'FORWARD' ? await movementsOf(reader, ids) : await movementsBehind(reader, closure, lots, then);
  const movements = new Map(lots.map((lot, index) => [lot.id, then(found[index]!)]));

  const inputs = await inputsOf(reader, ids, asOf);
  const operations = new Set<string>(lots.map((lot) => lot.producer));
  for (const facts of movements.values()) {
    for (const { from, to } of facts) {
      operations.add(from);
      if (to !== null) operations.add(to);
    }
  }
  const allCarriages = await carriagesOf(reader, ids, asOf);
  const carriages = closure.direction === 'BACK' ? onlyToHolders(closure, allCarriages, movements) : allCarriages;
  for (const each of carriages.values()) for (const { shipper, consignee } of each) operations.add(shipper).add(consignee);
  const named = await reader.query<{ id: string; identifier: string; country: string }>(
    'select id, identifier, country from operation where id = any($1)',
    [[...operations]],
  );
  return {
    movements,
    carriages,
    allCarriages,
    treatments: await treatmentsInStore(reader, ids, asOf),
    inputs,
    inputsInSight: sight === null ? inputs : await inputsSeen(reader, ids, asOf, sight),
    birthCounts: () => true,
    isBorn: ({ producedOn }) => asOf === null || producedOn === null || producedOn <= asOf,
    names: new Map(named.map((row) => [row.id, row.identifier])),
    countries: new Map(named.map((row) => [row.id, row.country])),
  };
}

const OF_LOTS = `from live_input u join lot l on l.id = u.input join product p on p.id = l.product
  where u.output = any($1) and ($2::date is null or u.used_on is null or u.used_on <= $2::date)`;

/** Live inputs of lots, by product. */
async function inputsOf(reader: Reader, lots: readonly string[], asOf: Day | null): Promise<Map<string, InputsOfProduct[]>> {
  const rows = await reader.query<Omit<InputsOfProduct, 'grams'> & { output: string; grams: string }>(
    `select u.output, p.hts, p.organic, count(*)::int as count, sum(u.grams) as grams, max(l.produced_on) as "lastBornOn" ${OF_LOTS} group by u.output, p.id`,
    [lots, asOf],
  );
  const inputs = groupBy(rows, ({ output }) => output);
  return new Map([...inputs].map(([output, of]) => [output, of.map((row) => ({ ...row, grams: grams(row.grams) }))]));
}

/** Of the live inputs of lots those in sight, by product; the others are not told of. */
async function inputsSeen(
  reader: Reader,
  lots: readonly string[],
  asOf: Day | null,
  sight: SightOfViewer,
): Promise<Map<string, InputsOfProduct[]>> {
  const uses = await reader.query<
    Pick<InputsOfProduct, 'hts' | 'organic' | 'lastBornOn'> & { output: string; input: string; id: string; grams: string }
  >(`select u.output, u.input, u.id, p.hts, p.organic, u.grams, l.produced_on as "lastBornOn" ${OF_LOTS} order by u.output, p.id`, [
    lots,
    asOf,
  ]);
  await sight.look([...new Set(uses.map(({ input }) => input))]);
  const seen = groupBy(
    uses.filter(({ input, id }) => sight.sees(input, id)),
    ({ output }) => output,
  );
  return new Map(
    [...seen].map(([output, of]) => [
      output,
      [...groupBy(of, ({ hts, organic }) => `${hts} ${organic}`).values()].map((alike) => ({
        hts: alike[0]!.hts,
        organic: alike[0]!.organic,
        count: alike.length,
        grams: sumGrams(alike.map((use) => grams(use.grams))),
        lastBornOn: alike
          .map(({ lastBornOn }) => lastBornOn)
          .reduce((last, day) => (last === null || (day !== null && day > last) ? day : last)),
      })),
    ]),
  );
}

/** Back, of a lot reached only the shipments count whose consignee is one of the holders who passed it on. */
function onlyToHolders(
  closure: Closure,
  carriages: ReadonlyMap<string, readonly Carriage[]>,
  movements: ReadonlyMap<string, readonly Movement[]>,
): Map<string, readonly Carriage[]> {
  const roots = new Set(closure.roots);
  return new Map(
    [...carriages].map(([lot, all]) => {
      if (roots.has(lot)) return [lot, all];
      const holders = new Set(movements.get(lot)!.map(({ from }) => from));
      return [lot, all.filter(({ consignee }) => holders.has(consignee))];
    }),
  );
}

/** All movements of the root; of a lot behind it, its uses on this trace and the transfers that brought it to its users. */
async function movementsBehind(
  reader: Reader,
  closure: Closure,
  lots: readonly TracedLot[],
  then: (facts: readonly Movement[]) => Movement[],
): Promise<Movement[][]> {
  const bornOn = new Map(lots.map((lot) => [lot.id, lot.producedOn]));
  const bornIn = new Map(lots.map((lot) => [lot.id, lot.country]));
  const usesOf = new Map<string, Movement[]>();
  for (const { id, input, output, holder, grams, on } of closure.uses) {
    const use: Movement = {
      lot: input,
      kind: 'USE',
      fact: id,
      from: holder,
      to: null,
      output,
      outputCountry: bornIn.get(output)!,
      grams,
      on: on ?? bornOn.get(output)!,
      at: null,
      document: null,
    };
    const uses = usesOf.get(input);
    if (uses) uses.push(use);
    else usesOf.set(input, [use]);
  }
  const ofRoots = new Map(closure.roots.map((root, index) => [root, index]));
  const ofRoot = await movementsOf(reader, closure.roots);
  const transfers = await transfersOf(
    reader,
    lots.map((lot) => lot.id),
  );
  return lots.map((lot, index) => {
    const root = ofRoots.get(lot.id);
    if (root !== undefined) return ofRoot[root]!;
    const uses = usesOf.get(lot.id) ?? [];
    return [...uses, ...leadingTo(uses, then(transfers[index]!))];
  });
}

/** Transfers by which a lot came to those who used it, walking backwards from them. */
export function leadingTo(uses: readonly Movement[], movements: readonly Movement[]): Movement[] {
  const transfers = movements.filter(({ kind }) => kind === 'TRANSFER');
  const holders = new Set(uses.map((use) => use.from));
  for (let met = -1; met !== holders.size; ) {
    met = holders.size;
    for (const { from, to } of transfers) if (holders.has(to!)) holders.add(from);
  }
  return transfers.filter((transfer) => holders.has(transfer.to!));
}
