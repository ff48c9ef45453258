import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ADMINISTRATOR } from '@lotline/server/access';
import { importFolder } from '@lotline/server/import';
import { type Asking, type Message, subscribe } from '../support/live';
import { type As, csv, type Lotline, startLotline } from '../support/lotline';

// Subscriptions as a client meets them, over server-sent events: what is told is what was recorded, once, from any cursor on. With LONG_TESTS=1
// that is from every one.

const LONG = process.env.LONG_TESTS === '1';

const SAMPLES = ['soybeans', 'coffee', 'quinoa', 'avocado'];
const FARM = 'X:FARM';
const TRADER = 'X:TRADER';
const BUYER = 'X:BUYER';

const CHANGES = {
  importCertificateStatusChanged:
    'at from to reason importCertificate { id number hts issuedOn exporter { id } importer { id } certifier { id } }',
  operationCertificateStatusChanged: 'at from to effectiveFrom reason operationCertificate { id operation { id } certifier { id } }',
  shipmentStatusChanged: 'at from to reason place { unLocode } shipment { id reference shipper { id } consignee { id } }',
  lotEvents:
    'at kind on kilograms from { id } to { id } shipment { reference } lot { id code kind country producedOn product { id } producer { id } }',
};
type Field = keyof typeof CHANGES;
const FIELDS = Object.keys(CHANGES) as Field[];
const FILTERS: Record<Field, string> = {
  importCertificateStatusChanged: 'ImportCertificateFilter',
  operationCertificateStatusChanged: 'OperationCertificateFilter',
  shipmentStatusChanged: 'ShipmentFilter',
  lotEvents: 'LotFilter',
};
const queryOf = (field: Field): string =>
  `subscription ($filter: ${FILTERS[field]}, $after: Cursor) { ${field}(filter: $filter, after: $after) { cursor sequence change { ${CHANGES[field]} } } }`;

let lotline: Lotline;
let beginning: string;
let whole: Record<Field, Message[]>;

/** Everything that a stream tells up to now. */
async function told(asking: Asking): Promise<Message[]> {
  const subscriber = await subscribe(lotline, asking);
  try {
    await subscriber.abreast();
    expect(subscriber.errors).toEqual([]);
    return [...subscriber.messages];
  } finally {
    await subscriber.close();
  }
}
const replay = (field: Field, after: string, filter: unknown = null, as: As = 'analyst'): Promise<Message[]> =>
  told({ query: queryOf(field), variables: { filter, after }, as });
const changesOf = (messages: readonly Message[]): any[] => messages.flatMap(({ change }) => (change === null ? [] : [change]));
const cursorNow = async (as: As = 'analyst'): Promise<string> => (await lotline.ask('{ viewer { kind } }', {}, as)).extensions!.cursor!;

const operation = (name: string) => ({ operation: name, name: `Name of ${name}`, country: 'UA', roles: 'handler' });
const leg = (sequence: number, more: Record<string, unknown>) => ({
  shipment: 'X-SHIP',
  sequence,
  mode: sequence === 1 ? 'road' : 'maritime',
  from_place: sequence === 1 ? 'UAODS' : 'TRISK',
  to_place: sequence === 1 ? 'TRISK' : 'USSCK',
  container: 'ZZZU3007019',
  ...more,
});
const standing = (status: string, effective_from: string) => ({ operation: FARM, certifier: 'ZZX', status, effective_from });
const action = { number: 'X-ACTION', on: '2025-04-07', ordered: 'Hold it', shipment: 'X-SHIP' };

