import { subscribe } from '../support/live';
import { type As, csv, type Lotline, startLotline } from '../support/lotline';

// Traces by those who are no party to all of them: two farms sell to a trader who blends, a mill makes flour of the blend, and sells it to
// an importer, who sells some to a bakery that bakes it.

const op = (name: string) => `W:${name}`;
const [FARM, UPLAND, TRADER, MILL, IMPORTER, BAKERY, RIVAL] = ['FARM', 'UPLAND', 'TRADER', 'MILL', 'IMPORTER', 'BAKERY', 'RIVAL'].map(
  op,
) as [string, string, string, string, string, string, string];
const COUNTRY: Record<string, string> = {
  [FARM]: 'UA',
  [UPLAND]: 'KZ',
  [TRADER]: 'UA',
  [MILL]: 'TR',
  [IMPORTER]: 'US',
  [BAKERY]: 'US',
  [RIVAL]: 'US',
};

let lotline: Lotline;
beforeAll(async () => {
  lotline = await startLotline();
  await lotline.import({
    'certifiers.csv': csv([
      { certifier: 'ZZ1', name: 'Of the mill', scheme: 'NOP' },
      { certifier: 'ZZ2', name: 'Of the farms', scheme: 'NOP' },
    ]),
    'operations.csv': csv(
      Object.entries(COUNTRY).map(([operation, country]) => ({ operation, name: `Name of ${operation}`, country, roles: 'handler' })),
    ),
    'products.csv': csv([
      { product: 'Wheat', hts: '1001990000', organic: 'yes' },
      { product: 'Flour', hts: '1101000000', organic: 'yes' },
    ]),
    'operation_certificates.csv': csv([
      { operation: MILL, certifier: 'ZZ1', status: 'certified', effective_from: '2024-01-01' },
      { operation: FARM, certifier: 'ZZ2', status: 'certified', effective_from: '2024-01-01' },
      { operation: UPLAND, certifier: 'ZZ2', status: 'certified', effective_from: '2024-01-01' },
      { operation: UPLAND, certifier: 'ZZ2', status: 'suspended', effective_from: '2025-02-01' },
    ]),
    'lots.csv': csv(
      [
        { code: 'FIELD', producer: FARM, product: 'Wheat', quantity: 60, kind: 'harvest', produced_on: '2025-01-10' },
        { code: 'SLOPE', producer: UPLAND, product: 'Wheat', quantity: 40, kind: 'harvest', produced_on: '2025-01-12' },
        { code: 'BLEND', producer: TRADER, product: 'Wheat', quantity: 100, kind: 'transformation', produced_on: '2025-03-01' },
        { code: 'FLOUR', producer: MILL, product: 'Flour', quantity: 80, kind: 'transformation', produced_on: '2025-04-01' },
        { code: 'BREAD', producer: BAKERY, product: 'Flour', quantity: 30, kind: 'transformation', produced_on: '2025-06-01' },
        { code: 'ELSE', producer: RIVAL, product: 'Flour', quantity: 30, kind: 'harvest', produced_on: '2025-06-01' },
      ].map((lot) => ({ unit: 'KGM', ...lot })),
    ),
    'lot_inputs.csv': csv([
      { output: 'BLEND', input: 'FIELD', quantity: 60, unit: 'KGM' },
      { output: 'BLEND', input: 'SLOPE', quantity: 40, unit: 'KGM' },
      { output: 'FLOUR', input: 'BLEND', quantity: 90, unit: 'KGM' },
      { output: 'BREAD', input: 'FLOUR', quantity: 20, unit: 'KGM' },
    ]),
    'transfers.csv': csv([
      { lot: 'FIELD', from: FARM, to: TRADER, on: '2025-02-10', document: 'BILL-1' },
      { lot: 'SLOPE', from: UPLAND, to: TRADER, on: '2025-02-11', document: '' },
      { lot: 'BLEND', from: TRADER, to: MILL, on: '2025-03-10', quantity: 95, unit: 'KGM', document: 'BILL-2' },
      { lot: 'FLOUR', from: MILL, to: IMPORTER, on: '2025-04-10', quantity: 80, unit: 'KGM', document: 'BILL-3' },
      { lot: 'FLOUR', from: IMPORTER, to: BAKERY, on: '2025-05-10', quantity: 25, unit: 'KGM', document: 'BILL-4' },
    ]),
    'documents.csv': csv([
      { type: 'INVOICE', number: 'BILL-1', issuer: FARM, issued_on: '2025-02-10', marked_organic: 'yes' },
      { type: 'INVOICE', number: 'BILL-2', issuer: TRADER, issued_on: '2025-03-10', marked_organic: 'yes' },
      { type: 'INVOICE', number: 'BILL-3', issuer: MILL, issued_on: '2025-04-10', marked_organic: 'yes' },
      { type: 'INVOICE', number: 'BILL-4', issuer: IMPORTER, issued_on: '2025-05-10', marked_organic: 'yes' },
    ]),
  });
});
afterAll(() => lotline.close());

