/** One reason why something was not done: what is wrong, where in what was sent, by which rule, and what would be right. */
export interface Reason {
  readonly code: string;
  readonly message: string;
  /** Place in the input, e.g. `['inputs', 2, 'quantity']`. */
  readonly path?: readonly (string | number)[];
  readonly rule?: string;
  readonly remedy?: string;
}

/** What is known of an error beside its code and message. */
interface Details {
  reasons?: readonly Reason[];
  requestId?: string | null;
  retryable?: boolean;
  retryAfterMs?: number | null;
  resumeAfter?: string | null;
  data?: unknown;
  status?: number | null;
  cause?: unknown;
}

/** Whatever the server refuses, and whatever keeps a request from it. Has a class for each code, to tell by `instanceof`. */
export class LotlineError extends Error {
  /** Every reason found, not only the first. */
  readonly reasons: readonly Reason[];
  /** What to name to whoever runs the server; null where it was never reached. */
  readonly requestId: string | null;
  /** May the very same request succeed later? It was sent again as often as the settings say before you see this. */
  readonly retryable: boolean;
  /** How long the server asks to wait, milliseconds; null where it does not say. */
  readonly retryAfterMs: number | null;
  /** Where a stream may be resumed from; null for all that is none. */
  readonly resumeAfter: string | null;
  /** What was answered all the same; null where nothing was. */
  readonly data: unknown;
  /** Status of HTTP; null where there is none. */
  readonly status: number | null;

  constructor(
    /** Closed list: docs of the server; `NETWORK`, `TIMEOUT` and `PROTOCOL` are this client's own. */
    readonly code: string,
    message: string,
    details: Details = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.reasons = details.reasons ?? [];
    this.requestId = details.requestId ?? null;
    this.retryable = details.retryable ?? false;
    this.retryAfterMs = details.retryAfterMs ?? null;
    this.resumeAfter = details.resumeAfter ?? null;
    this.data = details.data ?? null;
    this.status = details.status ?? null;
  }
}

/** The server was not reached, or the way to it broke. */
export class NetworkError extends LotlineError {
  constructor(message: string, cause?: unknown) {
    super('NETWORK', message, { retryable: true, cause });
  }
}

/** No answer came within `timeoutMs`. */
export class TimeoutError extends LotlineError {
  constructor(milliseconds: number) {
    super('TIMEOUT', `no answer came within ${milliseconds} ms`, { retryable: true });
  }
}

/** What answered does not speak as Lotline does: a wrong address, or a proxy in between. */
export class ProtocolError extends LotlineError {
  constructor(message: string, details: Details = {}) {
    super('PROTOCOL', message, details);
  }
}

/** Something in what was sent is not as it must be; `reasons` say where, and what would be right. */
export class BadUserInput extends LotlineError {}
/** There is no such thing, or the viewer may not see it. */
export class NotFound extends LotlineError {}
/** Several fit what was asked for; say more. */
export class Ambiguous extends LotlineError {}
/** The token is not good, or not any more. */
export class Unauthenticated extends LotlineError {}
export class Forbidden extends LotlineError {}
/** Somebody else was first. */
export class Conflict extends LotlineError {}
/** A rule of the trade is against it; `reasons` name it. */
export class Refused extends LotlineError {}
/** The key was used before for another input. */
export class IdempotencyKeyReused extends LotlineError {}
export class TooCostly extends LotlineError {}
export class RateLimited extends LotlineError {}
/** The question worked in the database for too long. */
export class TimedOut extends LotlineError {}
export class Busy extends LotlineError {}
/** The stream was read too slowly; nothing is lost: resume from `resumeAfter`. */
export class Lagged extends LotlineError {}
/** Nothing is known any more of what came just after the cursor: ask for the state, then resume from the cursor of that answer. */
export class CursorExpired extends LotlineError {}
/** The cursor is of another database, or another viewer. */
export class CursorForeign extends LotlineError {}
/** The chain changed between two pages of it: begin again. */
export class TraceChanged extends LotlineError {}
export class Unavailable extends LotlineError {}
/** A fault of the server. */
export class InternalServerError extends LotlineError {}
/** The document does not fit the schema of the server. */
export class InvalidDocument extends LotlineError {}

/** The class of each code that the server may send. */
export const ERROR_OF_CODE = {
  BAD_USER_INPUT: BadUserInput,
  NOT_FOUND: NotFound,
  AMBIGUOUS: Ambiguous,
  UNAUTHENTICATED: Unauthenticated,
  FORBIDDEN: Forbidden,
  CONFLICT: Conflict,
  REFUSED: Refused,
  IDEMPOTENCY_KEY_REUSED: IdempotencyKeyReused,
  TOO_COSTLY: TooCostly,
  RATE_LIMITED: RateLimited,
  TIMED_OUT: TimedOut,
  BUSY: Busy,
  LAGGED: Lagged,
  CURSOR_EXPIRED: CursorExpired,
  CURSOR_FOREIGN: CursorForeign,
  TRACE_CHANGED: TraceChanged,
  UNAVAILABLE: Unavailable,
  INTERNAL_SERVER_ERROR: InternalServerError,
  GRAPHQL_PARSE_FAILED: InvalidDocument,
  GRAPHQL_VALIDATION_FAILED: InvalidDocument,
} as const;

/** An error as GraphQL writes it. */
export interface WrittenError {
  message: string;
  path?: readonly (string | number)[];
  extensions?: Record<string, unknown>;
}

const isText = (value: unknown): value is string => typeof value === 'string';

function reasonsIn({ message, extensions = {} }: WrittenError): readonly Reason[] {
  if (Array.isArray(extensions.reasons)) return extensions.reasons as Reason[];
  const { code, path, rule, remedy } = extensions as unknown as Reason;
  return [{ code, message, ...(path && { path }), ...(rule && { rule }), ...(remedy && { remedy }) }];
}

/** The errors of one answer as one: of the class of the first, with the reasons of all. */
export function errorOf(
  errors: readonly WrittenError[],
  about: { data?: unknown; status?: number; retryAfterMs?: number | null },
): LotlineError {
  const [first] = errors;
  const { code, requestId, resumeAfter, retryAfter } = first?.extensions ?? {};
  const Class = Object.hasOwn(ERROR_OF_CODE, String(code)) ? ERROR_OF_CODE[code as keyof typeof ERROR_OF_CODE] : LotlineError;
  return new Class(isText(code) ? code : 'PROTOCOL', first?.message ?? 'an error without a word', {
    reasons: errors.flatMap(reasonsIn),
    requestId: isText(requestId) ? requestId : null,
    retryable: errors.every(({ extensions }) => extensions?.retryable === true),
    retryAfterMs: typeof retryAfter === 'number' ? retryAfter * 1000 : about.retryAfterMs,
    resumeAfter: isText(resumeAfter) ? resumeAfter : null,
    data: about.data,
    status: about.status,
  });
}
