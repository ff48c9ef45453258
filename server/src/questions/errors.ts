import { type ErrorCode, type Reason, Refusal } from '@lotline/schema';
import type { GraphQLError, GraphQLFormattedError } from 'graphql';
import { explain } from '../database';
import { RateLimited } from '../limits';

/** Longest message that leaves the server: graphql-js quotes whole values back. */
const LONGEST_MESSAGE = 600;

const cut = (text: string): string => (text.length > LONGEST_MESSAGE ? `${text.slice(0, LONGEST_MESSAGE)}...` : text);

const plain = ({ code, message, path, rule, remedy }: Reason) => ({
  code,
  message: cut(message),
  ...(path && { path }),
  ...(rule && { rule }),
  ...(remedy && { remedy }),
});

/** A refusal as the extensions of a GraphQL error: the first reason's own fields, and every reason. */
function extensionsOf(refusal: Refusal): Record<string, unknown> {
  const { message: _, ...first } = plain(refusal.reasons[0]);
  return { ...first, retryable: refusal.retryable, ...retryAfterOf(refusal), reasons: refusal.reasons.map(plain) };
}

/** Whole seconds to wait, of what may be asked again later. */
const retryAfterOf = (refusal: Refusal) => (refusal instanceof RateLimited ? { retryAfter: refusal.retryAfter } : {});

/** A whole answer that is nothing but a refusal. */
export const refusalBody = (refusal: Refusal, requestId: string) => ({
  errors: [{ message: cut(refusal.message), extensions: { ...extensionsOf(refusal), requestId } }],
});

/** Codes of Apollo's own, in the words of ours. */
const CODES: Record<string, ErrorCode | 'GRAPHQL_PARSE_FAILED' | 'GRAPHQL_VALIDATION_FAILED'> = {
  GRAPHQL_PARSE_FAILED: 'GRAPHQL_PARSE_FAILED',
  GRAPHQL_VALIDATION_FAILED: 'GRAPHQL_VALIDATION_FAILED',
  BAD_USER_INPUT: 'BAD_USER_INPUT',
  BAD_REQUEST: 'BAD_USER_INPUT',
  OPERATION_RESOLUTION_FAILURE: 'BAD_USER_INPUT',
  PERSISTED_QUERY_NOT_SUPPORTED: 'BAD_USER_INPUT',
};

/** `at "input.inputs[2].on"`, as graphql-js tells the place of a variable's value, as a path. */
function pathIn(message: string): (string | number)[] | undefined {
  const variable = /^Variable "\$(\w+)"/.exec(message)?.[1];
  const place = / at "([^"]+)"/.exec(message)?.[1] ?? variable;
  return place
    ?.split(/[.[\]]+/)
    .filter(Boolean)
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}

/** What was thrown, by a resolver or before any ran. */
const causeOf = (error: unknown): unknown => explain((error as { originalError?: unknown }).originalError ?? error);

/** What leaves the server for an error: ours with all it says, GraphQL's own in our codes, anything else without a word of the inside. */
export function formatError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  const original = causeOf(error);
  const { locations, path } = formatted;
  const place = { ...(locations && { locations }), ...(path && { path }) };
  if (original instanceof Refusal) return { message: cut(original.message), ...place, extensions: extensionsOf(original) };

  const code = CODES[String(formatted.extensions?.code)];
  if (code) {
    const remedy = formatted.extensions?.remedy;
    // A value that a scalar of ours could not read is the caller's input, wherever in the document it stands.
    const own = typeof remedy === 'string' ? 'BAD_USER_INPUT' : code;
    const inputPath = own === 'BAD_USER_INPUT' ? pathIn(formatted.message) : undefined;
    return {
      message: cut(formatted.message),
      ...place,
      extensions: {
        code: own,
        ...(inputPath && { path: inputPath }),
        remedy: remedy ?? 'send a document and variables that fit the schema',
        retryable: false,
      },
    };
  }
  return {
    message: 'Something went wrong on our side.',
    ...place,
    extensions: { code: 'INTERNAL_SERVER_ERROR', remedy: 'try again; if it stays, report the requestId', retryable: true },
  };
}

/** Is this a fault of ours, which a person should read in the log? */
export const isFault = (error: GraphQLError): boolean =>
  !(causeOf(error) instanceof Refusal) && CODES[String(error.extensions.code)] === undefined;
