import { subscribe } from '../support/live';
import { type As, csv, fingerprint, type GraphQLAnswer, type Lotline, startLotline } from '../support/lotline';

// A shipment is booked, departs and arrives by commands: what each says, to whom, and what is refused.

const SHIPPER = 'S:SHIPPER';
const CONSIGNEE = 'S:CONSIGNEE';
const STRANGER = 'S:STRANGER';
const US: As = { operation: SHIPPER };
const THEM: As = { operation: CONSIGNEE };

let lotline: Lotline;
let ids: Record<string, string>;
let keys = 0;

beforeAll(async () => {
  lotline = await startLotline({ heartbeatMs: 100 });
  await lotline.import({
    'operations.csv': csv(
      [SHIPPER, CONSIGNEE, STRANGER].map((operation) => ({ operation, name: operation, country: 'TR', roles: 'handler' })),
    ),
    'products.csv': csv([{ product: 'Organic soybeans', hts: '1201900010', organic: 'yes' }]),
    'lots.csv': csv(
      [SHIPPER, STRANGER].map((producer) => ({
        code: 'BEANS',
        product: 'Organic soybeans',
        producer,
        kind: 'harvest',
        quantity: 10,
        unit: 'TNE',
        produced_on: '2025-01-10',
      })),
    ),
    // Some of the stranger's lot comes to the shipper, which sells it on.
    'transfers.csv': csv([
      { lot: `${STRANGER}/BEANS`, from: STRANGER, to: SHIPPER, on: '2025-02-05', quantity: 1, unit: 'TNE' },
      { lot: `${STRANGER}/BEANS`, from: STRANGER, to: SHIPPER, on: '2025-02-20', quantity: 2, unit: 'TNE' },
      { lot: `${STRANGER}/BEANS`, from: SHIPPER, to: CONSIGNEE, on: '2025-02-21', quantity: 3, unit: 'TNE' },
    ]),
  });
  await lotline.import({
    'lots.csv': csv(
      ['UNSEEN', 'OFFERED'].map((code) => ({
        code,
        product: 'Organic soybeans',
        producer: STRANGER,
        kind: 'harvest',
        quantity: 1,
        unit: 'TNE',
        produced_on: '2025-01-10',
      })),
    ),
  });
  const { a, b, c, lots } = await lotline.data(
    `{ a: operation(identifier: "${SHIPPER}") { id } b: operation(identifier: "${CONSIGNEE}") { id } c: operation(identifier: "${STRANGER}") { id } lots { nodes { id code producer { name } } } }`,
  );
  const lotOf = (name: string, code = 'BEANS') => lots.nodes.find((each: any) => each.producer.name === name && each.code === code).id;
  ids = {
    shipper: a.id,
    consignee: b.id,
    stranger: c.id,
    ours: lotOf(SHIPPER),
    theirs: lotOf(STRANGER),
    unseen: lotOf(STRANGER, 'UNSEEN'),
    offered: lotOf(STRANGER, 'OFFERED'),
  };
  // The consignee sees a lot that it was offered and has not accepted.
  await lotline.data(
    'mutation ($input: OfferTransferInput!) { offerTransfer(input: $input) { cursor } }',
    {
      input: {
        idempotencyKey: 'offered',
        lot: ids.offered,
        sender: ids.stranger,
        receiver: ids.consignee,
        quantity: { value: '1', unit: 'TNE' },
        on: '2025-02-01',
      },
    },
    { operation: STRANGER },
  );
});
afterAll(() => lotline.close());

const tell = (command: string, input: Record<string, unknown>, as: As = US): Promise<GraphQLAnswer> =>
  lotline.ask(
    `mutation ($input: ${command[0]!.toUpperCase()}${command.slice(1)}Input!) { ${command}(input: $input) { cursor shipment { id status reference } } }`,
    { input: { idempotencyKey: `s-${++keys}`, ...input } },
    as,
  );
