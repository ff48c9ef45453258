import type { ApolloServerPlugin } from '@apollo/server';
import type { FastifyBaseLogger } from 'fastify';
import type { Journal } from '../journal';
import { presentPlace } from '../log';
import { isFault, type Question } from '../questions';

/** A client that accepts only the legacy `application/json` gets 200 for a well-formed error result (GraphQL over HTTP). */
export const legacyStatus: ApolloServerPlugin<Question> = {
  async requestDidStart() {
    return {
      async willSendResponse({ request, response: { body, http } }) {
        const accept = request.http?.headers.get('accept') ?? '';
        if (
          http.status !== 400 ||
          typeof request.query !== 'string' ||
          accept.includes('application/graphql-response+json') ||
          body.kind !== 'single'
        )
          return;
        const own = ['GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED', 'BAD_USER_INPUT'];
        if (body.singleResult.errors?.every((error) => own.includes(String(error.extensions?.code)))) http.status = 200;
      },
    };
  },
};

/** Every answer says which state of the log it reflects, and gives its view of the database back. */
export const stateOfAnswer: ApolloServerPlugin<Question> = {
  async requestDidStart() {
    return {
      async willSendResponse({ contextValue: { reader, cursors, viewer, requestId }, response: { body } }) {
        reader.letGo();
        try {
          if (body.kind === 'single' && body.singleResult.data !== undefined) {
            const cursor = cursors.encode(await presentPlace(reader), viewer.name);
            body.singleResult.extensions = { ...body.singleResult.extensions, cursor };
          }
        } catch {
          // Without the database there is no state to name; the answer says by its errors what is wrong.
        } finally {
          if (body.kind === 'single' && body.singleResult.errors) {
            body.singleResult.errors = body.singleResult.errors.map((error) => ({
              ...error,
              extensions: { ...error.extensions, requestId },
            }));
          }
          await reader.close();
        }
      },
    };
  },
};

/** What an answer shows and refuses goes to the access journal. */
export const keepJournal = (journal: Journal): ApolloServerPlugin<Question> => ({
  async requestDidStart() {
    return {
      async willSendResponse({ contextValue: { notes } }) {
        journal.take(notes.by, notes.all);
      },
    };
  },
});

/** Faults of ours go to the log, with the request they happened in. */
export const tellFaults = (log: FastifyBaseLogger): ApolloServerPlugin<Question> => ({
  async requestDidStart() {
    return {
      async didEncounterErrors({ errors, contextValue: { requestId } }) {
        for (const error of errors)
          if (isFault(error)) log.error({ reqId: requestId, err: error.originalError ?? error, path: error.path }, 'a question failed');
      },
    };
  },
});
