import { subscribe } from '../support/live';
import { type As, csv, fingerprint, type GraphQLAnswer, type Lotline, startLotline } from '../support/lotline';
import { cutSockets, openSocket, until } from '../support/sockets';
import { certificateNumber, entryNumber } from '../support/world';

// Brokers: an importer lets one see and act for it, as far as the scopes go and while the assignment runs, and no further.

const [IMPORTER, OTHER, EXPORTER, BROKER, SECOND] = ['B:IMPORTER', 'B:OTHER', 'B:EXPORTER', 'B:BROKER', 'B:SECOND'];
const OPERATIONS = [IMPORTER, OTHER, EXPORTER, BROKER, SECOND];
const by = (operation: string) => ({ operation });
/** It certifies the broker. */
const CERTIFIER: As = { certifier: 'ZZ8' };
const HTS = '1201900010';
const ALL = ['LOTS', 'SHIPMENTS', 'DOCUMENTS', 'IMPORT_CERTIFICATES', 'CUSTOMS_ENTRIES'];
const DAY_MS = 86_400_000;
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString();

let lotline: Lotline;
/** Global ids of operations by identifier. */
let operations: Map<string, string>;
let entry: string;
let action: string;
let made = 0;

/** What each of two importers has of everything: the second begin with O. */
const things = [IMPORTER, OTHER].map((importer, index) => ({
  importer,
  lot: ['LOT', 'O-LOT'][index]!,
  shipment: ['SHIP', 'O-SHIP'][index]!,
  paper: ['PAPER', 'O-PAPER'][index]!,
  certificate: certificateNumber(88, index + 1),
  entry: entryNumber(880 + index),
  action: ['EAN', 'O-EAN'][index]!,
}));

beforeAll(async () => {
  lotline = await startLotline({ heartbeatMs: 50, pollMs: 50 });
  await lotline.import({
    'certifiers.csv': csv(['ZZ8', 'ZZ9'].map((certifier) => ({ certifier, name: certifier, scheme: 'NOP' }))),
    'operations.csv': csv(
      OPERATIONS.map((operation) => ({ operation, name: operation, country: operation === EXPORTER ? 'TR' : 'US', roles: 'importer' })),
    ),
    'operation_certificates.csv': csv([{ operation: BROKER, certifier: 'ZZ8', status: 'certified', effective_from: '2024-01-01' }]),
    'products.csv': csv([{ product: 'Organic soybeans', hts: HTS, organic: 'yes' }]),
    'lots.csv': csv(
      things.map(({ lot }) => ({
        code: lot,
        producer: EXPORTER,
        product: 'Organic soybeans',
        quantity: 100,
        unit: 'TNE',
        kind: 'harvest',
        produced_on: '2025-01-10',
      })),
    ),
    'transfers.csv': csv(
      things.map(({ lot, importer }) => ({ lot, from: EXPORTER, to: importer, on: '2025-02-01', quantity: 10, unit: 'TNE' })),
    ),
    'shipments.csv': csv(things.map(({ shipment, importer }) => ({ reference: shipment, shipper: EXPORTER, consignee: importer }))),
    'shipment_legs.csv': csv(
      things.map(({ shipment }) => ({
        shipment,
        sequence: 1,
        mode: 'maritime',
        from_place: 'TRISK',
        to_place: 'USSCK',
        departed: '2025-02-03',
        arrived: '2025-02-28',
      })),
    ),
    'shipment_lots.csv': csv(things.map(({ shipment, lot }) => ({ shipment, lot, quantity: 10, unit: 'TNE' }))),
    'documents.csv': csv(
      things.map(({ paper, importer, lot }) => ({
        type: 'invoice',
        number: paper,
        issuer: importer,
        issued_on: '2025-02-01',
        marked_organic: 'yes',
        lots: lot,
      })),
    ),
    'import_certificates.csv': csv(
      things.map(({ certificate, importer }) => ({
        number: certificate,
        kind: 'SHIPMENT',
        exporter: EXPORTER,
        importer,
        certifier: 'ZZ9',
        hts: HTS,
        issued_on: '2025-02-02',
        status: 'handed_over',
      })),
    ),
    'import_certificate_lines.csv': csv(
      things.map(({ certificate, lot }) => ({ certificate, product: 'Organic soybeans', quantity: 10, unit: 'TNE', lot })),
    ),
    'customs_entries.csv': csv(
      things.map((each) => ({
        entry: each.entry,
        line: 1,
        certificate: each.certificate,
        filed_on: '2025-03-01',
        hts: HTS,
        quantity: 10,
        unit: 'TNE',
        lots: each.lot,
      })),
    ),
    'emergency_actions.csv': csv(
      things.map((each) => ({ number: each.action, on: '2025-03-02', ordered: 'hold', shipment: each.shipment })),
    ),
  });
  operations = new Map();
  for (const identifier of OPERATIONS)
    operations.set(identifier, (await lotline.data(`{ operation(identifier: "${identifier}") { id } }`)).operation.id);
  const { importCertificate, shipment } = await lotline.data(
    `{ importCertificate(number: "${things[0]!.certificate}") { customsEntries { nodes { id } } } shipment(reference: "SHIP") { emergencyActions { nodes { id } } } }`,
  );
  entry = importCertificate.customsEntries.nodes[0].id;
  action = shipment.emergencyActions.nodes[0].id;
});
afterAll(() => lotline.close());
afterEach(async () => {
  await cutSockets();
  // However a test left them.
  await lotline.database.query('update broker_assignment set ended_at = now() where ended_at is null');
});

