import { defaultFieldResolver, type GraphQLSchema, isObjectType } from 'graphql';
import type { Question } from './question';

const PAGES = ['nodes', 'edges'];

/** Has every page of every list wait for its turn where an answer is large: database/pace.ts. */
export function inTurns(graph: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(graph.getTypeMap())) {
    if (!isObjectType(type) || !type.name.endsWith('Connection')) continue;
    for (const name of PAGES) {
      const field = type.getFields()[name];
      if (!field) continue;
      const resolve = field.resolve ?? defaultFieldResolver;
      field.resolve = (connection, args, question: Question, info) => {
        const page = resolve(connection, args, question, info) as unknown[];
        const turn = question.reader.whenInTurn(page.length);
        return turn ? turn.then(() => page) : page;
      };
    }
  }
  return graph;
}
