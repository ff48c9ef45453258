import { csv, type GraphQLAnswer, type Lotline, mistakesOf, startLotline } from '../support/lotline';
import { certificateNumber } from '../support/world';

// Corners of a story that careful readers asked about: each shows what a trace says, and what it does not.

const FARM = 'S:FARM';
const TRADER = 'S:TRADER';
const RIVAL = 'S:RIVAL';
const MILL = 'S:MILL';

let lotline: Lotline;
beforeAll(async () => {
  lotline = await startLotline();
  await lotline.import({
    'certifiers.csv': csv([{ certifier: 'ZZ1', name: 'Certifier ZZ1 (invented)', scheme: 'NOP' }]),
    'operations.csv': csv(
      [FARM, TRADER, RIVAL, MILL].map((operation) => ({
        operation,
        name: operation,
        country: operation === FARM ? 'TR' : 'US',
        roles: 'handler',
      })),
    ),
    'products.csv': csv([{ product: 'Organic soybeans', hts: '1201900010', organic: 'yes' }]),
  });
});
afterAll(() => lotline.close());

const lotsCsv = (...lots: Record<string, unknown>[]) =>
  csv(
    lots.map((lot) => ({
      product: 'Organic soybeans',
      unit: 'TNE',
      kind: 'harvest',
      producer: FARM,
      quantity: 10,
      produced_on: '2025-01-10',
      ...lot,
    })),
  );
const leg = (shipment: string, more: object = {}) => ({
  shipment,
  sequence: 1,
  mode: 'maritime',
  from_place: 'TRISK',
  to_place: 'USSCK',
  departed: '2025-02-10',
  arrived: '2025-03-10',
  ...more,
});
const shipped = (shipment: string, lot: string, more: object = {}) => ({ shipment, lot, quantity: 4, unit: 'TNE', ...more });
const invoice = (number: string, more: object = {}) => ({
  type: 'INVOICE',
  number,
  issuer: FARM,
  issued_on: '2025-02-01',
  marked_organic: 'YES',
  ...more,
});

const GAPS = `query ($code: String!, $direction: TraceDirection!, $asOf: Date) {
  lot(code: $code) { trace(direction: $direction, asOf: $asOf) { gaps { nodes { kind on message } } } } }`;
const gapsOf = async (
  code: string,
  direction: 'BACK' | 'FORWARD',
  asOf?: string,
): Promise<{ kind: string; on: string; message: string }[]> => (await lotline.data(GAPS, { code, direction, asOf })).lot.trace.gaps.nodes;
const refusal = (answer: GraphQLAnswer) => answer.errors?.[0]?.extensions.code;

describe('a transfer names a paper that is not on record', () => {
  const transfer = (document: string) => ({
    'transfers.csv': csv([{ lot: 'LATE', from: FARM, to: TRADER, on: '2025-02-01', quantity: 4, unit: 'TNE', document }]),
  });
  const holdings = () =>
    lotline.data(
      '{ lot(code: "LATE") { holdings { nodes { operation { name } kilograms } } ownership { nodes { document { type number } } } } }',
    );

  beforeAll(async () => {
    await lotline.import({ 'lots.csv': lotsCsv({ code: 'LATE' }), ...transfer('N-1') });
    await lotline.import({
      'documents.csv': csv([invoice('N-1'), invoice('N-1', { type: 'PURCHASE_ORDER', issuer: TRADER })]),
    });
  });

  test('and comes to mean two: the same row again changes nothing', async () => {
    expect((await lotline.import(transfer('N-1')))['transfers.csv']).toEqual({ recorded: 0, unchanged: 1 });
  });

  test('a new row that names them both is asked which', async () => {
    const { shown } = await mistakesOf(
      lotline.import({
        'transfers.csv': csv([{ lot: 'LATE', from: FARM, to: MILL, on: '2025-02-02', quantity: 1, unit: 'TNE', document: 'N-1' }]),
      }),
    );
    expect(shown).toMatchObject([{ line: 2, column: 'document', code: 'AMBIGUOUS' }]);
  });

  test.each(['PURCHASE_ORDER/N-1', 'PURCHASE_ORDER/N-1'])('the row with its type says which, and moves nothing twice', async (document) => {
    await lotline.import(transfer(document));
    expect(await holdings()).toEqual({
      lot: {
        holdings: {
          nodes: [
            { operation: { name: FARM }, kilograms: '6000' },
            { operation: { name: TRADER }, kilograms: '4000' },
          ],
        },
        ownership: { nodes: [{ document: null }, { document: { type: 'PURCHASE_ORDER', number: 'N-1' } }] },
      },
    });
  });
});

