import fc from 'fast-check';
import { csv, fingerprint, type GraphQLAnswer, type Lotline, startLotline } from '../support/lotline';

// The three commands of lots, over GraphQL: what they do, what they refuse, and that a refused one changes nothing. PROPERTY_RUNS makes it
// longer.

/** Random commands. */
const DRAWS = Number(process.env.PROPERTY_RUNS ?? 8) * 8;

const HARVEST =
  'mutation ($input: RecordHarvestInput!) { recordHarvest(input: $input) { cursor lot { id code kind quantity { kilograms value unit } holdings { nodes { operation { name } kilograms } } } } }';
const TRANSFORM =
  'mutation ($input: RecordTransformationInput!) { recordTransformation(input: $input) { cursor lot { id code balance { onHand } inputs { nodes { kilograms input { code } on } } } } }';
const DECLARE =
  'mutation ($input: DeclareLotInputsInput!) { declareLotInputs(input: $input) { cursor lot { code inputs { nodes { kilograms input { code } } } } } }';

let lotline: Lotline;
let farm: string;
let mill: string;
let wheat: string;
let keys = 0;

beforeAll(async () => {
  lotline = await startLotline({ poolSize: 20 });
  await lotline.import({
    'operations.csv': csv([
      { operation: '9990000001', name: 'Farm', country: 'UA', roles: 'producer' },
      { operation: '9990000002', name: 'Mill', country: 'TR', roles: 'handler' },
    ]),
    'products.csv': csv([{ product: 'Wheat', hts: '1001990000', organic: 'yes', kg_per_bushel: '27.2155' }]),
  });
  const { farm: a, mill: b } = await lotline.data(
    '{ farm: operation(identifier: "9990000001") { id } mill: operation(identifier: "9990000002") { id } }',
  );
  [farm, mill] = [a.id, b.id];
  const [row] = await lotline.database.query<{ id: string }>('select id from product');
  wheat = Buffer.from(`Product:${row!.id}`).toString('base64url');
});
afterAll(() => lotline.close());

const kg = (value: string | number) => ({ value: String(value), unit: 'KGM' });
const key = () => `key-${++keys}`;
const reasons = (answer: GraphQLAnswer) => answer.errors?.flatMap((error) => error.extensions.reasons ?? [error.extensions]);

async function harvest(code: string, mass: number, more: Record<string, unknown> = {}): Promise<string> {
  const { recordHarvest } = await lotline.data(
    HARVEST,
    { input: { idempotencyKey: key(), producer: farm, product: wheat, code, quantity: kg(mass), ...more } },
    'admin',
  );
  return recordHarvest.lot.id;
}

test("a harvest goes into its producer's holding, in grams however it was weighed", async () => {
  const input = {
    idempotencyKey: key(),
    producer: farm,
    product: wheat,
    code: 'H-BUSHELS',
    quantity: { value: '100', unit: 'BUA' },
    producedOn: '2025-07-01',
  };
  const answer = await lotline.data(HARVEST, { input }, 'admin');
  expect(answer.recordHarvest).toEqual({
    cursor: expect.any(String),
    lot: {
      id: expect.any(String),
      code: 'H-BUSHELS',
      kind: 'HARVEST',
      quantity: { kilograms: '2721.55', value: '100', unit: 'BUA' },
      holdings: { nodes: [{ operation: { name: 'Farm' }, kilograms: '2721.55' }] },
    },
  });
});

test("a transformation takes its inputs out of its producer's holding", async () => {
  const lot = await harvest('H-IN', 1000, { producedOn: '2025-07-01' });
  const input = {
    idempotencyKey: key(),
    producer: farm,
    product: wheat,
    code: 'T-OUT',
    quantity: kg(900),
    producedOn: '2025-07-05',
    inputs: [{ lot, quantity: kg('950.5') }],
  };
  const { recordTransformation } = await lotline.data(TRANSFORM, { input }, 'admin');
  expect(recordTransformation.lot).toMatchObject({
    code: 'T-OUT',
    balance: { onHand: '900' },
    inputs: { nodes: [{ kilograms: '950.5', input: { code: 'H-IN' }, on: '2025-07-05' }] },
  });
  expect(await lotline.data('{ lot(code: "H-IN") { balance { used onHand } } }')).toEqual({
    lot: { balance: { used: '950.5', onHand: '49.5' } },
  });
});

test('the same key with the same input gives the same outcome 32 times, and has one effect', async () => {
  const input = { idempotencyKey: key(), producer: farm, product: wheat, code: 'H-32', quantity: kg(1) };
  const answers = await Promise.all(Array.from({ length: 32 }, () => lotline.ask(HARVEST, { input }, 'admin')));
  expect(new Set(answers.map((answer) => answer.data.recordHarvest.lot.id)).size).toBe(1);
  expect(answers.every((answer) => answer.errors === undefined)).toBe(true);
  expect(await lotline.data('{ lots(filter: { codes: ["H-32"] }) { totalCount } }')).toEqual({ lots: { totalCount: 1 } });
});