const book = async (reference: string, more: object = {}, as: As = US) =>
  tell(
    'bookShipment',
    {
      reference,
      shipper: ids.shipper,
      consignee: ids.consignee,
      bookedOn: '2025-02-01',
      lots: [{ lot: ids.ours, quantity: { value: '4', unit: 'TNE' } }],
      ...more,
    },
    as,
  );
const booked = async (reference: string): Promise<string> => (await book(reference)).data.bookShipment.shipment.id;
const depart = (shipment: string, departed: string, more: object = {}, as: As = US) =>
  tell('recordDeparture', { shipment, mode: 'MARITIME', fromPlace: 'TRISK', toPlace: 'USSCK', departed, ...more }, as);
const arrive = (shipment: string, arrived: string, more: object = {}, as: As = US) =>
  tell('recordArrival', { shipment, arrived, ...more }, as);
const reason = ({ errors }: GraphQLAnswer) => errors?.[0]?.extensions;

test('a shipment is booked, departs and arrives, leg by leg, and every step is told once to those whom it concerns', async () => {
  const query = 'subscription { shipmentStatusChanged { cursor sequence change { from to place { name } shipment { reference } } } }';
  const events = 'subscription { lotEvents { cursor sequence change { kind on kilograms shipment { reference } } } }';
  const [consignee, stranger, lots] = await Promise.all([
    subscribe(lotline, { query, as: THEM }),
    subscribe(lotline, { query, as: { operation: STRANGER } }),
    subscribe(lotline, { query: events, as: THEM }),
  ]);
  const shipment = await booked('TOLD');
  expect(
    (await depart(shipment, '2025-02-10', { container: 'CSQU3054383', carrier: 'Nosuch Line (invented)' })).data.recordDeparture.shipment
      .status,
  ).toBe('DEPARTED');
  expect((await arrive(shipment, '2025-03-10T06:00:00-07:00', {}, THEM)).data.recordArrival.shipment.status).toBe('ARRIVED');
  expect(
    (await depart(shipment, '2025-03-11', { mode: 'ROAD', fromPlace: 'USSCK', toPlace: 'USOAK' })).data.recordDeparture.shipment.status,
  ).toBe('IN_TRANSIT');
  expect((await arrive(shipment, '2025-03-12', { leg: 2 })).data.recordArrival.shipment.status).toBe('ARRIVED');

  await Promise.all([consignee, stranger, lots].map((each) => each.abreast()));
  const of = { reference: 'TOLD' };
  expect(consignee.changes).toEqual([
    { from: null, to: 'BOOKED', place: null, shipment: of },
    { from: 'BOOKED', to: 'DEPARTED', place: { name: 'Iskenderun' }, shipment: of },
    { from: 'DEPARTED', to: 'ARRIVED', place: { name: 'Stockton' }, shipment: of },
    { from: 'ARRIVED', to: 'IN_TRANSIT', place: { name: 'Stockton' }, shipment: of },
    { from: 'IN_TRANSIT', to: 'ARRIVED', place: { name: 'Oakland' }, shipment: of },
  ]);
  expect(stranger.changes).toEqual([]);
  const steps = lots.changes.map(({ kind, on, kilograms }) => `${kind} ${on} ${kilograms}`);
  expect(steps).toEqual([
    'EXPORTED 2025-02-10 4000',
    'DEPARTED 2025-02-10 4000',
    'ARRIVED 2025-03-10 4000',
    'IMPORTED 2025-03-10 4000',
    'DEPARTED 2025-03-11 4000',
    'ARRIVED 2025-03-12 4000',
  ]);
  // Who comes later and asks for what came before is told the same.
  const [begin, beginOfLots] = [consignee, lots].map(({ messages }) => messages[0]!.cursor);
  const again = await subscribe(lotline, { query: query.replace('Changed', `Changed(after: "${begin}")`), as: THEM });
  const lotsAgain = await subscribe(lotline, { query: events.replace('Events', `Events(after: "${beginOfLots}")`), as: THEM });
  await Promise.all([again, lotsAgain].map((each) => each.abreast()));
  expect(again.changes).toEqual(consignee.changes);
  expect(lotsAgain.changes).toEqual(lots.changes);
  await Promise.all([consignee, stranger, lots, again, lotsAgain].map((each) => each.close()));

  const { lot } = await lotline.data(
    `{ lot: node(id: "${ids.ours}") { ... on Lot { trace(direction: FORWARD) { steps { nodes { kind on } } } } } }`,
  );
  expect(lot.trace.steps.nodes.map(({ kind, on }: any) => `${kind} ${on}`)).toEqual(
    expect.arrayContaining(steps.map((step) => step.slice(0, step.lastIndexOf(' ')))),
  );
});