const assign = (more: object = {}, as: As = by(IMPORTER)): Promise<GraphQLAnswer> =>
  lotline.ask(
    `mutation ($input: AssignBrokerInput!) { assignBroker(input: $input) { cursor
       brokerAssignment { id scopes validFrom validUntil endedAt reason importer { name } broker { name } } } }`,
    {
      input: {
        idempotencyKey: `assign-${++made}`,
        importer: operations.get(IMPORTER),
        broker: operations.get(BROKER),
        scopes: ALL,
        validUntil: inDays(30),
        ...more,
      },
    },
    as,
  );
const assigned = async (more: object = {}, as: As = by(IMPORTER)): Promise<any> => {
  const { data, errors } = await assign(more, as);
  if (errors) throw new Error(JSON.stringify(errors));
  return data.assignBroker.brokerAssignment;
};
const end = (brokerAssignment: string, as: As = by(IMPORTER)): Promise<GraphQLAnswer> =>
  lotline.ask(
    'mutation ($input: EndBrokerAssignmentInput!) { endBrokerAssignment(input: $input) { brokerAssignment { endedAt } } }',
    { input: { idempotencyKey: `end-${++made}`, brokerAssignment } },
    as,
  );
const code = ({ errors }: GraphQLAnswer) => errors?.[0]?.extensions.code;
const pathOf = ({ errors }: GraphQLAnswer) => (errors?.[0]?.extensions.path ?? []).join('.');

/** Everything that a viewer finds, by the nouns' own names. */
async function sight(as: As): Promise<string[]> {
  const { lots, shipments, documents, importCertificates, ...nodes } = await lotline.data(
    `query ($entry: ID!, $action: ID!) { lots { totalCount nodes { code } } shipments { totalCount nodes { reference } }
       documents { totalCount nodes { number } } importCertificates { totalCount nodes { number } }
       entry: node(id: $entry) { ... on CustomsEntry { number } } action: node(id: $action) { ... on EmergencyActionNotification { number } } }`,
    { entry, action },
    as,
  );
  for (const { totalCount, nodes: found } of [lots, shipments, documents, importCertificates]) expect(totalCount).toBe(found.length);
  const all = [lots, shipments, documents, importCertificates].flatMap(({ nodes: found }) => found);
  return [...all, nodes.entry, nodes.action].flatMap((each) => (each === null ? [] : Object.values<string>(each)));
}

