import { GapKind, type Lot, Trace, type TraceSummary, TransportMode } from '@lotline/schema';
import type { Question } from '../questions';
import { Chain, type ChainRequest } from './chain';

/** The story of one lot. */
export class Story extends Trace {
  private constructor(
    override readonly root: Lot,
    readonly chain: Chain,
  ) {
    super();
    this.direction = chain.request.direction;
    this.rootRef = chain.refOf(root.id);
  }

  static async tell(question: Question, root: Lot, request: ChainRequest): Promise<Story> {
    return new Story(root, await Chain.walk(question, [root.id], request));
  }

  async tellSummary(): Promise<TraceSummary> {
    const { chain } = this;
    const { carriages } = await chain.readFacts();
    const operations = new Set<string>();
    const modes = new Map<TransportMode, Set<string>>();
    for (const lot of chain.reached) {
      for (const holder of await chain.holdersOf(lot)) operations.add(holder);
      for (const { legs } of carriages.get(lot.id) ?? [])
        for (const { mode, id, departedOn } of legs) if (departedOn !== null) modes.set(mode, (modes.get(mode) ?? new Set()).add(id));
    }
    const root = chain.lot(this.root.id);
    const days = (await chain.steps()).flatMap(({ lot, on }) => (lot === root || on === null ? [] : [on]));
    const gaps = await chain.gaps();
    return {
      lots: chain.reached.length,
      operations: operations.size,
      depth: chain.reached.at(-1)?.depth ?? 0,
      countries: [...new Set(chain.reached.map((lot) => lot.country))].sort(),
      firstOn: days[0] ?? null,
      lastOn: days.at(-1) ?? null,
      modes: Object.values(TransportMode).flatMap((mode) => (modes.has(mode) ? [{ mode, legs: modes.get(mode)!.size }] : [])),
      gaps: Object.values(GapKind)
        .map((kind) => ({ kind, count: gaps.filter((gap) => gap.kind === kind).length }))
        .filter(({ count }) => count > 0),
    };
  }
}
