import type { FastifyInstance, FastifyRequest, preHandlerAsyncHookHandler } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import type { Journal } from '../journal';
import { CONTENT_SECURITY_POLICY, print } from '../print';
import type { Question } from '../questions';

interface PrintOptions {
  graph: GraphQLSchema;
  journal: Journal;
  /** Finds out who asks, and whether it may, before the answer begins. */
  preHandler: preHandlerAsyncHookHandler[];
  questionOf(request: FastifyRequest): Question;
}

/** Serves pages that are made for print, under the rights and limits of the graph (docs/PRINT.md). */
export function servePrint(app: FastifyInstance, { graph, journal, preHandler, questionOf }: PrintOptions): void {
  app.route<{ Params: { what: string; name: string }; Querystring: Record<string, unknown> }>({
    url: '/print/:what/:name',
    method: ['GET', 'HEAD'],
    preHandler,
    handler: async (request, reply) => {
      const question = questionOf(request);
      const { notes, reader } = question;
      reader.allowLag();
      try {
        const { text, hash, html } = await print(graph, question, { ...request.params, parameters: request.query });
        // The instant and the cursor differ from one answer to the next, so that the tag is a weak one.
        const etag = `W/"${hash}"`;
        reply
          .header('etag', etag)
          .header('lotline-content-hash', hash)
          .header('cache-control', 'private, no-cache')
          .header('vary', 'authorization, lotline-acting-for, accept')
          .header('content-security-policy', CONTENT_SECURITY_POLICY)
          .header('cross-origin-resource-policy', 'same-origin');
        if (isKnown(request.headers['if-none-match'], hash)) return reply.code(304).send();
        const asText = /^text\/plain\b/i.test(request.headers.accept ?? '');
        return reply.type(`text/${asText ? 'plain' : 'html'}; charset=utf-8`).send(asText ? text : html);
      } finally {
        journal.take(notes.by, notes.all);
        question.ticket?.abandon();
        await reader.close();
      }
    },
  });
}

const isKnown = (header: string | undefined, hash: string): boolean =>
  header?.split(',').some((each) => ['*', `"${hash}"`].includes(each.trim().replace(/^W\//, ''))) ?? false;