test.each<[string, object, As, object]>([
  ['by its consignee', {}, THEM, { code: 'FORBIDDEN' }],
  ['by an analyst', {}, 'analyst', { code: 'FORBIDDEN' }],
  [
    'of a lot that the shipper does not see',
    { lots: [{ lot: 'unseen', quantity: { value: '1', unit: 'KGM' } }] },
    US,
    { code: 'NOT_FOUND', path: ['input', 'lots', 0, 'lot'] },
  ],
  [
    'of more than was born',
    { lots: [{ lot: 'ours', quantity: { value: '10.001', unit: 'TNE' } }] },
    US,
    { code: 'REFUSED', path: ['input', 'lots', 0, 'quantity'] },
  ],
  [
    'of a lot before any of it came to the shipper',
    { bookedOn: '2025-02-04', lots: [{ lot: 'theirs', quantity: { value: '1', unit: 'KGM' } }] },
    US,
    { code: 'REFUSED', path: ['input', 'lots', 0, 'lot'], rule: '7 CFR 205.2, 205.103(b)(2)' },
  ],
  [
    'of a lot that was only offered to its shipper',
    { shipper: 'consignee', bookedOn: '2025-03-01', lots: [{ lot: 'offered', quantity: { value: '1', unit: 'KGM' } }] },
    THEM,
    { code: 'REFUSED', path: ['input', 'lots', 0, 'lot'] },
  ],
  [
    'of more than had come to the shipper by then',
    { bookedOn: '2025-02-19', lots: [{ lot: 'theirs', quantity: { value: '1001', unit: 'KGM' } }] },
    US,
    { code: 'REFUSED', path: ['input', 'lots', 0, 'quantity'], rule: '7 CFR 205.403(d)(4)' },
  ],
  [
    'of more than ever came to the shipper',
    { bookedOn: null, lots: [{ lot: 'theirs', quantity: { value: '3001', unit: 'KGM' } }] },
    US,
    { code: 'REFUSED', path: ['input', 'lots', 0, 'quantity'] },
  ],
  ...['1', '2'].map((value): [string, object, As, object] => [
    `of one lot twice, 1 KGM and ${value} KGM`,
    { lots: ['1', value].map((each) => ({ lot: 'ours', quantity: { value: each, unit: 'KGM' } })) },
    US,
    { code: 'CONFLICT', path: ['input', 'lots', 1], remedy: 'add the masses up' },
  ]),
  ['of no lot', { lots: [] }, US, { code: 'BAD_USER_INPUT', path: ['input', 'lots'] }],
  ['on a day that has not come', { bookedOn: '2098-01-01' }, US, { code: 'REFUSED', path: ['input', 'bookedOn'] }],
  ['of nothing', { lots: [{ lot: 'ours', quantity: { value: '0', unit: 'KGM' } }] }, US, { code: 'BAD_USER_INPUT' }],
  [
    'to nobody',
    { consignee: Buffer.from('Operation:01920000-0000-7000-8000-000000000000').toString('base64url') },
    US,
    { code: 'NOT_FOUND', path: ['input', 'consignee'] },
  ],
  ['under a reference in use', { reference: 'USED' }, US, { code: 'CONFLICT' }],
  ['without a reference', { reference: ' ' }, US, { code: 'BAD_USER_INPUT', path: ['input', 'reference'] }],
])('a shipment is not booked %s', async (_what, more: any, as, expected) => {
  await book('USED', {});
  const before = await fingerprint(lotline.database);
  const lots = more.lots?.map((each: any) => ({ ...each, lot: ids[each.lot] }));
  const shipper = more.shipper && { shipper: ids[more.shipper] };
  expect(reason(await book('NEVER', { ...more, ...shipper, ...(lots && { lots }) }, as))).toMatchObject(expected);
  expect(await fingerprint(lotline.database)).toBe(before);
});

