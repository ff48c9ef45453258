import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema, type GraphQLField, type GraphQLNamedType, getNamedType, isLeafType, isObjectType, isRequiredArgument } from 'graphql';
import { Query } from 'pg';
import { type As, csv, type Lotline, startLotline } from '../support/lotline';
import { certificateNumber, entryNumber } from '../support/world';

// No question asks the database row by row: the number of its statements does not grow with its answer.

let lotline: Lotline;
const sizes = [3, 60];

beforeAll(async () => {
  // Nothing else is to send statements meanwhile.
  lotline = await startLotline({ pollMs: 600_000, journalLimits: { batch: 100_000, everyMs: 600_000 } });
  for (const size of sizes) {
    const farms = Array.from({ length: size }, (_, index) => ({
      operation: `FARM:${size}-${index}`,
      name: `Farm ${index}`,
      country: 'UA',
      roles: 'producer',
    }));
    const inputs = Array.from({ length: size }, (_, index) => `S${size}-${index}`);
    await lotline.import({
      'certifiers.csv': csv([{ certifier: 'ZZA', name: 'Certifier' }]),
      'operations.csv': csv([...farms, { operation: `MILL:${size}`, name: 'Mill', country: 'TR', roles: 'handler' }]),
      'products.csv': csv([{ product: `Wheat ${size}`, hts: '1001990000', organic: 'yes' }]),
      'operation_certificates.csv': csv(
        farms.map(({ operation }) => ({
          operation,
          certifier: 'ZZA',
          status: 'certified',
          effective_from: '2024-01-01',
          products: `Wheat ${size}`,
        })),
      ),
      'lots.csv': csv([
        ...inputs.map((code, index) => ({
          code,
          producer: `FARM:${size}-${index}`,
          product: `Wheat ${size}`,
          quantity: 10,
          unit: 'KGM',
          kind: 'harvest',
        })),
        {
          code: `BLEND-${size}`,
          producer: `MILL:${size}`,
          product: `Wheat ${size}`,
          quantity: size * 10,
          unit: 'KGM',
          kind: 'transformation',
        },
      ]),
      'lot_inputs.csv': csv(inputs.map((input) => ({ output: `BLEND-${size}`, input, quantity: 10, unit: 'KGM' }))),
      'transfers.csv': csv(
        inputs.map((lot, index) => ({
          lot,
          from: `FARM:${size}-${index}`,
          to: `MILL:${size}`,
          on: '2025-06-01',
          document: `INV-${size}-${index}`,
        })),
      ),
      'documents.csv': csv(
        inputs.map((lot, index) => ({
          type: 'INVOICE',
          number: `INV-${size}-${index}`,
          issuer: `FARM:${size}-${index}`,
          issued_on: '2025-06-01',
          marked_organic: 'yes',
          lots: lot,
          shipments: `SHIP-${size}-${index}`,
        })),
      ),
      'shipments.csv': csv(
        inputs.map((_, index) => ({ reference: `SHIP-${size}-${index}`, shipper: `FARM:${size}-${index}`, consignee: `MILL:${size}` })),
      ),
      'shipment_legs.csv': csv(
        inputs.map((_, index) => ({
          shipment: `SHIP-${size}-${index}`,
          sequence: 1,
          mode: 'road',
          from_place: 'UAODS',
          to_place: 'TRISK',
          departed: '2025-06-02',
          arrived: '2025-06-04',
        })),
      ),
      'shipment_lots.csv': csv(inputs.map((lot, index) => ({ shipment: `SHIP-${size}-${index}`, lot, quantity: 10, unit: 'KGM' }))),
      'import_certificates.csv': csv(
        inputs.map((_, index) => ({
          number: certificateNumber(size, index),
          kind: 'SHIPMENT',
          exporter: `FARM:${size}-${index}`,
          importer: `MILL:${size}`,
          certifier: 'ZZA',
          hts: '1001990000',
          issued_on: '2025-06-01',
        })),
      ),
      'import_certificate_lines.csv': csv(
        inputs.map((lot, index) => ({
          certificate: certificateNumber(size, index),
          product: `Wheat ${size}`,
          quantity: 10,
          unit: 'KGM',
          lot,
        })),
      ),
      'customs_entries.csv': csv(
        inputs.map((lots, index) => ({
          entry: entryNumber(size * 1000 + index),
          line: 1,
          certificate: certificateNumber(size, index),
          filed_on: '2025-06-05',
          hts: '1001990000',
          quantity: 10,
          unit: 'KGM',
          lots,
        })),
      ),
    });
  }
});
// What was recorded is read from the log once, for subscribers.
beforeAll(async () => {
  const aWhile = () => new Promise((done) => setTimeout(done, 300));
  while ((await statementsDuring(aWhile)) > 0);
});
afterAll(() => lotline.close());

