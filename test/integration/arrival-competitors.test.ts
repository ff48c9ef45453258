import { workOnce } from '@lotline/server/jobs';
import { tasksOf } from '@lotline/server/later';
import { subscribe } from '../support/live';
import { type As, csv, fingerprint, type GraphQLAnswer, type Lotline, startLotline } from '../support/lotline';
import { certificateNumber, entryNumber } from '../support/world';

// One lot of an exporter went to two importers that compete, each with a shipment and a certificate of its own. What one of them has to say of its
// part at the border is not the other's concern.

const [EXPORTER, IMPORTER, RIVAL, KEEPER, BUYER, BROKER] = [
  'C:EXPORTER',
  'C:IMPORTER',
  'C:RIVAL',
  'C:KEEPER',
  'C:BUYER',
  'C:BROKER',
] as const;
const exporter: As = { operation: EXPORTER };
const importer: As = { operation: IMPORTER };
const rival: As = { operation: RIVAL };
const keeper: As = { operation: KEEPER };
const SILENT = { info: () => {}, error: () => {} };

let lotline: Lotline;
const ids: Record<string, string> = {};
let given = 0;
let serial = 0;

const ask = (command: string, input: object, as: As, answer = ''): Promise<GraphQLAnswer> => {
  const type = `${command[0]!.toUpperCase()}${command.slice(1)}Input!`;
  return lotline.ask(
    `mutation ($input: ${type}) { done: ${command}(input: $input) { cursor ${answer} } }`,
    { input: { idempotencyKey: `c-${++given}`, ...input } },
    as,
  );
};
const give = async (command: string, input: object, as: As, answer = ''): Promise<any> => {
  const { data, errors } = await ask(command, input, as, answer);
  if (errors) throw new Error(JSON.stringify(errors, null, 2));
  return data.done;
};
const reasonsOf = ({ errors }: GraphQLAnswer): any[] => errors?.flatMap(({ extensions }) => extensions.reasons ?? [extensions]) ?? [];
const why = (answer: GraphQLAnswer): string[] =>
  reasonsOf(answer).map(({ code, path }) => `${code} ${path?.slice(1).join('.') ?? ''}`.trim());
const kilograms = (value: string) => ({ value, unit: 'KGM' });
const global = (type: string, id: string) => Buffer.from(`${type}:${id}`).toString('base64url');
const idOf = async (table: string, column: string, value: string, type: string): Promise<string> =>
  global(type, (await lotline.database.query<{ id: string }>(`select id from ${table} where ${column} = $1`, [value]))[0]!.id);

interface Corridor {
  lot: string;
  code: string;
  /** The importer's. */
  shipment: string;
  certificate: string;
  number: string;
  /** The rival's. */
  theirShipment: string;
  theirCertificate: string;
}

const shippedTo = (shipment: string, consignee: string, more: object = {}) => ({
  reference: shipment,
  shipper: EXPORTER,
  consignee,
  ...more,
});
const atSea = (shipment: string, more: object = {}) => ({
  shipment,
  sequence: 1,
  mode: 'MARITIME',
  from_place: 'COBUN',
  to_place: 'USOAK',
  departed: '2025-04-01',
  arrived: '2025-04-20',
  ...more,
});
const certified = (number: string, importedBy: string, more: object = {}) => ({
  number,
  kind: 'SHIPMENT',
  exporter: EXPORTER,
  importer: importedBy,
  certifier: 'ZC1',
  hts: '0901110015',
  issued_on: '2025-03-20',
  status: 'HANDED_OVER',
  ...more,
});