const TRACE = `query ($code: String!, $direction: TraceDirection!) { lot(code: $code) { trace(direction: $direction) {
  rootRef complete
  summary { lots operations depth countries firstOn lastOn modes { mode legs } gaps { kind count } }
  lots { totalCount nodes { ref depth kilograms share lot { code } withheld { productClass country ownerCertified } } }
  links { nodes { from to kilograms } }
  steps { nodes { kind on lot { lot { code } } owner { name } from { name } to { name } kilograms documents { number } } }
  gaps { nodes { kind lot { ref lot { code } } on message rule } }
  holders { nodes { operation { name } lots held fromRoot } } } } }`;
interface Told {
  complete: boolean;
  summary: any;
  lots: string[];
  links: string[];
  steps: string[];
  gaps: string[];
  holders: string[];
  text: string;
}

/** A trace in short lines, refs numbered in order of appearance. */
async function trace(code: string, direction: 'BACK' | 'FORWARD', as: As): Promise<Told> {
  const data = await lotline.data(TRACE, { code, direction }, as);
  const told = data.lot.trace;
  const refs = new Map<string, string>([[told.rootRef, code]]);
  for (const { ref, lot } of told.lots.nodes) refs.set(ref, lot?.code ?? `?${refs.size}`);
  const name = (of: any) => of?.name.replace('Name of W:', '') ?? '-';
  return {
    complete: told.complete,
    summary: told.summary,
    lots: told.lots.nodes.map(({ ref, depth, kilograms, withheld }: any) =>
      [refs.get(ref), depth, kilograms, ...(withheld ? [withheld.productClass, withheld.country, withheld.ownerCertified] : [])].join(' '),
    ),
    links: told.links.nodes.map(({ from, to, kilograms }: any) => `${refs.get(from)} ${refs.get(to)} ${kilograms}`),
    steps: told.steps.nodes.map(({ kind, on, lot, from, to, documents }: any) =>
      [kind, on, lot.lot.code, name(from), name(to), ...documents.map(({ number }: any) => number)].join(' '),
    ),
    gaps: told.gaps.nodes.map(({ kind, on, lot }: any) => `${kind} ${lot.lot?.code ?? refs.get(lot.ref)} ${on}`),
    holders: told.holders.nodes.map(({ operation, lots, held, fromRoot }: any) => `${name(operation)} ${lots} ${held} ${fromRoot}`),
    text: JSON.stringify(data),
  };
}

