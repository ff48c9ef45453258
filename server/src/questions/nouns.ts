import type { Page } from '@lotline/schema';
import { ALIAS, countVisible, type NounWithParties, visibleIds } from '../access';
import { type BatchOf, knownRow, type Position } from '../database';
import { MOST_COUNTED, makePage, type PageArguments, readPage } from './paging';
import type { Question } from './question';
import { Conditions } from './sql';

interface NounPage<Noun> {
  /** Names the list inside cursors. */
  list: string;
  noun: NounWithParties;
  page: PageArguments;
  byId: BatchOf<string, Noun | null>;
  /** Adds what is asked for, in the state of the log that the page belongs to. */
  conditions: (where: Conditions, known: Position | null) => void;
}

/** One page of the nouns of a kind that the viewer sees, oldest first. */
export async function pageOfNouns<Noun extends { id: string }>(
  question: Question,
  { list, noun, page, byId, conditions }: NounPage<Noun>,
): Promise<Page<Noun>> {
  const { viewer, reader } = question;
  const request = readPage(question, list, page);
  const { known, first } = request;
  const where = new Conditions();
  conditions(where, known);
  where.add(knownRow(ALIAS[noun], known));
  const count = countVisible(viewer, { noun, where: String(where), limit: MOST_COUNTED + 1, known });
  const counted = [...where.parameters];
  const after = request.after && `${where.parameter(request.after[0])}::uuid`;
  const ids = await reader.query<{ id: string }>(
    visibleIds(viewer, { noun, where: String(where), after, limit: first + 1, known }),
    where.parameters,
  );
  return makePage(question, {
    list,
    request,
    position: known ?? (await reader.position()),
    rows: (await reader.loader(byId).loadMany(ids.map((row) => row.id))) as Noun[],
    keyOf: ({ id }) => [id],
    count: async () => (await reader.query<{ count: number }>(count, counted))[0]!.count,
  });
}
