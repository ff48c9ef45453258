import type { Use } from './closure';
import { split } from './split';

// How much of a root's mass came out of each lot behind it, and where the mass of roots went: exact integers, in topological order, so
// that every gram is somewhere and none is anywhere twice.

/** A lot as attribution sees it. */
export interface Vertex {
  id: string;
  grams: bigint;
  /** Stands before others of the same remainder. */
  rank: number;
}

/** A lot behind a root: a source is where mass begins. */
export interface BackVertex extends Vertex {
  source: boolean;
}

export interface BackAttribution {
  /** Grams of the root that came out of each lot. */
  through: ReadonlyMap<string, bigint>;
  /** Grams of the root that came along each link: by input, then output. */
  along: ReadonlyMap<string, bigint>;
  /** Grams of the root that began in each source. */
  sources: ReadonlyMap<string, bigint>;
  /** Grams of the root of which nobody knows where they began. */
  unknown: bigint;
}

interface Pair {
  from: string;
  to: string;
  grams: bigint;
}

/** Grams by pair of lots, whatever the number of uses. */
function pairsOf(uses: readonly Use[]): Pair[] {
  const pairs = new Map<string, Pair>();
  for (const { input, output, grams } of uses) {
    const pair = pairs.get(input + output);
    if (pair) pair.grams += grams;
    else pairs.set(input + output, { from: input, to: output, grams });
  }
  return [...pairs.values()];
}

function groupBy(pairs: readonly Pair[], side: 'from' | 'to'): Map<string, Pair[]> {
  const groups = new Map<string, Pair[]>();
  for (const pair of pairs) {
    const group = groups.get(pair[side]);
    if (group) group.push(pair);
    else groups.set(pair[side], [pair]);
  }
  return groups;
}

/** Lots so that each comes after all that point to it. */
function* inOrder(ids: Iterable<string>, next: ReadonlyMap<string, readonly Pair[]>, end: 'from' | 'to'): Generator<string> {
  const waits = new Map<string, number>();
  for (const id of ids) waits.set(id, 0);
  for (const pairs of next.values()) for (const pair of pairs) waits.set(pair[end], (waits.get(pair[end]) ?? 0) + 1);
  const ready = [...waits].filter(([, count]) => count === 0).map(([id]) => id);
  for (let id = ready.pop(); id !== undefined; id = ready.pop()) {
    yield id;
    for (const pair of next.get(id) ?? []) {
      const count = waits.get(pair[end])! - 1;
      waits.set(pair[end], count);
      if (count === 0) ready.push(pair[end]);
    }
  }
}

/**
 * Shares a root's mass among what it was made of. A lot's mass is shared among its inputs by the grams taken; mass beyond what its
 * inputs gave is of unknown origin, as is a lot of no inputs that is no source. Sources and unknown add up to the root's grams.
 * @param inTime called for each lot; throws when it is time to end
 */
export function attributeBack(
  root: string,
  lots: ReadonlyMap<string, BackVertex>,
  uses: readonly Use[],
  inTime: () => void,
): BackAttribution {
  const inputsOf = groupBy(pairsOf(uses), 'to');
  const through = new Map<string, bigint>([[root, lots.get(root)!.grams]]);
  const along = new Map<string, bigint>();
  const sources = new Map<string, bigint>();
  let unknown = 0n;
  for (const id of inOrder(lots.keys(), inputsOf, 'from')) {
    inTime();
    const lot = lots.get(id)!;
    const grams = through.get(id) ?? 0n;
    const inputs = (inputsOf.get(id) ?? []).sort((a, b) => lots.get(a.from)!.rank - lots.get(b.from)!.rank);
    if (inputs.length === 0) {
      if (lot.source) sources.set(id, grams);
      else unknown += grams;
      continue;
    }
    const given = inputs.reduce((sum, input) => sum + input.grams, 0n);
    const beyond = lot.grams > given ? lot.grams - given : 0n;
    const parts = split(grams, [...inputs.map((input) => input.grams), beyond]);
    for (const [index, { from }] of inputs.entries()) {
      through.set(from, (through.get(from) ?? 0n) + parts[index]!);
      along.set(from + id, parts[index]!);
    }
    unknown += parts.at(-1)!;
  }
  return { through, along, sources, unknown };
}

/** A lot ahead of roots, with everything that became of it. */
export interface ForwardVertex extends Vertex {
  /** Grams of all its inputs, also those from elsewhere. */
  inputGrams: bigint;
  /** What is on hand of it, by holder, in their order. */
  onHand: readonly { holder: string; grams: bigint }[];
  /** Its losses, in their order. */
  losses: readonly bigint[];
  /** What is none of these, as far as is seen. */
  elsewhere: bigint;
}

export interface ForwardAttribution {
  /** Grams of the roots that went into each lot, before processing loss. */
  into: ReadonlyMap<string, bigint>;
  /** Grams of the roots on hand, by holder. */
  held: ReadonlyMap<string, bigint>;
  /** Grams of the roots on hand of the roots themselves. */
  left: bigint;
  /** Grams of the roots lost, by adjustment or in processing. */
  lost: bigint;
}

/**
 * Follows the mass of roots. A lot's grams are split once, among its uses, what is on hand and its losses; of what goes into a lot that
 * weighs less than its inputs the difference is lost in processing, into one that weighs more nothing is added. A root's own mass holds
 * what other roots gave it. Held, lost and what is elsewhere add up to the roots' grams less what roots gave to roots.
 * @param inTime called for each lot; throws when it is time to end
 */
export function attributeForward(
  roots: ReadonlySet<string>,
  lots: ReadonlyMap<string, ForwardVertex>,
  uses: readonly Use[],
  inTime: () => void,
): ForwardAttribution {
  const outputsOf = groupBy(pairsOf(uses), 'from');
  const into = new Map<string, bigint>();
  const held = new Map<string, bigint>();
  let left = 0n;
  let lost = 0n;
  for (const id of inOrder(lots.keys(), outputsOf, 'to')) {
    inTime();
    const lot = lots.get(id)!;
    const isRoot = roots.has(id);
    const gone = into.get(id) ?? 0n;
    let grams = isRoot ? lot.grams : gone;
    if (!isRoot && lot.grams < lot.inputGrams) {
      const [kept, processed] = split(gone, [lot.grams, lot.inputGrams - lot.grams]) as [bigint, bigint];
      grams = kept;
      lost += processed;
    }
    const outputs = (outputsOf.get(id) ?? []).sort((a, b) => lots.get(a.to)!.rank - lots.get(b.to)!.rank);
    const weights = [...outputs.map((output) => output.grams), ...lot.onHand.map((each) => each.grams), ...lot.losses, lot.elsewhere];
    if (grams === 0n || weights.every((weight) => weight === 0n)) continue;
    const parts = split(grams, weights);
    for (const [index, { to }] of outputs.entries()) into.set(to, (into.get(to) ?? 0n) + parts[index]!);
    lot.onHand.forEach(({ holder }, index) => {
      const part = parts[outputs.length + index]!;
      held.set(holder, (held.get(holder) ?? 0n) + part);
      if (isRoot) left += part;
    });
    for (const part of parts.slice(outputs.length + lot.onHand.length, -1)) lost += part;
  }
  return { into, held, left, lost };
}
