import { Refusal } from '@lotline/schema';
import { type DocumentNode, type FragmentDefinitionNode, Kind, type OperationDefinitionNode, type SelectionSetNode } from 'graphql';
import { DEFAULT_FIRST } from './paging';

/** Most values that one answer may be asked to hold, if every list were as long as its page. */
const MOST_VALUES = 1_000_000;

/**
 * The most values that an operation may ask for: fields, multiplied by the pages they stand in. Known before anything runs. Each fragment
 * is counted once and remembered, so that fragments which double each other cost the count nothing.
 */
export function valuesAskedFor(
  { definitions }: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Record<string, unknown>,
): number {
  const fragments = definitions.filter((each) => each.kind === Kind.FRAGMENT_DEFINITION);
  const byName = new Map(fragments.map((fragment) => [fragment.name.value, fragment]));
  const known = new Map<string, number>();
  const ofFragment = (name: string): number => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const fragment = byName.get(name);
    const values = fragment ? ofSelections(fragment.selectionSet) : 0;
    known.set(name, values);
    return values;
  };
  const ofSelections = ({ selections }: SelectionSetNode): number => {
    let sum = 0;
    for (const selection of selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) sum += ofFragment(selection.name.value);
      else if (selection.kind === Kind.INLINE_FRAGMENT) sum += ofSelections(selection.selectionSet);
      else if (!selection.selectionSet) sum += 1;
      else sum += 1 + ofSelections(selection.selectionSet) * pageOf(selection);
    }
    return sum;
  };
  /** A connection is a field that has `nodes` or `edges`; it multiplies what stands in it by its page. */
  const pageOf = ({
    arguments: args = [],
    selectionSet,
  }: Extract<SelectionSetNode['selections'][number], { kind: Kind.FIELD }>): number => {
    const first = args.find((argument) => argument.name.value === 'first')?.value;
    if (first?.kind === Kind.INT) return Math.max(0, Number(first.value));
    if (first?.kind === Kind.VARIABLE) {
      const given = variables[first.name.value];
      return typeof given === 'number' ? Math.max(0, given) : DEFAULT_FIRST;
    }
    return hasPage(selectionSet!, byName) ? DEFAULT_FIRST : 1;
  };
  return ofSelections(operation.selectionSet);
}

/** Does a set hold `nodes` or `edges`, itself or by its fragments? Each fragment is looked into once. */
function hasPage(set: SelectionSetNode, fragments: ReadonlyMap<string, FragmentDefinitionNode>, seen = new Set<string>()): boolean {
  return set.selections.some((selection) => {
    if (selection.kind === Kind.FIELD) return selection.name.value === 'nodes' || selection.name.value === 'edges';
    if (selection.kind === Kind.INLINE_FRAGMENT) return hasPage(selection.selectionSet, fragments, seen);
    const { value: name } = selection.name;
    if (seen.has(name)) return false;
    seen.add(name);
    const fragment = fragments.get(name);
    return fragment !== undefined && hasPage(fragment.selectionSet, fragments, seen);
  });
}

/** @throws Refusal TOO_COSTLY for what could not be answered within bounded memory */
export function refuseCostly(document: DocumentNode, operation: OperationDefinitionNode, variables: Record<string, unknown>): void {
  const values = valuesAskedFor(document, operation, variables);
  if (values <= MOST_VALUES) return;
  throw new Refusal({
    code: 'TOO_COSTLY',
    message: `the question may ask for ${values < 1e15 ? values : 'more than 10^15'} values; ${MOST_VALUES} is the most`,
    remedy: 'ask for smaller pages with first, nest fewer lists, or ask in several questions',
  });
}
