import { request as http } from 'node:http';
import { request as https } from 'node:https';
import { inSpan, traceHeaders } from '../telemetry';
import { PrivateAddress, publicLookup } from './address';
import { whyPrivate } from './url';

/** How messages are sent. */
export interface PostSettings {
  /** May they be sent to addresses of the house, and without TLS? */
  privateAddresses: boolean;
  /** Longest that an answer may take, milliseconds. */
  timeoutMs: number;
}

/** What became of a message; without an answer there is no status. */
export interface Posted {
  status: number | null;
  /** What is wrong; null where it was taken. */
  wrong: string | null;
}

/** How long after its time a message is cut off in any case, milliseconds. */
const GRACE_MS = 1000;

const wordsOf = (error: unknown): string => {
  if (error instanceof PrivateAddress) return error.message;
  if ((error as Error).name === 'TimeoutError' || (error as Error).name === 'AbortError') return 'it did not answer in time';
  return `it cannot be reached (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`;
};

/** Sends a message once. Redirections are not followed: they could lead to where nothing may be sent. */
export const post = (url: string, headers: Record<string, string>, body: string, settings: PostSettings): Promise<Posted> =>
  inSpan('POST webhook', { outward: true }, async (say) => {
    const posted = await send(url, headers, body, settings);
    say({ 'http.response.status_code': posted.status ?? 0 });
    return posted;
  });

function send(url: string, headers: Record<string, string>, body: string, { privateAddresses, timeoutMs }: PostSettings): Promise<Posted> {
  const why = privateAddresses ? null : whyPrivate(url);
  if (why !== null) return Promise.resolve({ status: null, wrong: why });
  return new Promise((done) => {
    const fail = (error: unknown) => done({ status: null, wrong: wordsOf(error) });
    const request = url.startsWith('https:') ? https : http;
    const sent = request(
      url,
      {
        method: 'POST',
        agent: false,
        signal: AbortSignal.timeout(timeoutMs),
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'content-length': Buffer.byteLength(body),
          'user-agent': 'Lotline',
          ...traceHeaders(),
          ...headers,
        },
        ...(!privateAddresses && { lookup: publicLookup }),
      },
      (response) => {
        const status = response.statusCode!;
        // What it says beside is nobody's concern.
        response.destroy();
        const isRedirection = status >= 300 && status < 400;
        done({
          status,
          wrong:
            status >= 200 && status < 300 ? null : `it answered ${status}${isRedirection ? ', and redirections are not followed' : ''}`,
        });
      },
    );
    sent.once('error', fail);
    // Nobody asked for another protocol.
    sent.once('upgrade', (_response, socket) => {
      socket.destroy();
      done({ status: 101, wrong: 'it answered 101' });
    });
    // However it ends, it ends.
    sent.once('close', () => fail(new Error('closed')));
    setTimeout(() => sent.destroy(), timeoutMs + GRACE_MS).unref();
    sent.end(body);
  });
}
