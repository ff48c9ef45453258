import { type ErrorCode, Refusal } from '@lotline/schema';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { explain } from '../database';
import { FileRefused } from '../files';
import { RateLimited } from '../limits';
import { refusalBody } from '../questions';

/** HTTP status of a refusal that stops a request before GraphQL answers it. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  REFUSED: 422,
  TIMED_OUT: 503,
  BUSY: 503,
  RATE_LIMITED: 429,
  UNAVAILABLE: 503,
  BAD_USER_INPUT: 400,
  AMBIGUOUS: 400,
  TOO_COSTLY: 400,
  CONFLICT: 409,
  CURSOR_FOREIGN: 400,
};

/** What HTTP itself refuses, by Fastify's status: in our words. */
const HTTP_REFUSALS: Record<number, { message: string; remedy: string }> = {
  400: { message: 'the body is not JSON that can be read', remedy: 'send {"query": "...", "variables": {...}}' },
  413: { message: 'the request is larger than 1 MiB', remedy: 'send less; import large folders with lotline import' },
  415: { message: 'the content type is not served', remedy: 'send Content-Type: application/json' },
};

const UNANSWERABLE = new Refusal({
  code: 'BAD_USER_INPUT',
  message: 'the request is not one of HTTP that can be answered',
  remedy: 'send a GraphQL request over HTTP',
});
const FAULT = new Refusal(
  {
    code: 'INTERNAL_SERVER_ERROR',
    message: 'Something went wrong on our side.',
    remedy: 'try again; if it stays, report the requestId',
  },
  { retryable: true },
);

const withRetryAfter = (reply: FastifyReply, refusal: Refusal): FastifyReply =>
  refusal instanceof RateLimited ? reply.header('retry-after', String(refusal.retryAfter)) : reply;

/** Answers an error that GraphQL never saw, in the shape that GraphQL errors have. @param told hears of each reason */
export function sendError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  told: (code: ErrorCode) => void = () => {},
): FastifyReply {
  const send = (status: number, refusal: Refusal) => {
    for (const { code } of refusal.reasons) told(code);
    return withRetryAfter(reply, refusal).code(status).send(refusalBody(refusal, request.id));
  };
  const explained = explain(error);
  if (explained instanceof FileRefused) {
    // Whoever runs the server must see to it.
    if (explained.status >= 500 && explained.cause) request.log.warn({ err: explained }, 'the store of files fails');
    return send(explained.status, explained);
  }
  if (explained instanceof Refusal) return send(STATUS[explained.reasons[0].code] ?? 500, explained);
  const status = (error as { statusCode?: number }).statusCode ?? 500;
  const own = HTTP_REFUSALS[status];
  if (own) return send(status, new Refusal({ code: 'BAD_USER_INPUT', ...own }));
  if (status < 500) return send(status, UNANSWERABLE);
  request.log.error({ err: error }, 'a request failed');
  return send(500, FAULT);
}

/** What a request is told whose path no route can read. */
export const BAD_TARGET = new Refusal({
  code: 'BAD_USER_INPUT',
  message: 'the path of the request cannot be read',
  remedy: 'GraphQL is at /graphql',
});