/** A story told in parts, one folder each. */
const STORY: Record<string, string>[] = [
  {
    'certifiers.csv': csv([{ certifier: 'ZZX', name: 'Certifier', country: 'US', scheme: 'NOP' }]),
    'operations.csv': csv([FARM, TRADER, BUYER].map(operation)),
    'products.csv': csv([{ product: 'Story wheat', hts: '1001990000', organic: 'yes' }]),
    'operation_certificates.csv': csv([standing('certified', '2024-01-01')]),
  },
  {
    'lots.csv': csv([
      { code: 'X-LOT', producer: FARM, product: 'Story wheat', quantity: 100, unit: 'KGM', kind: 'harvest', produced_on: '2025-01-10' },
    ]),
  },
  { 'transfers.csv': csv([{ lot: 'X-LOT', from: FARM, to: TRADER, on: '2025-02-01', quantity: 60, unit: 'KGM' }]) },
  { 'operation_certificates.csv': csv([standing('suspended', '2025-02-01')]) },
  {
    'shipments.csv': csv([{ reference: 'X-SHIP', shipper: TRADER, consignee: BUYER, booked_on: '2025-02-10' }]),
    'shipment_lots.csv': csv([{ shipment: 'X-SHIP', lot: 'X-LOT', quantity: 50, unit: 'KGM' }]),
  },
  { 'shipment_legs.csv': csv([leg(1, { departed: '2025-02-12', arrived: '2025-02-14' })]) },
  { 'shipment_legs.csv': csv([leg(2, { departed: '2025-02-20', arrived: '' })]) },
  { 'emergency_actions.csv': csv([action]) },
  {
    'lot_adjustments.csv': csv([{ lot: 'X-LOT', holder: TRADER, kind: 'MOISTURE', on: '2025-04-11', quantity: 1, unit: 'KGM' }]),
    'operation_certificates.csv': csv([standing('suspended', '2025-02-01'), standing('surrendered', '2025-05-01')]),
  },
];

beforeAll(async () => {
  lotline = await startLotline({ heartbeatMs: 100 });
  beginning = await cursorNow();
  const live = await Promise.all(FIELDS.map((field) => subscribe(lotline, { query: queryOf(field) })));
  for (const part of STORY) await lotline.import(part);
  for (const folder of SAMPLES) await importFolder(lotline.runner, ADMINISTRATOR, join(__dirname, '..', '..', 'samples', folder));
  await Promise.all(live.map((each) => each.abreast()));
  whole = Object.fromEntries(live.map((each, index) => [FIELDS[index]!, [...each.messages]])) as typeof whole;
  for (const each of live) {
    expect(each.errors).toEqual([]);
    await each.close();
  }
});
afterAll(() => lotline.close());

const idOf = async (identifier: string): Promise<string> =>
  (await lotline.data('query ($of: String!) { operation(identifier: $of) { id } }', { of: identifier })).operation.id;

test.each(FIELDS)('%s: changes count from 1 without a hole in commit order, heartbeats repeat the count', (field) => {
  let sequence = 0;
  let at = '';
  for (const message of whole[field]) {
    if (message.change !== null) sequence++;
    expect(message.sequence).toBe(sequence);
    expect(message.id).toBe(message.cursor);
    if (message.change === null) continue;
    expect(message.change.at >= at).toBe(true);
    at = message.change.at;
  }
  expect(sequence).toBeGreaterThan(3);
  expect(new Set(whole[field].map(({ cursor }) => cursor.length)).size).toBe(1);
});

test('a story is told step by step, in the words of the nouns', async () => {
  const ofStory = (field: Field, line: (change: any) => string | null) => changesOf(whole[field]).flatMap((change) => line(change) ?? []);
  const farm = await idOf(FARM);
  expect(
    ofStory('operationCertificateStatusChanged', ({ from, to, effectiveFrom, operationCertificate }) =>
      operationCertificate.operation.id === farm ? `${from} ${to} ${effectiveFrom}` : null,
    ),
  ).toEqual(['null CERTIFIED 2024-01-01', 'CERTIFIED SUSPENDED 2025-02-01', 'SUSPENDED SURRENDERED 2025-05-01']);
  expect(
    ofStory('shipmentStatusChanged', ({ from, to, place, reason, shipment }) =>
      shipment.reference === 'X-SHIP' ? `${from} ${to} ${place?.unLocode ?? null} ${reason}` : null,
    ),
  ).toEqual(['null BOOKED null null', 'BOOKED ARRIVED TRISK null', 'ARRIVED IN_TRANSIT TRISK null', 'IN_TRANSIT HELD null Hold it']);
  expect(ofStory('lotEvents', ({ kind, on, kilograms, lot }) => (lot.code === 'X-LOT' ? `${kind} ${on} ${kilograms}` : null))).toEqual([
    'HARVESTED 2025-01-10 100',
    'TRANSFERRED 2025-02-01 60',
    'EXPORTED 2025-02-12 50',
    'DEPARTED 2025-02-12 50',
    'ARRIVED 2025-02-14 50',
    'IMPORTED 2025-02-14 50',
    'EXPORTED 2025-02-20 50',
    'DEPARTED 2025-02-20 50',
    'HELD 2025-04-07 null',
    'LOST 2025-04-11 1',
  ]);
});

