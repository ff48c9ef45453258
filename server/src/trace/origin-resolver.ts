import {
  DateScalar,
  type Day,
  GapKind,
  grams,
  type HolderShare,
  HolderShareConnection,
  Lot,
  Origin,
  type OriginShare,
  OriginShareConnection,
  type Page,
  Recall,
  Refusal,
  type TraceGap,
  TraceGapConnection,
} from '@lotline/schema';
import { Arg, Args, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import { subjectVisible } from '../access';
import { idsOf, PageArguments, type Question } from '../questions';
import { Chain } from './chain';
import { FoundOrigin } from './origin';
import { gapsPage, holdersPage, pageOfChain } from './pages';

/** Most lots of one recall. */
const MOST_RECALLED = 1000;

@Resolver(() => Lot)
export class LotOriginResolver {
  @FieldResolver(() => Origin, { description: 'Where its mass was harvested.' })
  origin(@Root() lot: Lot, @Ctx() question: Question): Promise<Origin> {
    return FoundOrigin.find(question, lot);
  }
}

@Resolver(() => Origin)
export class OriginResolver {
  @FieldResolver(() => Boolean, { description: 'Every gram is traced to a harvest, and nothing is missing on the way.' })
  complete(@Root() origin: FoundOrigin): Promise<boolean> {
    return origin.isComplete();
  }

  @FieldResolver(() => OriginShareConnection, {
    description:
      "Every harvest behind it, by operation, largest first; with unknown they add up to the lot's mass exactly. Those withheld are together by country.",
  })
  farms(
    @Root() origin: FoundOrigin,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<OriginShare>> {
    return pageOfChain(
      question,
      origin.chain,
      'farms',
      page,
      origin.farmShares,
      (farm) => `${farm.operationId}${farm.country}${farm.kilograms}`,
      (farm) => farm,
    );
  }
}

class FoundRecall extends Recall {
  constructor(readonly chain: Chain) {
    super();
  }
}

@Resolver(() => Recall)
export class RecallResolver {
  @Query(() => Recall, { description: 'Who holds what of these lots now, each kilogram counted once.' })
  async recall(
    @Arg('lots', () => [ID], { description: `At most ${MOST_RECALLED}.` }) lots: string[],
    @Arg('asOf', () => DateScalar, { nullable: true, description: 'Only what had happened at the end of that day.' }) asOf: Day | null,
    @Ctx() question: Question,
  ): Promise<Recall> {
    const ids = idsOf(lots, 'Lot', 'lots')!;
    if (ids.length === 0 || ids.length > MOST_RECALLED) {
      throw new Refusal({
        code: 'BAD_USER_INPUT',
        message: `${ids.length} lots are asked for`,
        path: ['lots'],
        remedy: `ask for 1 to ${MOST_RECALLED}`,
      });
    }
    const found = await question.reader.query<{ id: string }>(
      `select l.id from lot l where l.id = any($1) and ${subjectVisible(question.viewer, 'l.id')}`,
      [ids],
    );
    const known = new Set(found.map((row) => row.id));
    const missing = ids.findIndex((id) => !known.has(id));
    if (missing >= 0)
      throw new Refusal({
        code: 'NOT_FOUND',
        message: 'there is no such lot',
        path: ['lots', missing],
        remedy: 'send ids of lots, as answers gave them',
      });
    const chain = await Chain.walk(question, [...known], { direction: 'FORWARD', maxDepth: null, asOf: asOf ?? null });
    const { held } = await chain.whereTo();
    return Object.assign(new FoundRecall(chain), {
      lots: known.size + chain.reached.length,
      kilograms: grams([...held.values()].reduce((sum, mass) => sum + mass, 0n)),
    });
  }

  @FieldResolver(() => Boolean, { description: 'False when a budget, a right or a missing fact cut it; the gaps say which.' })
  complete(@Root() recall: FoundRecall): Promise<boolean> {
    return recall.chain.complete();
  }

  @FieldResolver(() => HolderShareConnection, { description: 'Who holds how much of it.' })
  holders(
    @Root() recall: FoundRecall,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<HolderShare>> {
    return holdersPage(question, recall.chain, page);
  }

  @FieldResolver(() => TraceGapConnection, { description: 'What is missing or wrong, over the lots asked for and every lot met.' })
  gaps(
    @Root() recall: FoundRecall,
    @Arg('kinds', () => [GapKind], { nullable: true, description: 'Only these kinds; all where none are given.' }) kinds: GapKind[] | null,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<TraceGap>> {
    return gapsPage(question, recall.chain, kinds ?? null, page);
  }
}
