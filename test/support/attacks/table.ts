import type { As } from '../lotline';

// What attackers send, and what is safe to answer. Words between angle brackets, like <LOT>, stand for what the world of the test holds.

export type Transport = 'HTTP' | 'WebSocket' | 'SSE';

/** A document, sent in each of several ways. */
export interface DocumentAttack {
  attack: string;
  /** OWASP's GraphQL Cheat Sheet, its API Security Top 10 of 2023, a check of graphql-cop by its name, or a CWE. */
  source: string;
  /** Over HTTP. */
  query: string;
  /** Over WebSocket and server-sent events; where it is left out they are sent the query. */
  live?: string;
  over?: readonly Transport[];
  variables?: Record<string, unknown>;
  as?: As;
  /** Settings of the server that it is sent to. */
  to?: 'demo' | 'production';
  /** The code of the only errors; null where it is answered. */
  code: string | null;
  /** Of WebSocket and server-sent events, where it is another. */
  liveCode?: string | null;
  /** What the data are, over HTTP. */
  data?: unknown;
  /** What the answer says, or says not. */
  says?: RegExp;
}

/** A request of HTTP, as programs send it. */
export interface RequestAttack {
  attack: string;
  source: string;
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** Settings of the server that it is sent to. */
  to?: 'demo' | 'production' | 'small';
  /** How often it is sent; the last answer counts. */
  times?: number;
  /** Statuses that are safe, and the code of the refusal; null where the body is no refusal. */
  status: number | readonly number[];
  code: string | null;
  /** Headers of the answer; null for one that must not be there. */
  answers?: Record<string, string | RegExp | null>;
  body_?: RegExp;
}

/** Bytes on a connection. */
export interface BytesAttack {
  attack: string;
  source: string;
  bytes: string;
  /** Status of the first answer; of a second there is none. */
  status: number | readonly number[];
}

/** Frames of a WebSocket, after connection_init and its acknowledgement where it says so. */
export interface FramesAttack {
  attack: string;
  source: string;
  acknowledged: boolean;
  frames: readonly (string | Buffer | object)[];
  headers?: Record<string, string>;
  /** The code it is closed with, the status in place of the upgrade, or the code of the error that answers the subscription `1`. */
  safe: number | string;
}