/** 1,000 kg of the exporter: 400 to the importer and 400 to its rival, each by a shipment and under a certificate that names the lot, or the product. */
async function corridor({
  byLot = true,
  sold = true,
  period = null as null | [string, string],
  consignee = IMPORTER as string,
} = {}): Promise<Corridor> {
  const n = ++serial;
  const [number, theirs] = [certificateNumber(55, n * 2), certificateNumber(55, n * 2 + 1)];
  const lot = `C-${n}`;
  const more = period && { kind: 'PERIOD', valid_from: period[0], valid_to: period[1], quantity: 5000, unit: 'KGM' };
  await lotline.import({
    'lots.csv': csv([
      {
        code: lot,
        producer: EXPORTER,
        product: 'Coffee',
        quantity: 1000,
        unit: 'KGM',
        kind: 'harvest',
        produced_on: '2025-02-01',
        country: 'CO',
      },
    ]),
    ...(sold && {
      'transfers.csv': csv([IMPORTER, RIVAL].map((to) => ({ lot, from: EXPORTER, to, on: '2025-04-02', quantity: 400, unit: 'KGM' }))),
    }),
    'shipments.csv': csv([shippedTo(`CA-${n}`, consignee), shippedTo(`CB-${n}`, RIVAL)]),
    'shipment_legs.csv': csv([atSea(`CA-${n}`), atSea(`CB-${n}`)]),
    'shipment_lots.csv': csv(['CA', 'CB'].map((each) => ({ shipment: `${each}-${n}`, lot, quantity: 400, unit: 'KGM' }))),
    'import_certificates.csv': csv([
      certified(number, IMPORTER, { ...more, consignee: consignee === IMPORTER ? '' : consignee }),
      certified(theirs, RIVAL, { ...more, consignee: '' }),
    ]),
    'import_certificate_lines.csv': csv(
      [number, theirs].map((certificate) => ({ certificate, product: 'Coffee', quantity: 400, unit: 'KGM', lot: byLot ? lot : '' })),
    ),
  });
  return {
    lot: await idOf('lot', 'code', lot, 'Lot'),
    code: lot,
    shipment: await idOf('shipment', 'reference', `CA-${n}`, 'Shipment'),
    certificate: await idOf('import_certificate', 'number', number, 'ImportCertificate'),
    number,
    theirShipment: await idOf('shipment', 'reference', `CB-${n}`, 'Shipment'),
    theirCertificate: await idOf('import_certificate', 'number', theirs, 'ImportCertificate'),
  };
}

const statusOf = async (certificate: string, as: As = 'admin'): Promise<string> =>
  (await lotline.data('query ($id: ID!) { node(id: $id) { ... on ImportCertificate { status } } }', { id: certificate }, as)).node.status;
const action = (operation: string, of: object, more: object = {}) => ({
  operation: ids[operation],
  number: `C-EAN-${++given}`,
  on: '2025-04-21',
  ordered: 'Fumigation',
  ...of,
  ...more,
});
/** Records an emergency action; its id. */
const held = async (operation: string, of: object, more: object = {}): Promise<string> =>
  (await give('recordEmergencyActionNotification', action(operation, of, more), { operation }, 'emergencyAction { id }')).emergencyAction
    .id;
const disposition = (operation: string, emergencyAction: string, kind = 'RELEASED_ORGANIC', more: object = {}) => ({
  emergencyAction,
  operation: ids[operation],
  kind,
  on: '2025-04-28',
  ...more,
});
const ACTION = `number kilograms recordedFor { name } certifierNotifiedOn certifierNotices { certifier { code } } notices { kind message }`;
const actionAs = async (id: string, as: As): Promise<any> =>
  (await lotline.data(`query ($id: ID!) { node(id: $id) { ... on EmergencyActionNotification { ${ACTION} } } }`, { id }, as)).node;
const actionsOfLot = async (lot: string, as: As): Promise<string[]> =>
  (
    await lotline.data('query ($id: ID!) { node(id: $id) { ... on Lot { emergencyActions { nodes { id } } } } }', { id: lot }, as)
  ).node.emergencyActions.nodes.map(({ id }: { id: string }) => id);
/** Days go by, and all that has fallen due is done. */
async function daysLater(): Promise<void> {
  await lotline.database.query(`update graphile_worker._private_jobs set run_at = run_at - interval '3 days' where locked_at is null`);
  await workOnce(lotline.database, tasksOf(lotline.runner), SILENT);
}