test('a key used with another input is refused; a refused command gives its key back', async () => {
  const input = { idempotencyKey: key(), producer: farm, product: wheat, code: 'H-KEY', quantity: kg(1) };
  await lotline.data(HARVEST, { input }, 'admin');
  const other = await lotline.ask(HARVEST, { input: { ...input, code: 'H-KEY-2' } }, 'admin');
  expect(reasons(other)).toEqual([
    expect.objectContaining({ code: 'IDEMPOTENCY_KEY_REUSED', path: ['input', 'idempotencyKey'], remedy: expect.any(String) }),
  ]);

  const again = { ...input, idempotencyKey: key() };
  expect(reasons(await lotline.ask(HARVEST, { input: again }, 'admin'))).toEqual([
    expect.objectContaining({ code: 'CONFLICT', path: ['input', 'code'] }),
  ]);
  await lotline.data(HARVEST, { input: { ...again, code: 'H-KEY-3' } }, 'admin');
});

test('a refusal lists every reason with its place, its rule and what to do', async () => {
  const lot = await harvest('H-LATE', 10, { producedOn: '2025-08-01' });
  const nowhere = Buffer.from('Lot:01920000-0000-7000-8000-000000000000').toString('base64url');
  const input = {
    idempotencyKey: key(),
    producer: farm,
    product: wheat,
    code: 'H-LATE',
    quantity: kg(5),
    producedOn: '2025-07-01',
    inputs: [
      { lot, quantity: kg(11) },
      { lot: nowhere, quantity: kg(1) },
    ],
  };
  const answer = await lotline.ask(TRANSFORM, { input }, 'admin');
  expect(reasons(answer)).toEqual([
    expect.objectContaining({ code: 'CONFLICT', path: ['input', 'code'] }),
    expect.objectContaining({ code: 'REFUSED', path: ['input', 'inputs', 0, 'on'], rule: '7 CFR 205.103' }),
    expect.objectContaining({ code: 'NOT_FOUND', path: ['input', 'inputs', 1, 'lot'] }),
    expect.objectContaining({
      code: 'REFUSED',
      path: ['input', 'inputs', 0, 'quantity'],
      rule: '7 CFR 205.403(d)(4)',
      message: expect.stringContaining('holds 10 kg'),
    }),
  ]);
  expect(answer.errors).toHaveLength(1);
  expect(answer.errors![0]!.extensions).toMatchObject({ code: 'CONFLICT', retryable: false, requestId: expect.any(String) });
});

test('inputs are declared once; a correction names its reason, and retracts what it replaces', async () => {
  const [a, b] = [await harvest('C-A', 100), await harvest('C-B', 100)];
  const output = await harvest('C-OUT', 50);
  const first = await lotline.data(
    DECLARE,
    { input: { idempotencyKey: key(), lot: output, inputs: [{ lot: a, quantity: kg(60) }] } },
    'admin',
  );
  expect(first.declareLotInputs.lot.inputs.nodes).toEqual([{ kilograms: '60', input: { code: 'C-A' } }]);

  const again = await lotline.ask(
    DECLARE,
    { input: { idempotencyKey: key(), lot: output, inputs: [{ lot: b, quantity: kg(1) }] } },
    'admin',
  );
  expect(reasons(again)).toEqual([expect.objectContaining({ code: 'CONFLICT', remedy: expect.stringContaining('correctionReason') })]);

  // All 100 kg of it: the 60 declared before come back first.
  const input = { idempotencyKey: key(), lot: output, inputs: [{ lot: a, quantity: kg(100) }], correctionReason: 'weighed anew' };
  const corrected = await lotline.data(DECLARE, { input }, 'admin');
  expect(corrected.declareLotInputs.lot.inputs.nodes).toEqual([{ kilograms: '100', input: { code: 'C-A' } }]);
  expect(
    await lotline.database.query(
      "select count(*)::int as kept from lot_input i join lot l on l.id = i.output where l.code = 'C-OUT' and i.retracted_by is not null",
    ),
  ).toEqual([{ kept: 1 }]);
  expect(await lotline.data('{ lot(code: "C-A") { balance { used onHand } } }')).toEqual({
    lot: { balance: { used: '100', onHand: '0' } },
  });
});

test("who gives no token, or an analyst's, changes nothing", async () => {
  const input = { idempotencyKey: key(), producer: farm, product: wheat, code: 'H-NOBODY', quantity: kg(1) };
  expect(reasons(await lotline.ask(HARVEST, { input }, 'nobody'))).toEqual([expect.objectContaining({ code: 'UNAUTHENTICATED' })]);
  expect(reasons(await lotline.ask(HARVEST, { input }, 'analyst'))).toEqual([expect.objectContaining({ code: 'FORBIDDEN' })]);
  expect(await lotline.data('{ lot(code: "H-NOBODY") { id } }')).toEqual({ lot: null });
});

