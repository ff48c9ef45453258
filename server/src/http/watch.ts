import type { ApolloServerPlugin } from '@apollo/server';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Question } from '../questions';
import { type Meters, RequestSpan } from '../telemetry';

const spans = new WeakMap<FastifyRequest, RequestSpan>();
/** By the id of their request, which is all that a question knows of it. */
const spansOf = new Map<string, RequestSpan>();

/** What asked for something that is not there, whatever its path says: paths are written by strangers. */
const routeOf = (request: FastifyRequest): string => request.routeOptions.url ?? 'none';
/** An event stream lasts as long as its client likes. */
const ENDLESS = new Set(['/graphql/stream']);

/** Under which trace a request is found; undefined where none is kept. */
export const traceOf = (request: FastifyRequest): string | undefined => spans.get(request)?.traceId ?? undefined;

/** Counts, times and traces requests over HTTP. @param kindOf whose request it is */
export function watchRequests(app: FastifyInstance, meters: Meters, kindOf: (request: FastifyRequest) => string | undefined): void {
  app.addHook('onRequest', async (request, reply) => {
    const attributes = { 'http.request.method': request.method, 'http.route': routeOf(request), 'lotline.request.id': request.id };
    const span = RequestSpan.begin(attributes, request.headers);
    if (!span) return;
    spans.set(request, span);
    spansOf.set(request.id, span);
    reply.raw.once('close', () => {
      spansOf.delete(request.id);
      const { statusCode } = reply.raw;
      span.end({ 'http.response.status_code': statusCode, 'lotline.viewer.kind': kindOf(request) ?? 'none' }, statusCode >= 500);
    });
  });
  // What reads the body calls from outside of what came before it.
  app.addHook('preValidation', (request, _reply, done) => {
    const span = spans.get(request);
    if (span) span.within(done);
    else done();
  });
  app.addHook('onResponse', async (request, reply) => {
    const route = routeOf(request);
    const seconds = ENDLESS.has(route) ? null : reply.elapsedTime / 1000;
    meters.answered({ route, status: reply.statusCode, viewer: kindOf(request) ?? 'none', seconds });
  });
}

/** Times operations and counts what they are refused for; their phases are traced, their fields are not. */
export const watchOperations = (meters: Meters): ApolloServerPlugin<Question> => ({
  async requestDidStart({ contextValue: { requestId } }) {
    const begun = performance.now();
    const span = spansOf.get(requestId);
    return {
      async willSendResponse({ operation, response: { body } }) {
        const errors = body.kind === 'single' ? (body.singleResult.errors ?? []) : [];
        meters.operated(operation?.operation ?? 'none', errors.length > 0 ? 'errors' : 'ok', (performance.now() - begun) / 1000);
        for (const { extensions } of errors) meters.refused(String(extensions?.code ?? 'none'));
      },
      ...(span && {
        parsingDidStart: async () => {
          const ended = span.phase('parse');
          return async (error?: Error) => ended(error);
        },
        validationDidStart: async () => {
          const ended = span.phase('validate');
          return async (errors?: readonly Error[]) => ended(errors?.[0]);
        },
        executionDidStart: async ({ operation }) => {
          const ended = span.phase('execute', { 'graphql.operation.type': operation?.operation ?? 'none' });
          return { executionDidEnd: async (error?: Error) => ended(error) };
        },
      }),
    };
  },
});
