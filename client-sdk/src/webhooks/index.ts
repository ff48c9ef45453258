export type { WebhookEvent } from './event.ts';
export { expressWebhook } from './express.ts';
export { fastifyWebhook } from './fastify.ts';
export { fetchWebhook } from './fetch.ts';
export type { WebhookHandler } from './receive.ts';
export { verifyWebhook, type WebhookHeaders, type WebhookOptions, WebhookRefused } from './verify.ts';
