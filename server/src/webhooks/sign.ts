import { createHmac, randomBytes } from 'node:crypto';

// Signatures by Standard Webhooks (standardwebhooks.com): HMAC SHA-256 of `id.timestamp.body`, one for each secret that is good.

const SECRET_BYTES = 32;

export const newSigningSecret = (): Buffer => randomBytes(SECRET_BYTES);

/** A secret as its owner is shown it. */
export const writeSigningSecret = (secret: Buffer): string => `whsec_${secret.toString('base64')}`;

/** The headers of a message. @param secrets those that are good, the newest first */
export function signedHeaders(secrets: readonly Buffer[], id: string, sentAt: Date, body: string): Record<string, string> {
  const timestamp = String(Math.floor(sentAt.getTime() / 1000));
  const signatures = secrets.map((secret) => `v1,${createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')}`);
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
