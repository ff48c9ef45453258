import { buildGraph } from '@lotline/server/graph';
import fc from 'fast-check';
import {
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLObjectType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isScalarType,
} from 'graphql';
import { type As, fingerprint, type GraphQLAnswer, type Lotline, startLotline } from '../support/lotline';
import { type Story, tellStory } from '../support/matrix/story';
import { UNCONSERVED } from '../support/unconserved';

// Whatever anybody sends that fits the schema: it is done whole, or refused with a reason and nothing has changed; no gram comes or goes but by
// a fact, and nothing is ever a fault of ours.

const graph = buildGraph();
const mutations = Object.values(graph.getMutationType()!.getFields()).map(({ name, args, type }) => ({
  name,
  input: (args[0]!.type as unknown as { ofType: GraphQLInputObjectType }).ofType,
  payload: type as GraphQLObjectType,
}));

let lotline: Lotline;
let story: Story;
let pool: { ids: string[]; facts: string[]; callers: As[] };
let keys = 0;

beforeAll(async () => {
  lotline = await startLotline();
  story = await tellStory(lotline);
  const { lots, shipments, operations } = await lotline.data(`{
    lots { nodes { ownership { nodes { fact } } inputs { nodes { fact } } losses { nodes { fact } } treatments { nodes { fact } } } }
    shipments { nodes { legs { nodes { fact } } lots { nodes { fact } } } }
    operations { nodes { certificates { nodes { history { fact } } } } } }`);
  const facts: string[] = [];
  const look = (value: any): void => {
    if (value === null || typeof value !== 'object') return;
    if (value.fact) facts.push(value.fact);
    for (const each of Object.values(value)) look(each);
  };
  look([lots, shipments, operations]);
  const products = await lotline.database.query<{ id: string }>('select id from product');
  const product = products.map(({ id }) => Buffer.from(`Product:${id}`).toString('base64url'));
  const callers = (['exporter', 'importer', 'farm', 'stranger'] as const).flatMap((party) =>
    Object.values(story.viewers(party)).map((viewer) => viewer(null)),
  );
  pool = { ids: [...Object.values(story.ids), ...product], facts, callers };
});
afterAll(() => lotline.close());

const typeOf = (id: string): string => Buffer.from(id, 'base64url').toString().split(':')[0]!;

/** What a field that names a noun most often names. */
const NOUN: Record<string, string> = {
  lot: 'Lot',
  shipment: 'Shipment',
  document: 'Document',
  product: 'Product',
  certifier: 'Certifier',
  transferOffer: 'TransferOffer',
  importCertificate: 'ImportCertificate',
  operationCertificate: 'OperationCertificate',
  brokerAssignment: 'BrokerAssignment',
  auditGrant: 'AuditGrant',
  key: 'ApiKey',
};

const day = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('2025-01-09', '2025-02-01', '2025-04-10', '2025-08-05', '2025-10-01', '2026-03-01') },
  fc.constantFrom('1900-01-01', '2199-12-31', '2024-02-29', '2025-01-10'),
);
const instant = fc.constantFrom('2027-01-20T00:00:00Z', '2025-04-02T08:00:00+03:00', '2026-12-01T00:00:00Z', '1900-01-01T00:00:00Z');
const text = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('A-NEW', 'inspected', 'A-FLOUR', 'USLAX', 'TRISK', '2025-04-10', '9990000077', '12.5') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', ' ', 'x'.repeat(3000), '\u0000', "'; drop table lot; --", '\ud800', '{a,"b"}', '\\', '\u202e'),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
);
const TEXTS: Record<string, fc.Arbitrary<string>> = {
  unit: fc.oneof({ weight: 9, arbitrary: fc.constantFrom('KGM', 'GRM', 'TNE', 'LBR', 'BUA') }, text),
  value: fc.oneof({ weight: 9, arbitrary: fc.constantFrom('1', '2.5', '100', '0', '-1', '1000000000000', '0.0001') }, text),
  arrived: fc.oneof(day, instant, text),
  departed: fc.oneof(day, instant, text),
};