test('back, a buyer reaches every farm, and of what is not its own only what the place in the chain needs', async () => {
  const told = await trace('FLOUR', 'BACK', { operation: IMPORTER });
  expect(told).toMatchObject({
    complete: false,
    lots: ['?1 1 80 10 UA NONE', '?2 2 48 10 UA VALID', '?3 2 32 10 KZ VALID'],
    // Of the uses of others as much as came along them: the 90 kg that the mill took are its own affair.
    links: ['?1 FLOUR 80', '?2 ?1 48', '?3 ?1 32'],
    steps: [
      'TRANSFORMED 2025-04-01 FLOUR - MILL',
      'TRANSFERRED 2025-04-10 FLOUR MILL IMPORTER BILL-3',
      'TRANSFERRED 2025-05-10 FLOUR IMPORTER BAKERY BILL-4',
    ],
    holders: [],
  });
  expect(told.summary).toMatchObject({ lots: 3, operations: 0, depth: 2, countries: ['KZ', 'UA'], firstOn: null, lastOn: null });
  // Who it was, and when, is told of its own lot alone.
  expect(told.gaps).toEqual([
    'NO_TRANSPORT FLOUR 2025-04-10',
    'NO_TRANSPORT ?1 null',
    'NO_TRANSPORT ?3 null',
    'NO_DOCUMENT ?3 null',
    'OWNER_NOT_CERTIFIED FLOUR 2025-04-10',
    'OWNER_NOT_CERTIFIED FLOUR 2025-05-10',
    'OWNER_NOT_CERTIFIED ?1 null',
    'OWNER_NOT_CERTIFIED ?2 null',
    'OWNER_NOT_CERTIFIED ?3 null',
    'WITHHELD ?1 null',
    'WITHHELD ?2 null',
    'WITHHELD ?3 null',
  ]);
  for (const secret of ['FIELD', 'SLOPE', 'BLEND', 'UPLAND', 'TRADER', 'BILL-1', 'BILL-2', '2025-01', '2025-02', '2025-03'])
    expect(told.text).not.toContain(secret);
});

test('the mill sees the lot that it bought, and the certifier of the mill what the mill sees', async () => {
  const told = await trace('FLOUR', 'BACK', { operation: MILL });
  expect(told).toMatchObject({
    complete: false,
    lots: ['BLEND 1 80', '?2 2 48 10 UA VALID', '?3 2 32 10 KZ VALID'],
    links: ['BLEND FLOUR 90', '?2 BLEND 48', '?3 BLEND 32'],
    steps: [
      'TRANSFORMED 2025-03-01 BLEND - TRADER',
      'TRANSFERRED 2025-03-10 BLEND TRADER MILL BILL-2',
      'TRANSFORMED 2025-04-01 FLOUR - MILL',
      'TRANSFERRED 2025-04-10 FLOUR MILL IMPORTER BILL-3',
    ],
  });
  // An operation that it sold to has acquired the lot, certified or not; what became of it there is not the mill's.
  expect(told.gaps).toEqual([
    'NO_TRANSPORT BLEND 2025-04-01',
    'NO_TRANSPORT ?3 null',
    'NO_DOCUMENT ?3 null',
    'OWNER_NOT_CERTIFIED FLOUR 2025-04-10',
    'OWNER_NOT_CERTIFIED BLEND 2025-03-01',
    'OWNER_NOT_CERTIFIED ?2 null',
    'OWNER_NOT_CERTIFIED ?3 null',
    'WITHHELD ?2 null',
    'WITHHELD ?3 null',
  ]);
  expect({ ...(await trace('FLOUR', 'BACK', { certifier: 'ZZ1' })), text: '' }).toEqual({ ...told, text: '' });
});

test('who is a party to everything behind a lot is told what an analyst is', async () => {
  const { text: _, ...told } = await trace('BLEND', 'BACK', { operation: TRADER });
  const { text: __, ...all } = await trace('BLEND', 'BACK', 'analyst');
  expect(told.complete).toBe(true);
  expect({ ...told, gaps: [], steps: [] }).toEqual({ ...all, gaps: [], steps: [], summary: { ...all.summary, gaps: told.summary.gaps } });
  expect(told.steps).toEqual(all.steps);
  // Where the mill is, and that it still has some of it there, the mill's facts tell.
  expect(told.gaps).toEqual(all.gaps.filter((gap) => gap !== 'NO_TRANSPORT BLEND 2025-03-10'));
});

