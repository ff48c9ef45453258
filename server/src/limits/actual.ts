import {
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import { priceOf, weightOfRoot } from './annotate';
import { type Asked, fragmentsOf, Given } from './cost';
import { INTROSPECTION } from './weights';

/** A field of an answer, by its key there. */
interface Told {
  key: string;
  weight: number;
  /** What is selected of it, and under which type; none for a value. */
  sets: readonly Selected[];
  /** Is each element of it an object of its own? */
  list: boolean;
}

interface Selected {
  set: SelectionSetNode;
  type: GraphQLCompositeType;
}

/** What an answer cost: the same weights, over what it holds. */
export function actualCost(asked: Asked, data: object | null): number {
  const { graph, document, operation } = asked;
  const given = new Given(asked);
  const root = graph.getRootType(operation.operation)!;
  const fragments = fragmentsOf(document);
  const known = new Map<readonly Selected[], readonly Told[]>();

  const toldIn = (sets: readonly Selected[]): readonly Told[] => {
    const before = known.get(sets);
    if (before) return before;
    const fields = new Map<string, Told & { sets: Selected[] }>();
    const seen = new Set<string>();
    const collect = ({ set, type }: Selected): void => {
      for (const selection of set.selections) {
        if (selection.kind === Kind.FIELD) add(selection, type);
        else if (selection.kind === Kind.INLINE_FRAGMENT)
          collect({ set: selection.selectionSet, type: typeOr(graph, selection.typeCondition?.name.value, type) });
        else {
          const fragment = fragments.get(selection.name.value);
          const name = `${selection.name.value} ${type.name}`;
          if (!fragment || seen.has(name)) continue;
          seen.add(name);
          collect({ set: fragment.selectionSet, type: typeOr(graph, fragment.typeCondition.name.value, type) });
        }
      }
    };
    const add = (node: FieldNode, parent: GraphQLCompositeType): void => {
      const name = node.name.value;
      const key = (node.alias ?? node.name).value;
      const field = 'getFields' in parent ? parent.getFields()[name] : undefined;
      const weight = field ? priceOf(field).weight + given.weightOf(node) : (INTROSPECTION[name as keyof typeof INTROSPECTION] ?? 0);
      const type = field && getNamedType(field.type);
      const told = fields.get(key) ?? { key, weight, sets: [], list: type !== undefined && isCompositeType(type) };
      told.weight = Math.max(told.weight, weight);
      if (node.selectionSet && isCompositeType(type)) told.sets.push({ set: node.selectionSet, type });
      fields.set(key, told);
    };
    for (const each of sets) collect(each);
    const told = [...fields.values()];
    known.set(sets, told);
    return told;
  };

  const ofObject = (object: Record<string, unknown>, sets: readonly Selected[]): number => {
    let sum = 0;
    for (const { key, weight, sets: below, list } of toldIn(sets)) {
      const value = object[key];
      if (value === undefined) continue;
      if (!list || !Array.isArray(value)) sum += weight;
      if (below.length === 0 || value === null) continue;
      if (!Array.isArray(value)) sum += ofObject(value as Record<string, unknown>, below);
      else for (const each of value) if (each !== null) sum += weight + ofObject(each, below);
    }
    return sum;
  };
  return (
    weightOfRoot(root.name) + (data === null ? 0 : ofObject(data as Record<string, unknown>, [{ set: operation.selectionSet, type: root }]))
  );
}

function typeOr(graph: GraphQLSchema, condition: string | undefined, type: GraphQLCompositeType): GraphQLCompositeType {
  const named = condition === undefined ? undefined : graph.getType(condition);
  // What stands on the object itself is known better than what stands on an interface of it.
  return named && isCompositeType(named) && (isObjectType(named) || !isObjectType(type)) ? named : type;
}
