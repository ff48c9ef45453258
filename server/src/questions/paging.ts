import { type EdgeOf, type Page, Refusal } from '@lotline/schema';
import { ArgsType, Field, Int } from 'type-graphql';
import type { Position } from '../database';
import type { Question } from './question';

/** Length of a page where none is given. */
const DEFAULT_FIRST = 50;
export const MOST_FIRST = 500;
/** Above this a list is not counted. */
export const MOST_COUNTED = 10_000;

/** The arguments of every list. */
@ArgsType()
export class PageArguments {
  @Field(() => Int, { nullable: true, description: 'Length of the page: 50 where none is given, at most 500.' })
  first?: number | null;

  @Field(() => String, { nullable: true, description: 'Cursor of the edge to go on after.' })
  after?: string | null;
}

/** Where a page begins, and which state of the log it belongs to. */
export interface PageRequest {
  first: number;
  /** Key of the row to go on after; null for the first page. */
  after: readonly unknown[] | null;
  /** The state of the first page; null on the first page itself, which sees what its reader sees. */
  known: Position | null;
}

/** Reads the arguments of a list; a cursor of another list is refused. */
export function readPage(question: Question, list: string, { first, after }: PageArguments): PageRequest {
  if (first != null && (first < 0 || first > MOST_FIRST)) {
    throw new Refusal({
      code: 'BAD_USER_INPUT',
      message: `first is ${first}`,
      path: ['first'],
      remedy: `ask for 0 to ${MOST_FIRST}; go on with after: endCursor`,
    });
  }
  if (after == null) return { first: first ?? DEFAULT_FIRST, after: null, known: null };
  let place: { position: Position; key: unknown[] };
  try {
    place = question.cursors.decodePlace(after, question.viewer.name);
  } catch (error) {
    throw error instanceof Refusal ? new Refusal({ ...error.reasons[0], path: ['after'] }) : error;
  }
  const [of, ...key] = place.key;
  if (of !== list)
    throw new Refusal({
      code: 'BAD_USER_INPUT',
      message: 'the cursor belongs to another list',
      path: ['after'],
      remedy: 'send a cursor of the same list with the same arguments',
    });
  return { first: first ?? DEFAULT_FIRST, after: key, known: place.position };
}

class Edge<T> implements EdgeOf<T> {
  constructor(
    readonly node: T,
    private readonly make: () => string,
  ) {}

  get cursor(): string {
    return this.make();
  }
}

interface PageParts<T> {
  list: string;
  request: PageRequest;
  /** State of the log that the page belongs to. */
  position: Position;
  /** The page's rows, and one more where there is one. */
  rows: readonly T[];
  keyOf: (row: T, index: number) => readonly unknown[];
  /** Counts at most 10,001. */
  count: () => Promise<number> | number;
}

/** One page of a list. Cursors are sealed only where they are asked for. */
export function makePage<T>(question: Question, { list, request, position, rows, keyOf, count }: PageParts<T>): Page<T> {
  const nodes = rows.slice(0, request.first);
  const cursor = (index: number) =>
    question.cursors.encodePlace({ position, key: [list, ...keyOf(nodes[index]!, index)] }, question.viewer.name);
  return {
    nodes: [...nodes],
    edges: nodes.map((node, index) => new Edge(node, () => cursor(index))),
    pageInfo: {
      hasNextPage: rows.length > nodes.length,
      hasPreviousPage: request.after !== null,
      get startCursor() {
        return nodes.length > 0 ? cursor(0) : null;
      },
      get endCursor() {
        return nodes.length > 0 ? cursor(nodes.length - 1) : null;
      },
    },
    totalCount: async () => {
      const total = await count();
      return total > MOST_COUNTED ? null : total;
    },
  };
}

/**
 * One page of a list that was computed whole: its key is the place in the list, so the list must be the same on every page.
 * @param mark what must not have changed between pages, e.g. the day of the answer; part of the cursor
 */
export async function pageOfList<T>(
  question: Question,
  list: string,
  request: PageRequest,
  items: readonly T[],
  mark: string | null = null,
): Promise<Page<T>> {
  const start = request.after === null ? 0 : Number(request.after[1]) + 1;
  return makePage(question, {
    list,
    request,
    position: request.known ?? (await question.reader.position()),
    rows: items.slice(start, start + request.first + 1),
    keyOf: (_, index) => [mark, start + index],
    count: () => items.length,
  });
}

/** Those rows that were recorded at a position of the log: what a later page of a list read whole may show. */
export async function knownAt<Value extends { recordedBy: string }>({ reader }: Question, all: Value[], known: Position): Promise<Value[]> {
  const rows = await reader.query<{ id: string }>('select id from command where id = any($1) and position <= $2', [
    [...new Set(all.map((each) => each.recordedBy))],
    known,
  ]);
  const commands = new Set(rows.map((row) => row.id));
  return all.filter((each) => commands.has(each.recordedBy));
}
