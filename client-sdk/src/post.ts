import { errorOf, LotlineError, NetworkError, ProtocolError, TimeoutError, type WrittenError } from './errors.ts';
import type { Settings } from './settings.ts';

/** What is sent, once. */
interface Post {
  path: '/graphql' | '/graphql/stream';
  query: string;
  operationName: string | null;
  variables: unknown;
  token: string | null;
  headers: Record<string, string>;
  attempt: number;
  timeoutMs: number;
  signal: AbortSignal | undefined;
}

/** Longest that a timer can run, milliseconds: a longer one would ring at once. */
const LONGEST_MS = 2 ** 31 - 1;
/** What a header may hold. */
const HEADER = /^[\x20-\x7e]*$/;
/** Statuses that say of themselves that it may go better later, whoever sends them. */
const MAY_PASS = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * Sends once, and reads what comes within the time.
 * @param read is handed the response; the time runs until it is done
 * @throws NetworkError, TimeoutError; the reason of the signal; TypeError for what cannot be sent at all: variables that are no JSON, a
 *   token with characters that no header holds
 */
export async function post<T>(settings: Settings, sent: Post, read: (response: Response, end: AbortController) => Promise<T>): Promise<T> {
  const { path, query, operationName, variables, token, attempt, timeoutMs, signal } = sent;
  const url = settings.url + path;
  // fetch would say so with the token in its words.
  if (token !== null && !HEADER.test(token)) throw new TypeError('the token holds characters that no header does');
  const init = {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...(settings.actingFor !== null && { 'lotline-acting-for': settings.actingFor }),
      ...sent.headers,
    },
    body: JSON.stringify({ query, variables, ...(operationName !== null && { operationName }) }),
  };
  signal?.throwIfAborted();
  const end = new AbortController();
  const stop = () => end.abort(signal!.reason);
  signal?.addEventListener('abort', stop, { once: true });
  const late = setTimeout(() => end.abort(new TimeoutError(timeoutMs)), Math.min(timeoutMs, LONGEST_MS));
  settings.onRequest?.({ query, operationName, variables, url, attempt });
  try {
    const response = await settings.fetch(url, { ...init, signal: end.signal });
    return await read(response, end);
  } catch (error) {
    if (end.signal.aborted) throw end.signal.reason;
    throw error instanceof LotlineError ? error : new NetworkError(`${url} was not reached`, error);
  } finally {
    clearTimeout(late);
    signal?.removeEventListener('abort', stop);
  }
}

/** How long a response asks to wait, milliseconds; null where it does not. */
function retryAfterIn(response: Response): number | null {
  const said = response.headers.get('retry-after');
  if (said === null) return null;
  const milliseconds = /^\d+$/.test(said) ? Number(said) * 1000 : Date.parse(said) - Date.now();
  return Number.isNaN(milliseconds) ? null : Math.max(0, milliseconds);
}

interface Body {
  data?: unknown;
  errors?: readonly WrittenError[];
  extensions?: Record<string, unknown>;
}

const bodyIn = (text: string): Body | null => {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null && ('data' in body || 'errors' in body) ? (body as Body) : null;
  } catch {
    return null;
  }
};

/** The answer of GraphQL in a response. @throws LotlineError for its errors; ProtocolError where there is none */
export async function answerIn(response: Response): Promise<{ data: unknown; cursor: string | null }> {
  const body = bodyIn(await response.text());
  const about = { status: response.status, retryAfterMs: retryAfterIn(response) };
  if (body?.errors?.length) throw errorOf(body.errors, { ...about, data: body.data });
  if (body && response.ok) return { data: body.data, cursor: (body.extensions?.cursor as string | undefined) ?? null };
  throw new ProtocolError(`HTTP ${response.status}, and no answer of GraphQL: is this the address of a Lotline server?`, {
    ...about,
    retryable: MAY_PASS.has(response.status),
  });
}
