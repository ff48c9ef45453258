import { csv, type Lotline, startLotline } from '../support/lotline';

// Known numbers: what a person can work out on paper.

let lotline: Lotline;
beforeEach(async () => {
  lotline = await startLotline();
  await lotline.import({
    'operations.csv': csv(
      ['Farm A', 'Farm B', 'Mill', 'Buyer 1', 'Buyer 2', 'Buyer 3'].map((name, index) => ({
        operation: `T:${index}`,
        name,
        country: index === 1 ? 'TR' : 'UA',
        roles: 'handler',
      })),
    ),
    'products.csv': csv([
      { product: 'Organic wheat', hts: '1001990000', organic: 'yes' },
      { product: 'Wheat', hts: '1001990000', organic: 'no' },
      { product: 'Flour', hts: '1101000000', organic: 'yes' },
    ]),
    'certifiers.csv': csv([{ certifier: 'ZZ1', name: 'Certifier' }]),
    'operation_certificates.csv': csv(
      [0, 1, 2, 3, 4, 5].map((index) => ({ operation: `T:${index}`, certifier: 'ZZ1', status: 'certified', effective_from: '2024-01-01' })),
    ),
    'lots.csv': csv([
      { code: 'ORGANIC', producer: 'T:0', product: 'Organic wheat', quantity: 40, unit: 'TNE', kind: 'harvest', produced_on: '2025-07-01' },
      { code: 'PLAIN', producer: 'T:1', product: 'Wheat', quantity: 60, unit: 'TNE', kind: 'harvest', produced_on: '2025-07-01' },
      { code: 'FLOUR', producer: 'T:2', product: 'Flour', quantity: 80, unit: 'TNE', kind: 'transformation', produced_on: '2025-08-01' },
      { code: 'HEAVY', producer: 'T:2', product: 'Flour', quantity: 100, unit: 'TNE', kind: 'transformation', produced_on: '2025-09-01' },
    ]),
    'lot_inputs.csv': csv([
      { output: 'FLOUR', input: 'ORGANIC', quantity: 40, unit: 'TNE' },
      { output: 'FLOUR', input: 'PLAIN', quantity: 60, unit: 'TNE' },
      { output: 'HEAVY', input: 'FLOUR', quantity: 20, unit: 'TNE' },
    ]),
    'transfers.csv': csv([
      { lot: 'ORGANIC', from: 'T:0', to: 'T:2', on: '2025-07-10' },
      { lot: 'PLAIN', from: 'T:1', to: 'T:2', on: '2025-07-10' },
      ...[10, 20, 25].map((quantity, index) => ({
        lot: 'FLOUR',
        from: 'T:2',
        to: `T:${index + 3}`,
        on: '2025-08-10',
        quantity,
        unit: 'TNE',
      })),
    ]),
    'lot_adjustments.csv': csv([{ lot: 'FLOUR', holder: 'T:2', kind: 'moisture', on: '2025-08-05', quantity: 1, unit: 'TNE' }]),
  });
});
afterEach(() => lotline.close());

test('40 t organic and 60 t conventional wheat into 80 t of flour: 32 and 48 t of it', async () => {
  const { lot } = await lotline.data(
    '{ lot(code: "FLOUR") { origin { complete unknown farms { nodes { operation { name } country kilograms share lots } } countries { country kilograms } } } }',
  );
  expect(lot.origin).toEqual({
    complete: true,
    unknown: '0',
    farms: {
      nodes: [
        { operation: { name: 'Farm B' }, country: 'TR', kilograms: '48000', share: 0.6, lots: 1 },
        { operation: { name: 'Farm A' }, country: 'UA', kilograms: '32000', share: 0.4, lots: 1 },
      ],
    },
    countries: [
      { country: 'TR', kilograms: '48000' },
      { country: 'UA', kilograms: '32000' },
    ],
  });
});

test('a lot that weighs more than its inputs: what is beyond them is of unknown origin', async () => {
  const { lot } = await lotline.data(
    '{ lot(code: "HEAVY") { origin { complete unknown farms { nodes { operation { name } kilograms } } } } }',
  );
  expect(lot.origin).toEqual({
    complete: false,
    unknown: '80000',
    farms: {
      nodes: [
        { operation: { name: 'Farm B' }, kilograms: '12000' },
        { operation: { name: 'Farm A' }, kilograms: '8000' },
      ],
    },
  });
});

test('a lot split to three buyers, with a drying loss: each holds its part of what the farm gave', async () => {
  const { lot } = await lotline.data(
    '{ lot(code: "ORGANIC") { trace(direction: FORWARD) { lots { nodes { kilograms lot { code } } } holders { nodes { operation { name } lots held fromRoot inTransit } } } } }',
  );
  // 40 t went into the flour, of which 80 of 100 t came out: 32 t of the farm's, in 80 t of flour; 1 t dried off, 20 t went on.
  expect(lot.trace.lots.nodes).toEqual([
    { kilograms: '40000', lot: { code: 'FLOUR' } },
    { kilograms: '8000', lot: { code: 'HEAVY' } },
  ]);
  expect(lot.trace.holders.nodes).toEqual([
    { operation: { name: 'Mill' }, lots: 2, held: '104000', fromRoot: '9600', inTransit: '0' },
    { operation: { name: 'Buyer 1' }, lots: 1, held: '10000', fromRoot: '4000', inTransit: '0' },
    { operation: { name: 'Buyer 2' }, lots: 1, held: '20000', fromRoot: '8000', inTransit: '0' },
    { operation: { name: 'Buyer 3' }, lots: 1, held: '25000', fromRoot: '10000', inTransit: '0' },
  ]);
});

