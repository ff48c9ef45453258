import { bad, good, type Parsed } from '@lotline/schema';
import { addressIn, isPublic } from './address';

const LONGEST = 2048;

/** A URL that messages can be sent to. */
export function parseWebhookUrl(text: string): Parsed<string> {
  const remedy = 'write it as https://example.com/path';
  if (text.length > LONGEST) return bad(`it is longer than ${LONGEST} characters`, remedy);
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return bad('it is no URL', remedy);
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return bad(`${url.protocol} is neither https nor http`, remedy);
  if (url.username !== '' || url.password !== '') return bad('it holds a user or a password', 'leave them out: what is sent is signed');
  url.hash = '';
  return good(url.href);
}

/** Why messages may not be sent there but by leave of an operator; null if they may. What a name leads to is seen as it is connected to. */
export function whyPrivate(text: string): string | null {
  const { protocol, hostname } = new URL(text);
  if (protocol !== 'https:') return 'it is not https';
  const address = addressIn(hostname);
  if (address !== null) return isPublic(address) ? null : 'its address is not public';
  const name = hostname.replace(/\.$/, '').toLowerCase();
  if (!name.includes('.') || /(?:^|\.)(?:localhost|local|internal|lan|home|intranet|corp|arpa)$/.test(name))
    return 'its host is not public';
  return null;
}