describe('what is told of the samples is what queries answer', () => {
  test('every import certificate: its history, each step from the one before', async () => {
    const { importCertificates } = await lotline.data('{ importCertificates(first: 100) { nodes { id history { status reason } } } }');
    expect(importCertificates.nodes.length).toBeGreaterThanOrEqual(4);
    const changes = changesOf(whole.importCertificateStatusChanged);
    for (const { id, history } of importCertificates.nodes) {
      const own = changes.filter(({ importCertificate }) => importCertificate.id === id);
      const statuses = history.map(({ status }: any) => status);
      expect(own.map(({ to }) => to)).toEqual(statuses);
      expect(own.map(({ from }) => from)).toEqual([null, ...statuses.slice(0, -1)]);
      expect(own.map(({ reason }) => reason)).toEqual(history.map(({ reason }: any) => reason));
    }
    expect(changes).toHaveLength(importCertificates.nodes.flatMap(({ history }: any) => history).length);
  });

  test('every certificate of an operation: its standings by the day they begin', async () => {
    const { operations } = await lotline.data(
      '{ operations(first: 100) { nodes { certificates(first: 20) { nodes { id history { status effectiveFrom reason recordedAt } } } } } }',
    );
    const certificates: any[] = operations.nodes.flatMap(({ certificates: own }: any) => own.nodes);
    const changes = changesOf(whole.operationCertificateStatusChanged);
    const line = ({ status, to, effectiveFrom, reason, at, recordedAt }: any) =>
      `${to ?? status} ${effectiveFrom} ${reason} ${at ?? recordedAt}`;
    for (const { id, history } of certificates)
      expect(
        changes
          .filter(({ operationCertificate }) => operationCertificate.id === id)
          .map(line)
          .sort(),
      ).toEqual(history.map(line).sort());
    expect(changes).toHaveLength(certificates.flatMap(({ history }) => history).length);
  });

  test('every shipment ends at the status that it has, and each change begins where the last ended', async () => {
    const { shipments } = await lotline.data('{ shipments(first: 100) { nodes { id status } } }');
    for (const { id, status } of shipments.nodes) {
      const own = changesOf(whole.shipmentStatusChanged).filter(({ shipment }) => shipment.id === id);
      expect(own.map(({ from }) => from)).toEqual([null, ...own.slice(0, -1).map(({ to }) => to)]);
      expect(own.at(-1)?.to).toBe(status);
    }
  });

  test('every lot: the steps that its trace tells', async () => {
    const { lots } = await lotline.data('{ lots(first: 200) { nodes { id code } } }');
    const events = changesOf(whole.lotEvents);
    const line = ({ kind, on, shipment }: any) => `${kind} ${on} ${shipment?.reference ?? null}`;
    let count = 0;
    for (const { id, code } of lots.nodes) {
      const { node } = await lotline.data(
        'query ($id: ID!) { node(id: $id) { ... on Lot { trace(direction: FORWARD) { steps(first: 500) { nodes { kind on shipment { reference } lot { depth } } } } } } }',
        { id },
      );
      const own = events.filter(({ lot }) => lot.id === id).map(line);
      // A trace counts a lot as certified by an entry under a certificate, too; told is what a line of the certificate names.
      const steps = node.trace.steps.nodes
        .filter(({ lot }: any) => lot.depth === 0)
        .map(line)
        .filter((step: string) => !step.startsWith('CERTIFIED') || own.includes(step));
      expect({ code, events: own.sort() }).toEqual({ code, events: steps.sort() });
      count += own.length;
    }
    expect(events).toHaveLength(count);
  });
});