/** Statements that the server sends while it answers. */
const statementsOf = (query: string, variables: object): Promise<number> =>
  statementsDuring(() => lotline.data(query, variables as Record<string, unknown>));

async function statementsDuring(work: () => Promise<unknown>): Promise<number> {
  const send = jest.spyOn(Query.prototype, 'submit');
  try {
    await work();
    // A server that is late tells the database anew what time is left: that is no question.
    return (send.mock.contexts as { text: string }[]).filter(({ text }) => !text.startsWith('set local statement_timeout')).length;
  } finally {
    send.mockRestore();
  }
}

const LOT =
  '{ code kind producer { name } product { name } quantity { kilograms } balance { onHand used } holdings { nodes { kilograms operation { name } } } ownership { nodes { certified owner { name } } } inputs(first: 5) { totalCount nodes { holder { name } input { code } } } outputs { nodes { output { code } } } }';
const QUESTIONS: [name: string, query: string, most: number][] = [
  [
    'lots with everything about each',
    `query ($size: String!, $first: Int!) { lots(filter: { codePrefix: $size }, first: $first) { totalCount nodes ${LOT} } }`,
    16,
  ],
  [
    'a trace back',
    `query ($code: String!, $first: Int!) { lot(code: $code) { trace(direction: BACK) { complete summary { lots operations gaps { kind count } } links(first: $first) { nodes { from to kilograms } } lots(first: $first) { nodes { depth lot { code product { name } producer { name } } } } gaps { nodes { kind } } } } }`,
    24,
  ],
  [
    'the whole story of a lot',
    `query ($code: String!) { lot(code: $code) { trace(direction: BACK) { steps(first: 500) { nodes { kind on mode certified owner { name } from { name } to { name }
      documents { number } shipment { reference documents { nodes { number } } } importCertificate { number } lot { lot { code } } } } gaps { nodes { kind } } } } }`,
    28,
  ],
  [
    'import certificates with everything about each',
    `query ($first: Int!) { importCertificates(first: $first) { totalCount nodes { number status drawn remaining exporter { name } importer { name } certifier { code }
      lines { nodes { product { name } lot { code } } } documents { nodes { number } } customsEntries { nodes { number filer { name } lines { nodes { importCertificate { number } } } } } } } }`,
    16,
  ],
  [
    'operations with their certificates',
    'query ($first: Int!) { operations(first: $first, filter: { nameContains: "Farm" }) { totalCount nodes { name certificates { nodes { status scope certifier { code } history { status } products { nodes { product { name } } } } } } } }',
    9,
  ],
  [
    'operations with all that is theirs',
    'query ($first: Int!) { operations(first: $first, filter: { nameContains: "Farm" }) { nodes { lots { totalCount nodes { code } } importCertificates { totalCount nodes { number } } accesses { totalCount nodes { at } } } } }',
    13,
  ],
  [
    'holdings and ownership of a lot',
    'query ($code: String!, $first: Int) { lot(code: $code) { holdings(first: $first) { nodes { operation { name } } } ownership(first: $first) { nodes { owner { name } acquiredFrom { name } } } } }',
    6,
  ],
];

