import { type Day, GapKind, type Lot, Trace, type TraceSummary } from '@lotline/schema';
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
    const { movements, isBorn } = await chain.readFacts();
    const operations = new Set<string>();
    const days: Day[] = [];
    for (const lot of chain.reached) {
      for (const holder of await chain.holdersOf(lot)) operations.add(holder);
      if (lot.producedOn && isBorn(lot)) days.push(lot.producedOn);
      for (const { kind, on } of movements.get(lot.id) ?? []) if (kind !== 'USE' && on) days.push(on);
    }
    days.sort();
    const gaps = await chain.gaps();
    return {
      lots: chain.reached.length,
      operations: operations.size,
      depth: chain.reached.at(-1)?.depth ?? 0,
      countries: [...new Set(chain.reached.map((lot) => lot.country))].sort(),
      firstOn: days[0] ?? null,
      lastOn: days.at(-1) ?? null,
      modes: [],
      gaps: Object.values(GapKind)
        .map((kind) => ({ kind, count: gaps.filter((gap) => gap.kind === kind).length }))
        .filter(({ count }) => count > 0),
    };
  }
}
