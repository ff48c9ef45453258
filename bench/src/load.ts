import autocannon, { type Result } from 'autocannon';
import { median } from './figures';

/** One request, as often as the load wants it. */
export interface Ask {
  method: 'GET' | 'POST';
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

/** What a server did under load. */
export interface Load {
  /** Median latency, milliseconds. */
  p50: number;
  perSecond: number;
}

const CONNECTIONS = 4;
const WARM_UP_SECONDS = 1;
/** About so many answers of each connection are measured at least, however long they take. */
const LEAST_ANSWERS = 5;

/**
 * Asks a server over loopback, 4 connections at once, each the asks in turn: so many seconds, or more where an answer takes long.
 * @throws Error if any answer is not 2xx
 */
export async function load(url: string, asks: readonly Ask[], seconds: number): Promise<Load> {
  const alone = (await inTurn(url, asks[0]!, 1)) / 1000;
  const forEach = (answers: number) => Math.ceil(alone * answers * CONNECTIONS);
  await run(url, asks, Math.max(WARM_UP_SECONDS, forEach(2)));
  return run(url, asks, Math.max(seconds, forEach(LEAST_ANSWERS)));
}

async function run(url: string, asks: readonly Ask[], seconds: number): Promise<Load> {
  const latencies: number[] = [];
  const result = await new Promise<Result>((done, fail) => {
    const options = { url, connections: CONNECTIONS, duration: seconds, timeout: 30, requests: [...asks] };
    autocannon(options, (error, ended) => (error ? fail(error) : done(ended))).on('response', (_client, _status, _bytes, milliseconds) =>
      latencies.push(milliseconds),
    );
  });
  if (latencies.length === 0 || result.non2xx > 0 || result.errors > 0)
    throw new Error(`${url} under load: ${latencies.length} answers, ${result.non2xx} not 2xx, ${result.errors} failed`);
  return { p50: median(latencies), perSecond: latencies.length / result.duration };
}

/**
 * Asks a server the same thing so many times, one after the other, after once to warm up: for answers that take long.
 * @returns milliseconds, the median
 * @throws Error if any answer is not 2xx
 */
export async function inTurn(url: string, { path, ...request }: Ask, times: number): Promise<number> {
  const taken: number[] = [];
  for (let round = 0; round <= times; round++) {
    const begun = performance.now();
    const response = await fetch(url + path, request);
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`${url}${path} answered ${response.status}`);
    if (round > 0) taken.push(performance.now() - begun);
  }
  return median(taken);
}