const [OURS, THEIRS] = things.map((each) => [each.lot, each.shipment, each.paper, each.certificate, each.entry, each.action]);
const OF_SCOPE: Record<string, string[]> = {
  LOTS: [OURS![0]!],
  SHIPMENTS: [OURS![1]!],
  DOCUMENTS: [OURS![2]!],
  IMPORT_CERTIFICATES: [OURS![3]!],
  CUSTOMS_ENTRIES: [OURS![4]!, OURS![5]!],
  COMMANDS: [],
};

test.each(Object.keys(OF_SCOPE))('a broker with %s sees facts of its importer about those nouns, and about no others', async (scope) => {
  expect(await sight(by(BROKER))).toEqual([]);
  await assigned({ scopes: [scope] });
  expect(await sight(by(BROKER))).toEqual(OF_SCOPE[scope]);
});

test('with every scope it is told of its importer what the importer is told, sums and searches included', async () => {
  await assigned();
  expect(await sight(by(BROKER))).toEqual(OURS);
  expect(await sight(by(IMPORTER))).toEqual(OURS);
  const product = (await lotline.data('{ lot(code: "LOT") { product { id } } }')).lot.product.id;
  const questions = [
    `{ lot(code: "LOT") { code ownership { nodes { kilograms owner { name } acquiredFrom { name } } } holdings { nodes { kilograms operation { name } } }
       balance { born onHand used lost shipped claimed elsewhere } shipments { nodes { reference } } documents { nodes { number } }
       importCertificates { nodes { number history { status } customsEntries { nodes { number lines { nodes { line } } } } } } } }`,
    '{ shipment(reference: "SHIP") { status lots { nodes { kilograms lot { code } } } emergencyActions { nodes { number } } } }',
    '{ search(text: "LOT") { nodes { ... on Lot { code } } } }',
    `{ massBalance(operation: "${operations.get(IMPORTER)}", product: "${product}", from: "2025-01-01", to: "2025-12-31") { opening received closing unexplained } }`,
    `{ operation(identifier: "${EXPORTER}") { name lots { nodes { code } } } }`,
  ];
  for (const question of questions) {
    const ask = async (as: As) => ({ ...(await lotline.ask(question, {}, as)), extensions: null });
    const asImporter = await ask(by(IMPORTER));
    expect(asImporter.errors).toBeUndefined();
    expect(await ask(by(BROKER))).toEqual(asImporter);
  }
  expect((await lotline.data('{ lot(code: "O-LOT") { code } }', {}, by(BROKER))).lot).toBeNull();
});

test('it follows lots as its importer does, as far as its scopes go: a way that is out of them is not missed', async () => {
  const trace = (direction: string) =>
    `{ lot(code: "LOT") { trace(direction: ${direction}) { complete gaps { nodes { kind message } } steps { nodes { kind from { name } to { name } documents { number } } } } } }`;
  for (const direction of ['BACK', 'FORWARD']) {
    const asImporter = (await lotline.data(trace(direction), {}, by(IMPORTER))).lot.trace;
    const { id } = await assigned();
    expect((await lotline.data(trace(direction), {}, by(BROKER))).lot.trace).toEqual(asImporter);
    await end(id);
    await assigned({ scopes: ['LOTS'] });
    const ofLots = (await lotline.data(trace(direction), {}, by(BROKER))).lot.trace;
    expect(ofLots.gaps.nodes.map(({ kind }: any) => kind)).not.toContain('NO_TRANSPORT');
    expect(new Set(ofLots.steps.nodes.map(({ kind }: any) => kind)).has('DEPARTED')).toBe(false);
    await lotline.database.query('update broker_assignment set ended_at = now() where ended_at is null');
  }
});

test('it runs between its instants, and not after it was ended', async () => {
  const later = await assigned({ validFrom: inDays(1) });
  expect(await sight(by(BROKER))).toEqual([]);
  await lotline.database.query('update broker_assignment set valid_from = now() where ended_at is null');
  expect(await sight(by(BROKER))).toEqual(OURS);
  await lotline.database.query('update broker_assignment set valid_until = now() where ended_at is null');
  expect(await sight(by(BROKER))).toEqual([]);
  expect(code(await end(later.id))).toBe('CONFLICT');

  const { id } = await assigned({ validFrom: new Date().toISOString() });
  expect(await sight(by(BROKER))).toEqual(OURS);
  expect((await end(id)).data.endBrokerAssignment.brokerAssignment.endedAt).toMatch(/^20/);
  expect(await sight(by(BROKER))).toEqual([]);
  expect(code(await end(id))).toBe('CONFLICT');
});

