import { LotlineError } from './errors.ts';

/** Waits grow from this, milliseconds. */
const FIRST_WAIT_MS = 250;
/** Longest that is waited unasked, milliseconds. */
const LONGEST_WAIT_MS = 30_000;
/** A server that asks for a longer wait than this is told of instead of waited for, milliseconds. */
const MOST_ASKED_MS = 120_000;

/** Waits. @throws the reason of the signal, at once */
export function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((done, failed) => {
    if (signal?.aborted) return failed(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      failed(signal!.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      done();
    }, milliseconds);
    signal?.addEventListener('abort', stop, { once: true });
  });
}

/**
 * How long to wait before sending again what failed so many times, milliseconds: anything up to a bound that doubles, so that those who
 * failed together do not come back together; and not before the server said.
 */
export function waitAfter(failures: number, askedMs: number | null, firstMs: number = FIRST_WAIT_MS): number {
  const random = Math.random() * Math.min(LONGEST_WAIT_MS, firstMs * 2 ** Math.min(failures - 1, 20));
  return askedMs === null ? random : askedMs + Math.min(random, FIRST_WAIT_MS);
}

/** Is it worth while to wait for it? */
export const isWorthWaiting = (error: unknown): error is LotlineError =>
  error instanceof LotlineError && error.retryable && (error.retryAfterMs ?? 0) <= MOST_ASKED_MS;

/** Does something until it succeeds, at most so many times more. */
export async function patiently<T>(retries: number, signal: AbortSignal | undefined, what: (attempt: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await what(attempt);
    } catch (error) {
      if (attempt > retries || !isWorthWaiting(error)) throw error;
      await sleep(waitAfter(attempt, error.retryAfterMs), signal);
    }
  }
}
