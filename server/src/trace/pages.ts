import { createHash } from 'node:crypto';
import { type GapKind, HolderShare, type Page, Refusal, type TraceGap } from '@lotline/schema';
import { type PageArguments, type PageRequest, pageOfList, type Question, readPage } from '../questions';
import type { Chain } from './chain';
import type { FoundHolder } from './held';

/** One page of a list of a chain. A later page is of the very same list as the first, or TRACE_CHANGED says that it is not. */
export async function pageOfChain<Item, Answer>(
  question: Question,
  chain: Chain,
  name: string,
  page: PageArguments,
  items: readonly Item[],
  identity: (item: Item) => string,
  answer: (item: Item) => Answer,
): Promise<Page<Answer>> {
  const list = `${name} of ${chain.name}`;
  const request: PageRequest = readPage(question, list, page);
  const hash = createHash('sha256');
  for (const item of items) {
    question.reader.inTime();
    hash.update(`${identity(item)}\n`);
  }
  const digest = hash.digest('base64url').slice(0, 16);
  if (request.after !== null && request.after[0] !== digest) {
    throw new Refusal({
      code: 'TRACE_CHANGED',
      message: 'the trace has changed since its first page',
      path: ['after'],
      remedy: 'begin again with its first page',
    });
  }
  const answers = await pageOfList(question, list, request, items, digest);
  return {
    ...answers,
    nodes: answers.nodes.map(answer),
    edges: answers.edges.map((edge) => ({
      get cursor() {
        return edge.cursor;
      },
      node: answer(edge.node),
    })),
  };
}

/** What is missing or wrong, of the kinds asked for. */
export async function gapsPage(
  question: Question,
  chain: Chain,
  kinds: readonly GapKind[] | null,
  page: PageArguments,
): Promise<Page<TraceGap>> {
  const gaps = await chain.gaps();
  return pageOfChain(
    question,
    chain,
    'gaps',
    page,
    kinds ? gaps.filter((gap) => kinds.includes(gap.kind)) : gaps,
    ({ kind, lot, on, message }) => [kind, lot.id, on, message].join(),
    (gap) => chain.answers.gap(gap),
  );
}

/** Who holds how much of the roots' mass; nobody, walking back. */
export async function holdersPage(question: Question, chain: Chain, page: PageArguments): Promise<Page<HolderShare>> {
  return holdersAnswer(question, chain, page, chain.request.direction === 'FORWARD' ? await chain.holders() : []);
}

/** A page of holders of what a chain is about. */
export const holdersAnswer = (
  question: Question,
  chain: Chain,
  page: PageArguments,
  holders: readonly FoundHolder[],
): Promise<Page<HolderShare>> =>
  pageOfChain(
    question,
    chain,
    'holders',
    page,
    holders,
    ({ operationId, lots, held, fromRoot, inTransit }) => [operationId, lots, held, fromRoot, inTransit].join(),
    (holder) => Object.assign(new HolderShare(), holder),
  );