test.each(FIELDS)(
  '%s: from every cursor, heartbeats included, comes precisely the rest',
  async (field) => {
    const all = changesOf(whole[field]);
    expect(changesOf(await replay(field, beginning))).toEqual(all);
    // Every one of the short streams; of a long one some thirty, from its beginning to its end.
    const { length } = whole[field];
    const step = LONG ? 1 : Math.ceil(length / 30);
    const messages = whole[field].filter((_, index) => index % step === 0 || index === length - 1);
    for (let from = 0; from < messages.length; from += 10) {
      const some = messages.slice(from, from + 10);
      const rests = await Promise.all(some.map(({ cursor }) => replay(field, cursor)));
      for (const [index, rest] of rests.entries()) {
        const after = all.slice(some[index]!.sequence);
        expect({ from: from + index, rest: changesOf(rest) }).toEqual({ from: from + index, rest: after });
        const counted = rest.filter(({ change }) => change !== null).map(({ sequence }) => sequence);
        expect(counted).toEqual(after.map((_, place) => place + 1));
      }
    }
  },
  180_000,
);

test('a cursor of one kind of subscription is a place for another: nothing of its command is passed over', async () => {
  const { cursor, change } = whole.lotEvents.find((message) => message.change?.lot.code.startsWith('SOY'))!;
  const rest = changesOf(await replay('importCertificateStatusChanged', cursor));
  expect(rest).toEqual(changesOf(whole.importCertificateStatusChanged).filter(({ at }) => at >= change.at));
});

test('the id of the last event wins over the variable', async () => {
  const { cursor, sequence } = whole.shipmentStatusChanged.filter(({ change }) => change !== null)[2]!;
  const query = queryOf('shipmentStatusChanged');
  const rest = await told({ query, variables: { after: beginning }, lastEventId: cursor });
  expect(changesOf(rest)).toEqual(changesOf(whole.shipmentStatusChanged).slice(sequence));
});

