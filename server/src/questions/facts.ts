import type { Page } from '@lotline/schema';
import { ALIAS, factVisible, type NounWithParties, seesAll, subjectVisible, type Viewer } from '../access';
import { alike, type BatchOf, grouped, type Position } from '../database';
import { knownAt, type PageArguments, pageOfList, readPage } from './paging';
import type { Question } from './question';

// Facts about nouns, and the nouns that facts lead to, as far as the viewer sees them: loaded for all nouns of an answer at once.

/** Which facts about a noun a viewer sees. */
export interface SeenKey {
  id: string;
  /** Condition on `f(subject, fact)`. */
  seen: string;
  viewer: Viewer;
}

/**
 * Facts of nouns in sight, for all nouns of a question in one statement.
 * @param sql rows of `(of, subject, fact, place, ...)` for the ids `$1`: of which noun, what its rights are asked of, and its order; by
 *   the viewer, where other facts decide which rows there are
 */
export const seenFacts =
  <Row extends { of: string }, Value>(sql: string | ((viewer: Viewer) => string), make: (row: Row) => Value): BatchOf<SeenKey, Value[]> =>
  async (reader, keys) => {
    const found = new Map<SeenKey, Value[]>();
    for (const group of alike(keys, ({ seen, viewer }) => [seen, viewer.name])) {
      const ids = group.map((key) => key.id);
      const { seen, viewer } = group[0]!;
      const facts = typeof sql === 'string' ? sql : sql(viewer);
      const rows = await reader.query<Row>(`select f.* from (${facts}) f where ${seen} order by f.place`, [ids]);
      const byId = grouped(ids, rows, (row) => row.of);
      group.forEach((key, index) => {
        found.set(key, byId[index]!.map(make));
      });
    }
    return keys.map((key) => found.get(key)!);
  };

/** The facts about a noun that the viewer sees, or saw in an earlier state, or what is computed of them. */
export const seen = <Value>(
  { reader, viewer }: Question,
  batch: BatchOf<SeenKey, Value>,
  id: string,
  known: Position | null = null,
): Promise<Value> => reader.loader(batch).load({ id, seen: factVisible(viewer, 'f.subject', 'f.fact', known), viewer });

/** One page of facts that were read whole, in the state of its first page. */
export async function pageOfFacts<Value extends { recordedBy: string }>(
  question: Question,
  list: string,
  page: PageArguments,
  facts: (known: Position | null) => Promise<Value[]>,
): Promise<Page<Value>> {
  const request = readPage(question, list, page);
  const all = await facts(request.known);
  return pageOfList(question, list, request, request.known === null ? all : await knownAt(question, all, request.known));
}

/** A fact that leads to a noun. */
export interface Link {
  id: string;
  recordedBy: string;
}

/** Links to nouns, whose rights are asked of these. @param sql rows of `(of, subject, "recordedBy")`: the subject is the noun linked to */
export const seenLinks = (sql: string | ((viewer: Viewer) => string)): BatchOf<SeenKey, Link[]> =>
  seenFacts<{ of: string; subject: string; recordedBy: string }, Link>(
    (viewer) => `select x.*, x.subject as place from (${typeof sql === 'string' ? sql : sql(viewer)}) x`,
    ({ subject, recordedBy }) => ({ id: subject, recordedBy }),
  );

/** The nouns that links lead to from a noun, in sight now or in an earlier state. */
export const linked =
  ({ reader, viewer }: Question, batch: BatchOf<SeenKey, Link[]>, id: string) =>
  (known: Position | null): Promise<Link[]> =>
    reader.loader(batch).load({ id, seen: subjectVisible(viewer, 'f.subject', known), viewer });

/** One page of the nouns that links lead to, oldest first, each once. */
export async function pageOfLinked<Noun>(
  question: Question,
  list: string,
  page: PageArguments,
  links: (known: Position | null) => Promise<readonly Link[]>,
  byId: BatchOf<string, Noun | null>,
): Promise<Page<Noun>> {
  const request = readPage(question, list, page);
  const all = [...(await links(request.known))];
  const known = request.known === null ? all : await knownAt(question, all, request.known);
  const ids = [...new Set(known.map(({ id }) => id))].sort();
  return pageOfList(question, list, request, (await question.reader.loader(byId).loadMany(ids)) as Noun[]);
}

/** Which of these nouns a viewer sees. */
const nounsSeen: BatchOf<{ id: string; noun: NounWithParties; seen: string }, boolean> = async (reader, keys) => {
  const found = new Set<string>();
  for (const group of alike(keys, ({ noun, seen }) => [noun, seen])) {
    const { noun, seen } = group[0]!;
    const sql = `select ${ALIAS[noun]}.id from ${noun} ${ALIAS[noun]} where ${ALIAS[noun]}.id = any($1) and ${seen}`;
    for (const { id } of await reader.query<{ id: string }>(sql, [group.map((key) => key.id)])) found.add(id);
  }
  return keys.map(({ id }) => found.has(id));
};

/** A noun by id; null where there is none, or the viewer may not see it. */
export async function visibleNoun<Noun>(
  { reader, viewer }: Question,
  noun: NounWithParties,
  byId: BatchOf<string, Noun | null>,
  id: string,
): Promise<Noun | null> {
  const seen = seesAll(viewer) || (await reader.loader(nounsSeen).load({ id, noun, seen: subjectVisible(viewer, `${ALIAS[noun]}.id`) }));
  return seen ? reader.loader(byId).load(id) : null;
}
