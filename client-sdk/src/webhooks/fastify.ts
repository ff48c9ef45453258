import { LARGEST_DELIVERY, receive, type WebhookHandler } from './receive.ts';
import type { WebhookHeaders, WebhookOptions } from './verify.ts';

interface FastifyReply {
  code(status: number): { send(text?: string | null): unknown };
}

interface FastifyRequest {
  headers: Exclude<WebhookHeaders, Headers>;
  body?: unknown;
}

/** Of an instance of Fastify what is needed here. */
interface FastifyScope {
  removeAllContentTypeParsers(): void;
  addContentTypeParser(
    type: string,
    options: { parseAs: 'buffer'; bodyLimit: number },
    parse: (request: never, body: never, done: (error: Error | null, body?: unknown) => void) => void,
  ): unknown;
  post(path: string, answer: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>): unknown;
}

/** Receives webhooks in Fastify: `app.register(fastifyWebhook('/webhooks', { secrets }, handle))`. */
export const fastifyWebhook =
  (path: string, options: WebhookOptions, handle: WebhookHandler) =>
  async (scope: FastifyScope): Promise<void> => {
    // Within this scope alone: the signature is of the bytes.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: LARGEST_DELIVERY }, (_request, body, done) => done(null, body));
    scope.post(path, async (request, reply) => {
      const { status, message } = await receive((request.body as Uint8Array | undefined) ?? '', request.headers, options, handle);
      return reply.code(status).send(message);
    });
  };