test('an input that comes to light late takes its part of what was of unknown origin', async () => {
  const late = [
    { code: 'ORPHAN', producer: 'T:2', product: 'Flour', quantity: 100, unit: 'TNE', kind: 'transformation', produced_on: '2025-10-01' },
    { code: 'FOUND', producer: 'T:0', product: 'Organic wheat', quantity: 90, unit: 'TNE', kind: 'harvest', produced_on: '2025-07-02' },
  ];
  await lotline.import({ 'lots.csv': csv(late) });
  const ask = '{ lot(code: "ORPHAN") { origin { complete unknown farms { nodes { operation { name } kilograms } } } } }';
  expect((await lotline.data(ask)).lot.origin).toEqual({ complete: false, unknown: '100000', farms: { nodes: [] } });
  await lotline.import({
    'transfers.csv': csv([{ lot: 'FOUND', from: 'T:0', to: 'T:2', on: '2025-07-10' }]),
    'lot_inputs.csv': csv([{ output: 'ORPHAN', input: 'FOUND', quantity: 75, unit: 'TNE' }]),
  });
  expect((await lotline.data(ask)).lot.origin).toEqual({
    complete: false,
    unknown: '25000',
    farms: { nodes: [{ operation: { name: 'Farm A' }, kilograms: '75000' }] },
  });
});

test('a recall of both farms counts each kilogram once; unknown lots, none, and strangers are refused', async () => {
  const { lots } = await lotline.data('{ lots(filter: { codes: ["ORGANIC", "PLAIN", "FLOUR"] }) { nodes { id } } }');
  const ask =
    'query ($lots: [ID!]!) { recall(lots: $lots) { lots kilograms complete holders { totalCount } gaps { nodes { kind lot { lot { code } } } } } }';
  // The flour holds what the farms gave it: 80 t, less 1 t that dried off; what went into HEAVY is still there.
  expect(await lotline.data(ask, { lots: lots.nodes.map((lot: any) => lot.id) })).toEqual({
    recall: {
      lots: 4,
      kilograms: '79000',
      complete: true,
      holders: { totalCount: 4 },
      gaps: {
        nodes: [
          { kind: 'MORE_OUT_THAN_IN', lot: { lot: { code: 'HEAVY' } } },
          { kind: 'NON_ORGANIC_INPUT', lot: { lot: { code: 'FLOUR' } } },
          { kind: 'NO_TRANSPORT', lot: { lot: { code: 'PLAIN' } } },
          // No transfer has a paper; of organic lots that is a gap.
          ...['FLOUR', 'FLOUR', 'FLOUR', 'ORGANIC'].map((code) => ({ kind: 'NO_DOCUMENT', lot: { lot: { code } } })),
        ],
      },
    },
  });
  expect((await lotline.ask(ask, { lots: lots.nodes.map((lot: any) => lot.id) }, 'nobody')).errors![0]!.extensions.code).toBe('NOT_FOUND');
  const nowhere = Buffer.from('Lot:01920000-0000-7000-8000-000000000000').toString('base64url');
  expect((await lotline.ask(ask, { lots: [nowhere] })).errors![0]!.extensions).toMatchObject({ code: 'NOT_FOUND', path: ['lots', 0] });
  expect((await lotline.ask(ask, { lots: [] })).errors![0]!.extensions).toMatchObject({ code: 'BAD_USER_INPUT', path: ['lots'] });
});

test('as of a day before its birth nobody holds a lot, and a recall of it finds nothing', async () => {
  const { lot } = await lotline.data(
    `{ lot(code: "FLOUR") { id
      trace(direction: FORWARD, asOf: "2025-07-31") { lots { totalCount } holders { nodes { held } } gaps { totalCount } } holdings(asOf: "2025-07-31") { totalCount } } }`,
  );
  expect(lot).toMatchObject({
    trace: { lots: { totalCount: 0 }, holders: { nodes: [] }, gaps: { totalCount: 0 } },
    holdings: { totalCount: 0 },
  });
  const { recall } = await lotline.data(
    'query ($id: ID!) { recall(lots: [$id], asOf: "2025-07-31") { lots kilograms holders { totalCount } } }',
    {
      id: lot.id,
    },
  );
  expect(recall).toEqual({ lots: 1, kilograms: '0', holders: { totalCount: 0 } });
});

test('a share in a recall is of all that is recalled', async () => {
  const { lots } = await lotline.data('{ lots(filter: { codes: ["ORGANIC", "PLAIN"] }) { nodes { id } } }');
  const { recall } = await lotline.data(
    'query ($lots: [ID!]!) { recall(lots: $lots) { gaps(kinds: [NON_ORGANIC_INPUT]) { nodes { lot { kilograms share } } } } }',
    {
      lots: lots.nodes.map((lot: any) => lot.id),
    },
  );
  expect(recall.gaps.nodes).toEqual([{ lot: { kilograms: '100000', share: 1 } }]);
});