test('forward, what others did with it is one gap, whether or not they did anything', async () => {
  expect(await trace('FIELD', 'FORWARD', { operation: TRADER })).toMatchObject({
    complete: false,
    lots: ['BLEND 1 60'],
    links: ['FIELD BLEND 60'],
    holders: ['MILL 1 95 57', 'TRADER 1 5 3'],
  });
  const mill = await trace('BLEND', 'FORWARD', { operation: MILL });
  // It does not know what the trader kept of the blend: only that it got 95 of the 100 kg.
  expect(mill).toMatchObject({ lots: ['FLOUR 1 90'], holders: ['IMPORTER 1 80 80', 'MILL 1 5 5'] });
  expect(mill.gaps.filter((gap) => gap.startsWith('WITHHELD'))).toEqual(['WITHHELD BLEND null']);
  // The importer holds what it has not passed on, as far as the mill knows; what the bakery has it does not.
  expect(await trace('FLOUR', 'FORWARD', { operation: MILL })).toMatchObject({ lots: [], holders: ['IMPORTER 1 80 80'], complete: false });
  // Nobody else ever had any of it.
  expect(await trace('BREAD', 'FORWARD', { operation: BAKERY })).toMatchObject({ complete: true, holders: ['BAKERY 1 30 30'] });
});

const ORIGIN = `query ($code: String!) { lot(code: $code) { origin {
  complete unknown countries { country kilograms } farms { totalCount nodes { operation { name } country kilograms share lots } } } } }`;

test('an origin adds up, and withheld farms are told by country', async () => {
  expect((await lotline.data(ORIGIN, { code: 'FLOUR' }, { operation: IMPORTER })).lot.origin).toEqual({
    complete: false,
    unknown: '0',
    countries: [
      { country: 'UA', kilograms: '48' },
      { country: 'KZ', kilograms: '32' },
    ],
    farms: {
      totalCount: 2,
      nodes: [
        { operation: null, country: 'UA', kilograms: '48', share: 0.6, lots: 1 },
        { operation: null, country: 'KZ', kilograms: '32', share: 0.4, lots: 1 },
      ],
    },
  });
  // Both farms are certified by ZZ2, which sees the blend by what the trader bought of them.
  const { origin } = (await lotline.data(ORIGIN, { code: 'BLEND' }, { operation: TRADER })).lot;
  expect(origin.farms.nodes.map(({ operation }: any) => operation.name)).toEqual([`Name of ${FARM}`, `Name of ${UPLAND}`]);
});

test('a recall begins with lots in sight and follows them as far as the viewer sees', async () => {
  const recall =
    'query ($lots: [ID!]!) { recall(lots: $lots) { lots kilograms complete holders { nodes { operation { name } held fromRoot } } gaps(kinds: [WITHHELD]) { totalCount } } }';
  const idOf = async (code: string) => (await lotline.data('query ($code: String!) { lot(code: $code) { id } }', { code })).lot.id;
  const [field, flour] = [await idOf('FIELD'), await idOf('FLOUR')];
  expect((await lotline.data(recall, { lots: [field] }, { operation: TRADER })).recall).toMatchObject({
    lots: 2,
    kilograms: '60',
    complete: false,
    gaps: { totalCount: 1 },
  });
  const refused = await lotline.ask(recall, { lots: [field, flour] }, { operation: TRADER });
  expect(refused.errors![0]!.extensions).toMatchObject({ code: 'NOT_FOUND', path: ['lots', 1] });
  for (const as of ['nobody', { operation: RIVAL }] as As[])
    expect((await lotline.ask(recall, { lots: [field] }, as)).errors![0]!.extensions.code).toBe('NOT_FOUND');
});

test('a filter finds a withheld lot by nothing that is not told of it', async () => {
  const found = async (filter: object) => {
    const query =
      'query ($filter: TraceLotFilter) { lot(code: "FLOUR") { trace(direction: BACK) { lots(filter: $filter) { totalCount nodes { withheld { country } } } } } }';
    return (await lotline.data(query, { filter }, { operation: IMPORTER })).lot.trace.lots.totalCount;
  };
  const wheat = (await lotline.data('{ lot(code: "FIELD") { product { id } producer { id } } }')).lot;
  expect(await found({ countries: ['KZ'] })).toBe(1);
  expect(await found({ minDepth: 2 })).toBe(2);
  expect(await found({ products: [wheat.product.id] })).toBe(0);
  expect(await found({ operations: [wheat.producer.id] })).toBe(0);
  expect(await found({ kinds: ['HARVEST'] })).toBe(0);
});

