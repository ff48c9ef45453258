import { Refusal } from '@lotline/schema';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { formatError } from '../questions';
import type { Meters } from '../telemetry';
import { InvalidDocument } from './request';
import { StreamEnded } from './stream';

/** What a client is told of an error before or within a stream: as over HTTP, and where to resume from. */
export function errorsOf(error: unknown, requestId: string): GraphQLFormattedError[] {
  const found = error instanceof InvalidDocument ? error.errors : [error];
  const code = error instanceof InvalidDocument ? { code: error.code } : {};
  const resume = error instanceof StreamEnded ? { resumeAfter: error.resumeAfter } : {};
  return found.map((each) => {
    const given = each instanceof GraphQLError ? each.toJSON() : { message: String((each as Error).message) };
    const formatted = formatError({ ...given, extensions: { ...code, ...given.extensions } }, each);
    return { ...formatted, extensions: { ...formatted.extensions, ...resume, requestId } };
  });
}

/** Counts errors that are told to a client. */
export function counted(errors: GraphQLFormattedError[], meters: Pick<Meters, 'refused'>): GraphQLFormattedError[] {
  for (const { extensions } of errors) meters.refused(String(extensions?.code ?? 'none'));
  return errors;
}

/** Was it the client's doing, or a way in which a stream is meant to end? */
export const isExpected = (error: unknown): boolean => error instanceof Refusal || error instanceof InvalidDocument;

/** There are as many connections as may be. */
export const TOO_MANY = new Refusal(
  { code: 'BUSY', message: 'there are too many connections', remedy: 'try again later' },
  { retryable: true },
);
