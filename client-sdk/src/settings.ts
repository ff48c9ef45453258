/** What is about to be sent: for a log. */
export interface SentRequest {
  /** The document, whole. */
  readonly query: string;
  readonly operationName: string | null;
  readonly variables: unknown;
  readonly url: string;
  /** 1 for the first time it is sent. */
  readonly attempt: number;
}

/**
 * Gives a token. It is kept until the server refuses it, then asked for once more.
 * @param expired the token that is not good any more; null the first time
 */
export type TokenSource = (expired: string | null) => string | Promise<string>;

export interface LotlineOptions {
  /** Address of the server, e.g. `https://lotline.example`. */
  url: string;
  /** A bearer token, or what gives one; without it you are nobody, who sees what is public. */
  token?: string | TokenSource;
  /** For whom you act, where the token has several roles, e.g. `operation:0123456789`. */
  actingFor?: string;
  /** Longest that one answer may take, milliseconds: 30,000. Each attempt has as long. */
  timeoutMs?: number;
  /** How often a request is sent again that may succeed later: 4 times, with growing random waits between. */
  retries?: number;
  /** After how long without a heartbeat a stream counts as lost, milliseconds: 45,000. */
  silentMs?: number;
  /** Told of everything that is sent, each attempt of it. */
  onRequest?: (request: SentRequest) => void;
  /** In place of the global `fetch`. */
  fetch?: typeof fetch;
}

/** What may be said for one request. */
export interface RequestOptions {
  /** Ends it: what waits is rejected with the reason of the signal. */
  signal?: AbortSignal;
  /** In place of that of the client, milliseconds. */
  timeoutMs?: number;
  /** The answer reflects at least the state that this cursor names, as a command's payload gives it. */
  atLeast?: string;
}

/** Options with all that was left out. */
export type Settings = Required<Pick<LotlineOptions, 'timeoutMs' | 'retries' | 'silentMs' | 'fetch'>> & {
  /** Without a slash at its end. */
  readonly url: string;
  readonly actingFor: string | null;
  readonly onRequest: ((request: SentRequest) => void) | null;
};

export const settingsOf = (options: LotlineOptions): Settings => ({
  url: options.url.replace(/\/+$/, ''),
  actingFor: options.actingFor ?? null,
  timeoutMs: options.timeoutMs ?? 30_000,
  retries: options.retries ?? 4,
  silentMs: options.silentMs ?? 45_000,
  onRequest: options.onRequest ?? null,
  // A browser's fetch wants to be called on nothing.
  fetch: options.fetch ?? ((...asked) => fetch(...asked)),
});
