import {
  DirectiveLocation,
  GraphQLBoolean,
  GraphQLDirective,
  type GraphQLField,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  type GraphQLOutputType,
  type GraphQLSchema,
  GraphQLString,
  getNamedType,
  getNullableType,
  isInterfaceType,
  isLeafType,
  isListType,
  isObjectType,
} from 'graphql';
import { ASSUMED, COMMAND, COUNT, CURSOR, LEAF, LENGTHS, LIST, LOOK_UP, OBJECT, OF_OPERATION, ROOT_LIST, WEIGHTS } from './weights';

/** Length of a page where none is given; as the arguments of every list say. */
const DEFAULT_FIRST = 50;

export const COST = new GraphQLDirective({
  name: 'cost',
  description:
    'What a field or a type weighs in the cost of a question: where nothing is said an object weighs 1, a value 0. The weight of the root type counts once for an operation; __schema weighs 2000 and __type 50, whatever is asked of them; each element of a list in an argument weighs 0.1. docs/limits.md.',
  locations: [
    DirectiveLocation.ARGUMENT_DEFINITION,
    DirectiveLocation.ENUM,
    DirectiveLocation.FIELD_DEFINITION,
    DirectiveLocation.INPUT_FIELD_DEFINITION,
    DirectiveLocation.OBJECT,
    DirectiveLocation.SCALAR,
  ],
  args: { weight: { type: new GraphQLNonNull(GraphQLString), description: 'A decimal number.' } },
});

const texts = new GraphQLList(new GraphQLNonNull(GraphQLString));

export const LIST_SIZE = new GraphQLDirective({
  name: 'listSize',
  description: 'How long a list is taken to be in the cost of a question, before it is known: what stands in it counts so many times.',
  locations: [DirectiveLocation.FIELD_DEFINITION],
  args: {
    assumedSize: { type: GraphQLInt, description: 'The length where no argument says it.' },
    slicingArguments: { type: texts, description: 'Arguments that say it.' },
    sizedFields: { type: texts, description: 'Fields below that have that length, where the field itself is no list.' },
    requireOneSlicingArgument: { type: GraphQLBoolean, defaultValue: true, description: 'Must one of them be given? Here never.' },
  },
});

/** The length of a list. */
export interface ListSize {
  assumed: number;
  /** The argument that says it; null of a list without pages. */
  argument: string | null;
  /** Fields below that have it; null where the field itself is the list. */
  fields: readonly string[] | null;
}

/** What a field weighs. */
export interface Price {
  weight: number;
  size: ListSize | null;
}

const PRICE = Symbol('price');
type Priced = { [PRICE]?: Price };

export const priceOf = ({ extensions }: GraphQLField<unknown, unknown>): Price => (extensions as Priced)[PRICE]!;

/** The list in a type, if it is one of objects. */
const isListOfObjects = (type: GraphQLOutputType): boolean => isListType(getNullableType(type)) && !isLeafType(getNamedType(type));
const isConnection = (type: GraphQLOutputType): boolean => getNamedType(type).name.endsWith('Connection');
const PAGED = ['nodes', 'edges'];
const isPlace = (type: string): boolean => type === 'PageInfo' || type.endsWith('Edge');

/** Says of every field of a graph what it weighs. A field that is added is priced by what it gives, until it is measured. */
export function priced(graph: GraphQLSchema): GraphQLSchema {
  const roots = new Map<unknown, (type: GraphQLOutputType) => number>([
    [graph.getQueryType(), (type) => (isConnection(type) ? ROOT_LIST : LOOK_UP)],
    [graph.getMutationType(), () => COMMAND],
    [graph.getSubscriptionType(), () => LOOK_UP],
  ]);
  for (const type of Object.values(graph.getTypeMap())) {
    if (!(isObjectType(type) || isInterfaceType(type)) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      const name = `${type.name}.${field.name}`;
      const usual = (): number => {
        if (field.name === 'totalCount' && isConnection(type as GraphQLOutputType)) return COUNT;
        if (isPlace(type.name) && /cursor$/i.test(field.name)) return CURSOR;
        if (isLeafType(getNamedType(field.type))) return LEAF;
        const ofRoot = roots.get(type);
        return ofRoot ? ofRoot(field.type) : isConnection(field.type) ? LIST : OBJECT;
      };
      const size = (): ListSize | null => {
        if (isConnection(field.type)) return { assumed: DEFAULT_FIRST, argument: 'first', fields: PAGED };
        const isPage = PAGED.includes(field.name) && isConnection(type as GraphQLOutputType);
        return isListOfObjects(field.type) && !isPage ? { assumed: LENGTHS[name] ?? ASSUMED, argument: null, fields: null } : null;
      };
      field.extensions = { ...field.extensions, [PRICE]: { weight: WEIGHTS[name] ?? usual(), size: size() } satisfies Price };
    }
  }
  return graph;
}

/** What an operation weighs before anything is selected. */
export const weightOfRoot = (name: string): number => OF_OPERATION[name as keyof typeof OF_OPERATION] ?? 0;
