import { type As, csv, type Lotline, mistakesOf, startLotline } from '../support/lotline';

// What moved, for whom, and by which way: from spreadsheets to the answers of each side.

let lotline: Lotline;
const operation = (operation: string, country: string) => ({ operation, name: `Name of ${operation}`, country, roles: 'handler' });
const FILES = {
  'operations.csv': csv([operation('S:FARM', 'UA'), operation('S:TRADER', 'TR'), operation('S:BUYER', 'US'), operation('S:RIVAL', 'US')]),
  'products.csv': csv([{ product: 'Wheat', hts: '1001990000', organic: 'yes' }]),
  'lots.csv': csv([
    { code: 'L-1', producer: 'S:FARM', product: 'Wheat', quantity: 100, unit: 'TNE', kind: 'harvest', produced_on: '2025-01-10' },
    { code: 'L-2', producer: 'S:RIVAL', product: 'Wheat', quantity: 10, unit: 'TNE', kind: 'harvest', produced_on: '2025-01-10' },
  ]),
  'shipments.csv': csv([
    { reference: 'SEA', shipper: 'S:FARM', consignee: 'S:TRADER', booked_on: '2025-02-01' },
    { reference: 'SEA', shipper: 'S:RIVAL', consignee: 'S:BUYER', booked_on: '' },
    { reference: 'TRUCK', shipper: 'S:TRADER', consignee: 'S:BUYER', booked_on: '' },
  ]),
  'shipment_legs.csv': csv([
    {
      shipment: 'S:FARM/SEA',
      sequence: 2,
      mode: 'maritime',
      from_place: 'TRISK Iskenderun',
      to_place: 'USSCK',
      departed: '2025-02-20T08:00:00+03:00',
      arrived: '',
      container: 'CSQU 305438-3',
    },
    {
      shipment: 'S:FARM/SEA',
      sequence: 1,
      mode: 'Inland water',
      from_place: 'Kakhovka elevator',
      to_place: 'TRISK',
      departed: '2025-02-10',
      arrived: '2025-02-15',
      container: '',
    },
  ]),
  'shipment_lots.csv': csv([
    { shipment: 'S:FARM/SEA', lot: 'L-1', quantity: 60, unit: 'TNE' },
    { shipment: 'S:RIVAL/SEA', lot: 'L-2', quantity: 10, unit: 'TNE' },
  ]),
  'treatments.csv': csv([
    { kind: 'fumigation', on: '2025-02-21', substance: 'phosphine', shipment: 'S:FARM/SEA', lot: '', prohibited: 'yes' },
    { kind: 'heat', on: '2025-01-20', substance: 'dry air', shipment: '', lot: 'L-1', prohibited: '' },
    { kind: 'cold', on: '2025-02-09', substance: 'before it sailed', shipment: 'S:FARM/SEA', lot: '', prohibited: '' },
  ]),
};

beforeAll(async () => {
  lotline = await startLotline();
  await lotline.import(FILES);
});
afterAll(() => lotline.close());

test('a shipment, its way, what it carried and what was done to it', async () => {
  const { shipment } = await lotline.data(`{ shipment(reference: "SEA", shipper: "S:FARM") {
    reference status shipper { name } consignee { name } exporter { name } importer { name }
    legs { totalCount nodes { sequence mode from { name unLocode country } to { name unLocode country } departedOn departedAt arrivedOn container } }
    lots { nodes { kilograms lot { code } } } } }`);
  expect(shipment).toEqual({
    reference: 'SEA',
    status: 'IN_TRANSIT',
    shipper: { name: 'Name of S:FARM' },
    consignee: { name: 'Name of S:TRADER' },
    exporter: { name: 'Name of S:FARM' },
    importer: { name: 'Name of S:TRADER' },
    legs: {
      totalCount: 2,
      nodes: [
        {
          sequence: 1,
          mode: 'INLAND_WATER',
          from: { name: 'Kakhovka elevator', unLocode: null, country: null },
          to: { name: 'Iskenderun', unLocode: 'TRISK', country: 'TR' },
          departedOn: '2025-02-10',
          departedAt: null,
          arrivedOn: '2025-02-15',
          container: null,
        },
        {
          sequence: 2,
          mode: 'MARITIME',
          from: { name: 'Iskenderun', unLocode: 'TRISK', country: 'TR' },
          to: { name: 'Stockton', unLocode: 'USSCK', country: 'US' },
          departedOn: '2025-02-20',
          departedAt: '2025-02-20T05:00:00.000Z',
          arrivedOn: null,
          container: 'CSQU3054383',
        },
      ],
    },
    lots: { nodes: [{ kilograms: '60000', lot: { code: 'L-1' } }] },
  });
  const { lot } = await lotline.data(
    '{ lot(code: "L-1") { shipments { totalCount nodes { reference } } treatments { nodes { kind on substance prohibited shipment { reference } } } } }',
  );
  expect(lot.shipments).toEqual({ totalCount: 1, nodes: [{ reference: 'SEA' }] });
  // What was done to the shipment before it departed was not done to the lot on its way.
  expect(lot.treatments.nodes).toEqual([
    { kind: 'HEAT', on: '2025-01-20', substance: 'dry air', prohibited: false, shipment: null },
    { kind: 'FUMIGATION', on: '2025-02-21', substance: 'phosphine', prohibited: true, shipment: { reference: 'SEA' } },
  ]);
});

