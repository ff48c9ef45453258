import { Refusal } from '@lotline/schema';
import { type DocumentNode, execute, type GraphQLError, type GraphQLSchema, Kind } from 'graphql';
import { type Question, refuseOutOfScope } from '../questions';

/** What the graph answers to a document of ours, under the rights of whoever asks and the limits of every question. @throws Refusal */
export async function ask<Answer>(
  graph: GraphQLSchema,
  question: Question,
  document: DocumentNode,
  variables: Record<string, unknown>,
): Promise<Answer> {
  const operation = document.definitions.find((each) => each.kind === Kind.OPERATION_DEFINITION)!;
  withinScopes(() => refuseOutOfScope(graph, document, question.notes));
  question.ticket?.admit({ graph, document, operation, variables });
  const { data, errors } = await question.reader.whole(() =>
    execute({ schema: graph, document, variableValues: variables, contextValue: question }),
  );
  if (errors) throw causeOf(errors);
  return data as Answer;
}

/** A page is whole, so that nothing of it can be left out for a key. */
function withinScopes(check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new Refusal({ ...error.reasons[0], remedy: 'use a key with that scope: a page is printed whole' });
  }
}

/** A fault of ours goes before what was refused. */
function causeOf(errors: readonly GraphQLError[]): unknown {
  const causes = errors.map((error) => error.originalError ?? error);
  return causes.find((cause) => !(cause instanceof Refusal)) ?? causes[0];
}