beforeAll(async () => {
  lotline = await startLotline({ heartbeatMs: 100, pollMs: 100 });
  await lotline.import({
    'certifiers.csv': csv([1, 2, 3].map((n) => ({ certifier: `ZC${n}`, name: `Certifier ${n} of competitors (invented)` }))),
    'operations.csv': csv(
      [EXPORTER, IMPORTER, RIVAL, KEEPER, BUYER, BROKER].map((operation) => ({
        operation,
        name: operation,
        country: operation === EXPORTER ? 'CO' : 'US',
        roles: operation === BROKER ? 'broker' : 'handler',
      })),
    ),
    'products.csv': csv([{ product: 'Coffee', hts: '0901.11.0015', organic: 'yes' }]),
    'operation_certificates.csv': csv(
      [
        [EXPORTER, 'ZC1'],
        [IMPORTER, 'ZC2'],
        [RIVAL, 'ZC3'],
        [KEEPER, 'ZC3'],
      ].map(([operation, certifier]) => ({ operation, certifier, status: 'CERTIFIED', effective_from: '2020-01-01' })),
    ),
  });
  for (const [table, column, type] of [
    ['operation', 'identifier', 'Operation'],
    ['certifier', 'code', 'Certifier'],
    ['product', 'name', 'Product'],
  ] as const)
    for (const row of await lotline.database.query<{ id: string; name: string }>(`select id, ${column} as name from ${table}`))
      ids[row.name] = global(type, row.id);
});
afterAll(() => lotline.close());

