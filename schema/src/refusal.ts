/** Every code a caller may meet in `extensions.code`; closed, so that a client can switch on it. */
export type ErrorCode =
  | 'BAD_USER_INPUT'
  | 'NOT_FOUND'
  | 'AMBIGUOUS'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'CONFLICT'
  | 'REFUSED'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'TOO_COSTLY'
  | 'RATE_LIMITED'
  | 'TIMED_OUT'
  | 'BUSY'
  | 'LAGGED'
  | 'CURSOR_EXPIRED'
  | 'CURSOR_FOREIGN'
  | 'TRACE_CHANGED'
  | 'UNAVAILABLE'
  | 'INTERNAL_SERVER_ERROR';

/** One reason for a refusal: what is wrong, where in the caller's input, by which rule, and what would be right. */
export interface Reason {
  code: ErrorCode;
  message: string;
  /** Place in the input, e.g. `['inputs', 2, 'quantity']`. */
  path?: (string | number)[];
  rule?: string;
  remedy?: string;
}

/** Thrown where a question or a command cannot be served as asked. Carries every reason found, not only the first. */
export class Refusal extends Error {
  readonly reasons: readonly [Reason, ...Reason[]];
  /** True where the very same request may succeed later. */
  readonly retryable: boolean;

  constructor(reasons: Reason | readonly Reason[], options: { retryable?: boolean; cause?: unknown } = {}) {
    const list = Array.isArray(reasons) ? (reasons as Reason[]) : [reasons as Reason];
    const [first, ...rest] = list;
    if (first === undefined) throw new Error('a refusal needs a reason');
    super(list.length === 1 ? first.message : `${first.message} (and ${rest.length} more)`, { cause: options.cause });
    this.name = 'Refusal';
    this.reasons = [first, ...rest];
    this.retryable = options.retryable ?? false;
  }
}

/** What a parser of codes and values returns: the value, or what is wrong with it and what would be right. */
export type Parsed<T> = { ok: true; value: T } | { ok: false; wrong: string; remedy: string };

/** A value that was read. */
export const good = <T>(value: T): Parsed<T> => ({ ok: true, value });
/** A value that could not be read, and its repair. */
export const bad = (wrong: string, remedy: string): Parsed<never> => ({ ok: false, wrong, remedy });

const SHOWN = 60;

/** Quotes a caller's text in a message: shortened, control characters and broken surrogates made visible. */
export function quote(text: string): string {
  const cut = text.length > SHOWN ? `${text.slice(0, SHOWN)}...` : text;
  return JSON.stringify(cut.toWellFormed());
}
