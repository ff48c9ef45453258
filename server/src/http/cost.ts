import type { ApolloServerPlugin } from '@apollo/server';
import { Refusal } from '@lotline/schema';
import { GraphQLError } from 'graphql';
import { type Question, refuseCostly } from '../questions';

/** Refuses what could not be answered within bounded memory, before it runs. */
export const boundedAnswer: ApolloServerPlugin<Question> = {
  async requestDidStart() {
    return {
      async didResolveOperation({ document, operation, request }) {
        if (!operation) return;
        try {
          refuseCostly(document, operation, request.variables ?? {});
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
          throw new GraphQLError(error.message, { originalError: error, extensions: { http: { status: 400 } } });
        }
      },
    };
  },
};
