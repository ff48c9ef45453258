import { Refusal } from '@lotline/schema';
import {
  type ASTNode,
  type ASTVisitor,
  GraphQLError,
  Kind,
  type SelectionSetNode,
  type ValidationContext,
  type ValidationRule,
} from 'graphql';
import { fragmentsOf } from './cost';

/** Most tokens of a document. */
export const MOST_TOKENS = 5000;
/** Longest document, characters. */
export const LONGEST_DOCUMENT = 64 * 1024;
/** Largest variables, characters of JSON: what a request of 1 MiB has room for beside a document. */
export const LARGEST_VARIABLES = 960 * 1024;
/** Deepest field of an operation: what GraphiQL asks of the schema is 16 deep. */
export const DEEPEST_FIELD = 25;
/** Most aliases of a document. */
export const MOST_ALIASES = 200;
/** Most times that one field is asked for in one place. */
export const MOST_OF_ONE_FIELD = 50;
/** Most fields of an operation's root. */
export const MOST_ROOT_FIELDS = 50;
/** Most directives of a document, and at one place. */
export const MOST_DIRECTIVES = 50;
export const MOST_DIRECTIVES_HERE = 4;

/** Refuses a document, with the place in it. */
function refuse(context: ValidationContext, nodes: ASTNode | readonly ASTNode[], message: string, remedy: string): void {
  const refusal = new Refusal({ code: 'TOO_COSTLY', message, path: ['query'], remedy });
  context.reportError(new GraphQLError(message, { nodes, originalError: refusal, extensions: { code: 'TOO_COSTLY', remedy } }));
}

/** No operation is deeper than so many fields; fragments count where they are spread. */
function depthRule(context: ValidationContext): ASTVisitor {
  const fragments = fragmentsOf(context.getDocument());
  const known = new Map<string, number>();
  const depthOf = ({ selections }: SelectionSetNode): number => {
    let deepest = 0;
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) deepest = Math.max(deepest, 1 + (selection.selectionSet ? depthOf(selection.selectionSet) : 0));
      else if (selection.kind === Kind.INLINE_FRAGMENT) deepest = Math.max(deepest, depthOf(selection.selectionSet));
      else deepest = Math.max(deepest, ofFragment(selection.name.value));
    }
    return deepest;
  };
  const ofFragment = (name: string): number => {
    const before = known.get(name);
    if (before !== undefined) return before;
    // One that holds itself is refused by a rule of GraphQL's own.
    known.set(name, 0);
    const fragment = fragments.get(name);
    const depth = fragment ? depthOf(fragment.selectionSet) : 0;
    known.set(name, depth);
    return depth;
  };
  return {
    OperationDefinition(node) {
      const depth = depthOf(node.selectionSet);
      if (depth > DEEPEST_FIELD)
        refuse(
          context,
          node,
          `the operation is ${depth} fields deep; ${DEEPEST_FIELD} is the most`,
          'ask in several questions, from the id of a noun on',
        );
    },
  };
}

/** So many aliases in a document, and so many fields of one name in one place. */
function aliasRule(context: ValidationContext): ASTVisitor {
  let aliases = 0;
  return {
    Field(node) {
      if (node.alias && ++aliases === MOST_ALIASES + 1)
        refuse(context, node, `the document has more than ${MOST_ALIASES} aliases, which is the most`, 'ask in several questions');
    },
    SelectionSet({ selections }) {
      const counts = new Map<string, number>();
      for (const selection of selections) {
        if (selection.kind !== Kind.FIELD) continue;
        const name = selection.name.value;
        const count = (counts.get(name) ?? 0) + 1;
        counts.set(name, count);
        if (count === MOST_OF_ONE_FIELD + 1)
          refuse(
            context,
            selection,
            `${name} is asked for more than ${MOST_OF_ONE_FIELD} times in one place, which is the most`,
            'ask in several questions, or by a list with a filter',
          );
      }
    },
  };
}

/** So many fields of the root, those of fragments with them. */
function rootRule(context: ValidationContext): ASTVisitor {
  const fragments = fragmentsOf(context.getDocument());
  return {
    OperationDefinition(node) {
      const seen = new Set<string>();
      const countIn = ({ selections }: SelectionSetNode): number =>
        selections.reduce((sum, selection) => {
          if (selection.kind === Kind.FIELD) return sum + 1;
          if (selection.kind === Kind.INLINE_FRAGMENT) return sum + countIn(selection.selectionSet);
          const { value: name } = selection.name;
          const fragment = seen.has(name) ? undefined : fragments.get(name);
          seen.add(name);
          return fragment ? sum + countIn(fragment.selectionSet) : sum;
        }, 0);
      const count = countIn(node.selectionSet);
      if (count > MOST_ROOT_FIELDS)
        refuse(context, node, `the operation has ${count} root fields; ${MOST_ROOT_FIELDS} is the most`, 'ask in several questions');
    },
  };
}

/** So many directives in a document, and in one place. */
function directiveRule(context: ValidationContext): ASTVisitor {
  let directives = 0;
  return {
    enter(node) {
      const here = 'directives' in node ? (node.directives ?? []) : [];
      if (here.length > MOST_DIRECTIVES_HERE)
        refuse(
          context,
          node,
          `there are ${here.length} directives in one place; ${MOST_DIRECTIVES_HERE} is the most`,
          'leave out those that say nothing more',
        );
      const before = directives;
      directives += here.length;
      if (before <= MOST_DIRECTIVES && directives > MOST_DIRECTIVES)
        refuse(context, node, `the document has more than ${MOST_DIRECTIVES} directives, which is the most`, 'ask in several questions');
    },
  };
}

/** What a document may be, beside what GraphQL itself says: the same over every transport. */
export const LIMIT_RULES: readonly ValidationRule[] = [depthRule, aliasRule, rootRule, directiveRule];

const tooLarge = (what: string, most: number, path: string, remedy: string) =>
  new Refusal({ code: 'TOO_COSTLY', message: `${what} is longer than ${most} characters, which is the most`, path: [path], remedy });

/** @throws Refusal TOO_COSTLY for a document that is too long to be read */
export function refuseLongDocument(query: unknown): void {
  if (typeof query === 'string' && query.length > LONGEST_DOCUMENT)
    throw tooLarge('the document', LONGEST_DOCUMENT, 'query', 'select less, leave comments out, and send values as variables');
}

/** @throws Refusal TOO_COSTLY for variables that are too large */
export function refuseLargeVariables(variables: unknown): void {
  if (sizeOf(variables, LARGEST_VARIABLES) > LARGEST_VARIABLES)
    throw tooLarge(
      'the JSON of the variables',
      LARGEST_VARIABLES,
      'variables',
      'send less at once; import large folders with lotline import',
    );
}

/** Characters of a value's JSON, about; no further than a bound. */
function sizeOf(value: unknown, most: number): number {
  let size = 0;
  const waiting: unknown[] = [value];
  while (waiting.length > 0 && size <= most) {
    const each = waiting.pop();
    if (typeof each === 'string') size += each.length + 3;
    else if (Array.isArray(each)) {
      size += each.length + 2;
      waiting.push(...each.slice(0, most));
    } else if (typeof each === 'object' && each !== null) {
      for (const [key, below] of Object.entries(each)) {
        size += key.length + 4;
        waiting.push(below);
      }
    } else size += 5;
  }
  return size;
}
