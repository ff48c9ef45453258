import { eventIn, type WebhookEvent } from './event.ts';

/** How far the clocks of sender and receiver may be apart, seconds. */
const TOLERANCE_S = 300;

/** A delivery that is not proven to come from the server: answer it with 401, and believe nothing of it. */
export class WebhookRefused extends Error {
  override readonly name = 'WebhookRefused';
}

/** The headers of a delivery: those of Fetch, or those of Node. */
export type WebhookHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

export interface WebhookOptions {
  /** `whsec_...`, as it was shown at the registration; both while one takes the place of the other. */
  secrets: string | readonly string[];
}

const utf8 = new TextEncoder();

function headerOf(headers: WebhookHeaders, name: string): string {
  const value = headers instanceof Headers ? headers.get(name) : Object.entries(headers).find(([each]) => each.toLowerCase() === name)?.[1];
  if (typeof value !== 'string' || value === '') throw new WebhookRefused(`there is no header ${name}`);
  return value;
}

/** @throws TypeError for a secret that is none */
function keyOf(secret: string): Uint8Array<ArrayBuffer> {
  const text = secret.replace(/^whsec_/, '');
  if (!/^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text))
    throw new TypeError('the secret of a webhook is whsec_ and base64, as it was shown at the registration');
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

async function signatureBy(secret: string, signed: Uint8Array<ArrayBuffer>): Promise<string> {
  const key = await crypto.subtle.importKey('raw', keyOf(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.sign('HMAC', key, signed))));
}

/** Are two texts the same? Takes as long wherever they differ. */
function isSame(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let at = 0; at < a.length; at++) difference |= a.charCodeAt(at) ^ b.charCodeAt(at);
  return difference === 0;
}

const joined = (...parts: Uint8Array[]): Uint8Array<ArrayBuffer> => {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};

/**
 * Is a delivery from the server, and of the last five minutes (Standard Webhooks)?
 * @param body the bytes as they came: what was parsed and written again has another signature
 * @throws WebhookRefused where it is not; TypeError for a secret that is none
 */
export async function verifyWebhook(
  body: string | Uint8Array,
  headers: WebhookHeaders,
  { secrets }: WebhookOptions,
  now: number = Date.now(),
): Promise<WebhookEvent> {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => headerOf(headers, name)) as [
    string,
    string,
    string,
  ];
  if (!/^\d{1,12}$/.test(timestamp)) throw new WebhookRefused('the header webhook-timestamp is no time');
  const seconds = Math.floor(now / 1000);
  if (Number(timestamp) < seconds - TOLERANCE_S) throw new WebhookRefused('the delivery is too old');
  if (Number(timestamp) > seconds + TOLERANCE_S) throw new WebhookRefused('the delivery is of the future');
  const bytes = typeof body === 'string' ? utf8.encode(body) : body;
  const signed = joined(utf8.encode(`${id}.${timestamp}.`), bytes);
  const given = signatures.split(' ').flatMap((each) => (each.startsWith('v1,') ? [each.slice(3)] : []));
  const good = await Promise.all([secrets].flat().map((secret) => signatureBy(secret, signed)));
  if (!given.some((each) => good.some((ours) => isSame(ours, each)))) throw new WebhookRefused('no signature is good');
  return eventIn(id, typeof body === 'string' ? body : new TextDecoder().decode(body));
}