test('a ref says nothing elsewhere: another viewer, another root and another way have others', async () => {
  const refs = async (code: string, as: As): Promise<string[]> => {
    const { lot } = await lotline.data(TRACE, { code, direction: 'BACK' }, as);
    return lot.trace.lots.nodes.map(({ ref }: any) => ref);
  };
  const all = [
    ...(await refs('FLOUR', { operation: IMPORTER })),
    ...(await refs('FLOUR', { operation: MILL })),
    ...(await refs('BLEND', { operation: MILL })),
    ...(await refs('FLOUR', { certifier: 'ZZ1' })),
  ];
  expect(new Set(all).size).toBe(all.length);
  expect(await refs('FLOUR', { operation: IMPORTER })).toEqual(all.slice(0, 3));
});

test('a lot of somebody else has no trace, and depth and day cut a trace with withheld lots as any other', async () => {
  for (const as of ['nobody', { operation: RIVAL }, { operation: BAKERY }] as As[])
    expect((await lotline.data(TRACE, { code: 'BLEND', direction: 'BACK' }, as)).lot).toBeNull();
  const ask =
    'query ($depth: Int, $on: Date) { lot(code: "FLOUR") { trace(direction: BACK, maxDepth: $depth, asOf: $on) { lots { nodes { kilograms withheld { country } } } gaps(kinds: [WITHHELD, TRUNCATED]) { nodes { kind } } } } }';
  const cut = (await lotline.data(ask, { depth: 1 }, { operation: IMPORTER })).lot.trace;
  expect(cut.lots.nodes).toEqual([{ kilograms: '80', withheld: { country: 'UA' } }]);
  expect(cut.gaps.nodes.map(({ kind }: any) => kind)).toEqual(['WITHHELD', 'TRUNCATED']);
  const before = (await lotline.data(ask, { on: '2025-03-15' }, { operation: IMPORTER })).lot.trace;
  expect(before.lots.nodes).toEqual([]);
});

