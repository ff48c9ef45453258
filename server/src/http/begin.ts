import { Refusal } from '@lotline/schema';
import type { FastifyRequest } from 'fastify';
import { refuseLargeVariables, refuseLongDocument } from '../limits';

/** Looks at what a request to /graphql asks, before GraphQL reads it. @throws Refusal */
export async function begin({ method, body, query }: FastifyRequest): Promise<void> {
  if (Array.isArray(body))
    throw new Refusal({
      code: 'BAD_USER_INPUT',
      message: 'the body is a list: several questions in one request are not answered',
      remedy: 'send a request for each, or several fields in one document',
    });
  const asked = ((method === 'GET' ? query : body) ?? {}) as { query?: unknown; variables?: unknown };
  refuseLongDocument(asked.query);
  refuseLargeVariables(asked.variables);
}