describe('a filter tells what a plain search of the whole stream finds', () => {
  const only = <Value>(values: readonly Value[], most = 4): Value[] => [...new Set(values)].slice(0, most);
  interface Filtering {
    field: Field;
    filters: (changes: any[]) => [filter: object, fits: (change: any) => boolean][];
  }
  const days = (of: (change: any) => string | null, from: string, to: string) => (changes: any[]) =>
    only(changes.map(of).filter((day) => day !== null)).flatMap((day): [object, (change: any) => boolean][] => [
      [{ [from]: day }, (change) => of(change) !== null && of(change)! >= day!],
      [{ [to]: day }, (change) => of(change) !== null && of(change)! <= day!],
    ]);
  const lists = (name: string, of: (change: any) => any) => (changes: any[]) =>
    only(changes.map(of).filter((value) => value != null)).map((value): [object, (change: any) => boolean] => [
      { [name]: [value] },
      (change) => of(change) === value,
    ]);
  const CASES: [name: string, Filtering][] = [
    ['certificates by id', { field: 'importCertificateStatusChanged', filters: lists('ids', (c) => c.importCertificate.id) }],
    ['certificates by number', { field: 'importCertificateStatusChanged', filters: lists('numbers', (c) => c.importCertificate.number) }],
    ['certificates by status', { field: 'importCertificateStatusChanged', filters: lists('statuses', (c) => c.to) }],
    [
      'certificates by exporter',
      { field: 'importCertificateStatusChanged', filters: lists('exporters', (c) => c.importCertificate.exporter.id) },
    ],
    [
      'certificates by importer',
      { field: 'importCertificateStatusChanged', filters: lists('importers', (c) => c.importCertificate.importer.id) },
    ],
    [
      'certificates by certifier',
      { field: 'importCertificateStatusChanged', filters: lists('certifiers', (c) => c.importCertificate.certifier.id) },
    ],
    ['certificates by tariff code', { field: 'importCertificateStatusChanged', filters: lists('hts', (c) => c.importCertificate.hts) }],
    [
      'certificates by day of issue',
      { field: 'importCertificateStatusChanged', filters: days((c) => c.importCertificate.issuedOn, 'issuedFrom', 'issuedTo') },
    ],
    [
      'standings by operation',
      { field: 'operationCertificateStatusChanged', filters: lists('operations', (c) => c.operationCertificate.operation.id) },
    ],
    [
      'standings by certifier',
      { field: 'operationCertificateStatusChanged', filters: lists('certifiers', (c) => c.operationCertificate.certifier.id) },
    ],
    ['standings by status', { field: 'operationCertificateStatusChanged', filters: lists('statuses', (c) => c.to) }],
    ['shipments by status', { field: 'shipmentStatusChanged', filters: lists('statuses', (c) => c.to) }],
    ['shipments by shipper', { field: 'shipmentStatusChanged', filters: lists('shippers', (c) => c.shipment.shipper?.id) }],
    ['shipments by consignee', { field: 'shipmentStatusChanged', filters: lists('consignees', (c) => c.shipment.consignee?.id) }],
    ['lots by code', { field: 'lotEvents', filters: lists('codes', (c) => c.lot.code) }],
    [
      'lots by how the code begins',
      { field: 'lotEvents', filters: () => [[{ codePrefix: 'QUI-' }, (c) => c.lot.code.startsWith('QUI-')]] },
    ],
    ['lots by product', { field: 'lotEvents', filters: lists('products', (c) => c.lot.product?.id) }],
    ['lots by producer', { field: 'lotEvents', filters: lists('producers', (c) => c.lot.producer.id) }],
    ['lots by country', { field: 'lotEvents', filters: lists('countries', (c) => c.lot.country) }],
    ['lots by kind', { field: 'lotEvents', filters: lists('kinds', (c) => c.lot.kind) }],
    ['lots by day', { field: 'lotEvents', filters: days((c) => c.lot.producedOn, 'producedFrom', 'producedTo') }],
    [
      'two fields together',
      {
        field: 'lotEvents',
        filters: () => [[{ kinds: ['HARVEST'], codePrefix: 'SOY' }, (c) => c.lot.kind === 'HARVEST' && c.lot.code.startsWith('SOY')]],
      },
    ],
    ['nothing of an empty list', { field: 'lotEvents', filters: () => [[{ codes: [] }, () => false]] }],
  ];
  test.each(CASES)('%s', async (_, { field, filters }) => {
    const changes = changesOf(whole[field]);
    const cases = filters(changes);
    expect(cases.length).toBeGreaterThan(0);
    for (const [filter, fits] of cases) {
      expect({ filter, changes: changesOf(await replay(field, beginning, filter)) }).toEqual({ filter, changes: changes.filter(fits) });
    }
  });

  test('shipments by mode, container and departure, as they were then', async () => {
    const line = ({ to, shipment }: any) => (shipment.reference === 'X-SHIP' ? [to] : []);
    const of = async (filter: object) => changesOf(await replay('shipmentStatusChanged', beginning, filter)).flatMap(line);
    const after = ['ARRIVED', 'IN_TRANSIT', 'HELD'];
    expect(await of({ modes: ['ROAD'] })).toEqual(after);
    expect(await of({ modes: ['MARITIME'] })).toEqual(after.slice(1));
    expect(await of({ modes: ['AIR'] })).toEqual([]);
    expect(await of({ containers: ['ZZZU3007019'] })).toEqual(after);
    expect(await of({ departedFrom: '2025-02-12', departedTo: '2025-02-12' })).toEqual(after);
    expect(await of({ departedFrom: '2025-02-13' })).toEqual([]);
  });

  test('lots by who held some of it then', async () => {
    const of = async (holder: string) =>
      changesOf(await replay('lotEvents', beginning, { holders: [await idOf(holder)] })).map(({ kind }) => kind);
    const all = changesOf(whole.lotEvents).flatMap(({ kind, lot }) => (lot.code === 'X-LOT' ? [kind] : []));
    expect(await of(FARM)).toEqual(all);
    expect(await of(TRADER)).toEqual(all.slice(1));
    expect(await of(BUYER)).toEqual([]);
  });
});

