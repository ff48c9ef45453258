import {
  buildSchema,
  type DirectiveNode,
  type FieldNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  type OperationDefinitionNode,
  parse,
  type SelectionSetNode,
  valueFromASTUntyped,
} from 'graphql';
import { growNetwork } from '../../bench/src/network';
import { Random } from '../../bench/src/random';
import { csv, type Lotline, startLotline } from '../support/lotline';
import { Work } from '../support/work';

// Is what a question is charged before it runs what it takes? Random questions over the schema, on a world in which pages fill.

// Whatever the seed: others, by LIMITS_SEED, must do as well.
const SEED = Number(process.env.LIMITS_SEED ?? 7);
const LOTS = 1500;
const QUESTIONS = 200;
/** Asked before, unmeasured: a server that has just begun is slow. */
const WARMING = 40;
/** As many questions are asked of each size, in units of cost; the dearest are left out, so that the test ends. */
const SIZES = [30, 200, 1000, 5000, 25_000];
/** Lists of the whole graph that are short in this world: longer pages would not fill. */
const LONG: Readonly<Record<string, number[]>> = { shipments: [1, 5, 20, 50], importCertificates: [1, 5, 20, 50] };
/** Fields of which there is nothing in this world, as it says itself. */
const empty = new Set<string>();
/** What nobody here has made. */
const NOT_HERE = ['webhooks', 'failedJobs', 'transferOffers', 'accesses', 'viewer', 'keys', 'auditGrants'];

let lotline: Lotline;
let root: GraphQLObjectType;
let values: Record<string, unknown[]>;
beforeAll(async () => {
  lotline = await startLotline({ pollMs: 600_000, poolSize: 2 });
  const { files } = growNetwork(LOTS, SEED);
  await lotline.import(Object.fromEntries([...files].filter(([, rows]) => rows.length > 0).map(([name, rows]) => [name, csv(rows)])));
  await lotline.database.query('analyze');
  root = buildSchema(await (await fetch(`${lotline.url}/schema.graphql`)).text()).getQueryType()!;
  const known = await lotline.data(
    `{ shipments(first: 100) { nodes { id reference } }
       importCertificates(first: 100) { nodes { id number } } }`,
  );
  const lots: any[] = [];
  for (let after: string | null = null, more = true; more; ) {
    const page: any = await lotline.data(
      'query ($after: String) { lots(first: 500, after: $after) { nodes { id code producer { id identifiers { scheme value } } product { id } } pageInfo { endCursor hasNextPage } } }',
      { after },
    );
    lots.push(...page.lots.nodes);
    ({ endCursor: after, hasNextPage: more } = page.lots.pageInfo);
  }
  values = {
    'Query.lot code': lots.map(({ code }: any) => code),
    'Query.shipment reference': known.shipments.nodes.map(({ reference }: any) => reference),
    'Query.importCertificate number': known.importCertificates.nodes.map(({ number }: any) => number),
    'Query.operation identifier': lots.map(({ producer: { identifiers } }: any) =>
      identifiers[0].scheme === 'NOP' ? identifiers[0].value : `${identifiers[0].scheme}:${identifiers[0].value}`,
    ),
    'Query.recall lots': lots.map(({ id }: any) => [id]),
    'Query.massBalance operation': lots.map(({ producer }: any) => producer.id),
    'Query.massBalance product': lots.map(({ product }: any) => product.id),
    'Query.massBalance from': ['2024-01-01'],
    'Query.massBalance to': ['2025-12-31'],
    'Query.search text': lots.map(({ code }: any) => code.slice(0, 4)),
    'Lot.trace direction': ['BACK', 'FORWARD'],
  };
  for (const name of NOT_HERE) empty.add(`Query.${name}`);
  for (const name of ['lots', 'shipments', 'documents', 'operations', 'importCertificates']) await survey(name);
  if (process.env.LIMITS_SHOW) process.stderr.write(`nothing of: ${[...empty].join(' ')}\n`);
});
afterAll(() => lotline.close());

