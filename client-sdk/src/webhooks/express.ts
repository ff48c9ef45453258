import { LARGEST_DELIVERY, receive, type WebhookHandler } from './receive.ts';
import type { WebhookHeaders, WebhookOptions } from './verify.ts';

/** Of a request of Express, or of Node's own server, what is needed here. */
interface ExpressRequest extends AsyncIterable<Uint8Array> {
  headers: Exclude<WebhookHeaders, Headers>;
  body?: unknown;
}

interface ExpressResponse {
  statusCode: number;
  end(text?: string): unknown;
}

const TOO_LATE = 'the body was parsed already, and its signature is of the bytes: put the webhook before express.json()';

/** The bytes of a body, from whoever has read them; null for too many. */
async function bytesOf(request: ExpressRequest): Promise<string | Uint8Array | null> {
  const { body } = request;
  if (typeof body === 'string' || body instanceof Uint8Array) return body;
  if (body !== undefined) throw new TypeError(TOO_LATE);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > LARGEST_DELIVERY) return null;
    chunks.push(chunk);
  }
  return new Uint8Array(await new Blob(chunks as Uint8Array<ArrayBuffer>[]).arrayBuffer());
}

/** Receives webhooks in Express: `app.post('/webhooks', expressWebhook({ secrets }, handle))`, before `express.json()`. */
export const expressWebhook =
  (options: WebhookOptions, handle: WebhookHandler) =>
  async (request: ExpressRequest, response: ExpressResponse, next: (error?: unknown) => void): Promise<void> => {
    try {
      const body = await bytesOf(request);
      const { status, message } =
        body === null ? { status: 413, message: 'the delivery is too large' } : await receive(body, request.headers, options, handle);
      response.statusCode = status;
      response.end(message ?? undefined);
    } catch (error) {
      next(error);
    }
  };