test('aliases, the order of fields and fragments are kept; a heartbeat has no change', async () => {
  const query = `subscription ($after: Cursor, $with: Boolean!) { told: shipmentStatusChanged(after: $after) { ...message } }
    fragment message on ShipmentStatusMessage { n: sequence change { now: to ... @include(if: $with) { from } __typename } place: cursor sequence __typename cursor }`;
  const subscriber = await subscribe(lotline, { query, variables: { after: beginning, with: true } });
  await subscriber.abreast();
  await subscriber.close();
  const messages = subscriber.messages as any[];
  const changes = messages.filter(({ change }) => change !== null);
  expect(changes.map(({ change }) => change)).toEqual(
    changesOf(whole.shipmentStatusChanged).map(({ from, to }) => ({ now: to, from, __typename: 'ShipmentStatusChange' })),
  );
  for (const message of messages) {
    expect(Object.keys(message)).toEqual(['id', 'n', 'change', 'place', 'sequence', '__typename', 'cursor']);
    expect(message).toMatchObject({ n: message.sequence, place: message.cursor, __typename: 'ShipmentStatusMessage' });
  }
  expect(Object.keys(changes[0].change)).toEqual(['now', 'from', '__typename']);
  expect(messages.at(-1).change).toBeNull();
  const bare = await told({ query, variables: { after: beginning, with: false } });
  expect(Object.keys(changesOf(bare)[0])).toEqual(['now', '__typename']);
});

test('a query, then a subscription after its cursor, while commands are committed: no gap and no double', async () => {
  const [farm, product] = [await idOf(FARM), whole.lotEvents.find(({ change }) => change?.lot.code === 'X-LOT')!.change.lot.product.id];
  const LOTS = 60;
  let written = 0;
  const write = async (writer: number) => {
    for (let lot = 0; lot < LOTS / 3; lot++) {
      const code = `SEAM-${writer}-${lot}`;
      const input = { idempotencyKey: code, producer: farm, product, code, quantity: { value: '1', unit: 'KGM' } };
      await lotline.data('mutation ($input: RecordHarvestInput!) { recordHarvest(input: $input) { lot { id } } }', { input }, 'admin');
      written++;
    }
  };
  const seams: { known: string[]; subscriber: Awaited<ReturnType<typeof subscribe>> }[] = [];
  const look = async () => {
    while (written < LOTS) {
      const answer = await lotline.ask('{ lots(first: 200, filter: { codePrefix: "SEAM-" }) { nodes { code } } }');
      const variables = { filter: { codePrefix: 'SEAM-' }, after: answer.extensions!.cursor };
      seams.push({
        known: answer.data.lots.nodes.map(({ code }: any) => code),
        subscriber: await subscribe(lotline, { query: queryOf('lotEvents'), variables }),
      });
      await sleep(15);
    }
  };
  await Promise.all([write(0), write(1), write(2), look()]);
  const all = changesOf(await replay('lotEvents', beginning, { codePrefix: 'SEAM-' })).map(({ lot }) => lot.code);
  expect(all).toHaveLength(LOTS);
  expect(seams.length).toBeGreaterThan(3);
  for (const { known, subscriber } of seams) {
    await subscriber.abreast();
    await subscriber.close();
    const heard = subscriber.changes.map(({ lot }) => lot.code);
    expect([...known].sort()).toEqual(all.slice(0, known.length).sort());
    expect(heard).toEqual(all.slice(known.length));
  }
});

