import type { ApolloServerPlugin } from '@apollo/server';
import { Refusal } from '@lotline/schema';
import { GraphQLError } from 'graphql';
import { type Question, refuseCostly, refuseOutOfScope } from '../questions';

/** Refuses what could not be answered within bounded memory, or is beyond the scopes of a key, before it runs. */
export const boundedAnswer: ApolloServerPlugin<Question> = {
  async requestDidStart() {
    return {
      async didResolveOperation({ schema, document, operation, request, contextValue }) {
        if (!operation) return;
        try {
          refuseOutOfScope(schema, document, contextValue.notes);
          refuseCostly(document, operation, request.variables ?? {});
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
          throw new GraphQLError(error.message, { originalError: error, extensions: { http: { status: 400 } } });
        }
      },
    };
  },
};
