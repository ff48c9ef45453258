import { type ApolloServerPlugin, type GraphQLRequestContext, HeaderMap } from '@apollo/server';
import { Refusal } from '@lotline/schema';
import { GraphQLError, OperationTypeNode } from 'graphql';
import { type Asked, introspectionIn, RateLimited, withoutSuggestion } from '../limits';
import { type Question, refuseOutOfScope } from '../questions';

type Asking = Pick<GraphQLRequestContext<Question>, 'schema' | 'document' | 'operation' | 'request'>;

const askedIn = ({ schema, document, operation, request }: Asking): Asked | null =>
  document && operation ? { graph: schema, document, operation, variables: request.variables ?? {} } : null;

function headOf(refusal: Refusal) {
  if (!(refusal instanceof RateLimited)) return { status: 400 };
  return { status: 429, headers: new HeaderMap([['retry-after', String(refusal.retryAfter)]]) };
}

const SUBSCRIBED_ELSEWHERE = new Refusal({
  code: 'BAD_USER_INPUT',
  message: 'a subscription is not answered here',
  path: ['query'],
  remedy: 'subscribe over WebSocket at /graphql, or by server-sent events at /graphql/stream',
});

/** Refuses a subscription, what costs too much, is beyond the scopes of a key, or asks what its asker is not told of the graph, before it runs. */
export const boundedAnswer: ApolloServerPlugin<Question> = {
  async requestDidStart() {
    return {
      async didResolveOperation(context) {
        const asked = askedIn(context);
        const { notes, ticket } = context.contextValue;
        if (!asked) return;
        // No rule of validation says this: what is valid is kept, for whoever asks next.
        const untold = ticket?.told === false ? introspectionIn(asked.document) : null;
        if (untold) {
          const { message, nodes, originalError } = untold;
          throw new GraphQLError(message, { nodes, originalError, extensions: { http: { status: 400 } } });
        }
        try {
          if (asked.operation.operation === OperationTypeNode.SUBSCRIPTION) throw SUBSCRIBED_ELSEWHERE;
          refuseOutOfScope(asked.graph, asked.document, notes);
          ticket?.admit(asked);
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
          throw new GraphQLError(error.message, { originalError: error, extensions: { http: headOf(error) } });
        }
      },
    };
  },
};

/** Whoever is not told what the graph is made of is told no names that it may have meant. */
export const namesOfAnswer: ApolloServerPlugin<Question> = {
  async requestDidStart() {
    return {
      async didEncounterErrors({ errors, contextValue: { ticket } }) {
        if (ticket?.told === false) for (const error of errors) error.message = withoutSuggestion(error.message);
      },
    };
  },
};

/** Every answer says what it cost. */
export const costOfAnswer: ApolloServerPlugin<Question> = {
  async requestDidStart() {
    return {
      async willSendResponse(context) {
        const { body } = context.response;
        const { ticket } = context.contextValue;
        const asked = askedIn(context);
        if (body.kind !== 'single') return ticket?.abandon();
        const { data, errors = [] } = body.singleResult;
        // What failed deep within an answer was worked for, though the answer does not hold it.
        const whole = errors.every(({ path, extensions }) => path?.length === 1 && extensions?.code !== 'TIMED_OUT');
        const cost = ticket?.close(asked && data !== undefined ? { asked, data: data as object | null, whole } : null);
        if (cost) body.singleResult.extensions = { ...body.singleResult.extensions, cost };
      },
    };
  },
};
