import { z } from 'zod';
import { inSpan, traceHeaders } from '../telemetry';
import { Refused, Unreachable } from './ports';

/** Where a system is, and how it is spoken to. */
export interface OutsideSettings {
  /** Without a slash at its end. */
  url: string;
  /** Bearer token; null for a system that asks for none. */
  token: string | null;
  /** Longest that an answer may take, milliseconds. */
  timeoutMs: number;
}

/** Most bytes of an answer. */
const LONGEST_ANSWER = 65_536;
/** Answers that say: not now. */
const NOT_NOW = new Set([408, 425, 429]);
/** Answers that say: not by this token. Somebody will give another, and nothing is wrong with what was asked. */
const NOT_YOU = new Set([401, 403, 407]);

const MOST_REASONS = 20;
const LONGEST_REASON = 300;

const refusal = z.object({ reasons: z.array(z.object({ message: z.string() })).min(1) });

/** Words of others, as they may be shown: on one line and of bounded length. */
export const shown = (text: string, longest = LONGEST_REASON): string =>
  text
    .replace(/[\p{C}\s]+/gu, ' ')
    .slice(0, longest)
    // Half a pair, where it was cut.
    .replace(/\p{Cs}/gu, '')
    .trim();

/** The reasons that an answer gives, in one line. */
export function reasonsIn(body: unknown): string {
  const parsed = refusal.safeParse(body);
  const words = parsed.data?.reasons.slice(0, MOST_REASONS).map(({ message }) => shown(message)) ?? [];
  return words.filter((each) => each !== '').join('; ') || 'no reason was given';
}

/** Where an answer is not as it should be, and why where we said that ourselves; nothing where it is none at all. */
function whereIn({ issues: [issue] }: z.ZodError): string {
  if (!issue || issue.path.length === 0) return '';
  const where = shown(issue.path.join('.'));
  return `: ${where}${issue.code === 'custom' ? ` (${shown(issue.message)})` : ''}`;
}

/** The text of an answer, as far as there is a limit to it. */
async function textOf(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    size += chunk.byteLength;
    if (size > LONGEST_ANSWER) throw new Unreachable('answers more than can be read');
  }
  return text + decoder.decode();
}

async function send({ url, token, timeoutMs }: OutsideSettings, method: 'GET' | 'PUT', path: string, body?: object) {
  try {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        accept: 'application/json',
        ...(body && { 'content-type': 'application/json' }),
        ...(token !== null && { authorization: `Bearer ${token}` }),
        ...traceHeaders(),
      },
      body: body && JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    return { status: response.status, text: await textOf(response) };
  } catch (error) {
    if (error instanceof Unreachable) throw error;
    throw new Unreachable((error as Error).name === 'TimeoutError' ? 'did not answer in time' : 'cannot be reached', { cause: error });
  }
}

/**
 * Asks a system, and reads what it answers; null where it knows nothing of that.
 * @throws Unreachable where it may be asked again; Refused where that would not help
 */
export async function ask<Answer>(
  settings: OutsideSettings,
  answer: z.ZodType<Answer>,
  method: 'GET' | 'PUT',
  path: string,
  body?: object,
): Promise<Answer | null> {
  const { status, text } = await inSpan(`${method} outside`, { outward: true }, async (say) => {
    const sent = await send(settings, method, path, body);
    say({ 'http.response.status_code': sent.status });
    return sent;
  });
  if (status >= 500 || NOT_NOW.has(status)) throw new Unreachable(`says that it cannot now (${status})`);
  if (NOT_YOU.has(status)) throw new Unreachable(`does not let Lotline in (${status}): its token is to be looked at`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new Unreachable(`answers in no language that is known (${status})`, { cause });
  }
  if (status === 404 && method === 'GET') return null;
  if (status < 200 || status > 299) throw new Refused(`refused it: ${reasonsIn(json)}`);
  const parsed = answer.safeParse(json);
  if (!parsed.success) throw new Refused(`answered what docs/outside.md does not allow${whereIn(parsed.error)}`);
  return parsed.data;
}