test('a broker of several importers sees the facts of each by its own scopes', async () => {
  await assigned({ scopes: ['LOTS'] });
  await assigned({ importer: operations.get(OTHER), scopes: ['SHIPMENTS'] }, by(OTHER));
  expect(await sight(by(BROKER))).toEqual(['LOT', 'O-SHIP']);
  await assigned({ importer: operations.get(EXPORTER), scopes: ['LOTS'] }, by(EXPORTER));
  expect(await sight(by(BROKER))).toEqual(['LOT', 'O-LOT', 'O-SHIP']);
});

/** A key of the broker's own. */
async function keyOfBroker(scopes: string[]): Promise<string> {
  const { createKey } = await lotline.data(
    'mutation ($input: CreateKeyInput!) { createKey(input: $input) { secret } }',
    {
      input: { idempotencyKey: `key-${++made}`, operation: operations.get(BROKER), name: 'App', scopes, expiresOn: inDays(2).slice(0, 10) },
    },
    by(BROKER),
  );
  return createKey.secret;
}

test('it is passed on to nobody: not to the keys of a broker, nor to who certifies it, nor to a broker of the broker', async () => {
  await assigned({ scopes: [...ALL, 'COMMANDS'] });
  await assigned({ importer: operations.get(BROKER), broker: operations.get(SECOND), scopes: [...ALL, 'COMMANDS'] }, by(BROKER));
  expect(await sight(by(BROKER))).toEqual(OURS);
  expect(await sight(by(SECOND))).toEqual([]);
  expect(await sight(CERTIFIER)).toEqual([]);
  const secret = await keyOfBroker([...ALL, 'COMMANDS']);
  const response = await fetch(`${lotline.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}` },
    body: JSON.stringify({
      query: `{ lots { totalCount } shipments { totalCount } viewer { operation { brokerAssignments { totalCount } } } operation(identifier: "${IMPORTER}") { id } }`,
    }),
  });
  expect(((await response.json()) as any).data).toEqual({
    lots: { totalCount: 0 },
    shipments: { totalCount: 0 },
    viewer: { operation: { brokerAssignments: { totalCount: 0 } } },
    operation: null,
  });
  for (const as of [by(SECOND), CERTIFIER]) expect(code(await harvest(IMPORTER, as))).toBe('FORBIDDEN');
});

test('both sides see the assignment, and whoever sees everything; for others it is not there', async () => {
  const { id, reason } = await assigned({ reason: 'Customs business' });
  expect(reason).toBe('Customs business');
  const listed = async (of: string, as: As) =>
    (
      await lotline.data(
        'query ($id: ID!) { node(id: $id) { ... on Operation { brokerAssignments(first: 500) { nodes { id } } } } }',
        { id: operations.get(of) },
        as,
      )
    ).node?.brokerAssignments.nodes.map((each: any) => each.id) ?? [];
  const node = async (as: As) => (await lotline.data('query ($id: ID!) { node(id: $id) { id } }', { id }, as)).node?.id ?? null;
  for (const as of [by(IMPORTER), by(BROKER), 'analyst', 'admin'] as const) {
    expect(await node(as)).toBe(id);
    for (const side of [IMPORTER, BROKER]) expect(await listed(side, as)).toContain(id);
  }
  for (const as of [by(OTHER), by(EXPORTER), CERTIFIER, 'nobody'] as const) {
    expect(await node(as)).toBeNull();
    for (const side of [IMPORTER, BROKER]) expect(await listed(side, as)).not.toContain(id);
  }
  for (const as of [by(OTHER), by(EXPORTER)]) expect(code(await end(id, as))).toBe('NOT_FOUND');
  expect(await sight(by(BROKER))).toEqual(OURS);
  // The broker itself may give it back.
  expect((await end(id, by(BROKER))).errors).toBeUndefined();
  expect(await sight(by(BROKER))).toEqual([]);
});