describe('pages of a trace', () => {
  beforeAll(() =>
    lotline.import({
      'lots.csv': lotsCsv(
        { code: 'P-A', producer: MILL },
        { code: 'P-B', producer: MILL },
        { code: 'P-OUT', producer: MILL, kind: 'transformation', produced_on: '2025-03-01' },
      ),
      'lot_inputs.csv': csv(['P-A', 'P-B'].map((input) => ({ output: 'P-OUT', input, quantity: 5, unit: 'TNE' }))),
      'shipments.csv': csv([{ reference: 'P-TRUCK', shipper: MILL, consignee: TRADER }]),
      'shipment_legs.csv': csv([
        leg('P-TRUCK', { mode: 'road', from_place: 'USSCK', to_place: 'USOAK', departed: '2025-04-01', arrived: '2025-04-02' }),
      ]),
      'shipment_lots.csv': csv([shipped('P-TRUCK', 'P-OUT')]),
    }),
  );
  const page = (list: string, after?: string) =>
    lotline.ask(
      `query ($after: String) { lot(code: "P-OUT") { trace(direction: BACK) { ${list}(first: 1, after: $after) { pageInfo { endCursor } edges { node { lot { __typename } } } } } } }`,
      { after },
    );
  const firstOf = async (list: string) => (await page(list)).data.lot.trace[list].pageInfo.endCursor;
  const CHANGES: [string, string, () => Record<string, string>][] = [
    ['steps', 'a paper of a shipment', () => ({ 'documents.csv': csv([invoice('P-INV', { issuer: MILL, shipments: 'P-TRUCK' })]) })],
    [
      'steps',
      'the standing of an owner',
      () => ({
        'operation_certificates.csv': csv([
          {
            operation: MILL,
            certifier: 'ZZ1',
            status: 'CERTIFIED',
            effective_from: '2020-01-01',
            scope: 'Handling',
            products: 'Organic soybeans',
            standard: 'NOP',
          },
        ]),
      }),
    ],
  ];
  test.each(CHANGES)('%s say that they changed when %s is recorded between two of them', async (list, _what, change) => {
    const after = await firstOf(list);
    expect(refusal(await page(list, after))).toBeUndefined();
    await lotline.import(change());
    expect(refusal(await page(list, after))).toBe('TRACE_CHANGED');
  });

  test('lots say so when grams among them change', async () => {
    const after = await firstOf('lots');
    await lotline.import({ 'lots.csv': lotsCsv({ code: 'P-ROOT', producer: MILL, kind: 'transformation', produced_on: '2025-05-01' }) });
    expect(refusal(await page('lots', after))).toBeUndefined();
    await lotline.import({ 'lot_inputs.csv': csv([{ output: 'P-A', input: 'P-B', quantity: 1, unit: 'TNE' }]) });
    expect(refusal(await page('lots', after))).toBe('TRACE_CHANGED');
  });
});

test('steps that name more papers than an answer may hold are refused, and say how to go on', async () => {
  const [SHIPMENTS, PAPERS] = [60, 180];
  const shipments = Array.from({ length: SHIPMENTS }, (_, index) => `C-${index}`);
  await lotline.import({
    'lots.csv': lotsCsv({ code: 'C-LOT' }),
    'shipments.csv': csv(shipments.map((reference) => ({ reference, shipper: FARM, consignee: TRADER }))),
    'shipment_legs.csv': csv(shipments.map((shipment) => leg(shipment))),
    'shipment_lots.csv': csv(shipments.map((shipment) => shipped(shipment, 'C-LOT', { quantity: 1, unit: 'KGM' }))),
    'documents.csv': csv(Array.from({ length: PAPERS }, (_, index) => invoice(`C-INV-${index}`, { shipments: shipments.join(';') }))),
  });
  const steps = (first: number) =>
    lotline.ask(`{ lot(code: "C-LOT") { trace(direction: FORWARD) { steps(first: ${first}) { nodes { documents { number } } } } } }`);
  const answer = await steps(500);
  expect(refusal(answer)).toBe('TOO_COSTLY');
  expect(answer.errors![0]!.extensions.remedy).toContain('fewer steps');
  const [birth, ...others] = (await steps(50)).data.lot.trace.steps.nodes;
  expect(birth.documents).toEqual([]);
  for (const { documents } of others) expect(documents).toHaveLength(PAPERS);
});

