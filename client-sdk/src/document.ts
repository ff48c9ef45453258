import { print } from './print.ts';

/**
 * A document that knows its answer and its variables: `TypedDocumentString` and `TypedDocumentNode` of graphql-codegen, what `graphql()` of
 * gql.tada gives, and `TypedDocument` here are all such.
 */
export interface DocumentOf<Answer, Variables> {
  readonly __apiType?: (variables: Variables) => Answer;
}

/** The text of a document, with the types of its answer and its variables. */
export class TypedDocument<Answer, Variables> extends String implements DocumentOf<Answer, Variables> {
  declare readonly __apiType?: (variables: Variables) => Answer;

  constructor(
    text: string,
    /** Names under which the answer holds masses; those come as Kilograms. */
    readonly masses?: ReadonlySet<string>,
  ) {
    super(text);
  }
}

/** What is sent for a document. @throws TypeError for what is none */
export function textOf(document: object): string {
  if (document instanceof String) return String(document);
  if ('definitions' in document) return print(document as Parameters<typeof print>[0]);
  throw new TypeError('a document is a text or what graphql parsed of it');
}

/** What the operation of a document is called; null where it has no name. */
export const nameOf = (text: string): string | null => /^\s*(?:query|mutation|subscription)\s+(\w+)/m.exec(text)?.[1] ?? null;