test.each<[string, string, string, () => object, As?]>([
  ['on behalf of another', 'FORBIDDEN', '', () => ({ importer: operations.get(OTHER) }), undefined],
  ['by an analyst', 'FORBIDDEN', '', () => ({}), 'analyst'],
  ['by a certifier', 'FORBIDDEN', '', () => ({}), CERTIFIER],
  ['without a token', 'UNAUTHENTICATED', '', () => ({}), 'nobody'],
  ['to what is no operation', 'NOT_FOUND', 'input.broker', () => ({ broker: unknownOperation() }), undefined],
  ['by what is no operation', 'NOT_FOUND', 'input.importer', () => ({ importer: unknownOperation() }), 'admin'],
  ['of itself', 'REFUSED', 'input.broker', () => ({ broker: operations.get(IMPORTER) }), undefined],
  ['without a scope', 'BAD_USER_INPUT', 'input.scopes', () => ({ scopes: [] }), undefined],
  ['that ends before it begins', 'BAD_USER_INPUT', 'input.validUntil', () => ({ validFrom: inDays(3), validUntil: inDays(2) }), undefined],
  ['that is over', 'BAD_USER_INPUT', 'input.validUntil', () => ({ validUntil: inDays(-1) }), undefined],
  ['that has begun', 'BAD_USER_INPUT', 'input.validFrom', () => ({ validFrom: inDays(-1) }), undefined],
  ['for longer than anybody remembers', 'BAD_USER_INPUT', 'input.validUntil', () => ({ validUntil: inDays(401) }), undefined],
  ['with a reason of 1,001 letters', 'BAD_USER_INPUT', 'input.reason', () => ({ reason: 'x'.repeat(1001) }), undefined],
])('an assignment %s is refused: %s at %s', async (_, wanted, path, more, as) => {
  const before = await fingerprint(lotline.database);
  const refused = await assign(more(), as);
  expect([code(refused), pathOf(refused)]).toEqual([wanted, path]);
  expect(await fingerprint(lotline.database)).toEqual(before);
});
const unknownOperation = () => Buffer.from('Operation:01920000-0000-7000-8000-000000000000').toString('base64url');

test('a broker is assigned once at a time; the same key again gives the same assignment', async () => {
  const input = { idempotencyKey: 'once', validUntil: inDays(20) };
  const { id } = await assigned(input);
  expect((await assigned(input)).id).toBe(id);
  expect(code(await assign())).toBe('CONFLICT');
  expect(pathOf(await assign())).toBe('input.broker');
  const next = await assigned({ validFrom: inDays(20.001), validUntil: inDays(40) });
  expect(code(await assign({ validFrom: inDays(30), validUntil: inDays(31) }))).toBe('CONFLICT');
  await end(id);
  await end(next.id);
  await assigned();
  const both = await Promise.all([assign({ broker: operations.get(SECOND) }), assign({ broker: operations.get(SECOND) })]);
  expect(both.map(code).sort()).toEqual(['CONFLICT', undefined]);
});

const harvest = async (producer: string, as: As, lot = `H-${++made}`) =>
  lotline.ask(
    'mutation ($input: RecordHarvestInput!) { recordHarvest(input: $input) { lot { code } } }',
    {
      input: {
        idempotencyKey: `harvest-${++made}`,
        producer: operations.get(producer),
        product: (await lotline.data('{ lot(code: "LOT") { product { id } } }')).lot.product.id,
        code: lot,
        quantity: { value: '1', unit: 'KGM' },
      },
    },
    as,
  );
const idOf = async (question: string): Promise<string> => (Object.values(await lotline.data(question))[0] as { id: string }).id;