describe('what one of two importers tells of its part of a lot', () => {
  test('is not seen by the other, who has some of the same lot, nor by its certifier; the exporter whose certificate is held sees it', async () => {
    const of = await corridor();
    const id = await held(IMPORTER, { lot: of.lot }, { quantity: kilograms('300') });
    const told = { kilograms: '300', recordedFor: { name: IMPORTER } };
    for (const as of [importer, exporter, { certifier: 'ZC2' }, 'analyst'] as As[]) {
      expect([as, await actionAs(id, as)]).toEqual([as, expect.objectContaining(told)]);
      expect(await actionsOfLot(of.lot, as)).toEqual([id]);
    }
    for (const as of [rival, keeper, { certifier: 'ZC3' }] as As[]) expect([as, await actionAs(id, as)]).toEqual([as, null]);
    expect(await actionsOfLot(of.lot, rival)).toEqual([]);
    expect(await actionsOfLot(of.lot, { certifier: 'ZC3' })).toEqual([]);
  });

  test('nobody else disposes of, however much of the lot it has, or sends of it', async () => {
    const of = await corridor();
    const id = await held(IMPORTER, { lot: of.lot });
    expect(await statusOf(of.certificate)).toBe('HELD');
    expect(await statusOf(of.theirCertificate)).toBe('HANDED_OVER');
    await give(
      'bookShipment',
      { reference: `SELF-${serial}`, shipper: ids[EXPORTER], consignee: ids[EXPORTER], lots: [{ lot: of.lot, quantity: kilograms('1') }] },
      exporter,
    );
    const before = await fingerprint(lotline.database);
    expect(why(await ask('recordDisposition', disposition(RIVAL, id), rival))).toEqual(['NOT_FOUND emergencyAction']);
    expect(why(await ask('recordDisposition', disposition(EXPORTER, id), exporter))).toEqual(['FORBIDDEN operation']);
    expect(why(await ask('notifyCertifier', { emergencyAction: id, operation: ids[RIVAL] }, rival))).toEqual(['NOT_FOUND emergencyAction']);
    expect(why(await ask('notifyCertifier', { emergencyAction: id, operation: ids[EXPORTER] }, exporter))).toEqual(['FORBIDDEN operation']);
    expect(await fingerprint(lotline.database)).toBe(before);
    await give('recordDisposition', disposition(IMPORTER, id), importer);
    expect(await statusOf(of.certificate)).toBe('HANDED_OVER');
  });

  test('whom it told is known to it and to that certifier, and its reminder is its own', async () => {
    const of = await corridor();
    const [one, two] = [await held(IMPORTER, { lot: of.lot }), await held(IMPORTER, { shipment: of.shipment })];
    await give('notifyCertifier', { emergencyAction: one, operation: ids[IMPORTER], at: '2025-04-22' }, importer);
    const notice = { certifierNotifiedOn: '2025-04-22', certifierNotices: [{ certifier: { code: 'ZC2' } }] };
    const none = { certifierNotifiedOn: null, certifierNotices: [] };
    for (const as of [importer, { certifier: 'ZC2' }, 'analyst'] as As[])
      expect([as, await actionAs(one, as)]).toEqual([as, expect.objectContaining(notice)]);
    expect(await actionAs(one, exporter)).toMatchObject(none);
    expect(await actionAs(one, rival)).toBeNull();
    const streams = await Promise.all(
      [importer, exporter, rival].map((as) =>
        subscribe(lotline, {
          query:
            'subscription { noticeGiven(filter: { kinds: [CERTIFIER_NOT_NOTIFIED] }) { cursor sequence change { emergencyAction { id } } } }',
          as,
        }),
      ),
    );
    await daysLater();
    await Promise.all(streams.map((stream) => stream.abreast()));
    expect(streams.map(({ changes }) => changes.map(({ emergencyAction }: any) => emergencyAction.id).includes(two))).toEqual([
      true,
      false,
      false,
    ]);
    expect(streams.map(({ changes }) => changes.map(({ emergencyAction }: any) => emergencyAction.id).includes(one))).toEqual([
      false,
      false,
      false,
    ]);
    await Promise.all(streams.map((stream) => stream.close()));
    expect((await actionAs(two, importer)).notices).toMatchObject([{ kind: 'CERTIFIER_NOT_NOTIFIED' }]);
    expect((await actionAs(two, { certifier: 'ZC2' })).notices).toHaveLength(1);
    expect((await actionAs(two, exporter)).notices).toEqual([]);
  });

  test('is of what it has or had, or what came to it, and never more', async () => {
    const of = await corridor();
    expect(
      why(await ask('recordEmergencyActionNotification', action(IMPORTER, { lot: of.lot }, { quantity: kilograms('400.001') }), importer)),
    ).toEqual(['REFUSED quantity']);
    expect(await actionAs(await held(IMPORTER, { lot: of.lot }), importer)).toMatchObject({ kilograms: '400' });
    const unsold = await corridor({ sold: false });
    expect(await actionAs(await held(IMPORTER, { lot: unsold.lot }), importer)).toMatchObject({ kilograms: '400' });
  });

  test('that it was released as not organic is told to the other by its kind alone', async () => {
    const of = await corridor();
    await give('recordDisposition', disposition(IMPORTER, await held(IMPORTER, { lot: of.lot }), 'RELEASED_CONVENTIONAL'), importer);
    const gaps = async (as: As) =>
      (
        await lotline.data(
          'query ($id: ID!) { node(id: $id) { ... on Lot { trace(direction: BACK) { gaps(kinds: [LOST_ORGANIC_STATUS]) { nodes { message } } } } } }',
          { id: of.lot },
          as,
        )
      ).node.trace.gaps.nodes;
    expect(await gaps(importer)).toEqual([{ message: expect.stringContaining('C-EAN-') }]);
    expect(await gaps(rival)).toEqual([{ message: 'Facts that you may not see break this rule.' }]);
  });

  test('that was released as not organic is told to who had it, and not to the other', async () => {
    const of = await corridor();
    const emergencyAction = await held(IMPORTER, { lot: of.lot });
    await give(
      'recordDisposition',
      { emergencyAction, operation: ids[IMPORTER], kind: 'RELEASED_CONVENTIONAL', on: '2025-04-22' },
      importer,
    );
    await workOnce(lotline.database, tasksOf(lotline.runner), { info: () => {}, error: () => {} });
    const told = async (as: As) =>
      (await lotline.data('query ($id: ID!) { node(id: $id) { ... on Lot { notices { kind } } } }', { id: of.lot }, as)).node.notices;
    expect(await told(importer)).toEqual([{ kind: 'LOST_ORGANIC_STATUS' }]);
    expect(await told(rival)).toEqual([]);
  });

  test('that was reported from outside names nobody: whoever has some of the lot learns, and a notice of anybody ends its reminder', async () => {
    const of = await corridor();
    const number = `C-OUT-${serial}`;
    await lotline.import({ 'emergency_actions.csv': csv([{ number, on: '2025-04-21', ordered: 'hold', lot: of.code }]) });
    const id = await idOf('emergency_action', 'number', number, 'EmergencyActionNotification');
    expect(await statusOf(of.certificate)).toBe('HANDED_OVER');
    for (const as of [importer, rival, exporter]) expect(await actionAs(id, as)).toMatchObject({ recordedFor: null });
    await give('notifyCertifier', { emergencyAction: id, operation: ids[RIVAL] }, rival);
    expect(await actionAs(id, importer)).toMatchObject({ certifierNotices: [] });
    await daysLater();
    expect((await actionAs(id, importer)).notices).toEqual([]);
  });
});

