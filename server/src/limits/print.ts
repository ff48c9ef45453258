import { type GraphQLField, type GraphQLSchema, isInterfaceType, isObjectType, Kind, parse, printSchema } from 'graphql';
import { priceOf, weightOfRoot } from './annotate';
import { OBJECT } from './weights';

/** The graph as its clients read it, with what each field weighs and how long each list is taken to be. */
export function printGraph(graph: GraphQLSchema): string {
  const text = printSchema(graph);
  /** What is put in, and where. */
  const added: [number, string][] = [];
  for (const node of parse(text).definitions) {
    if (node.kind !== Kind.OBJECT_TYPE_DEFINITION && node.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    const type = graph.getType(node.name.value);
    if (!(isObjectType(type) || isInterfaceType(type))) continue;
    const weight = weightOfRoot(type.name);
    if (weight > 0) added.push([node.name.loc!.end, ` @cost(weight: "${weight}")`]);
    for (const field of node.fields ?? []) added.push([field.type.loc!.end, annotationsOf(type.getFields()[field.name.value]!)]);
  }
  const ends = [0, ...added.map(([at]) => at)];
  return ends.map((start, index) => `${index === 0 ? '' : added[index - 1]![1]}${text.slice(start, ends[index + 1])}`).join('');
}

function annotationsOf(field: GraphQLField<unknown, unknown>): string {
  const { weight, size } = priceOf(field);
  const cost = weight === OBJECT ? '' : ` @cost(weight: "${weight}")`;
  if (!size) return cost;
  const sliced =
    size.argument &&
    `, slicingArguments: ["${size.argument}"], sizedFields: ${JSON.stringify(size.fields)}, requireOneSlicingArgument: false`;
  return `${cost} @listSize(assumedSize: ${size.assumed}${sliced ?? ''})`;
}