describe('with COMMANDS a broker', () => {
  test('gives the commands of its importer about nouns in scope, under its own name, and none without', async () => {
    await assigned({ scopes: ALL });
    expect(code(await harvest(IMPORTER, by(BROKER)))).toBe('FORBIDDEN');
    await lotline.database.query("update broker_assignment set scopes = '{SHIPMENTS,COMMANDS}' where ended_at is null");
    expect(code(await harvest(IMPORTER, by(BROKER)))).toBe('FORBIDDEN');
    await lotline.database.query("update broker_assignment set scopes = '{LOTS,COMMANDS}' where ended_at is null");
    const done = await harvest(IMPORTER, by(BROKER), 'BY-BROKER');
    expect(done.data.recordHarvest).toEqual({ lot: { code: 'BY-BROKER' } });
    expect((await lotline.data('{ lot(code: "BY-BROKER") { producer { name } } }', {}, by(IMPORTER))).lot.producer.name).toBe(IMPORTER);
    const [last] = await lotline.database.query<{ by: string }>('select by from command order by position desc limit 1');
    expect(last!.by).toBe((await lotline.viewer(by(BROKER))).name);
    expect(code(await harvest(OTHER, by(BROKER)))).toBe('FORBIDDEN');
    await lotline.database.query('update broker_assignment set ended_at = now() where ended_at is null');
    expect(code(await harvest(IMPORTER, by(BROKER)))).toBe('FORBIDDEN');
  });

  test('is told no more by a command that it repeats when the assignment is over', async () => {
    const { id } = await assigned({ scopes: ['LOTS', 'COMMANDS'] });
    const input = {
      idempotencyKey: 'again',
      producer: operations.get(IMPORTER),
      product: (await lotline.data('{ lot(code: "LOT") { product { id } } }')).lot.product.id,
      code: 'AGAIN',
      quantity: { value: '1', unit: 'KGM' },
    };
    const give = () =>
      lotline.data('mutation ($input: RecordHarvestInput!) { recordHarvest(input: $input) { lot { code } } }', { input }, by(BROKER));
    expect((await give()).recordHarvest.lot).toEqual({ code: 'AGAIN' });
    await end(id);
    expect((await give()).recordHarvest.lot).toBeNull();
  });

  test('lets nobody in: no keys, no assignments, and it ends none but its own', async () => {
    await assigned({ scopes: [...ALL, 'COMMANDS'] });
    const other = await assigned({ broker: operations.get(SECOND) });
    expect(code(await assign({ broker: operations.get(EXPORTER) }, by(BROKER)))).toBe('FORBIDDEN');
    expect(code(await end(other.id, by(BROKER)))).toBe('NOT_FOUND');
    const key = await lotline.ask(
      'mutation ($input: CreateKeyInput!) { createKey(input: $input) { cursor } }',
      {
        input: { idempotencyKey: 'k', operation: operations.get(IMPORTER), name: 'x', scopes: ['LOTS'], expiresOn: inDays(2).slice(0, 10) },
      },
      by(BROKER),
    );
    expect(code(key)).toBe('FORBIDDEN');
    const { node } = await lotline.data(
      'query ($id: ID!) { node(id: $id) { ... on Operation { keys { totalCount } brokerAssignments { nodes { broker { name } } } } } }',
      { id: operations.get(IMPORTER) },
      by(BROKER),
    );
    expect(node.keys).toBeNull();
    expect(new Set(node.brokerAssignments.nodes.map((each: any) => each.broker.name))).toEqual(new Set([BROKER]));
  });

  test('names for one importer nothing that only another, or it itself, sees', async () => {
    const [paper, otherPaper] = [
      (await lotline.data('{ documents { nodes { id number } } }')).documents.nodes.find((each: any) => each.number === 'PAPER').id,
      (await lotline.data('{ documents { nodes { id number } } }')).documents.nodes.find((each: any) => each.number === 'O-PAPER').id,
    ];
    const [lot, otherLot] = [await idOf('{ lot(code: "LOT") { id } }'), await idOf('{ lot(code: "O-LOT") { id } }')];
    await assigned({ scopes: [...ALL, 'COMMANDS'] });
    await assigned({ importer: operations.get(OTHER), scopes: [...ALL, 'COMMANDS'] }, by(OTHER));
    expect(await sight(by(BROKER))).toEqual(expect.arrayContaining([...OURS!.slice(0, 5), ...THEIRS!.slice(0, 4)]));
    const offer = (document: string | null, of = lot, sender = IMPORTER) =>
      lotline.ask(
        'mutation ($input: OfferTransferInput!) { offerTransfer(input: $input) { transferOffer { quantity { kilograms } } } }',
        {
          input: {
            idempotencyKey: `offer-${++made}`,
            lot: of,
            sender: operations.get(sender),
            receiver: operations.get(EXPORTER),
            quantity: { value: '1', unit: 'KGM' },
            on: '2025-03-01',
            document,
          },
        },
        by(BROKER),
      );
    const refused = await offer(otherPaper);
    expect([code(refused), pathOf(refused)]).toEqual(['NOT_FOUND', 'input.document']);
    expect(code(await offer(null, otherLot))).toBe('NOT_FOUND');
    expect(code(await offer(null, lot, BROKER))).toBe('NOT_FOUND');
    expect((await offer(paper)).data.offerTransfer.transferOffer).toEqual({ quantity: { kilograms: '1' } });
    const use = await lotline.ask(
      'mutation ($input: RecordTransformationInput!) { recordTransformation(input: $input) { lot { code } } }',
      {
        input: {
          idempotencyKey: 'mixed',
          producer: operations.get(IMPORTER),
          product: (await lotline.data('{ lot(code: "LOT") { product { id } } }')).lot.product.id,
          code: 'MIXED',
          quantity: { value: '1', unit: 'KGM' },
          inputs: [{ lot: otherLot, quantity: { value: '1', unit: 'KGM' } }],
        },
      },
      by(BROKER),
    );
    expect([code(use), pathOf(use)]).toEqual(['NOT_FOUND', 'input.inputs.0.lot']);
    const booking = await lotline.ask(
      'mutation ($input: BookShipmentInput!) { bookShipment(input: $input) { shipment { reference } } }',
      {
        input: {
          idempotencyKey: 'booked',
          reference: 'BOOKED',
          shipper: operations.get(IMPORTER),
          consignee: operations.get(EXPORTER),
          lots: [{ lot: otherLot, quantity: { value: '1', unit: 'KGM' } }],
        },
      },
      by(BROKER),
    );
    expect([code(booking), pathOf(booking)]).toEqual(['NOT_FOUND', 'input.lots.0.lot']);
  });
});

