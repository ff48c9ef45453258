import type { Page } from '@lotline/schema';
import { ALIAS, countVisible, type NounWithParties, visibleIds } from '../access';
import { type BatchOf, knownRow, type Position } from '../database';
import { askOf } from './owners';
import { MOST_COUNTED, makePage, type PageArguments, readPage } from './paging';
import type { Question } from './question';
import { Conditions } from './sql';

/** Whose nouns a list has. */
interface Owner {
  id: string;
  /** Condition on a row of the noun. @param owner SQL of its id */
  has(owner: string): string;
}

interface NounPage<Noun> {
  /** Names the list inside cursors. */
  list: string;
  noun: NounWithParties;
  page: PageArguments;
  byId: BatchOf<string, Noun | null>;
  /** None where the list has what is anybody's. */
  owner?: Owner;
  /** Adds what is asked for, in the state of the log that the page belongs to. */
  conditions: (where: Conditions, known: Position | null) => void;
}

/** One page of the nouns of a kind that the viewer sees, oldest first; of all owners of an answer at once. */
export async function pageOfNouns<Noun extends { id: string }>(
  question: Question,
  { list, noun, page, byId, owner, conditions }: NounPage<Noun>,
): Promise<Page<Noun>> {
  const { viewer, reader } = question;
  const request = readPage(question, list, page);
  const { known, first } = request;
  const where = new Conditions();
  conditions(where, known);
  where.add(knownRow(ALIAS[noun], known));
  const ask = async <Row>(sql: (where: string) => string, parameters: readonly unknown[]): Promise<Row[]> => {
    if (!owner) return reader.query<Row>(sql(String(where)), [...parameters]);
    return askOf<Row>(reader, owner.id, { sql: (id) => sql(`${owner.has(id)} and ${where}`), parameters });
  };
  const counted = [...where.parameters];
  const after = request.after && `${where.parameter(request.after[0])}::uuid`;
  const ids = await ask<{ id: string }>(
    (all) => visibleIds(viewer, { noun, where: all, after, limit: first + 1, known }),
    where.parameters,
  );
  return makePage(question, {
    list,
    request,
    position: known ?? (await reader.position()),
    rows: (await reader.loader(byId).loadMany(ids.map((row) => row.id))) as Noun[],
    keyOf: ({ id }) => [id],
    count: async () => {
      const [row] = await ask<{ count: number }>(
        (all) => countVisible(viewer, { noun, where: all, limit: MOST_COUNTED + 1, known }),
        counted,
      );
      return row!.count;
    },
  });
}
