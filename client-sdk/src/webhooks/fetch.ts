import { receive, type WebhookHandler } from './receive.ts';
import type { WebhookOptions } from './verify.ts';

/** Receives webhooks wherever a Request is answered by a Response: Deno, Bun, Workers, Next.js, Hono. */
export const fetchWebhook =
  (options: WebhookOptions, handle: WebhookHandler) =>
  async (request: Request): Promise<Response> => {
    const { status, message } = await receive(new Uint8Array(await request.arrayBuffer()), request.headers, options, handle);
    return new Response(message, { status });
  };
