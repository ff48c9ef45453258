import type { Day, Grams } from '@lotline/schema';
import type { Reader } from '../database';

// Lots and the links between them, as a graph. Nothing here knows what a lot is beyond that.

/** One use: grams of an input went into an output. */
export interface Use {
  id: string;
  output: string;
  input: string;
  holder: string;
  grams: Grams;
  /** As given; where null, the output's birth day counts. */
  on: Day | null;
}

export type Direction = 'BACK' | 'FORWARD';

export interface WalkOptions {
  /** Furthest lot, in links from the root. */
  maxDepth: number | null;
  /** Only uses of that day or before, and undated ones. */
  asOf: Day | null;
  /** Most lots to meet. */
  maxLots: number;
  /** Condition on a row of `live_input u`, for a walk that goes along some uses only. */
  sees?: string | null;
  /** Condition on such a row, for uses that count whatever their day. */
  undated?: string | null;
}

/** What a walk from roots meets. */
export interface Closure {
  roots: readonly string[];
  direction: Direction;
  /** Lots met, without the roots, with the fewest links from one. */
  depths: ReadonlyMap<string, number>;
  /** Every use between two lots of the closure, roots included. */
  uses: readonly Use[];
  /** Which budget cut the walk; null where it is whole. */
  cut: 'DEPTH' | 'LOTS' | null;
}

/** Walks the lineage of lots. There is more than one way to do so; all give the same closure. */
export interface Lineage {
  walk(reader: Reader, roots: readonly string[], direction: Direction, options: WalkOptions): Promise<Closure>;
}

/** The lots at the far end of each use, nearest first: breadth first, so that a lot's depth is the fewest links to it. */
export function closureOf(
  roots: readonly string[],
  direction: Direction,
  uses: readonly Use[],
  { maxDepth, maxLots }: Pick<WalkOptions, 'maxDepth' | 'maxLots'>,
  inTime: () => void,
): Closure {
  const [near, far] = direction === 'BACK' ? (['output', 'input'] as const) : (['input', 'output'] as const);
  const nextOf = new Map<string, string[]>();
  for (const use of uses) {
    const next = nextOf.get(use[near]);
    if (next) next.push(use[far]);
    else nextOf.set(use[near], [use[far]]);
  }
  const depths = new Map<string, number>(roots.map((root) => [root, 0]));
  let cut: Closure['cut'] = null;
  let frontier = [...depths.keys()];
  for (let depth = 1; frontier.length > 0; depth++) {
    const met: string[] = [];
    for (const lot of frontier) {
      for (const next of nextOf.get(lot) ?? []) {
        inTime();
        if (depths.has(next)) continue;
        if (maxDepth !== null && depth > maxDepth) cut ??= 'DEPTH';
        else if (depths.size >= maxLots + roots.length) cut = 'LOTS';
        else {
          depths.set(next, depth);
          met.push(next);
        }
      }
    }
    frontier = met;
  }
  const inside = uses.filter((use) => depths.has(use.output) && depths.has(use.input));
  for (const root of roots) depths.delete(root);
  return { roots, direction, depths, uses: inside, cut };
}