test('shipments are found by status, mode, container, party and day of departure', async () => {
  const ids = new Map<string, string>();
  for (const name of ['S:FARM', 'S:TRADER', 'S:BUYER'])
    ids.set(name, (await lotline.data('query ($of: String!) { operation(identifier: $of) { id } }', { of: name })).operation.id);
  const found = async (filter: object) =>
    (
      await lotline.data(
        'query ($filter: ShipmentFilter) { shipments(filter: $filter) { totalCount nodes { reference shipper { name } } } }',
        { filter },
      )
    ).shipments.nodes.map(({ reference, shipper }: any) => `${shipper.name.slice('Name of '.length)}/${reference}`);
  expect(await found({})).toEqual(['S:FARM/SEA', 'S:RIVAL/SEA', 'S:TRADER/TRUCK']);
  expect(await found({ statuses: ['BOOKED'] })).toEqual(['S:RIVAL/SEA', 'S:TRADER/TRUCK']);
  expect(await found({ statuses: ['IN_TRANSIT', 'ARRIVED'], modes: ['MARITIME'] })).toEqual(['S:FARM/SEA']);
  expect(await found({ modes: ['AIR'] })).toEqual([]);
  expect(await found({ containers: ['CSQU3054383'] })).toEqual(['S:FARM/SEA']);
  expect(await found({ shippers: [ids.get('S:TRADER')] })).toEqual(['S:TRADER/TRUCK']);
  expect(await found({ consignees: [ids.get('S:BUYER')] })).toEqual(['S:RIVAL/SEA', 'S:TRADER/TRUCK']);
  expect(await found({ departedFrom: '2025-02-10', departedTo: '2025-02-10' })).toEqual(['S:FARM/SEA']);
  expect(await found({ departedFrom: '2025-02-11' })).toEqual([]);
  const refused = await lotline.ask('{ shipments(filter: { containers: ["CSQU3054384"] }) { totalCount } }');
  expect(refused.errors![0]!.extensions).toMatchObject({ code: 'BAD_USER_INPUT', path: ['filter', 'containers', 0] });
  expect((await lotline.ask('{ shipment(reference: "SEA") { id } }')).errors![0]!.extensions.code).toBe('AMBIGUOUS');
});

test('each side sees its own shipments, and the lots in them', async () => {
  const seen = async (as: As) => {
    const { shipments, lots } = await lotline.data(
      '{ shipments { totalCount nodes { id reference lots { nodes { lot { code } } } } } lots { nodes { code treatments { totalCount } } } }',
      {},
      as,
    );
    expect(shipments.totalCount).toBe(shipments.nodes.length);
    return [
      shipments.nodes.map((each: any) => [each.reference, ...each.lots.nodes.map(({ lot }: any) => lot.code)].join(' ')),
      lots.nodes.map((lot: any) => `${lot.code} ${lot.treatments.totalCount}`),
    ];
  };
  expect(await seen({ operation: 'S:FARM' })).toEqual([['SEA L-1'], ['L-1 2']]);
  expect(await seen({ operation: 'S:TRADER' })).toEqual([['SEA L-1', 'TRUCK'], ['L-1 1']]);
  expect(await seen({ operation: 'S:BUYER' })).toEqual([['SEA L-2', 'TRUCK'], ['L-2 0']]);
  expect(await seen('nobody')).toEqual([[], []]);
  const { shipment } = await lotline.data('{ shipment(reference: "SEA", shipper: "S:FARM") { id } }');
  const node = (as: As) => lotline.data('query ($id: ID!) { node(id: $id) { ... on Shipment { reference } } }', { id: shipment.id }, as);
  expect(await node({ operation: 'S:FARM' })).toEqual({ node: { reference: 'SEA' } });
  expect(await node({ operation: 'S:BUYER' })).toEqual({ node: null });
});

test('the same folder again is known, a later one adds legs, another word is a conflict', async () => {
  const counts = await lotline.import(FILES);
  expect(Object.values(counts).map(({ recorded }) => recorded)).toEqual(Object.keys(counts).map(() => 0));
  const later = {
    shipment: 'TRUCK',
    sequence: 1,
    mode: 'ROAD',
    from_place: 'USSCK',
    to_place: 'USOAK',
    departed: '2025-04-01',
    arrived: '2025-04-01',
  };
  await lotline.import({ 'shipment_legs.csv': csv([later]) });
  expect((await lotline.data('{ shipment(reference: "TRUCK") { status exporter { name } } }')).shipment).toEqual({
    status: 'ARRIVED',
    exporter: null,
  });
  const refused = await mistakesOf(lotline.import({ 'shipment_legs.csv': csv([{ ...later, to_place: 'USLAX' }]) }));
  expect(refused.lines().join('\n')).toMatch(/shipment_legs\.csv:2.*to_place.*"USOAK Oakland".*"USLAX Los Angeles"/);
});