describe('a lot that others sold, certified and carried, too', () => {
  const [P, A, RIVAL, SELLER, V, C, D, T] = ['P', 'A', 'RIVAL', 'SELLER', 'V', 'C', 'D', 'T'].map((name) => op(`M-${name}`)) as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const NUMBER = '999-0000000055-000001';
  let own: Lotline;
  beforeAll(async () => {
    own = await startLotline({ heartbeatMs: 50, pollMs: 50 });
    await own.import({
      'certifiers.csv': csv([{ certifier: 'ZZ5', name: 'Issuer', scheme: 'NOP' }]),
      'operations.csv': csv(
        [P, A, RIVAL, SELLER, V, C, D, T].map((operation) => ({ operation, name: operation, country: 'TR', roles: 'handler' })),
      ),
      'products.csv': csv([{ product: 'Wheat', hts: '1001990000', organic: 'yes' }]),
      'lots.csv': csv(
        [
          ['SHARED', P, '2025-01-01'],
          ['CIRCLE', SELLER, '2025-01-01'],
          ['SENT', P, '2025-01-01'],
          ['GRAIN', SELLER, '2025-02-01'],
        ].map(([code, producer, produced_on]) => ({
          code,
          producer,
          product: 'Wheat',
          quantity: 100,
          unit: 'KGM',
          kind: 'harvest',
          produced_on,
        })),
      ),
      'transfers.csv': csv(
        [
          ['SHARED', P, A, '2025-01-02', 40],
          ['SHARED', A, RIVAL, '2025-01-03', 10],
          ['CIRCLE', SELLER, V, '2025-01-05', 50],
          ['CIRCLE', V, C, '2025-01-10', 20],
          // Later, others trade on, without a paper, and some of it comes back to who sold it first.
          ['CIRCLE', C, D, '2025-03-01', 20],
          ['CIRCLE', D, SELLER, '2025-03-02', 20],
          ['SENT', P, A, '2025-02-20', 100],
        ].map(([lot, from, to, on, quantity]) => ({
          lot,
          from,
          to,
          on,
          quantity,
          unit: 'KGM',
          document: on! < '2025-03-01' ? `${from}/INVOICE/PAPER` : '',
        })),
      ),
      'documents.csv': csv(
        [P, SELLER, V, A].map((issuer) => ({ type: 'invoice', number: 'PAPER', issuer, issued_on: '2025-01-02', marked_organic: 'yes' })),
      ),
      'shipments.csv': csv([{ reference: 'SEA', shipper: P, consignee: A }]),
      'shipment_legs.csv': csv([
        { shipment: 'SEA', sequence: 1, mode: 'maritime', from_place: 'TRISK', to_place: 'USSCK', departed: '2025-02-28' },
      ]),
      'shipment_lots.csv': csv([{ shipment: 'SEA', lot: 'SENT', quantity: 100, unit: 'KGM' }]),
      // A trader whom the producer does not know holds the certificate for it.
      'import_certificates.csv': csv([
        {
          number: NUMBER,
          kind: 'SHIPMENT',
          exporter: T,
          importer: A,
          certifier: 'ZZ5',
          hts: '1001990000',
          requested_on: '2025-02-01',
          issued_on: '2025-02-10',
        },
      ]),
      'import_certificate_lines.csv': csv([{ certificate: NUMBER, product: 'Wheat', quantity: 100, unit: 'KGM', lot: 'SENT' }]),
    });
  });
  afterAll(() => own.close());

  const kindsOf = async (code: string, as: As, direction = 'BACK'): Promise<string[]> => {
    const query = `query ($code: String!) { lot(code: $code) { trace(direction: ${direction}) { gaps { nodes { kind on } } } } }`;
    return (await own.data(query, { code }, as)).lot.trace.gaps.nodes.map(({ kind, on }: any) => `${kind} ${on}`);
  };

  test('who holds what is asked of a stream as of a list: by the facts in sight', async () => {
    const heard = async (holder: string): Promise<string[]> => {
      const { id } = (await own.data(`{ operation(identifier: "${holder}") { id } }`)).operation;
      const viewer = await own.viewer({ operation: P });
      const after = own.cursors.encode({ position: 0n, command: null, told: null } as any, viewer.name);
      const stream = await subscribe(own, {
        query:
          'subscription ($after: Cursor, $of: [ID!]) { lotEvents(after: $after, filter: { holders: $of }) { cursor sequence change { kind lot { code } } } }',
        variables: { after, of: [id] },
        as: { operation: P },
      });
      await stream.abreast();
      await stream.close();
      return stream.changes.map(({ kind, lot }: any) => `${kind} ${lot.code}`);
    };
    expect(await heard(A)).toContain('TRANSFERRED SHARED');
    expect(await heard(RIVAL)).toEqual([]);
  });

  test('what others did later is not behind a lot', async () => {
    const told = await kindsOf('CIRCLE', { operation: V });
    expect(told.filter((gap) => gap.startsWith('NO_DOCUMENT'))).toEqual([]);
    expect((await kindsOf('CIRCLE', 'analyst')).filter((gap) => gap.startsWith('NO_DOCUMENT'))).toHaveLength(2);
  });

  test('nobody is accused of what the papers of others refute', async () => {
    expect((await kindsOf('SENT', 'analyst')).filter((gap) => gap.startsWith('NO_IMPORT_CERTIFICATE'))).toEqual([]);
    for (const direction of ['BACK', 'FORWARD'])
      expect((await kindsOf('SENT', { operation: P }, direction)).filter((gap) => gap.startsWith('NO_IMPORT_CERTIFICATE'))).toEqual([]);
  });
});

test('asking day by day does not date what is withheld', async () => {
  const query =
    'query ($on: Date) { lot(code: "FLOUR") { trace(direction: BACK, asOf: $on) { lots { nodes { depth kilograms } } gaps { nodes { kind on lot { withheld { country } } } } } } }';
  const told = async (on: string): Promise<string> => {
    const { trace } = (await lotline.data(query, { on }, { operation: IMPORTER })).lot;
    return JSON.stringify([trace.lots.nodes, trace.gaps.nodes.filter(({ lot }: any) => lot.withheld !== null)]);
  };
  const now = await told('2025-12-31');
  expect(now).toContain('NO_DOCUMENT');
  for (const on of ['2025-04-01', '2025-04-09', '2025-05-01']) expect(await told(on)).toBe(now);
});
