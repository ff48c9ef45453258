import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';
import { type ListSize, priceOf, weightOfRoot } from './annotate';
import { ELEMENT, INTROSPECTION } from './weights';

/** An operation, as it is to be carried out. */
export interface Asked {
  graph: GraphQLSchema;
  document: DocumentNode;
  operation: OperationDefinitionNode;
  variables: Readonly<Record<string, unknown>>;
}

/** Values of arguments and directives that count, before the whole of the variables is read. */
export class Given {
  private readonly defaults: ReadonlyMap<string, ValueNode | undefined>;

  constructor({ operation, variables }: Asked) {
    this.variables = variables;
    this.defaults = new Map((operation.variableDefinitions ?? []).map((each) => [each.variable.name.value, each.defaultValue]));
  }

  private readonly variables: Readonly<Record<string, unknown>>;
  /** Elements of lists in each variable, as far as they were counted. */
  private readonly elements = new Map<string, number>();

  /** A length; null where there is none. */
  length(node: FieldNode, name: string): number | null {
    const value = this.value(node.arguments?.find((argument) => argument.name.value === name)?.value);
    return typeof value === 'number' && value >= 0 ? value : null;
  }

  /** What the lists in its arguments weigh. */
  weightOf(node: FieldNode): number {
    return (node.arguments ?? []).reduce((sum, each) => sum + this.elementsIn(each.value), 0) * ELEMENT;
  }

  /** Do @skip and @include leave it in? */
  includes({ directives = [] }: SelectionNode): boolean {
    return directives.every((directive) => {
      if (directive.name.value === 'skip') return this.condition(directive) !== true;
      return directive.name.value !== 'include' || this.condition(directive) !== false;
    });
  }

  private elementsIn(node: ValueNode): number {
    if (node.kind === Kind.LIST) return node.values.reduce((sum, each) => sum + 1 + this.elementsIn(each), 0);
    if (node.kind === Kind.OBJECT) return node.fields.reduce((sum, each) => sum + this.elementsIn(each.value), 0);
    if (node.kind !== Kind.VARIABLE) return 0;
    const name = node.name.value;
    let elements = this.elements.get(name);
    if (elements === undefined) {
      const fallback = this.defaults.get(name);
      elements = this.variables[name] === undefined && fallback ? this.elementsIn(fallback) : elementsOf(this.variables[name]);
      this.elements.set(name, elements);
    }
    return elements;
  }

  private condition({ arguments: args = [] }: DirectiveNode): unknown {
    return this.value(args.find((argument) => argument.name.value === 'if')?.value);
  }

  private value(node: ValueNode | undefined): unknown {
    if (node?.kind === Kind.INT) return Number(node.value);
    if (node?.kind === Kind.BOOLEAN) return node.value;
    if (node?.kind !== Kind.VARIABLE) return undefined;
    const given = this.variables[node.name.value];
    const fallback = this.defaults.get(node.name.value);
    return given === undefined && fallback?.kind !== Kind.VARIABLE ? this.value(fallback) : given;
  }
}

/** Elements of the lists in a value of a variable. */
function elementsOf(value: unknown): number {
  let elements = 0;
  // However deep it is: nobody has looked at it yet.
  const waiting: unknown[] = [value];
  while (waiting.length > 0) {
    const each = waiting.pop();
    if (typeof each !== 'object' || each === null) continue;
    if (Array.isArray(each)) elements += each.length;
    for (const below of Object.values(each)) if (typeof below === 'object') waiting.push(below);
  }
  return elements;
}

export const fragmentsOf = ({ definitions }: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> =>
  new Map(definitions.flatMap((each) => (each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each]] : [])));

/** Does what stands under a condition apply to objects of that type? */
export function applies(graph: GraphQLSchema, condition: string | undefined, type: GraphQLObjectType): boolean {
  if (condition === undefined || condition === type.name) return true;
  const named = graph.getType(condition);
  return isAbstractType(named) && graph.isSubType(named, type);
}

/**
 * What an operation costs at most, known before anything of it runs: what it selects, multiplied by the lists that it stands in. A set is
 * counted once for each type that it may be of, and remembered, so that fragments which double each other cost the count nothing.
 * @param longest counts as if no page were longer
 */
export function costOf(asked: Asked, longest = Number.POSITIVE_INFINITY): number {
  const { graph, document, operation } = asked;
  const given = new Given(asked);
  const fragments = fragmentsOf(document);
  const known = new Map<SelectionSetNode, Map<string, number>>();

  const ofSet = (set: SelectionSetNode, type: GraphQLCompositeType, page: number): number => {
    const name = `${type.name} ${page}`;
    const before = known.get(set) ?? new Map<string, number>();
    const counted = before.get(name);
    if (counted !== undefined) return counted;
    const cost = isAbstractType(type)
      ? graph.getPossibleTypes(type).reduce((dearest, each) => Math.max(dearest, ofSet(set, each, page)), 0)
      : set.selections.reduce((sum, each) => sum + ofSelection(each, type, page), 0);
    known.set(set, before.set(name, cost));
    return cost;
  };
  const lengthOf = (node: FieldNode, { argument, assumed }: ListSize): number =>
    argument === null ? assumed : Math.min(given.length(node, argument) ?? assumed, longest);
  const ofSelection = (selection: SelectionNode, type: GraphQLObjectType, page: number): number => {
    if (!given.includes(selection)) return 0;
    if (selection.kind === Kind.FIELD) return ofField(selection, type, page);
    const found = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
    return found && applies(graph, found.typeCondition?.name.value, type) ? ofSet(found.selectionSet, type, page) : 0;
  };
  const ofField = (node: FieldNode, parent: GraphQLObjectType, page: number): number => {
    const name = node.name.value;
    const field = parent.getFields()[name];
    if (!field) return INTROSPECTION[name as keyof typeof INTROSPECTION] ?? 0;
    const { size, ...price } = priceOf(field);
    const weight = price.weight + given.weightOf(node);
    const type = getNamedType(field.type);
    if (!node.selectionSet || !isCompositeType(type)) return weight;
    const length = size ? lengthOf(node, size) : 1;
    if (size?.fields) return weight + ofSet(node.selectionSet, type, length);
    // What has the length of a page is named by the connection that it stands in.
    const times = size ? length : isPage(parent, name) ? page : 1;
    return times * (weight + ofSet(node.selectionSet, type, 1));
  };
  const root = graph.getRootType(operation.operation)!;
  return weightOfRoot(root.name) + ofSet(operation.selectionSet, root, 1);
}

const isPage = ({ name }: GraphQLObjectType, field: string): boolean =>
  name.endsWith('Connection') && (field === 'nodes' || field === 'edges');

/** The longest page at which an operation fits a budget; 0 where it does not fit even with pages of one. */
export function longestPage(asked: Asked, budget: number): number {
  let [fits, beyond] = [0, 501];
  while (beyond - fits > 1) {
    const middle = (fits + beyond) >> 1;
    if (costOf(asked, middle) <= budget) fits = middle;
    else beyond = middle;
  }
  return fits;
}