describe('certificates that are held with goods', () => {
  test('stand again once all is disposed of, whoever of those concerned says so', async () => {
    const of = await corridor({ consignee: KEEPER });
    const id = await held(KEEPER, { shipment: of.shipment });
    expect(await statusOf(of.certificate)).toBe('HELD');
    expect(await actionAs(id, importer)).toMatchObject({ recordedFor: { name: KEEPER } });
    // Its own certifier is told by each; the reminder is whose word it is.
    await give('notifyCertifier', { emergencyAction: id, operation: ids[IMPORTER] }, importer);
    expect((await actionAs(id, keeper)).certifierNotices).toEqual([]);
    await daysLater();
    expect((await actionAs(id, keeper)).notices).toMatchObject([{ kind: 'CERTIFIER_NOT_NOTIFIED' }]);
    await give('recordDisposition', disposition(IMPORTER, id), importer);
    expect(await statusOf(of.certificate)).toBe('HANDED_OVER');
  });

  test('are those that cover them by a product, and not one that was issued after they came, or for what another sends', async () => {
    const of = await corridor({ byLot: false });
    const [later, others] = [certificateNumber(56, serial), certificateNumber(57, serial)];
    await lotline.import({
      'import_certificates.csv': csv([
        certified(later, IMPORTER, { issued_on: '2025-06-20' }),
        certified(others, IMPORTER, { exporter: KEEPER }),
      ]),
      'import_certificate_lines.csv': csv([
        { certificate: later, product: 'Coffee', quantity: 50, unit: 'KGM', lot: of.code },
        { certificate: others, product: 'Coffee', quantity: 50, unit: 'KGM', lot: '' },
      ]),
    });
    const id = await held(IMPORTER, { shipment: of.shipment }, { on: '2025-07-01' });
    const standings = async () =>
      Promise.all(
        [
          of.certificate,
          ...(await Promise.all([later, others].map((number) => idOf('import_certificate', 'number', number, 'ImportCertificate')))),
        ].map((each) => statusOf(each)),
      );
    expect(await standings()).toEqual(['HELD', 'HANDED_OVER', 'HANDED_OVER']);
    const lot = await held(IMPORTER, { lot: of.lot }, { on: '2025-07-02' });
    await give('recordDisposition', disposition(IMPORTER, id, 'DESTROYED', { on: '2025-07-03' }), importer);
    expect(await standings()).toEqual(['HELD', 'HANDED_OVER', 'HANDED_OVER']);
    await give('recordDisposition', disposition(IMPORTER, lot, 'DESTROYED', { on: '2025-07-03' }), importer);
    expect(await standings()).toEqual(['HANDED_OVER', 'HANDED_OVER', 'HANDED_OVER']);
  });

  test('stand then by what is drawn on them, whatever was while they were held', async () => {
    const of = await corridor();
    const { customsEntry } = await give('recordCustomsEntry', entry(of, '400'), importer, 'customsEntry { id }');
    expect(await statusOf(of.certificate)).toBe('EXHAUSTED');
    const id = await held(IMPORTER, { shipment: of.shipment });
    await give('cancelCustomsEntry', { customsEntry: customsEntry.id, reason: 'to be filed anew' }, importer);
    expect(await statusOf(of.certificate)).toBe('HELD');
    await give('recordDisposition', disposition(IMPORTER, id), importer);
    expect(await statusOf(of.certificate)).toBe('HANDED_OVER');
    await give('recordCustomsEntry', entry(of, '100'), importer);
    expect(await statusOf(of.certificate)).toBe('ENTERED');
  });
});

