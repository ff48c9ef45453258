import { Refusal } from '@lotline/schema';
import { BREAK, type DocumentNode, type FieldNode, GraphQLError, visit } from 'graphql';
import { INTROSPECTION } from './weights';

/** The refusal of a document that asks what the graph is made of, at the first field that does; null of one that does not. */
export function introspectionIn(document: DocumentNode): GraphQLError | null {
  let found: FieldNode | undefined;
  visit(document, {
    Field(node) {
      if (!Object.hasOwn(INTROSPECTION, node.name.value)) return undefined;
      found = node;
      return BREAK;
    },
  });
  if (!found) return null;
  const refusal = new Refusal({
    code: 'FORBIDDEN',
    message: `${found.name.value} is not answered to whoever shows no token`,
    remedy: 'read the schema at /schema.graphql, or ask with a token',
  });
  return new GraphQLError(refusal.message, { nodes: found, originalError: refusal });
}

/** A message of graphql-js without the names that it guesses were meant: they are the last of it. */
export function withoutSuggestion(message: string): string {
  const begin = message.lastIndexOf(' Did you mean ');
  return begin >= 0 && message.endsWith('?') ? message.slice(0, begin) : message;
}
