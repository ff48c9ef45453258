import { type Day, type GapCount, GapKind, type Lot, type ModeCount, Trace, type TraceSummary, TransportMode } from '@lotline/schema';
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

  /** Each number is a function, asked only where the document asks for it. */
  tellSummary(): TraceSummary {
    const { chain } = this;
    const { reached } = chain;
    return {
      lots: reached.length,
      depth: reached.at(-1)?.depth ?? 0,
      countries: [...new Set(reached.map((lot) => lot.country))].sort(),
      ...({
        operations: async () => new Set((await Promise.all(reached.map((lot) => chain.holdersOf(lot)))).flatMap((each) => [...each])).size,
        firstOn: async () => (await this.days())[0] ?? null,
        lastOn: async () => (await this.days()).at(-1) ?? null,
        modes: () => this.modes(),
        gaps: () => this.gapsByKind(),
      } as unknown as Omit<TraceSummary, 'lots' | 'depth' | 'countries'>),
    };
  }

  /** Days of the steps of lots reached, in order. */
  private async days(): Promise<Day[]> {
    const root = this.chain.lot(this.root.id);
    return (await this.chain.steps()).flatMap(({ lot, on }) => (lot === root || on === null ? [] : [on]));
  }

  private async modes(): Promise<ModeCount[]> {
    const { carriages } = await this.chain.seenFacts();
    const legs = new Map<TransportMode, Set<string>>();
    for (const lot of this.chain.seen)
      for (const carriage of carriages.get(lot.id) ?? [])
        for (const { mode, id, departedOn } of carriage.legs)
          if (departedOn !== null) legs.set(mode, (legs.get(mode) ?? new Set()).add(id));
    return Object.values(TransportMode).flatMap((mode) => (legs.has(mode) ? [{ mode, legs: legs.get(mode)!.size }] : []));
  }

  private async gapsByKind(): Promise<GapCount[]> {
    const gaps = await this.chain.gaps();
    return Object.values(GapKind)
      .map((kind) => ({ kind, count: gaps.filter((gap) => gap.kind === kind).length }))
      .filter(({ count }) => count > 0);
  }
}