/** Which fields of a noun give something, for any of it. */
async function survey(list: string): Promise<void> {
  const type = getNamedType((getNamedType(root.getFields()[list]!.type) as GraphQLObjectType).getFields().nodes!.type) as GraphQLObjectType;
  const fields = Object.values(type.getFields()).filter(
    ({ type, args }) => isObjectType(getNamedType(type)) && !args.some((argument) => isNonNullType(argument.type)),
  );
  const inside = fields.map(({ name, type }) => `${name}${isPaged(type) ? '(first: 1) { edges { __typename } }' : ' { __typename }'}`);
  for (const { name } of fields) empty.add(`${type.name}.${name}`);
  const question = `query ($after: String) { ${list}(first: 100, after: $after) { nodes { ${inside.join(' ')} } pageInfo { endCursor hasNextPage } } }`;
  for (let after: string | null = null, more = true; more; ) {
    const { nodes, pageInfo }: any = (await lotline.data(question, { after }))[list];
    for (const { name } of fields)
      if (nodes.some((node: any) => (node[name]?.edges ?? [node[name] ?? []].flat()).length > 0)) empty.delete(`${type.name}.${name}`);
    ({ endCursor: after, hasNextPage: more } = pageInfo);
  }
}

const isPaged = (type: GraphQLOutputType): boolean => getNamedType(type).name.endsWith('Connection');

/** A random selection of a type; lists are long at the root and short below, so that they are filled. */
function selection(random: Random, type: GraphQLObjectType, depth: number): string {
  const fields = Object.values(type.getFields());
  const leaves = fields.filter((field) => isLeafType(getNamedType(field.type)) && field.args.length === 0);
  const below = fields.filter((field) => isObjectType(getNamedType(field.type)) && canGive(type, field));
  const chosen = leaves.filter(() => random.chance(0.4)).map(({ name }) => name);
  if (chosen.length === 0) chosen.push('__typename');
  const most = depth > 4 ? 0 : type === root ? 1 : random.whole(0, 2);
  for (let each = 0; each < most && below.length > 0; each++) {
    const field = random.pick(below);
    chosen.push(`${field.name}${each}: ${field.name}${argumentsOf(random, type, field)} { ${selectionOf(random, field, depth + 1)} }`);
  }
  return chosen.join(' ');
}

function selectionOf(random: Random, field: GraphQLField<unknown, unknown>, depth: number): string {
  const type = getNamedType(field.type) as GraphQLObjectType;
  if (!type.name.endsWith('Connection')) return selection(random, type, depth);
  const node = getNamedType(type.getFields().nodes?.type ?? type.getFields().edges!.type);
  const inside = isObjectType(node) && type.getFields().nodes ? selection(random, node, depth + 1) : '__typename';
  return `${random.chance(0.3) && type.getFields().totalCount ? 'totalCount ' : ''}${type.getFields().nodes ? 'nodes' : 'edges'} { ${inside} }`;
}

const canGive = (type: GraphQLObjectType, { name, args }: GraphQLField<unknown, unknown>): boolean =>
  !empty.has(`${type.name}.${name}`) &&
  args.every((argument) => !isNonNullType(argument.type) || `${type.name}.${name} ${argument.name}` in values);

function argumentsOf(random: Random, type: GraphQLObjectType, { name, args }: GraphQLField<unknown, unknown>): string {
  const given = args.flatMap((argument) => {
    const known = values[`${type.name}.${name} ${argument.name}`];
    if (argument.name === 'first')
      return [
        `first: ${random.pick(type === root ? (LONG[name] ?? [1, 5, 20, 50, 100, 200, 400]) : type.name === 'Trace' ? [1, 5, 20] : [1, 1, 2])}`,
      ];
    if (!known) return [];
    const value = random.pick(known);
    return [
      `${argument.name}: ${getNamedType(argument.type).name === 'TraceDirection' && !isListType(argument.type) ? value : JSON.stringify(value)}`,
    ];
  });
  return given.length > 0 ? `(${given.join(', ')})` : '';
}

