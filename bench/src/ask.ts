import type { Ask } from './load';

/** A question in GraphQL, by whoever has the token. */
export const askGraph = (token: string, query: string, variables: object = {}): Ask => ({
  method: 'POST',
  path: '/graphql',
  headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
  body: JSON.stringify({ query, variables }),
});

/**
 * Asks once.
 * @throws Error unless the answer is 2xx
 */
export async function answerOf(url: string, { path, ...request }: Ask): Promise<unknown> {
  const response = await fetch(url + path, request);
  const body = await response.text();
  if (!response.ok) throw new Error(`${url}${path} answered ${response.status}: ${body.slice(0, 500)}`);
  return JSON.parse(body);
}

/**
 * The trace in an answer to `{ lot { trace } }`.
 * @throws Error where there is none
 */
export async function traceOf<Trace>(url: string, ask: Ask): Promise<Trace> {
  const answer = (await answerOf(url, ask)) as { data?: { lot?: { trace?: Trace } } };
  const trace = answer.data?.lot?.trace;
  if (!trace) throw new Error(`${url}${ask.path} answered no trace: ${JSON.stringify(answer).slice(0, 500)}`);
  return trace;
}