/** The importer's lots are told of as they are born. */
async function born(lot: string): Promise<void> {
  await lotline.import({
    'lots.csv': csv([{ code: lot, producer: IMPORTER, product: 'Organic soybeans', quantity: 1, unit: 'KGM', kind: 'harvest' }]),
  });
}
const LOT_EVENTS = 'subscription { lotEvents { cursor sequence change { lot { code balance { born onHand } } } } }';

test('open streams follow at once, on every way: from the assignment on they tell, after its end nothing more', async () => {
  const events = await subscribe(lotline, { query: LOT_EVENTS, as: by(BROKER) });
  const socket = await openSocket(lotline.url);
  socket.send({ type: 'connection_init', payload: { authorization: await lotline.token(by(BROKER)) } });
  await until(() => socket.frames.length > 0);
  socket.send({ id: '1', type: 'subscribe', payload: { query: LOT_EVENTS } });
  await until(() => socket.of('1').length > 0);
  const heard = {
    events: () => events.changes.map(({ lot }) => lot.code),
    socket: () => socket.of('1').flatMap(({ payload }) => payload.data.lotEvents.change?.lot.code ?? []),
  };
  const tell = async (lot: string) => {
    await born(lot);
    await events.abreast();
    await until(() => heard.socket().length >= heard.events().length);
  };

  await tell('S-1');
  const { id } = await assigned({ scopes: ['LOTS'] });
  await tell('S-2');
  expect(events.changes).toEqual([{ lot: { code: 'S-2', balance: { born: '1', onHand: '1' } } }]);
  await end(id);
  await tell('S-3');
  const last = Date.now() + 3000;
  await assigned({ validUntil: new Date(last).toISOString() });
  await tell('S-4');
  await new Promise((done) => setTimeout(done, last + 100 - Date.now()));
  await tell('S-5');
  await assigned({ scopes: ['SHIPMENTS'], validUntil: inDays(1) });
  await tell('S-6');
  await lotline.database.query("update broker_assignment set scopes = '{LOTS}' where ended_at is null");
  await tell('S-7');
  for (const each of Object.values(heard)) expect(each()).toEqual(['S-2', 'S-4', 'S-7']);
  await events.close();
});