const row = (more: object) => ({
  shipment: 'TRUCK',
  sequence: 9,
  mode: 'ROAD',
  from_place: 'here',
  to_place: 'there',
  departed: '2025-04-01',
  ...more,
});
const BROKEN: [what: string, files: Record<string, string>, told: RegExp][] = [
  ['a leg of no shipment', { 'shipment_legs.csv': csv([row({ shipment: 'NONE' })]) }, /:2 shipment: there is no shipment "NONE"/],
  [
    'a leg of a shared reference',
    { 'shipment_legs.csv': csv([row({ shipment: 'SEA' })]) },
    /2 shipments have the reference "SEA".*S:FARM\/SEA/,
  ],
  ['a mode of no list', { 'shipment_legs.csv': csv([row({ mode: 'balloon' })]) }, /"balloon" is not a mode of transport/],
  ['a place in the order that is none', { 'shipment_legs.csv': csv([row({ sequence: '1.5' })]) }, /"1.5" is no place in an order/],
  ['a place of order zero', { 'shipment_legs.csv': csv([row({ sequence: 0 })]) }, /"0" is no place in an order/],
  ['an hour without offset', { 'shipment_legs.csv': csv([row({ departed: '2025-04-01T08:00' })]) }, /has an hour but no offset/],
  [
    'a container whose check digit is wrong',
    { 'shipment_legs.csv': csv([row({ container: 'CSQU3054384' })]) },
    /check digit .* should be 3/,
  ],
  ['a container that is none', { 'shipment_legs.csv': csv([row({ container: 'BOX 7' })]) }, /not a container number of ISO 6346/],
  ['a leg without departure', { 'shipment_legs.csv': csv([row({ departed: '' })]) }, /departed: it is empty/],
  [
    'a leg given twice in two ways',
    { 'shipment_legs.csv': csv([row({}), row({ mode: 'RAIL' })]) },
    /line 2, is known with mode "ROAD", this row says "RAIL"/,
  ],
  [
    'a shipment to nobody',
    { 'shipments.csv': csv([{ reference: 'X', shipper: 'S:FARM', consignee: 'S:NONE' }]) },
    /consignee: there is no operation "S:NONE"/,
  ],
  [
    'a shipment to somebody else',
    { 'shipments.csv': csv([{ reference: 'TRUCK', shipper: 'S:TRADER', consignee: 'S:RIVAL' }]) },
    /is known with consignee "S:BUYER", this row says "S:RIVAL"/,
  ],
  [
    'a booking on no day',
    { 'shipments.csv': csv([{ reference: 'X', shipper: 'S:FARM', consignee: 'S:BUYER', booked_on: '31.12.2025' }]) },
    /may be day first or month first/,
  ],
  [
    'a lot that is none in a shipment',
    { 'shipment_lots.csv': csv([{ shipment: 'TRUCK', lot: 'NONE', quantity: 1, unit: 'KGM' }]) },
    /there is no lot "NONE"/,
  ],
  [
    'bushels of what has none',
    { 'shipment_lots.csv': csv([{ shipment: 'TRUCK', lot: 'L-1', quantity: 1, unit: 'BUA' }]) },
    /no kg_per_bushel/,
  ],
  [
    'a lot twice in a shipment',
    { 'shipment_lots.csv': csv([1, 2].map(() => ({ shipment: 'TRUCK', lot: 'L-1', quantity: 1, unit: 'KGM' }))) },
    /:3: the row equals line 2/,
  ],
  [
    'nothing of a lot',
    { 'shipment_lots.csv': csv([{ shipment: 'TRUCK', lot: 'L-1', quantity: 0, unit: 'KGM' }]) },
    /a mass must be above zero/,
  ],
  [
    'a treatment of nothing',
    { 'treatments.csv': csv([{ kind: 'heat', on: '2025-01-01', substance: 'air', lot: '', shipment: '' }]) },
    /neither a lot nor a shipment is named/,
  ],
  [
    'a treatment of both',
    { 'treatments.csv': csv([{ kind: 'heat', on: '2025-01-01', substance: 'air', lot: 'L-1', shipment: 'TRUCK' }]) },
    /not of both/,
  ],
  [
    'a treatment of no list',
    { 'treatments.csv': csv([{ kind: 'blessing', on: '2025-01-01', substance: 'water', lot: 'L-1' }]) },
    /"blessing" is not a kind of treatment/,
  ],
  [
    'a treatment with nothing',
    { 'treatments.csv': csv([{ kind: 'heat', on: '2025-01-01', substance: '', lot: 'L-1' }]) },
    /substance: it is empty/,
  ],
  [
    'a maybe prohibited treatment',
    { 'treatments.csv': csv([{ kind: 'heat', on: '2025-01-01', substance: 'air', lot: 'L-1', prohibited: 'maybe' }]) },
    /neither yes nor no/,
  ],
];

test.each(BROKEN)('%s is refused, with its place', async (_what, files, told) => {
  const refused = await mistakesOf(lotline.import(files));
  expect(refused.lines().join('\n')).toMatch(told);
});