describe('goods that are held', () => {
  const used = (of: Corridor, mass: string, by = IMPORTER as string) => ({
    code: `C-MADE-${++given}`,
    producer: ids[by],
    product: ids.Coffee,
    quantity: kilograms(mass),
    producedOn: '2025-05-05',
    inputs: [{ lot: of.lot, quantity: kilograms(mass) }],
  });
  const offered = (of: Corridor, mass: string, sender: string = IMPORTER, receiver: string = BUYER) => ({
    lot: of.lot,
    sender: ids[sender],
    receiver: ids[receiver],
    quantity: kilograms(mass),
    on: '2025-05-05',
  });
  const booked = (of: Corridor, mass: string, shipper: string = IMPORTER) => ({
    reference: `C-ON-${++given}`,
    shipper: ids[shipper],
    consignee: ids[BUYER],
    lots: [{ lot: of.lot, quantity: kilograms(mass) }],
  });
  const left = (shipment: string, departed = '2025-05-06') => ({ shipment, mode: 'ROAD', fromPlace: 'USOAK', toPlace: 'USSCK', departed });
  const whyHeld = (answer: GraphQLAnswer): string[] =>
    reasonsOf(answer).map(({ code, path, rule, message }) => `${code} ${path.slice(1).join('.')} ${rule} ${message.split(': ').at(-1)}`);

  test.each([
    ['a lot', 'lot'],
    ['a shipment', 'shipment'],
  ] as const)('as %s are neither used, nor given, nor sent on beyond what is free; what is lost of them is told', async (_, noun) => {
    const of = await corridor();
    const before = await give('offerTransfer', offered(of, '200'), importer, 'transferOffer { id }');
    const onItsWay = (await give('bookShipment', booked(of, '200'), importer, 'shipment { id }')).shipment.id;
    const made = await give('recordTransformation', used(of, '50'), importer, 'lot { id }');
    const number = `C-HOLD-${++given}`;
    const id = await held(IMPORTER, { [noun]: of[noun] }, { number, quantity: kilograms('300') });
    const says = `"${number}" holds it at the border`;
    const state = await fingerprint(lotline.database);
    expect(whyHeld(await ask('recordTransformation', used(of, '50.001'), importer))).toEqual([
      `REFUSED inputs.0.quantity 7 CFR 205.273 ${says}`,
    ]);
    const more = { lot: made.lot.id, inputs: [{ lot: of.lot, quantity: kilograms('100.001') }], correctionReason: 'more of it' };
    expect(whyHeld(await ask('declareLotInputs', more, importer))).toEqual([`REFUSED inputs.0.quantity 7 CFR 205.273 ${says}`]);
    expect(whyHeld(await ask('offerTransfer', offered(of, '50.001'), importer))).toEqual([`REFUSED quantity 7 CFR 205.273 ${says}`]);
    expect(whyHeld(await ask('bookShipment', booked(of, '100.001'), importer))).toEqual([`REFUSED lots.0.quantity 7 CFR 205.273 ${says}`]);
    expect(whyHeld(await ask('recordDeparture', left(onItsWay), importer))).toEqual([`REFUSED shipment 7 CFR 205.273 ${says}`]);
    // Who was offered some before does not see what holds it.
    const accepted = { transferOffer: before.transferOffer.id, on: '2025-05-06' };
    expect(whyHeld(await ask('acceptTransfer', accepted, { operation: BUYER }))).toEqual([
      'REFUSED transferOffer 7 CFR 205.273 it is held at the border',
    ]);
    expect(await fingerprint(lotline.database)).toBe(state);
    // The rival's part, and the rest of the exporter's, are no concern of it.
    await give('recordTransformation', used(of, '400', RIVAL), rival);
    await give('offerTransfer', offered(of, '200', EXPORTER), exporter);
    await give('recordTransformation', used(of, '50'), importer);
    await give(
      'recordLoss',
      { lot: of.lot, holder: ids[IMPORTER], kind: 'SPOILAGE', quantity: kilograms('1'), on: '2025-05-05' },
      importer,
    );
    await give('recordDisposition', disposition(IMPORTER, id, 'RELEASED_ORGANIC', { quantity: kilograms('150') }), importer);
    await give('offerTransfer', offered(of, '149'), importer);
    await give('recordDisposition', disposition(IMPORTER, id), importer);
    await give('acceptTransfer', accepted, { operation: BUYER });
    await give('recordDeparture', left(onItsWay), importer);
  });

  test("as a lot by the broker that entered it are the importer's", async () => {
    const of = await corridor();
    const [line] = entry(of, '400').lines;
    await give('recordCustomsEntry', { ...entry(of, '400'), filer: ids[BROKER], lines: [{ ...line, lots: [of.lot] }] }, importer);
    const id = await held(BROKER, { lot: of.lot });
    expect(await actionAs(id, importer)).toMatchObject({ kilograms: '400', recordedFor: { name: BROKER } });
    expect(await statusOf(of.certificate)).toBe('HELD');
    expect(why(await ask('recordTransformation', used(of, '0.001'), importer))).toEqual(['REFUSED inputs.0.quantity']);
    await give('recordDisposition', disposition(IMPORTER, id), importer);
    await give('recordTransformation', used(of, '400'), importer);
    expect(await statusOf(of.certificate)).toBe('EXHAUSTED');
  });

  test('stay with the shipment: no leg departs, and its shipper gives them to nobody but who receives it', async () => {
    const of = await corridor({ sold: false });
    const id = await held(IMPORTER, { shipment: of.shipment });
    expect(whyHeld(await ask('recordDeparture', left(of.shipment), exporter))).toEqual([
      expect.stringMatching(/^REFUSED shipment 7 CFR 205.273 its goods are held at the border by "C-EAN-/),
    ]);
    // A leg of a day before the hold may be told late.
    expect(why(await ask('recordDeparture', left(of.shipment, '2025-04-20'), exporter))).toEqual([]);
    expect(why(await ask('offerTransfer', offered(of, '600.001', EXPORTER), exporter))).toEqual(['REFUSED quantity']);
    await give('offerTransfer', offered(of, '600', EXPORTER), exporter);
    const { transferOffer } = await give('offerTransfer', offered(of, '400', EXPORTER, IMPORTER), exporter, 'transferOffer { id }');
    await give('acceptTransfer', { transferOffer: transferOffer.id, on: '2025-05-06' }, importer);
    expect(why(await ask('offerTransfer', offered(of, '0.001', IMPORTER), importer))).toEqual(['REFUSED quantity', 'REFUSED on']);
    await give('offerTransfer', offered(of, '600', EXPORTER), exporter);
    await give('recordDisposition', disposition(IMPORTER, id, 'RELEASED_ORGANIC', { on: '2025-05-07' }), importer);
    await give('offerTransfer', { ...offered(of, '400'), on: '2025-05-07' }, importer);
  });
});

const entry = ({ certificate }: Corridor, mass: string, filedOn = '2025-04-19') => ({
  importer: ids[IMPORTER],
  number: entryNumber(++given),
  filedOn,
  lines: [{ line: 1, importCertificate: certificate, hts: '0901110015', quantity: kilograms(mass) }],
});