test('a stream of a key of the broker, or of its certifier, hears nothing of it', async () => {
  await assigned();
  const secret = await keyOfBroker(['LOTS']);
  const socket = await openSocket(lotline.url);
  socket.send({ type: 'connection_init', payload: { authorization: secret } });
  await until(() => socket.frames.length > 0);
  socket.send({ id: '1', type: 'subscribe', payload: { query: LOT_EVENTS } });
  const certifier = await subscribe(lotline, { query: LOT_EVENTS, as: CERTIFIER });
  const broker = await subscribe(lotline, { query: LOT_EVENTS, as: by(BROKER) });
  await until(() => socket.of('1').length > 0);
  await born('S-8');
  await Promise.all([certifier.abreast(), broker.abreast()]);
  expect(broker.changes).toHaveLength(1);
  expect(certifier.changes).toEqual([]);
  await new Promise((done) => setTimeout(done, 200));
  expect(socket.of('1').filter(({ payload }) => payload.data?.lotEvents.change)).toEqual([]);
  await certifier.close();
  await broker.close();
});

test('a replay tells what is in sight by now: the past too while the assignment runs, nothing of it afterwards', async () => {
  const before = (await lotline.ask('{ viewer { kind } }', {}, by(BROKER))).extensions!.cursor;
  await born('S-9');
  const replayed = async () => {
    const stream = await subscribe(lotline, { query: LOT_EVENTS.replace('lotEvents', `lotEvents(after: "${before}")`), as: by(BROKER) });
    await stream.abreast();
    await stream.close();
    return stream.changes.map(({ lot }) => lot.code);
  };
  expect(await replayed()).toEqual([]);
  const { id } = await assigned();
  expect(await replayed()).toEqual(['S-9']);
  await end(id);
  expect(await replayed()).toEqual([]);
});

test('pages go on by the rights of each moment', async () => {
  const lots = (await lotline.data('{ lots(first: 500) { nodes { code } } }', {}, by(IMPORTER))).lots.nodes.map((lot: any) => lot.code);
  expect(lots.length).toBeGreaterThan(4);
  const { id } = await assigned();
  const page = async (after: string | null) =>
    (
      await lotline.data(
        'query ($after: String) { lots(first: 2, after: $after) { totalCount nodes { code } pageInfo { endCursor } } }',
        { after },
        by(BROKER),
      )
    ).lots;
  const first = await page(null);
  expect([first.totalCount, first.nodes.map((lot: any) => lot.code)]).toEqual([lots.length, lots.slice(0, 2)]);
  await born('PAGED');
  const second = await page(first.pageInfo.endCursor);
  expect([second.totalCount, second.nodes.map((lot: any) => lot.code)]).toEqual([lots.length, lots.slice(2, 4)]);
  await end(id);
  expect(await page(first.pageInfo.endCursor)).toMatchObject({ totalCount: 0, nodes: [] });
});

test('every fact says what its subject is', async () => {
  const wrong = await lotline.database.query(
    `select p.noun, n.noun as really from party p left join (
       select id, 'lot' as noun from lot union all select id, 'shipment' from shipment union all select id, 'document' from document
       union all select id, 'import_certificate' from import_certificate union all select id, 'customs_entry' from customs_entry
       union all select id, 'emergency_action' from emergency_action union all select id, 'transfer_offer' from transfer_offer
     ) n on n.id = p.subject where n.noun is distinct from p.noun`,
  );
  expect(wrong).toEqual([]);
  expect((await lotline.database.query('select distinct noun from party')).length).toBe(7);
});
