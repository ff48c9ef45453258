import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SignedIn } from '../access';

/** What is asked beside the graph, whose cost is not known from a document. One unit is that of a question. */
export const PRICES = {
  /** Bytes of a document, taken or given. */
  file: 100,
  /** A table, however long: what it reads is bounded by its time and by how many are made at once. */
  export: 5000,
  import: 5000,
} as const;

/**
 * Finds out who sends a request, and lets it in within its limits: it is charged, and counts among what is under way until it is answered.
 * @throws Refusal as a sign-in does; RateLimited
 */
export type Enter = (request: FastifyRequest, reply: FastifyReply, price: number) => Promise<SignedIn>;
