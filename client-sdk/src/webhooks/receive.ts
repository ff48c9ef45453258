import type { WebhookEvent } from './event.ts';
import { verifyWebhook, type WebhookHeaders, type WebhookOptions, WebhookRefused } from './verify.ts';

/** Does what there is to do; what it throws has the server deliver again later. */
export type WebhookHandler = (event: WebhookEvent) => void | Promise<void>;

/** Largest delivery that is read, bytes. */
export const LARGEST_DELIVERY = 1024 * 1024;

/** What a delivery is answered with. */
export interface Received {
  status: 204 | 400 | 401;
  message: string | null;
}

/** Verifies a delivery and has it handled. @throws what the handler throws */
export async function receive(
  body: string | Uint8Array,
  headers: WebhookHeaders,
  options: WebhookOptions,
  handle: WebhookHandler,
): Promise<Received> {
  let event: WebhookEvent;
  try {
    event = await verifyWebhook(body, headers, options);
  } catch (error) {
    if (error instanceof WebhookRefused) return { status: 401, message: error.message };
    if (error instanceof SyntaxError) return { status: 400, message: 'the delivery is no JSON' };
    throw error;
  }
  await handle(event);
  return { status: 204, message: null };
}
