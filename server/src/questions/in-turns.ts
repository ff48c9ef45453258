import {
  defaultFieldResolver,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isLeafType,
  isListType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import type { Question } from './question';

/** Fields that are as much to write as an object is to begin with. */
const FIELDS_OF_AN_OBJECT = 10;

/** Has every list that is asked for, every object of one and all that is said of a page wait for their turn where an answer is large: database/pace.ts. */
export function inTurns(graph: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(graph.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__') || type === graph.getSubscriptionType()) continue;
    for (const field of Object.values(type.getFields())) {
      const named = getNamedType(field.type);
      if (named.name.endsWith('Connection')) askInTurn(field);
      else if (named.name === 'PageInfo' || (isListType(getNullableType(field.type)) && !isLeafType(named))) writeInTurn(field);
    }
  }
  return graph;
}

type FieldOf = GraphQLField<unknown, Question>;

function askInTurn(field: FieldOf): void {
  const resolve = field.resolve ?? defaultFieldResolver;
  field.resolve = (source, args, question, info) => {
    const turn = question.reader.whenInTurn(1);
    return turn ? turn.then(() => resolve(source, args, question, info)) : resolve(source, args, question, info);
  };
}

function writeInTurn(field: FieldOf): void {
  const resolve = field.resolve ?? defaultFieldResolver;
  field.resolve = (source, args, question, info) => {
    const given = resolve(source, args, question, info);
    return given instanceof Promise ? given.then((known) => written(known, question, info)) : written(given, question, info);
  };
}

function written(given: unknown, { reader }: Question, info: GraphQLResolveInfo): unknown {
  const weight = 1 + fieldsBelow(info) / FIELDS_OF_AN_OBJECT;
  const inTurn = (object: unknown): unknown => {
    const turn = reader.whenInTurn(weight);
    if (!turn) return object;
    const waiting = turn.then(() => object);
    // Of a list that fails at one object the others are not looked at.
    waiting.catch(() => {});
    return waiting;
  };
  return Array.isArray(given) ? given.map(inTurn) : given && inTurn(given);
}

const known = new WeakMap<SelectionSetNode, number>();

/** Fields that are asked for of each object, and below it. */
function fieldsBelow({ fieldNodes, fragments }: GraphQLResolveInfo): number {
  return fieldNodes.reduce((sum, { selectionSet }) => sum + (selectionSet ? fieldsIn(selectionSet, fragments) : 0), 0);
}

function fieldsIn(set: SelectionSetNode, fragments: Readonly<Record<string, FragmentDefinitionNode>>): number {
  const before = known.get(set);
  if (before !== undefined) return before;
  const fields = set.selections.reduce((sum, each) => {
    if (each.kind === Kind.FRAGMENT_SPREAD) return sum + fieldsIn(fragments[each.name.value]!.selectionSet, fragments);
    const below = each.selectionSet ? fieldsIn(each.selectionSet, fragments) : 0;
    return sum + below + (each.kind === Kind.FIELD ? 1 : 0);
  }, 0);
  known.set(set, fields);
  return fields;
}
