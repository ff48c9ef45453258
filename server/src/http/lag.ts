import type { ApolloServerPlugin } from '@apollo/server';
import { type DocumentNode, Kind, visit } from 'graphql';
import type { Position } from '../database';
import type { Question } from '../questions';

/**
 * Questions may be answered by a replica, commands may not, nor what is read with them. A later page of a list belongs to the state of the
 * first: a replica must have come as far.
 */
export const answerFromReplicas: ApolloServerPlugin<Question> = {
  async requestDidStart() {
    return {
      async didResolveOperation({ operation, document, request, contextValue: { reader, cursors, viewer } }) {
        if (operation?.operation !== 'query') return;
        let atLeast = 0n as Position;
        for (const cursor of cursorsIn(document, request.variables ?? {})) {
          try {
            const { position } = cursors.decodePlace(cursor, viewer.name);
            if (position > atLeast) atLeast = position;
          } catch {
            // The list says what is wrong with it.
          }
        }
        reader.allowLag(atLeast);
      },
    };
  },
};

function cursorsIn(document: DocumentNode, variables: Record<string, unknown>): Set<string> {
  const cursors = new Set<string>();
  visit(document, {
    Argument({ name, value }) {
      if (name.value !== 'after') return;
      const given = value.kind === Kind.VARIABLE ? variables[value.name.value] : value.kind === Kind.STRING ? value.value : null;
      if (typeof given === 'string') cursors.add(given);
    },
    VariableDefinition({ defaultValue }) {
      if (defaultValue?.kind === Kind.STRING) cursors.add(defaultValue.value);
    },
  });
  return cursors;
}