test('a shipper books all that it ever had of a lot, also when it has sold it, and it departs no earlier than it came', async () => {
  const lots = [{ lot: ids.theirs, quantity: { value: '3', unit: 'TNE' } }];
  const shipment = (await book('SOLD', { bookedOn: null, lots })).data.bookShipment.shipment.id;
  const before = await fingerprint(lotline.database);
  for (const departed of ['2025-01-09', '2025-02-04', '2025-02-04T23:00:00+03:00'])
    expect(reason(await depart(shipment, departed))).toMatchObject({ code: 'REFUSED', path: ['input', 'departed'] });
  expect(await fingerprint(lotline.database)).toBe(before);
  expect((await depart(shipment, '2025-02-22')).errors).toBeUndefined();
  const { node } = await lotline.data(
    'query ($id: ID!) { node(id: $id) { ... on Lot { trace(direction: FORWARD) { gaps { nodes { kind } } } } } }',
    { id: ids.theirs },
  );
  expect(node.trace.gaps.nodes.map(({ kind }: any) => kind)).not.toContain('OWNER_CHANGED_WITHOUT_TRANSFER');
});

test('nothing departs before it was born or booked, and nothing departs or arrives on a day that has not come', async () => {
  const shipment = await booked('DAYS');
  const unborn = (await book('UNBORN', { bookedOn: '2025-01-01' })).data.bookShipment.shipment.id;
  const away = await booked('AWAY');
  await depart(away, '2025-02-01');
  const before = await fingerprint(lotline.database);
  const refused = async (answer: Promise<GraphQLAnswer>, path: string, message: string) => {
    const { errors } = await answer;
    expect(errors?.[0]).toMatchObject({
      message: expect.stringContaining(message),
      extensions: { code: 'REFUSED', path: ['input', path] },
    });
  };
  await refused(depart(shipment, '2025-01-31'), 'departed', 'it was booked on 2025-02-01');
  await refused(depart(shipment, '2098-01-01'), 'departed', 'has not come yet');
  await refused(depart(shipment, '2098-01-01T10:00:00+03:00'), 'departed', 'has not come yet');
  await refused(arrive(away, '2098-01-01'), 'arrived', 'has not come yet');
  await refused(depart(unborn, '2025-01-09'), 'departed', 'was born on 2025-01-10');
  expect(await fingerprint(lotline.database)).toBe(before);
  expect((await depart(unborn, '2025-01-10')).errors).toBeUndefined();
});