/** Values that fit a type: of a field by its name, where there are likely ones. */
function fitting(type: GraphQLInputType, name: string): fc.Arbitrary<unknown> {
  if (isNonNullType(type)) return fitting(type.ofType, name);
  if (isListType(type)) return fc.array(required(type.ofType, name), { maxLength: 3 });
  if (isEnumType(type)) return fc.constantFrom(...type.getValues().map((value) => value.name));
  if (isInputObjectType(type)) return inputOf(type);
  if (!isScalarType(type)) throw new Error(`${type} is no input`);
  if (type.name === 'ID') {
    const noun = NOUN[name] ?? 'Operation';
    const likely = name === 'fact' ? pool.facts : pool.ids.filter((id) => typeOf(id) === noun);
    const nothing = Buffer.from(`${noun}:01920000-0000-7000-8000-000000000000`).toString('base64url');
    return fc.oneof(
      { weight: 12, arbitrary: fc.constantFrom(...likely) },
      fc.constantFrom(nothing, ...pool.ids.slice(0, 20), ...pool.facts.slice(0, 5)),
      text,
    );
  }
  const scalars: Record<string, fc.Arbitrary<unknown>> = {
    String: TEXTS[name] ?? text,
    Int: fc.oneof(fc.integer({ min: -1, max: 3 }), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
    Float: fc.oneof(fc.integer({ min: -200, max: 200 }), fc.double({ noNaN: true, noDefaultInfinity: true })),
    Boolean: fc.boolean(),
    Date: day,
    DateTime: instant,
    CountryCode: fc.constantFrom('TR', 'US', 'DE'),
    Cursor: text,
    JSONObject: fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 3 }),
  };
  const scalar = scalars[type.name];
  if (!scalar) throw new Error(`say what a ${type.name} may be`);
  return scalar;
}

const required = (type: GraphQLInputType, name: string): fc.Arbitrary<unknown> =>
  isNonNullType(type) ? fitting(type, name) : fc.option(fitting(type, name), { freq: 3 });

const inputOf = (type: GraphQLInputObjectType): fc.Arbitrary<Record<string, unknown>> =>
  fc.record(Object.fromEntries(Object.values(type.getFields()).map((field) => [field.name, required(field.type, field.name)])));

interface Given {
  mutation: (typeof mutations)[number];
  input: Record<string, unknown>;
  /** Is the key left as it was drawn? It may be none, or another command's. Else it is one of its own. */
  anyKey: boolean;
  as: As;
}

const give = ({ mutation, input, as }: Omit<Given, 'anyKey'>): Promise<GraphQLAnswer> =>
  lotline.ask(
    `mutation ($input: ${mutation.input.name}!) { ${mutation.name}(input: $input) { ${'cursor' in mutation.payload.getFields() ? 'cursor' : '__typename'} } }`,
    { input },
    as,
  );

const anyCommand = (mutation: Given['mutation']): fc.Arbitrary<Given> =>
  fc.record({
    mutation: fc.constant(mutation),
    input: inputOf(mutation.input),
    anyKey: fc.nat(4).map((number) => number === 4),
    as: fc.oneof(fc.constant<As>('admin'), fc.constantFrom(...pool.callers)),
  });

const COMMANDS_A_RUN = 12;
const accepted = new Map<string, number>();

test('random well-typed inputs at every mutation: done whole, or refused and nothing changed; no gram made or lost', async () => {
  const given = fc.constantFrom(...mutations).chain(anyCommand);
  let before = await fingerprint(lotline.database);
  await fc.assert(
    fc.asyncProperty(fc.array(given, { minLength: COMMANDS_A_RUN, maxLength: COMMANDS_A_RUN }), async (commands) => {
      for (const command of commands) {
        const input = { ...command.input, ...(!command.anyKey && { idempotencyKey: `r-${++keys}` }) };
        const answer = await give({ ...command, input });
        const codes = (answer.errors ?? []).flatMap(({ extensions }) => [
          extensions.code,
          ...(extensions.reasons ?? []).map((each: any) => each.code),
        ]);
        expect(codes).not.toContain('INTERNAL_SERVER_ERROR');
        for (const each of answer.errors ?? [])
          expect(each.extensions).toMatchObject({ code: expect.any(String), remedy: expect.any(String) });
        const after = await fingerprint(lotline.database);
        if (answer.errors) expect(after).toBe(before);
        else {
          accepted.set(command.mutation.name, (accepted.get(command.mutation.name) ?? 0) + 1);
          expect((await give({ ...command, input })).data).toEqual({ [command.mutation.name]: expect.anything() });
          expect(await fingerprint(lotline.database)).toBe(after);
          expect(await lotline.database.query(UNCONSERVED)).toEqual([]);
        }
        before = after;
      }
    }),
    { numRuns: Number(process.env.PROPERTY_RUNS ?? 20), endOnFailure: true },
  );
  // The inputs are not all nonsense: a fair part of the commands was carried out.
  expect(accepted.size).toBeGreaterThan(5);
}, 3_600_000);