test.each(QUESTIONS)('%s', async (_name, query, most) => {
  const counts: number[] = [];
  for (const size of sizes) counts.push(await statementsOf(query, { size: `S${size}-`, code: `BLEND-${size}`, first: size }));
  expect(counts[0]).toBeGreaterThan(0);
  expect(counts[1]).toBe(counts[0]);
  expect(counts[1]).toBeLessThanOrEqual(most);
});

/** Each is a walk, or several, of its own. */
const WALKS = ['Lot.trace', 'Lot.origin'];
const GRAPH = buildSchema(readFileSync(join(__dirname, '..', '..', 'schema', 'schema.graphql'), 'utf8'));
const isPage = (name: string) => name.endsWith('Connection');
const mayLackArguments = ({ args }: GraphQLField<unknown, unknown>) => args.every((each) => !isRequiredArgument(each));
const shape = ({ name }: GraphQLNamedType) => (isPage(name) ? '{ totalCount nodes { __typename } }' : '{ __typename }');

/** Every field of what the lists of the graph hold. */
const EDGES = Object.values(GRAPH.getQueryType()!.getFields()).flatMap((list) => {
  const page = getNamedType(list.type);
  if (!isObjectType(page) || !isPage(page.name) || !mayLackArguments(list)) return [];
  const node = getNamedType(page.getFields().nodes!.type);
  if (!isObjectType(node)) return [];
  return Object.values(node.getFields()).flatMap((field): [string, string][] => {
    const type = getNamedType(field.type);
    if (WALKS.includes(`${node.name}.${field.name}`)) return [];
    return [
      [`${list.name}: ${field.name}`, `${list.name}(first: $first) { nodes { ${field.name} ${isLeafType(type) ? '' : shape(type)} } }`],
    ];
  });
});

test.each(EDGES)('%s is asked of no object by itself', async (_, list) => {
  const [few, many] = [4, 40];
  const query = `query ($first: Int!) { ${list} }`;
  const [ofFew, ofMany] = [await statementsOf(query, { first: few }), await statementsOf(query, { first: many })];
  // Of many there may be something that none of a few has.
  expect(ofMany - ofFew).toBeLessThan((many - few) / 4);
});

const OF_EACH =
  'id lots(first: 2) { totalCount pageInfo { hasNextPage } nodes { code } } importCertificates(first: 2, filter: { statuses: [ISSUED, HANDED_OVER] }) { totalCount nodes { id } } accesses(first: 2) { totalCount nodes { act } }';

test.each<As>(['analyst', 'admin', { operation: 'MILL:60' }, { operation: 'FARM:3-1' }, { certifier: 'ZZA' }])(
  'what %j is told of all operations at once is what it is told of each by itself',
  async (as) => {
    const all = (await lotline.data(`{ operations(first: 500) { nodes { ${OF_EACH} } } }`, {}, as)).operations.nodes;
    expect(all.length).toBeGreaterThan(1);
    for (const each of all) {
      const query = `query ($id: ID!) { node(id: $id) { ... on Operation { ${OF_EACH} } } }`;
      expect((await lotline.data(query, { id: each.id }, as)).node).toEqual(each);
    }
    const [first, second, ...others] = all.filter(({ lots }: any) => lots.totalCount > 0);
    if (!second || others.length === 0) return;
    // A later page of some, the first of others.
    const pages = await lotline.data(
      `query ($first: ID!, $second: ID!) {
        first: node(id: $first) { ... on Operation { lots(first: 1) { pageInfo { endCursor } } } } second: node(id: $second) { ... on Operation { lots(first: 1) { nodes { code } } } } }`,
      { first: first.id, second: second.id },
      as,
    );
    const later = await lotline.data(
      `query ($first: ID!, $second: ID!, $after: String) {
        first: node(id: $first) { ... on Operation { lots(first: 1, after: $after) { nodes { code } } } } second: node(id: $second) { ... on Operation { lots(first: 1) { nodes { code } } } } }`,
      { first: first.id, second: second.id, after: pages.first.lots.pageInfo.endCursor },
      as,
    );
    expect(later).toEqual({ first: { lots: { nodes: first.lots.nodes.slice(1) } }, second: pages.second });
  },
);
