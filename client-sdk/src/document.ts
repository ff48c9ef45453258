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
export function nameOf(text: string): string | null {
  let depth = 0;
  let isNamed = false;
  for (const [token] of text.matchAll(/"""[\s\S]*?"""|"(?:\\.|[^"\\])*"|#[^\n\r]*|[{}()[\]]|[$@]?[_A-Za-z]\w*/g)) {
    if (isNamed) return /^[_A-Za-z]/.test(token) ? token : null;
    if ('{(['.includes(token)) depth++;
    else if ('})]'.includes(token)) depth--;
    else isNamed = depth === 0 && /^(?:query|mutation|subscription)$/.test(token);
  }
  return null;
}