test('what contradicts what is on record is refused, and changes nothing', async () => {
  const shipment = await booked('ORDER');
  const refused = async (answer: Promise<GraphQLAnswer>, expected: object) => expect(reason(await answer)).toMatchObject(expected);
  await refused(arrive(shipment, '2025-03-01'), { code: 'CONFLICT', path: ['input', 'shipment'] });
  await refused(depart(shipment, '2025-02-10', {}, THEM), { code: 'FORBIDDEN' });
  await refused(depart(shipment, '2025-02-10', {}, { operation: STRANGER }), { code: 'NOT_FOUND' });
  await refused(depart(shipment, '2025-02-10', { container: 'CSQU3054384' }), { code: 'BAD_USER_INPUT', path: ['input', 'container'] });
  await depart(shipment, '2025-02-10');
  const before = await fingerprint(lotline.database);
  await refused(depart(shipment, '2025-02-11'), { code: 'CONFLICT' });
  await refused(arrive(shipment, '2025-02-09'), { code: 'REFUSED', path: ['input', 'arrived'] });
  await refused(arrive(shipment, '2025-03-01', { leg: 2 }), { code: 'CONFLICT', path: ['input', 'leg'] });
  expect(await fingerprint(lotline.database)).toBe(before);
  await arrive(shipment, '2025-03-01');
  await refused(arrive(shipment, '2025-03-02'), { code: 'CONFLICT' });
  await refused(depart(shipment, '2025-02-28'), { code: 'REFUSED', path: ['input', 'departed'] });
});

test('two arrivals of one leg at once: one is recorded', async () => {
  const shipment = await booked('RACE');
  await depart(shipment, '2025-02-10');
  const answers = await Promise.all(['2025-03-01', '2025-03-02', '2025-03-03', '2025-03-04'].map((day) => arrive(shipment, day)));
  expect(answers.filter(({ errors }) => errors === undefined)).toHaveLength(1);
  const { node } = await lotline.data(`{ node(id: "${shipment}") { ... on Shipment { legs { nodes { sequence } } } } }`);
  expect(node.legs.nodes).toEqual([{ sequence: 1 }]);
});

test('whoever writes a wrong value is told in words what would be right', async () => {
  const birth = { producer: ids.shipper, product: '', code: 'W', quantity: { value: '1', unit: 'KGM' } };
  const shipment = await booked('WORDS');
  const wrong: [command: string, input: object, path: string, words: string][] = [
    ['recordArrival', { shipment, arrived: '2025-03-01', leg: 0 }, 'leg', 'a leg is a whole number from 1 on'],
    ['recordArrival', { shipment, arrived: '2025-03-01', leg: -1 }, 'leg', 'a leg is a whole number from 1 on'],
    ['recordHarvest', { ...birth, latitude: 90.5 }, 'latitude', 'a latitude is at most 90'],
    ['recordHarvest', { ...birth, latitude: -91 }, 'latitude', 'a latitude is at least -90'],
    ['recordHarvest', { ...birth, longitude: 181 }, 'longitude', 'a longitude is at most 180'],
    ['recordHarvest', { ...birth, longitude: -1e300 }, 'longitude', 'a longitude is at least -180'],
    ['recordTransformation', { ...birth, inputs: [] }, 'inputs', 'a transformation has at least one input'],
    ['createKey', { operation: ids.shipper, name: 'N', scopes: [], expiresOn: '2098-01-01' }, 'scopes', 'a key has at least one scope'],
    ['declareLotInputs', { lot: ids.ours, inputs: [] }, 'inputs', 'there are no inputs'],
    [
      'bookShipment',
      { reference: 'W', shipper: ids.shipper, consignee: ids.consignee, lots: [] },
      'lots',
      'a booking takes at least one lot',
    ],
  ];
  const before = await fingerprint(lotline.database);
  for (const [command, input, path, words] of wrong) {
    const name = `${command[0]!.toUpperCase()}${command.slice(1)}Input`;
    const query = `mutation ($input: ${name}!) { ${command}(input: $input) { cursor } }`;
    const { errors } = await lotline.ask(query, { input: { idempotencyKey: `w-${++keys}`, ...input } }, US);
    const reasons = (errors![0]!.extensions as { reasons?: { path: unknown; message: string }[] }).reasons ?? [
      { path: errors![0]!.extensions.path, message: errors![0]!.message },
    ];
    expect(reasons).toContainEqual(expect.objectContaining({ path: ['input', path], message: words }));
    expect(JSON.stringify(errors)).not.toMatch(/Too small|Too big|expected|Invalid (input|option)/);
  }
  expect(await fingerprint(lotline.database)).toBe(before);
});
