import type { Refusal } from '@lotline/schema';
import { type ExecutionResult, execute, GraphQLError, type GraphQLSchema } from 'graphql';
import { isAway } from '../database';
import type { Note } from '../journal';
import { formatError, isFault, type Question } from '../questions';
import type { LiveRequest } from './request';

/** A message as JSON, cut where the values of a stream of its own stand. */
export interface Template {
  /** One more than there are holes. */
  pieces: readonly string[];
  holes: readonly ('cursor' | 'sequence')[];
  /** What it shows, for the access journal. */
  shown: readonly Note[];
}

/**
 * Writes the message of a change once for all streams that are alike; null for their heartbeat.
 * @param refused why nothing is told of a change, in the place of it
 */
export async function write(
  graph: GraphQLSchema,
  question: Question,
  request: LiveRequest,
  change: object | null,
  refused: Refusal | null = null,
): Promise<Template> {
  const written = (await execute({
    schema: graph,
    document: request.document,
    operationName: request.operationName,
    variableValues: request.variables,
    contextValue: question,
    rootValue: { cursor: '', sequence: 0, change },
  })) as ExecutionResult;
  const result = refused ? { ...written, errors: [inPlaceOfChange(refused, request)] } : written;
  // A change is told once: a database that is away, or a fault of ours in place of it, must not tear a hole in it. What the document itself
  // is to blame for is told with its errors.
  const fault =
    result.errors?.find(({ originalError }) => isAway(originalError)) ??
    (isBare(result, request) ? result.errors?.find(isFault) : undefined);
  if (change !== null && fault) throw fault.originalError ?? fault;
  return { ...cut(result, request, question.requestId), shown: question.notes.all };
}

function inPlaceOfChange(originalError: Refusal, { responseKey, message }: LiveRequest): GraphQLError {
  const [key] = [...message].find(([, field]) => field === 'change')!;
  return new GraphQLError(originalError.message, { path: [responseKey, key], originalError });
}

/** Was the change asked for, and is not there? */
function isBare({ data }: ExecutionResult, { responseKey, message }: LiveRequest): boolean {
  const answer = data?.[responseKey] as Record<string, unknown> | null | undefined;
  return !answer || Object.entries(answer).some(([key, value]) => value === null && message.get(key) === 'change');
}

function cut({ data, errors }: ExecutionResult, { responseKey, message }: LiveRequest, requestId: string): Omit<Template, 'shown'> {
  const told = errors?.map((error) => {
    const formatted = formatError(error.toJSON(), error);
    return { ...formatted, extensions: { ...formatted.extensions, requestId } };
  });
  const ending = told ? `,"errors":${JSON.stringify(told)}}` : '}';
  const answer = data?.[responseKey] as Record<string, unknown> | null | undefined;
  if (!answer) return { pieces: [`{"data":${JSON.stringify(data ?? null)}${ending}`], holes: [] };
  const pieces: string[] = [];
  const holes: ('cursor' | 'sequence')[] = [];
  let text = `{"data":{${JSON.stringify(responseKey)}:{`;
  Object.entries(answer).forEach(([key, value], index) => {
    const field = message.get(key);
    text += `${index === 0 ? '' : ','}${JSON.stringify(key)}:`;
    if (field === 'cursor' || field === 'sequence') {
      pieces.push(text);
      holes.push(field);
      text = '';
    } else text += JSON.stringify(value);
  });
  pieces.push(`${text}}}${ending}`);
  return { pieces, holes };
}

/** The message of one stream. A cursor needs no escaping in JSON. */
export function fill({ pieces, holes }: Template, cursor: string, sequence: number): string {
  let text = pieces[0]!;
  for (let hole = 0; hole < holes.length; hole++) text += (holes[hole] === 'cursor' ? `"${cursor}"` : sequence) + pieces[hole + 1]!;
  return text;
}