test('two mutations in one document: the second sees what the first did', async () => {
  const document = `mutation ($a: RecordHarvestInput!, $b: RecordHarvestInput!) { a: recordHarvest(input: $a) { lot { code } } b: recordHarvest(input: $b) { lot { code producer { lots(filter: { codes: ["TWO-A", "TWO-B"] }) { totalCount } } } } }`;
  const input = (code: string) => ({ idempotencyKey: key(), producer: farm, product: wheat, code, quantity: kg(1) });
  const answer = await lotline.data(document, { a: input('TWO-A'), b: input('TWO-B') }, 'admin');
  expect(answer).toEqual({ a: { lot: { code: 'TWO-A' } }, b: { lot: { code: 'TWO-B', producer: { lots: { totalCount: 2 } } } } });
});

test('any command that is refused, for whatever random reason, changes nothing', async () => {
  const lots = [await harvest('R-0', 100, { producedOn: '2025-05-01' }), await harvest('R-1', 100), await harvest('R-2', 100)];
  await lotline.data(DECLARE, { input: { idempotencyKey: key(), lot: lots[1], inputs: [{ lot: lots[0], quantity: kg(10) }] } }, 'admin');
  const id = fc.constantFrom(...lots, farm, mill, wheat, 'garbage', '');
  const mass = fc.record({
    value: fc.constantFrom('1', '1e400', '-5', '0', '0.0001', '99999999999999999999', '\ud800', '12,5', '500', ''),
    unit: fc.constantFrom('KGM', 'LBR', 'XXX', 'BUA', ''),
  });
  const use = fc.record({ lot: id, quantity: mass });
  const code = fc.oneof(fc.constantFrom('R-0', '', ' ', '\u0000', '\ud800', 'x'.repeat(500)), fc.string());
  const common = { producer: id, product: id, code, quantity: mass };
  const command = fc.oneof(
    fc.record(common).map((input) => ({ document: HARVEST, input })),
    fc.record({ ...common, inputs: fc.array(use, { maxLength: 4 }) }).map((input) => ({ document: TRANSFORM, input })),
    fc
      .record({ lot: id, inputs: fc.array(use, { maxLength: 4 }), correctionReason: fc.option(fc.string(), { nil: undefined }) })
      .map((input) => ({ document: DECLARE, input })),
  );
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(command, async ({ document, input }) => {
      const before = await fingerprint(lotline.database);
      const answer = await lotline.ask(document, { input: { idempotencyKey: key(), ...input } }, 'admin');
      if (!answer.errors) return;
      refused++;
      for (const error of answer.errors) {
        expect(error.extensions.code).not.toBe('INTERNAL_SERVER_ERROR');
        expect(error.extensions.remedy).toEqual(expect.any(String));
        expect(error.message).not.toMatch(/select|insert|constraint|relation|node_modules|\.ts/i);
      }
      expect(await fingerprint(lotline.database)).toBe(before);
    }),
    { numRuns: DRAWS },
  );
  expect(refused).toBeGreaterThan(DRAWS / 4);
});

test('late inputs from 16 writers at once never close a circle', async () => {
  for (let round = 0; round < 6; round++) {
    const lots: string[] = [];
    for (let index = 0; index < 10; index++) lots.push(await harvest(`LATE-${round}-${index}`, 1000));
    const tries = Array.from({ length: 16 }, async (_, writer) => {
      for (let index = 0; index < 6; index++) {
        const output = lots[(writer * 7 + index * 3) % lots.length]!;
        const inputs = [lots[(writer + index * 5 + 1) % lots.length]!, lots[(writer * 3 + index) % lots.length]!].filter(
          (lot, at, all) => lot !== output && all.indexOf(lot) === at,
        );
        if (inputs.length === 0) continue;
        const input = {
          idempotencyKey: key(),
          lot: output,
          inputs: inputs.map((lot) => ({ lot, quantity: kg(1) })),
          correctionReason: 'as told anew',
        };
        const answer = await lotline.ask(DECLARE, { input }, 'admin');
        for (const reason of reasons(answer) ?? [])
          expect(reason).toMatchObject({ code: 'REFUSED', message: expect.stringContaining('made of itself') });
      }
    });
    await Promise.all(tries);
    const edges = await lotline.database.query<{ output: string; input: string }>(
      'select output, input from lot_input where retracted_by is null',
    );
    let left = edges;
    for (let before = -1; before !== left.length; ) {
      before = left.length;
      const outputs = new Set(left.map((edge) => edge.output));
      left = left.filter((edge) => outputs.has(edge.input));
    }
    expect(edges.length).toBeGreaterThan(0);
    expect(left).toEqual([]);
  }
});