describe('rights', () => {
  const exporter = { operation: '9990000001' };
  test.each<[string, As]>([
    ['an exporter', exporter],
    ['a certifier', { certifier: 'ZZA' }],
    ['nobody', 'nobody'],
  ])('%s is told of what its queries answer, and of nothing else', async (_, as) => {
    const from = async (field: Field) => changesOf(await replay(field, await foreignBeginning(as), null, as));
    const seen = await lotline.data(
      '{ importCertificates(first: 100) { nodes { id } } shipments(first: 100) { nodes { id } } lots(first: 200) { nodes { id } } }',
      {},
      as,
    );
    const ids = (nodes: any[]) => nodes.map(({ id }) => id).sort();
    const distinct = (values: string[]) => [...new Set(values)].sort();
    const all = changesOf(whole.importCertificateStatusChanged);
    const certificates = ids(seen.importCertificates.nodes);
    expect((await from('importCertificateStatusChanged')).map(({ to, at }) => `${to} ${at}`)).toEqual(
      all.filter((change) => certificates.includes(change.importCertificate.id)).map(({ to, at }) => `${to} ${at}`),
    );
    expect(distinct((await from('shipmentStatusChanged')).map(({ shipment }) => shipment.id))).toEqual(ids(seen.shipments.nodes));
    const lots = distinct((await from('lotEvents')).map(({ lot }) => lot.id));
    expect(lots.filter((id) => !ids(seen.lots.nodes).includes(id))).toEqual([]);
    // Standings are public.
    expect((await from('operationCertificateStatusChanged')).length).toBe(changesOf(whole.operationCertificateStatusChanged).length);
    if (as === 'nobody') expect([lots, certificates]).toEqual([[], []]);
    else expect(Math.min(lots.length, certificates.length)).toBeGreaterThan(0);
  });

  /** The cursor before everything, as this viewer would have been given it. */
  const foreignBeginning = async (as: As): Promise<string> =>
    lotline.cursors.encode({ position: 0n as never, command: null, told: null }, (await lotline.viewer(as)).name);

  test('what is hidden does not show: with 500 hidden events or none the messages are the same but for their cursors, of one length', async () => {
    const as = { operation: BUYER };
    const run = async (hidden: number): Promise<Message[]> => {
      const subscriber = await subscribe(lotline, { query: queryOf('lotEvents'), variables: { after: await cursorNow(as) }, as });
      await subscriber.abreast();
      if (hidden > 0)
        await lotline.import({
          'lots.csv': csv(
            Array.from({ length: hidden }, (_, lot) => ({
              code: `HIDDEN-${lot}`,
              producer: FARM,
              product: 'Story wheat',
              quantity: 1,
              unit: 'KGM',
              kind: 'harvest',
            })),
          ),
        });
      await lotline.import({
        'transfers.csv': csv([
          { lot: 'X-LOT', from: TRADER, to: BUYER, on: hidden > 0 ? '2025-05-02' : '2025-05-01', quantity: 1, unit: 'KGM' },
        ]),
      });
      await subscriber.abreast();
      await subscriber.close();
      // How many heartbeats fit between is a matter of time.
      return subscriber.messages.filter(({ change, sequence }, index, all) => change !== null || all[index - 1]?.sequence !== sequence);
    };
    const [none, many] = [await run(0), await run(500)];
    const masked = (messages: Message[]) =>
      messages.map(({ sequence, change, cursor, id }) => ({
        sequence,
        lengths: [cursor.length, id.length],
        change: change && { ...change, at: null, on: null },
      }));
    expect(masked(many).filter(({ change }) => change)).toEqual(masked(none).filter(({ change }) => change));
    expect(masked(many)).toHaveLength(masked(none).length);
    expect(changesOf(many)).toHaveLength(1);
  });
});
