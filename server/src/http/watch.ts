import type { ApolloServerPlugin } from '@apollo/server';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Question } from '../questions';
import { type Meters, RequestSpan } from '../telemetry';

/** What is known of a request while it is answered. */
interface Watched {
  span: RequestSpan | null;
  /** What its operation was estimated to cost, in points. */
  cost?: number;
}

const watching = new WeakMap<FastifyRequest, Watched>();
/** Those that are open, by their id, which is all that a question knows of its request. */
const requests = new Map<string, Watched>();

/** What asked for something that is not there, whatever its path says: paths are written by strangers. */
const routeOf = (request: FastifyRequest): string => request.routeOptions.url ?? 'none';
/** An event stream lasts as long as its client likes. */
const ENDLESS = new Set(['/graphql/stream']);

/** Under which trace a request is found, and what it was estimated to cost; each undefined where there is none. */
export function seenOf(request: FastifyRequest): { traceId?: string; cost?: number } {
  const { span, cost } = watching.get(request) ?? {};
  return { traceId: span?.traceId ?? undefined, cost };
}

/** Counts, times and traces requests over HTTP. @param kindOf whose request it is */
export function watchRequests(app: FastifyInstance, meters: Meters, kindOf: (request: FastifyRequest) => string | undefined): void {
  app.addHook('onRequest', async (request, reply) => {
    const attributes = { 'http.request.method': request.method, 'http.route': routeOf(request), 'lotline.request.id': request.id };
    const span = RequestSpan.begin(attributes, request.headers);
    const watched: Watched = { span };
    watching.set(request, watched);
    requests.set(request.id, watched);
    reply.raw.once('close', () => {
      requests.delete(request.id);
      const { statusCode } = reply.raw;
      span?.end({ 'http.response.status_code': statusCode, 'lotline.viewer.kind': kindOf(request) ?? 'none' }, statusCode >= 500);
    });
  });
  // What reads the body calls from outside of what came before it.
  app.addHook('preValidation', (request, _reply, done) => {
    const span = watching.get(request)?.span;
    if (span) span.within(done);
    else done();
  });
  app.addHook('onResponse', async (request, reply) => {
    const route = routeOf(request);
    const seconds = ENDLESS.has(route) ? null : reply.elapsedTime / 1000;
    meters.answered({ route, status: reply.statusCode, viewer: kindOf(request) ?? 'none', seconds });
  });
}

/** What an answer says of its cost, in points. */
interface Charged {
  requested: number;
  actual: number;
}

/** Times operations and counts what they are refused for, once it is known what they cost; their phases are traced, their fields are not. */
export const watchOperations = (meters: Meters): ApolloServerPlugin<Question> => ({
  async requestDidStart({ contextValue: { requestId } }) {
    const begun = performance.now();
    const watched = requests.get(requestId);
    const span = watched?.span;
    return {
      async willSendResponse({ operation, response: { body } }) {
        const errors = body.kind === 'single' ? (body.singleResult.errors ?? []) : [];
        meters.operated(operation?.operation ?? 'none', errors.length > 0 ? 'errors' : 'ok', (performance.now() - begun) / 1000);
        const cost = body.kind === 'single' ? (body.singleResult.extensions?.cost as Charged | undefined) : undefined;
        if (cost) meters.charged(cost.requested, cost.actual);
        if (cost && watched) watched.cost = cost.requested;
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
