import type { ServerResponse } from 'node:http';
import { type ErrorCode, Refusal } from '@lotline/schema';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { GraphQLFormattedError } from 'graphql';
import { credentialsIn } from '../access';
import { RateLimited } from '../limits';
import { counted, errorsOf, isExpected, TOO_MANY } from './errors';
import { Restarting } from './hub';
import { openStream } from './open';
import { type Asked, InvalidDocument } from './request';
import { type Stream, StreamEnded } from './stream';
import type { LiveOptions } from './web-socket';

/** After how long a client is asked to come back, milliseconds. */
const RETRY_MS = 1000;

/** How long a client may take to read what was written to it, milliseconds. */
const READ_WITHIN_MS = 30_000;
/** How long a stop waits for what was written to be read, milliseconds. */
const STOP_WITHIN_MS = 2000;

const STATUS: Partial<Record<ErrorCode, number>> = { UNAUTHENTICATED: 401, FORBIDDEN: 403, BUSY: 503, UNAVAILABLE: 503, RATE_LIMITED: 429 };

/** Serves subscriptions as server-sent events at `/graphql/stream`: graphql-sse's distinct connections, with ids that are cursors. */
export function serveEventStream(
  app: FastifyInstance,
  options: LiveOptions,
): { readonly size: number; readonly streams: number; stop(): Promise<void> } {
  const responses = new Set<ServerResponse>();
  let streams = 0;
  app.route({
    url: '/graphql/stream',
    method: ['GET', 'POST'],
    // There is no end to wait for.
    exposeHeadRoute: false,
    handler: async (request, reply) => {
      if (!acceptsEvents(request.headers.accept))
        return send(reply, 406, [refusal('only text/event-stream is served here', 'send Accept: text/event-stream')], request.id);
      if (!options.mayOpen()) return send(reply, 503, [TOO_MANY], request.id);
      responses.add(reply.raw);
      reply.raw.once('close', () => responses.delete(reply.raw));
      let stream: Stream;
      try {
        const signedIn = await options.signIn.by(credentialsIn(request.raw.rawHeaders));
        const last = request.headers['last-event-id'];
        const after = typeof last === 'string' && last !== '' ? last : null;
        ({ stream } = await openStream(options, signedIn, request.ip, askedIn(request), () => {}, after));
        // It may have been revoked between its sign-in and this subscription.
        await options.signIn.again(signedIn).catch((error) => {
          void stream.return();
          throw error;
        });
      } catch (error) {
        // A browser gives up on a status that is no success; what it can mend is told within a stream.
        if (error instanceof StreamEnded) return tellAndEnd(begin(reply), counted(errorsOf(error, request.id), options.meters));
        if (!isExpected(error)) options.warn(error, 'a subscription failed');
        const code = error instanceof Refusal ? error.reasons[0].code : null;
        const status = error instanceof InvalidDocument ? 400 : code === null ? 500 : (STATUS[code] ?? 400);
        if (error instanceof RateLimited) reply.header('retry-after', String(error.retryAfter));
        counted(errorsOf(error, request.id), options.meters);
        return send(reply, status, [error], request.id);
      }
      streams++;
      try {
        await pour(stream, begin(reply), request, options);
      } finally {
        streams--;
      }
      return reply;
    },
  });
  return {
    get size() {
      return responses.size;
    },
    get streams() {
      return streams;
    },
    stop: async () => {
      const closed = [...responses].map((response) => new Promise<void>((done) => response.once('close', () => done())));
      const cut = setTimeout(() => {
        for (const response of responses) response.destroy();
      }, STOP_WITHIN_MS);
      await Promise.all(closed);
      clearTimeout(cut);
    },
  };
}

/** Does a header Accept cover event streams? */
const acceptsEvents = (accept = '*/*'): boolean =>
  accept
    .split(',')
    .some((range) => /^\s*(?:text\/event-stream|text\/\*|\*\/\*)\s*(?:;|$)/i.test(range) && !/;\s*q=0(?:\.0*)?\s*(?:;|$)/i.test(range));

const refusal = (message: string, remedy: string) => new Refusal({ code: 'BAD_USER_INPUT', message, remedy });

const send = (reply: FastifyReply, status: number, errors: unknown[], requestId: string) =>
  reply.code(status).send({ errors: errors.flatMap((error) => errorsOf(error, requestId)) });

/** @throws Refusal for variables that are no JSON */
function askedIn({ method, query, body }: FastifyRequest): Asked {
  if (method === 'POST') return (body ?? {}) as Asked;
  const { variables, ...asked } = query as Record<string, string | undefined>;
  if (variables === undefined) return asked;
  try {
    return { ...asked, variables: JSON.parse(variables) };
  } catch {
    throw new Refusal({
      code: 'BAD_USER_INPUT',
      message: 'the variables are no JSON',
      path: ['variables'],
      remedy: 'write them as a JSON object',
    });
  }
}

function begin(reply: FastifyReply): ServerResponse {
  reply.hijack();
  reply.raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  // Some browsers wait for a first byte.
  reply.raw.write(`retry: ${RETRY_MS}\n\n`);
  return reply.raw;
}

const COMPLETE = 'event: complete\ndata: \n\n';
const next = (text: string, id?: string): string => `${id === undefined ? '' : `id: ${id}\n`}event: next\ndata: ${text}\n\n`;

const tellAndEnd = (response: ServerResponse, errors: GraphQLFormattedError[]): void =>
  end(response, next(JSON.stringify({ errors })) + COMPLETE);

/** Ends a response; a client that does not read the last of it is cut off. */
function end(response: ServerResponse, text = ''): void {
  response.end(text);
  const cut = setTimeout(() => response.destroy(), READ_WITHIN_MS);
  response.once('close', () => clearTimeout(cut));
  if (response.closed) clearTimeout(cut);
}

/** Waits until what was written has been read; a client that does not is cut off. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((done) => {
    const cut = setTimeout(() => response.destroy(), READ_WITHIN_MS);
    const read = () => {
      clearTimeout(cut);
      response.off('drain', read).off('close', read);
      done();
    };
    response.on('drain', read).on('close', read);
  });
}

/** Writes a stream to its client, as fast as that reads. */
async function pour(stream: Stream, response: ServerResponse, { id }: FastifyRequest, { warn, meters }: LiveOptions): Promise<void> {
  response.once('close', () => void stream.return());
  // Gone before it was answered.
  if (response.destroyed) await stream.return();
  try {
    for await (const { text, cursor } of stream) {
      meters.sent('sse');
      if (!response.write(next(text, cursor)) && !response.destroyed) await drained(response);
    }
    end(response, COMPLETE);
  } catch (error) {
    if (error instanceof Restarting) end(response);
    else {
      if (!isExpected(error)) warn(error, 'a stream failed');
      tellAndEnd(response, counted(errorsOf(error, id), meters));
    }
  }
}
