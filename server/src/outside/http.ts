import { z } from 'zod';
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

/** Most characters of an answer. */
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
    .toWellFormed()
    .replace(/[\p{C}\s]+/gu, ' ')
    .slice(0, longest)
    .trim();

/** The reasons that an answer gives, in one line. */
export function reasonsIn(body: unknown): string {
  const parsed = refusal.safeParse(body);
  if (!parsed.success) return 'no reason was given';
  return parsed.data.reasons
    .slice(0, MOST_REASONS)
    .map(({ message }) => shown(message))
    .join('; ');
}

/** The text of an answer, as far as there is a limit to it. */
async function textOf(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > LONGEST_ANSWER) throw new Unreachable('answers more than can be read');
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
  const { status, text } = await send(settings, method, path, body);
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
  if (!parsed.success) throw new Refused(`answered what cannot be: ${shown(parsed.error.issues[0]?.message ?? '')}`);
  return parsed.data;
}
