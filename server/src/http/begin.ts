import { Refusal } from '@lotline/schema';
import type { FastifyRequest } from 'fastify';
import { documentMeant, refuseLargeVariables, refuseLongDocument, type TrustedDocuments } from '../limits';

/** Looks at what a request to /graphql asks, before GraphQL reads it, and puts the document in that it names. @throws Refusal */
export const begin =
  (trusted: TrustedDocuments | null) =>
  async (request: FastifyRequest): Promise<void> => {
    if (Array.isArray(request.body))
      throw new Refusal({
        code: 'BAD_USER_INPUT',
        message: 'the body is a list: several questions in one request are not answered',
        remedy: 'send a request for each, or several fields in one document',
      });
    const { method, query, body } = request;
    const asked = ((method === 'GET' ? query : body) ?? {}) as { query?: unknown; documentId?: unknown; variables?: unknown };
    if (typeof asked !== 'object') return;
    refuseLongDocument(asked.query);
    refuseLargeVariables(asked.variables);
    const document = documentMeant(asked, trusted);
    if (asked.documentId == null) return;
    if (method !== 'GET') request.body = { ...asked, documentId: undefined, query: document };
    else request.raw.url = inAddress(request.raw.url!, String(document));
  };

/** An address with the document itself in the place of its id. */
function inAddress(url: string, document: string): string {
  const [path, search] = url.split('?', 2);
  const parameters = new URLSearchParams(search);
  parameters.delete('documentId');
  parameters.set('query', document);
  return `${path}?${parameters}`;
}