test('a paper of a certificate that is left out is left out with it', async () => {
  const [OURS, THEIRS] = [901, 902].map((serial) => certificateNumber(1, serial)) as [string, string];
  const certificate = { exporter: FARM, certifier: 'ZZ1', kind: 'SHIPMENT', hts: '1201900010', issued_on: '2025-01-20' };
  await lotline.import({
    'lots.csv': lotsCsv(
      { code: 'L-BEANS' },
      { code: 'L-MEAL', producer: MILL, kind: 'transformation', quantity: 4, produced_on: '2025-05-01' },
    ),
    'lot_inputs.csv': csv([{ output: 'L-MEAL', input: 'L-BEANS', quantity: 4, unit: 'TNE' }]),
    'transfers.csv': csv(
      [MILL, RIVAL].map((to) => ({ lot: 'L-BEANS', from: FARM, to, on: '2025-02-01', quantity: 5, unit: 'TNE', document: '' })),
    ),
    'import_certificates.csv': csv([
      { ...certificate, number: OURS, importer: MILL },
      { ...certificate, number: THEIRS, importer: RIVAL },
    ]),
    'import_certificate_lines.csv': csv(
      [OURS, THEIRS].map((number) => ({ certificate: number, product: 'Organic soybeans', quantity: 5, unit: 'TNE', lot: 'L-BEANS' })),
    ),
    'documents.csv': csv([
      invoice('L-THEIRS', { marked_organic: 'NO', lots: 'L-BEANS', certificates: THEIRS }),
      invoice('L-BOTH', { marked_organic: 'NO', lots: 'L-BEANS', certificates: `${OURS};${THEIRS}` }),
    ]),
  });
  const unmarked = async (code: string, direction: 'BACK' | 'FORWARD') =>
    (await gapsOf(code, direction)).filter(({ kind }) => kind === 'DOCUMENT_NOT_MARKED_ORGANIC').map(({ message }) => message);
  expect(await unmarked('L-MEAL', 'BACK')).toEqual(['The invoice L-BOTH is not marked organic.']);
  expect(await unmarked('L-BEANS', 'FORWARD')).toHaveLength(2);
  const { lot } = await lotline.data(
    '{ lot(code: "L-MEAL") { trace(direction: BACK) { steps(kinds: [HARVESTED, CERTIFIED]) { nodes { kind documents { number } } } } } }',
  );
  expect(lot.trace.steps.nodes).toEqual([
    { kind: 'HARVESTED', documents: [] },
    { kind: 'CERTIFIED', documents: [{ number: 'L-BOTH' }] },
  ]);
});

test('a shipment that carries a lot in two rows is told of once', async () => {
  await lotline.import({
    'lots.csv': lotsCsv({ code: 'T-LOT' }),
    'shipments.csv': csv([{ reference: 'T-SEA', shipper: RIVAL, consignee: TRADER }]),
    'shipment_legs.csv': csv([leg('T-SEA')]),
    'shipment_lots.csv': csv([shipped('T-SEA', 'T-LOT'), shipped('T-SEA', 'T-LOT', { quantity: 6 })]),
  });
  const kinds = (await gapsOf('T-LOT', 'FORWARD')).map(({ kind }) => kind);
  for (const kind of ['NO_DOCUMENT', 'OWNER_CHANGED_WITHOUT_TRANSFER', 'NO_IMPORT_CERTIFICATE'])
    expect(kinds.filter((each) => each === kind)).toEqual([kind]);
});

test('a lot at sea has left for the United States, and has not entered it', async () => {
  await lotline.import({
    'lots.csv': lotsCsv({ code: 'A-LOT' }),
    'shipments.csv': csv([{ reference: 'A-SEA', shipper: FARM, consignee: TRADER }]),
    'shipment_legs.csv': csv([leg('A-SEA', { arrived: '' })]),
    'shipment_lots.csv': csv([shipped('A-SEA', 'A-LOT')]),
  });
  expect(await gapsOf('A-LOT', 'FORWARD')).toContainEqual({
    kind: 'NO_IMPORT_CERTIFICATE',
    on: '2025-02-10',
    message: 'The lot left for the United States on 2025-02-10, and no valid import certificate covers it.',
  });
});

test('a shipment that is only booked is not there before it was booked', async () => {
  await lotline.import({
    'lots.csv': lotsCsv({ code: 'B-LOT' }),
    'shipments.csv': csv([{ reference: 'B-LATER', shipper: FARM, consignee: TRADER, booked_on: '2025-09-01' }]),
    'shipment_lots.csv': csv([shipped('B-LATER', 'B-LOT')]),
  });
  const undocumented = async (asOf: string) => (await gapsOf('B-LOT', 'FORWARD', asOf)).filter(({ kind }) => kind === 'NO_DOCUMENT');
  expect(await undocumented('2025-08-31')).toEqual([]);
  expect(await undocumented('2025-09-01')).toHaveLength(1);
});