/** What a question costs, as a client counts it that has read the schema and nothing else. */
function counted(query: string): number {
  const annotation = (
    { astNode }: { astNode?: { directives?: readonly DirectiveNode[] } | null },
    name: string,
  ): Record<string, any> | null => {
    const directive = astNode?.directives?.find((each) => each.name.value === name);
    return directive ? Object.fromEntries(directive.arguments!.map((each) => [each.name.value, valueFromASTUntyped(each.value)])) : null;
  };
  const weightOf = (element: Parameters<typeof annotation>[0], usual: number) => Number(annotation(element, 'cost')?.weight ?? usual);
  const ofSet = ({ selections }: SelectionSetNode, type: GraphQLObjectType, sized: Record<string, number>): number =>
    selections.reduce((sum, each) => {
      const node = each as FieldNode;
      const field = isObjectType(type) ? type.getFields()[node.name.value] : undefined;
      if (!field) return sum;
      if (!node.selectionSet) return sum + weightOf(field, 0);
      const lists =
        0.1 * (node.arguments ?? []).reduce((count, { value }) => count + (value.kind === 'ListValue' ? value.values.length : 0), 0);
      const size = annotation(field, 'listSize');
      const slices = (size?.slicingArguments ?? []).flatMap((name: string) => {
        const value = node.arguments!.find((argument) => argument.name.value === name)?.value;
        return value ? [Number(valueFromASTUntyped(value))] : [];
      });
      const length = slices[0] ?? size?.assumedSize ?? 1;
      const below = Object.fromEntries((size?.sizedFields ?? []).map((name: string) => [name, length]));
      const times = sized[node.name.value] ?? (size && !size.sizedFields ? length : 1);
      return sum + times * (weightOf(field, 1) + lists + ofSet(node.selectionSet, getNamedType(field.type) as GraphQLObjectType, below));
    }, 0);
  const operation = parse(query).definitions[0] as OperationDefinitionNode;
  return weightOf(root, 0) + ofSet(operation.selectionSet, root, {});
}

/** Place of each in order, those alike in the middle of theirs. */
function ranks(numbers: readonly number[]): number[] {
  const sorted = [...numbers].sort((a, b) => a - b);
  return numbers.map((number) => (sorted.indexOf(number) + sorted.lastIndexOf(number)) / 2);
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (numbers: readonly number[]) => numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  const sum = (of: (index: number) => number) => a.reduce((total, _, index) => total + of(index), 0);
  const both = sum((index) => (a[index]! - meanA) * (b[index]! - meanB));
  return both / Math.sqrt(sum((index) => (a[index]! - meanA) ** 2) * sum((index) => (b[index]! - meanB) ** 2));
}

test('what is charged before a question runs is in the order of what it takes', async () => {
  const random = new Random(SEED);
  const measured: { query: string; requested: number; actual: number; ms: number }[] = [];
  const asked = SIZES.map(() => 0);
  let worst = 0;
  const draw = () => {
    const query = `{ ${selection(random, root, 0).replace('__typename ', '')} }`;
    const cost = counted(query);
    return { query, cost, size: SIZES.findIndex((most) => cost < most) - 1 };
  };
  for (let left = WARMING; left > 0; ) {
    const { query, cost } = draw();
    if (cost > SIZES[2]!) continue;
    await lotline.ask(query);
    left--;
  }
  while (measured.length < QUESTIONS) {
    const { query, cost, size } = draw();
    if (size < 0 || asked[size]! >= QUESTIONS / (SIZES.length - 1)) continue;
    const work = await Work.of(lotline);
    const ask = async () => {
      const began = work.soFar();
      const answer = await lotline.ask(query);
      return { answer, ms: work.soFar() - began };
    };
    const first = await ask();
    if (!first.answer.data || first.answer.errors) continue;
    asked[size]!++;
    const { requested, actual } = (first.answer.extensions as any).cost;
    expect(Math.abs(requested - cost)).toBeLessThan(0.06);
    const again = [first];
    if (first.ms < 30) again.push(await ask(), await ask());
    const ms = Math.min(...again.map((each) => each.ms));
    worst = Math.max(worst, actual / requested);
    measured.push({ query, requested, actual, ms });
  }
  const rank = correlation(ranks(measured.map(({ requested }) => requested)), ranks(measured.map(({ ms }) => ms)));
  if (process.env.LIMITS_SHOW) {
    const [byCost, byTime] = [ranks(measured.map(({ requested }) => requested)), ranks(measured.map(({ ms }) => ms))];
    const lines = measured.map(
      ({ query, requested, actual, ms }, index) =>
        [byTime[index]! - byCost[index]!, requested, actual, Math.round(ms * 10) / 10, query] as const,
    );
    lines.sort((a, b) => b[0] - a[0]);
    process.stderr.write(`${rank} ${worst}\n${lines.map((line) => line.join(' | ')).join('\n')}\n`);
  }
  expect(rank).toBeGreaterThanOrEqual(0.8);
}, 180_000);
