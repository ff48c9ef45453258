import type { ApolloServerOptionsWithGateway } from '@apollo/server';
import { Refusal } from '@lotline/schema';
import { execute, GraphQLError, type GraphQLSchema, type OperationDefinitionNode, OperationTypeNode } from 'graphql';
import type { Question } from '../questions';

/** Answers a question whole, or refuses it with one error where it is too late: Apollo lets whoever is its gateway execute. */
export const wholeAnswers = (graph: GraphQLSchema): ApolloServerOptionsWithGateway<Question>['gateway'] => ({
  onSchemaLoadOrUpdate: (told) => {
    told({ apiSchema: graph, coreSupergraphSdl: '' });
    return () => {};
  },
  load: async () => ({
    // By the name that was sent: Apollo's own is none where there is no such operation.
    executor: async ({ document, operation, request: { operationName, variables }, context }) => {
      const question = context as Question;
      try {
        return await question.reader.whole(() =>
          execute({ schema: graph, document, operationName, variableValues: variables, contextValue: question }),
        );
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        question.notes.showNothing();
        return { data: null, errors: [refusedWhole(error, operation)] };
      }
    },
  }),
  stop: async () => {},
});

function refusedWhole(refusal: Refusal, { operation }: OperationDefinitionNode): GraphQLError {
  const originalError = operation === OperationTypeNode.MUTATION ? afterCommand(refusal) : refusal;
  return new GraphQLError(originalError.message, { originalError });
}

/** What its commands have done is done. */
const afterCommand = (cause: Refusal): Refusal =>
  new Refusal(
    {
      code: cause.reasons[0].code,
      message: 'the answer took too long; what was commanded may be done',
      remedy: 'send it again with the same idempotencyKey: nothing is done twice; ask for less of what was done',
    },
    { retryable: true, cause },
  );
