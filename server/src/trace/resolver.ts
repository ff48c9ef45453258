import {
  CountryCodeScalar,
  DateScalar,
  type Day,
  GapKind,
  type HolderShare,
  HolderShareConnection,
  Lot,
  LotKind,
  type Page,
  Refusal,
  StepKind,
  Trace,
  TraceDirection,
  type TraceGap,
  TraceGapConnection,
  type TraceLink,
  TraceLinkConnection,
  type TraceLot,
  TraceLotConnection,
  type TraceStep,
  TraceStepConnection,
  TraceSummary,
} from '@lotline/schema';
import { Arg, Args, Ctx, Field, FieldResolver, ID, InputType, Int, Resolver, Root } from 'type-graphql';
import { idsOf, PageArguments, type Question } from '../questions';
import { DEEPEST } from './chain';
import type { TracedLot } from './facts';
import { gapsPage, holdersPage, pageOfChain } from './pages';
import { linesOf } from './steps';
import { Story } from './story';

@InputType({ description: 'Fields are ANDed, lists are ORed.' })
export class TraceLotFilter {
  @Field(() => Int, { nullable: true, description: 'At least so many links from the root.' })
  minDepth?: number;

  @Field(() => Int, { nullable: true, description: 'At most so many links from the root.' })
  maxDepth?: number;

  @Field(() => [ID], { nullable: true, description: 'What it is.' })
  products?: string[];

  @Field(() => [ID], { nullable: true, description: 'Who produced it or, on this trace, held it.' })
  operations?: string[];

  @Field(() => [CountryCodeScalar], { nullable: true, description: 'Where it was born.' })
  countries?: string[];

  @Field(() => [LotKind], { nullable: true, description: 'How it came to be.' })
  kinds?: LotKind[];
}

@Resolver(() => Lot)
export class LotTraceResolver {
  @FieldResolver(() => Trace, { description: 'What it was made of, or what was made of it.' })
  trace(
    @Root() lot: Lot,
    @Arg('direction', () => TraceDirection, { description: 'Which way to walk.' }) direction: TraceDirection,
    @Arg('maxDepth', () => Int, {
      nullable: true,
      description: `Furthest lot, in links from this one; 0 to ${DEEPEST}. A walk that this cuts says TRUNCATED.`,
    })
    maxDepth: number | null,
    @Arg('asOf', () => DateScalar, { nullable: true, description: 'Only what had happened at the end of that day.' }) asOf: Day | null,
    @Ctx() question: Question,
  ): Promise<Trace> {
    if (maxDepth != null && (maxDepth < 0 || maxDepth > DEEPEST)) {
      throw new Refusal({
        code: 'BAD_USER_INPUT',
        message: `maxDepth is ${maxDepth}`,
        path: ['maxDepth'],
        remedy: `ask for 0 to ${DEEPEST}, or leave it out`,
      });
    }
    return Story.tell(question, lot, { direction, maxDepth: maxDepth ?? null, asOf: asOf ?? null });
  }
}

@Resolver(() => Trace)
export class TraceResolver {
  @FieldResolver(() => Boolean, { description: 'False when a budget, a right or a missing fact cut it; the gaps say which.' })
  complete(@Root() story: Story): Promise<boolean> {
    return story.chain.complete();
  }

  @FieldResolver(() => TraceSummary, { description: 'The trace in a few numbers.' })
  summary(@Root() story: Story): TraceSummary {
    return story.tellSummary();
  }

  @FieldResolver(() => TraceLotConnection, { description: 'Lots met: by depth, then code, then producer.' })
  async lots(
    @Root() story: Story,
    @Arg('filter', () => TraceLotFilter, { nullable: true, description: 'Only those that fit it.' }) filter: TraceLotFilter | null,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<TraceLot>> {
    const lots = filter ? await filtered(story, filter) : story.chain.reached;
    const masses = await story.chain.masses();
    return pageOfChain(
      question,
      story.chain,
      'lots',
      page,
      lots,
      (lot) => `${lot.id}${masses.get(lot.id)}`,
      (lot) => story.chain.answers.lot(lot),
    );
  }

  @FieldResolver(() => TraceLinkConnection, { description: 'Links between the lots met and the root.' })
  async links(@Root() story: Story, @Args(() => PageArguments) page: PageArguments, @Ctx() question: Question): Promise<Page<TraceLink>> {
    return pageOfChain(
      question,
      story.chain,
      'links',
      page,
      await story.chain.links(),
      (link) => `${link.input}${link.output}${link.grams}`,
      (link) => story.chain.answers.link(link),
    );
  }

  @FieldResolver(() => TraceStepConnection, {
    description: 'What happened, to the root and every lot met, in order: by day, undated last; then hour; then cause.',
  })
  async steps(
    @Root() story: Story,
    @Arg('kinds', () => [StepKind], { nullable: true, description: 'Only these kinds; all where none are given.' }) kinds:
      | StepKind[]
      | null,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<TraceStep>> {
    const all = await story.chain.steps();
    const steps = kinds ? all.filter(({ kind }) => kinds.includes(kind)) : all;
    return pageOfChain(question, story.chain, 'steps', page, steps, await linesOf(question.reader, steps), (step) =>
      story.chain.answers.step(step),
    );
  }

  @FieldResolver(() => TraceGapConnection, { description: 'What is missing or wrong, over the root and every lot met.' })
  async gaps(
    @Root() story: Story,
    @Arg('kinds', () => [GapKind], { nullable: true, description: 'Only these kinds; all where none are given.' }) kinds: GapKind[] | null,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<TraceGap>> {
    return gapsPage(question, story.chain, kinds, page);
  }

  @FieldResolver(() => HolderShareConnection, { description: "FORWARD: who holds how much of the root's mass now. BACK: empty." })
  holders(@Root() story: Story, @Args(() => PageArguments) page: PageArguments, @Ctx() question: Question): Promise<Page<HolderShare>> {
    return holdersPage(question, story.chain, page);
  }
}

/** One that is withheld fits no filter that asks for what is not told of it. */
async function filtered(story: Story, filter: TraceLotFilter): Promise<TracedLot[]> {
  const products = idsOf(filter.products, 'Product', 'filter.products');
  const operations = idsOf(filter.operations, 'Operation', 'filter.operations');
  const lots: TracedLot[] = [];
  for (const lot of story.chain.reached) {
    const holders = operations ? await story.chain.holdersOf(lot) : null;
    const fits =
      (filter.minDepth == null || lot.depth >= filter.minDepth) &&
      (filter.maxDepth == null || lot.depth <= filter.maxDepth) &&
      (!story.chain.isWithheld(lot) || (products === null && operations === null && filter.kinds == null)) &&
      (products === null || products.includes(lot.product)) &&
      (holders === null || operations!.some((operation) => holders.has(operation))) &&
      (filter.countries == null || filter.countries.includes(lot.country)) &&
      (filter.kinds == null || filter.kinds.includes(lot.kind));
    if (fits) lots.push(lot);
  }
  return lots;
}
