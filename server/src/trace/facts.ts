import { byteOrder, type Day, type Grams, grams, type LotKind } from '@lotline/schema';
import type { Reader } from '../database';
import type { Closure } from '../lineage';
import { type Movement, movementsOf, transfersOf } from '../lots';
import type { Flow, LotStory } from '../rules';

/** A lot of a trace, as far as the story needs it. */
export interface TracedLot {
  id: string;
  code: string;
  producer: string;
  producerIdentifier: string;
  producerCountry: string;
  product: string;
  kind: LotKind;
  grams: Grams;
  country: string;
  producedOn: Day | null;
  depth: number;
}

interface LotRow extends Omit<TracedLot, 'grams' | 'depth'> {
  grams: string;
}

/** The lots of a closure in the order of a trace: depth, then code, then producer; the roots first. */
export async function tracedLots(reader: Reader, closure: Closure): Promise<TracedLot[]> {
  const rows = await reader.query<LotRow>(
    `select l.id, l.code, l.producer, o.identifier as "producerIdentifier", o.country as "producerCountry", l.product, l.kind, l.grams, l.country, l.produced_on as "producedOn"
     from lot l join operation o on o.id = l.producer where l.id = any($1)`,
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
  /** Live inputs of each lot: all of them, also where the walk was cut. */
  inputs: ReadonlyMap<string, { count: number; grams: Grams }>;
  /** Every operation named by these facts. */
  names: ReadonlyMap<string, string>;
}

/**
 * Reads the facts of a story. For the root, and forward for every lot, all count. Back, a lot reached contributes what leads to its use
 * on this trace: the uses that the walk met, and the transfers by which it came to the holders who used it.
 */
export async function storyFacts(reader: Reader, closure: Closure, lots: readonly TracedLot[], asOf: Day | null): Promise<StoryFacts> {
  const ids = lots.map((lot) => lot.id);
  const found = closure.direction === 'FORWARD' ? await movementsOf(reader, ids) : await movementsBehind(reader, closure, lots);
  const counts = ({ on }: Movement) => asOf === null || on === null || on <= asOf;
  const movements = new Map(lots.map((lot, index) => [lot.id, found[index]!.filter(counts)]));

  const inputRows = await reader.query<{ output: string; count: number; grams: string }>(
    `select output, count(*)::int as count, sum(grams) as grams from live_input
     where output = any($1) and ($2::date is null or used_on is null or used_on <= $2::date) group by output`,
    [ids, asOf],
  );
  const operations = new Set<string>(lots.map((lot) => lot.producer));
  for (const facts of movements.values()) {
    for (const { from, to } of facts) {
      operations.add(from);
      if (to !== null) operations.add(to);
    }
  }
  const names = await reader.query<{ id: string; identifier: string }>('select id, identifier from operation where id = any($1)', [
    [...operations],
  ]);
  return {
    movements,
    inputs: new Map(inputRows.map((row) => [row.output, { count: row.count, grams: grams(row.grams) }])),
    names: new Map(names.map((row) => [row.id, row.identifier])),
  };
}

/** All movements of the root; of a lot behind it, its uses on this trace and the transfers that brought it to its users. */
async function movementsBehind(reader: Reader, closure: Closure, lots: readonly TracedLot[]): Promise<Movement[][]> {
  const bornOn = new Map(lots.map((lot) => [lot.id, lot.producedOn]));
  const usesOf = new Map<string, Movement[]>();
  for (const { id, input, output, holder, grams, on } of closure.uses) {
    const use: Movement = {
      lot: input,
      kind: 'USE',
      fact: id,
      from: holder,
      to: null,
      output,
      grams,
      on: on ?? bornOn.get(output)!,
      at: null,
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
    return [...uses, ...leadingTo(uses, transfers[index]!)];
  });
}

/** Transfers by which a lot came to those who used it, walking backwards from them. */
function leadingTo(uses: readonly Movement[], transfers: readonly Movement[]): Movement[] {
  const holders = new Set(uses.map((use) => use.from));
  for (let met = -1; met !== holders.size; ) {
    met = holders.size;
    for (const { from, to } of transfers) if (holders.has(to!)) holders.add(from);
  }
  return transfers.filter((transfer) => holders.has(transfer.to!));
}

/** One lot as the rules look at it. */
export function lotStory(lot: TracedLot, { movements, inputs, names }: StoryFacts): LotStory {
  const receipts: Flow[] = [];
  const gifts: Flow[] = [];
  for (const { from, to, grams, on } of movements.get(lot.id) ?? []) {
    gifts.push({ holder: from, grams, on });
    if (to !== null) receipts.push({ holder: to, grams, on });
  }
  return {
    kind: lot.kind,
    grams: lot.grams,
    producedOn: lot.producedOn,
    producer: lot.producer,
    inputs: inputs.get(lot.id) ?? { count: 0, grams: grams(0n) },
    receipts,
    gifts,
    nameOf: (holder) => names.get(holder) ?? holder,
  };
}
