import { workOnce } from '@lotline/server/jobs';
import { tasksOf } from '@lotline/server/later';
import { type As, csv, fingerprint, type GraphQLAnswer, type Lotline, startLotline } from '../support/lotline';
import { certificateNumber, entryNumber } from '../support/world';

// What arrives is verified by the importer, answer by answer, with what is on record beside; and goods that are held at the border hold the
// certificates that cover them until all is disposed of.

const [FARM, EXPORTER, IMPORTER, BROKER, BAKER, STRANGER] = [
  'A:FARM',
  'A:EXPORTER',
  'A:IMPORTER',
  'A:BROKER',
  'A:BAKER',
  'A:STRANGER',
] as const;
const importer: As = { operation: IMPORTER };
const exporter: As = { operation: EXPORTER };
const broker: As = { operation: BROKER };
const stranger: As = { operation: STRANGER };
const SILENT = { info: () => {}, error: () => {} };

let lotline: Lotline;
const ids: Record<string, string> = {};
let given = 0;
let serial = 0;

const ask = (command: string, input: object, as: As, answer = ''): Promise<GraphQLAnswer> => {
  const type = `${command[0]!.toUpperCase()}${command.slice(1)}Input!`;
  return lotline.ask(
    `mutation ($input: ${type}) { done: ${command}(input: $input) { cursor ${answer} } }`,
    { input: { idempotencyKey: `a-${++given}`, ...input } },
    as,
  );
};
const give = async (command: string, input: object, as: As, answer = ''): Promise<any> => {
  const { data, errors } = await ask(command, input, as, answer);
  if (errors) throw new Error(JSON.stringify(errors, null, 2));
  return data.done;
};
const reasonsOf = ({ errors }: GraphQLAnswer): any[] =>
  errors
    ?.flatMap(({ extensions }) => extensions.reasons ?? [extensions])
    .map(({ code, path }: any) => `${code} ${path?.slice(1).join('.') ?? ''}`.trim()) ?? [];
const kilograms = (value: string) => ({ value, unit: 'KGM' });
const global = (type: string, id: string) => Buffer.from(`${type}:${id}`).toString('base64url');

interface Corridor {
  certificate: string;
  shipment: string;
  lot: string;
  code: string;
  number: string;
}

/** Coffee that arrived: a lot, the shipment that brought it, and its certificate, handed over. */
async function corridor({ kind = 'SHIPMENT', covered = '1000', status = 'HANDED_OVER', until = '2099-03-20' } = {}): Promise<Corridor> {
  const n = ++serial;
  const number = certificateNumber(77, n);
  await lotline.import({
    'lots.csv': csv([
      {
        code: `A-${n}`,
        producer: EXPORTER,
        product: 'Organic green coffee',
        quantity: 1000,
        unit: 'KGM',
        kind: 'harvest',
        produced_on: '2025-02-01',
        country: 'CO',
      },
    ]),
    'transfers.csv': csv([{ lot: `A-${n}`, from: EXPORTER, to: IMPORTER, on: '2025-05-01' }]),
    'shipments.csv': csv([{ reference: `S-${n}`, shipper: EXPORTER, consignee: IMPORTER }]),
    'shipment_legs.csv': csv([
      {
        shipment: `S-${n}`,
        sequence: 1,
        mode: 'MARITIME',
        from_place: 'COBUN',
        to_place: 'USOAK',
        departed: '2025-04-01',
        arrived: '2025-04-20',
      },
    ]),
    'shipment_lots.csv': csv([{ shipment: `S-${n}`, lot: `A-${n}`, quantity: 1000, unit: 'KGM' }]),
    'import_certificates.csv': csv([
      {
        number,
        kind,
        exporter: EXPORTER,
        importer: IMPORTER,
        certifier: 'ZR1',
        hts: '0901110015',
        issued_on: '2025-03-20',
        status,
        ...(kind === 'PERIOD' && { valid_from: '2025-03-21', valid_to: until, quantity: 5000, unit: 'KGM' }),
      },
    ]),
    'import_certificate_lines.csv': csv([
      { certificate: number, product: 'Organic green coffee', quantity: covered, unit: 'KGM', lot: `A-${n}` },
    ]),
  });
  const [lot] = await lotline.database.query<{ id: string }>('select id from lot where code = $1', [`A-${n}`]);
  const [shipment] = await lotline.database.query<{ id: string }>('select id from shipment where reference = $1', [`S-${n}`]);
  const [certificate] = await lotline.database.query<{ id: string }>('select id from import_certificate where number = $1', [number]);
  return {
    code: `A-${n}`,
    number,
    lot: global('Lot', lot!.id),
    shipment: global('Shipment', shipment!.id),
    certificate: global('ImportCertificate', certificate!.id),
  };
}

const entry = ({ certificate }: Pick<Corridor, 'certificate'>, mass: string, filedOn = '2025-04-21') => ({
  importer: ids[IMPORTER],
  number: entryNumber(++given),
  filedOn,
  lines: [{ line: 1, importCertificate: certificate, hts: '0901110015', quantity: kilograms(mass) }],
});

const CHECKS = ['VALID_CERTIFICATE', 'DATA_ACCURATE', 'NO_PROHIBITED_SUBSTANCE', 'NO_RADIATION'];
const answers = (but: Record<string, string> = {}, documents: string[] = []) =>
  CHECKS.map((check) => ({ check, verdict: but[check] ?? 'YES', words: `seen: ${check}`, documents }));
const verify = (of: Partial<Corridor>, more: object = {}) => ({
  operation: ids[IMPORTER],
  ...(of.certificate && { importCertificate: of.certificate }),
  ...(of.shipment && { shipment: of.shipment }),
  on: '2025-04-25',
  answers: answers(),
  ...more,
});
const ARRIVALS = `arrivals { nodes { on by { name } shipment { reference } answers { check verdict words documents { number } findings { message rule } } } }`;
const seenBy = async (id: string, as: As): Promise<any> => {
  const query = `query ($id: ID!) { node(id: $id) { ... on ImportCertificate { status history { status by reason } ${ARRIVALS} } ... on Shipment { shipped: status ${ARRIVALS} } } }`;
  const { node } = await lotline.data(query, { id }, as);
  return node && { ...node, arrivals: node.arrivals.nodes };
};
const findingsOf = (arrival: any): Record<string, string[]> =>
  Object.fromEntries(arrival.answers.map(({ check, findings }: any) => [check, findings.map(({ message }: any) => message)]));

beforeAll(async () => {
  lotline = await startLotline();
  await lotline.import({
    'certifiers.csv': csv([
      { certifier: 'ZR1', name: 'Certifier of exporters (invented)' },
      { certifier: 'ZR2', name: 'Certifier of importers (invented)' },
    ]),
    'operations.csv': csv(
      [FARM, EXPORTER, IMPORTER, BROKER, BAKER, STRANGER].map((operation) => ({
        operation,
        name: operation,
        country: operation === EXPORTER || operation === FARM ? 'CO' : 'US',
        roles: operation === BROKER ? 'broker' : 'handler',
      })),
    ),
    'products.csv': csv([{ product: 'Organic green coffee', hts: '0901.11.0015', organic: 'yes' }]),
    'operation_certificates.csv': csv([
      ...[EXPORTER, FARM].map((operation) => ({ operation, certifier: 'ZR1', status: 'CERTIFIED', effective_from: '2020-01-01' })),
      ...[IMPORTER, BAKER].map((operation) => ({ operation, certifier: 'ZR2', status: 'CERTIFIED', effective_from: '2020-01-01' })),
    ]),
    'documents.csv': csv([
      { type: 'WEIGHT_CERTIFICATE', number: 'W-1', issuer: IMPORTER, issued_on: '2025-04-21', marked_organic: 'not_applicable' },
    ]),
  });
  for (const [table, column, type] of [
    ['operation', 'identifier', 'Operation'],
    ['certifier', 'code', 'Certifier'],
    ['product', 'name', 'Product'],
    ['document', 'number', 'Document'],
  ] as const)
    for (const row of await lotline.database.query<{ id: string; name: string }>(`select id, ${column} as name from ${table}`))
      ids[row.name] = global(type, row.id);
  await give(
    'assignBroker',
    {
      importer: ids[IMPORTER],
      broker: ids[BROKER],
      scopes: ['IMPORT_CERTIFICATES', 'SHIPMENTS', 'CUSTOMS_ENTRIES', 'LOTS', 'COMMANDS'],
      validUntil: new Date(Date.now() + 86_400_000).toISOString(),
    },
    importer,
  );
});
afterAll(() => lotline.close());

describe('an arrival', () => {
  test('of which all is so is verified, and the certificate with it; its papers are seen by whoever sees them', async () => {
    const of = await corridor();
    const { importCertificate } = await give(
      'verifyArrival',
      verify(of, { answers: answers({}, [ids['W-1']!]) }),
      importer,
      'importCertificate { status } shipment { reference }',
    );
    expect(importCertificate).toEqual({ status: 'VERIFIED' });
    const own = await seenBy(of.certificate, importer);
    expect(own.history.at(-1)).toEqual({ status: 'VERIFIED', by: IMPORTER, reason: null });
    expect(own.arrivals).toEqual([
      {
        on: '2025-04-25',
        by: { name: IMPORTER },
        shipment: { reference: expect.any(String) },
        answers: CHECKS.map((check) => ({ check, verdict: 'YES', words: `seen: ${check}`, documents: [{ number: 'W-1' }], findings: [] })),
      },
    ]);
    const theirs = await seenBy(of.certificate, exporter);
    expect(theirs.arrivals[0].answers[0]).toMatchObject({ verdict: 'YES', documents: [] });
    expect((await seenBy(of.shipment, exporter)).arrivals).toHaveLength(1);
    expect(await seenBy(of.certificate, stranger)).toBeNull();
  });

  test('by a broker with the scope, and by nobody else', async () => {
    const of = await corridor();
    const before = await fingerprint(lotline.database);
    expect(reasonsOf(await ask('verifyArrival', verify(of), exporter))).toEqual(['FORBIDDEN']);
    expect(reasonsOf(await ask('verifyArrival', verify(of), 'analyst'))).toEqual(['FORBIDDEN']);
    expect(reasonsOf(await ask('verifyArrival', verify(of, { operation: ids[STRANGER] }), stranger))).toEqual([
      'NOT_FOUND importCertificate',
      'NOT_FOUND shipment',
    ]);
    expect(reasonsOf(await ask('verifyArrival', verify(of, { operation: ids[EXPORTER] }), exporter))).toContain('FORBIDDEN operation');
    expect(await fingerprint(lotline.database)).toBe(before);
    await give('verifyArrival', verify(of), broker);
    expect((await seenBy(of.certificate, importer)).status).toBe('VERIFIED');
  });

  test('with a NO is kept, and changes nothing else; what follows may be verified again', async () => {
    const of = await corridor();
    await give('verifyArrival', verify(of, { answers: answers({ DATA_ACCURATE: 'NO' }) }), importer);
    await give('verifyArrival', verify(of, { answers: answers({ NO_RADIATION: 'NOT_CHECKED' }) }), importer);
    const { status, arrivals } = await seenBy(of.certificate, importer);
    expect(status).toBe('HANDED_OVER');
    expect(arrivals.map(({ answers: all }: any) => all.map(({ verdict }: any) => verdict))).toEqual([
      ['YES', 'NO', 'YES', 'YES'],
      ['YES', 'YES', 'YES', 'NOT_CHECKED'],
    ]);
    await give('verifyArrival', verify(of), importer);
    expect((await seenBy(of.certificate, importer)).status).toBe('VERIFIED');
  });

  test('of one shipment under a certificate for a period leaves the certificate as it stands', async () => {
    const of = await corridor({ kind: 'PERIOD' });
    await give('verifyArrival', verify(of), importer);
    const { status, arrivals } = await seenBy(of.certificate, importer);
    expect([status, arrivals.length]).toEqual(['HANDED_OVER', 1]);
    // Nor is all of it verified before the period has come to its end.
    const { stays } = await give('verifyArrival', verify({ certificate: of.certificate }), importer, 'stays');
    expect(stays).toMatch(/neither exhausted nor expired/);
    expect((await seenBy(of.certificate, importer)).status).toBe('HANDED_OVER');
    await give('recordCustomsEntry', entry(of, '5000'), importer);
    expect(await give('verifyArrival', verify({ certificate: of.certificate }), importer, 'stays')).toMatchObject({ stays: null });
    expect((await seenBy(of.certificate, importer)).status).toBe('VERIFIED');
  });

  test('of nothing that came is refused; while some of its goods are under way the certificate stays where it stands', async () => {
    const { certificate, shipment, lot, code } = await corridor();
    const n = ++serial;
    const number = certificateNumber(78, n);
    await lotline.import({
      'import_certificates.csv': csv([
        {
          number,
          kind: 'SHIPMENT',
          exporter: FARM,
          importer: IMPORTER,
          certifier: 'ZR1',
          hts: '0901110015',
          issued_on: '2025-03-20',
          status: 'HANDED_OVER',
        },
      ]),
      'import_certificate_lines.csv': csv([{ certificate: number, product: 'Organic green coffee', quantity: 400, unit: 'KGM' }]),
    });
    const [other] = await lotline.database.query<{ id: string }>('select id from import_certificate where number = $1', [number]);
    const another = { certificate: global('ImportCertificate', other!.id), shipment, lot, code };
    expect(reasonsOf(await ask('verifyArrival', verify({ certificate: another.certificate }), importer))).toEqual([
      'REFUSED importCertificate',
    ]);
    // What another shipper sends of the same product is not what it covers.
    expect(reasonsOf(await ask('verifyArrival', verify(another), importer))).toEqual(['REFUSED shipment']);
    // An entry under it is something that came.
    await give('recordCustomsEntry', entry(another, '1', '2025-04-24'), importer);
    expect(reasonsOf(await ask('verifyArrival', verify({ certificate: another.certificate }, { on: '2025-04-23' }), importer))).toEqual([
      'REFUSED on',
    ]);
    await give('verifyArrival', verify({ certificate: another.certificate }), importer);

    await lotline.import({
      'shipments.csv': csv([{ reference: `SEA-${n}`, shipper: EXPORTER, consignee: IMPORTER }]),
      'shipment_legs.csv': csv([
        { shipment: `SEA-${n}`, sequence: 1, mode: 'MARITIME', from_place: 'COBUN', to_place: 'USOAK', departed: '2025-04-02' },
      ]),
      'shipment_lots.csv': csv([{ shipment: `SEA-${n}`, lot: code, quantity: 1, unit: 'KGM' }]),
    });
    const under = { certificate, shipment };
    expect(await give('verifyArrival', verify(under), importer, 'stays')).toMatchObject({ stays: expect.stringContaining('under way') });
    const { status, arrivals } = await seenBy(certificate, importer);
    expect([status, arrivals.length]).toEqual(['HANDED_OVER', 1]);
    const [sea] = await lotline.database.query<{ id: string }>('select id from shipment where reference = $1', [`SEA-${n}`]);
    await give('recordArrival', { shipment: global('Shipment', sea!.id), arrived: '2025-04-22' }, importer);
    await give('verifyArrival', verify(under), importer);
    expect((await seenBy(certificate, importer)).status).toBe('VERIFIED');
  });

  test('leaves a certificate that entries may still draw on, within what it covers; and is of a day after its issue', async () => {
    const of = await corridor();
    await give('verifyArrival', verify(of), importer);
    const { customsEntry } = await give('recordCustomsEntry', entry(of, '600'), importer, 'customsEntry { id }');
    expect(reasonsOf(await ask('recordCustomsEntry', entry(of, '400.001'), importer))).toEqual(['REFUSED lines.0.quantity']);
    const amended = { customsEntry: customsEntry.id, reason: 'weighed again', lines: entry(of, '700').lines };
    await give('amendCustomsEntry', amended, importer);
    await give('recordCustomsEntry', entry(of, '300'), importer);
    await give('cancelCustomsEntry', { customsEntry: customsEntry.id, reason: 'filed twice' }, importer);
    expect((await seenBy(of.certificate, importer)).status).toBe('VERIFIED');
    for (const on of ['2025-03-19', '2020-01-01'])
      expect(reasonsOf(await ask('verifyArrival', verify({ certificate: of.certificate }, { on }), importer))).toEqual(['REFUSED on']);
    await give('verifyArrival', verify({ certificate: of.certificate }), importer);
  });

  test('and a hold reach a certificate that has expired, and so does what was filed in its period', async () => {
    const of = await corridor({ kind: 'PERIOD', until: '2025-04-30' });
    await give('recordCustomsEntry', entry(of, '10'), importer);
    await workOnce(lotline.database, tasksOf(lotline.runner), SILENT);
    const filed = async (on: string) => reasonsOf(await ask('recordCustomsEntry', entry(of, '10', on), importer));
    expect(await filed('2025-05-01')).toEqual(['CONFLICT lines.0.importCertificate']);
    expect(await filed('2025-03-20')).toEqual(['CONFLICT lines.0.importCertificate']);
    expect(await filed('2025-04-30')).toEqual([]);
    const query =
      'query ($certificate: ID!, $day: Date!) { customsFiling(importCertificate: $certificate, kilograms: "10", asKeyed: { filedOn: $day }) { faults { code } } }';
    const faults = async (day: string) =>
      (await lotline.data(query, { certificate: of.certificate, day }, importer)).customsFiling.faults.map(({ code }: any) => code);
    expect([await faults('2025-04-30'), await faults('2025-05-01')]).toEqual([[], ['EXPIRED']]);
    const at = async () => (await seenBy(of.certificate, importer)).status;
    expect(await at()).toBe('EXPIRED');
    const held = { operation: ids[IMPORTER], number: `EAN-${++given}`, on: '2025-05-02', ordered: 'hold', shipment: of.shipment };
    const { emergencyAction } = await give('recordEmergencyActionNotification', held, importer, 'emergencyAction { id }');
    expect(await at()).toBe('HELD');
    const released = { emergencyAction: emergencyAction.id, operation: ids[IMPORTER], kind: 'RELEASED_ORGANIC', on: '2025-05-03' };
    await give('recordDisposition', released, importer);
    expect(await at()).toBe('EXPIRED');
    await give('verifyArrival', verify({ certificate: of.certificate }, { on: '2025-05-04' }), importer);
    expect(await at()).toBe('VERIFIED');
  });

  test('of one of two shipments shows what is on record against that one', async () => {
    const [one, two] = [await corridor({ kind: 'PERIOD' }), await corridor({ covered: '900' })];
    await lotline.import({
      'import_certificate_lines.csv': csv([
        { certificate: one.number, product: 'Organic green coffee', quantity: 100, unit: 'KGM', lot: two.code },
      ]),
    });
    for (const { shipment } of [one, two]) await give('verifyArrival', verify({ certificate: one.certificate, shipment }), importer);
    const treated = {
      operation: ids[EXPORTER],
      shipment: two.shipment,
      kind: 'FUMIGATION',
      substance: 'methyl bromide',
      prohibited: true,
      on: '2025-04-10',
    };
    await give('recordTreatment', treated, exporter);
    const against = async () =>
      (await seenBy(one.certificate, importer)).arrivals.map((arrival: any) => findingsOf(arrival).NO_PROHIBITED_SUBSTANCE!.length);
    expect(await against()).toEqual([0, 1]);
    await lotline.import({ 'lot_inputs.csv': csv([{ output: one.code, input: two.code, quantity: 1, unit: 'KGM' }]) });
    // What the second shipment carried is not what went into the lot of the first, though it is of the same lot.
    expect(await against()).toEqual([0, 1]);
  });

  test('is told page by page, and kept at most twenty times a day', async () => {
    const of = await corridor();
    const no = verify(of, { answers: answers({ DATA_ACCURATE: 'NO' }) });
    for (let times = 0; times < 20; times++) await give('verifyArrival', no, importer);
    expect(reasonsOf(await ask('verifyArrival', no, importer))).toEqual(['REFUSED shipment']);
    await give('verifyArrival', verify({ certificate: of.certificate }, { answers: answers({ DATA_ACCURATE: 'NO' }) }), importer);
    const query =
      'query ($id: ID!, $after: String) { node(id: $id) { ... on ImportCertificate { arrivals(first: 15, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes { answers { findings { message } } } } } } }';
    const page = async (after: string | null) => (await lotline.data(query, { id: of.certificate, after }, exporter)).node.arrivals;
    const first = await page(null);
    expect([first.totalCount, first.nodes.length, first.pageInfo.hasNextPage]).toEqual([21, 15, true]);
    expect((await page(first.pageInfo.endCursor)).nodes).toHaveLength(6);
  });

  test('of a shipment alone, that came under no certificate, says so', async () => {
    const { shipment } = await corridor();
    await give('verifyArrival', verify({ shipment }), importer);
    const { arrivals } = await seenBy(shipment, importer);
    expect(findingsOf(arrivals[0]).VALID_CERTIFICATE).toEqual(['No import certificate was named for the shipment.']);
  });

  test('shows what is on record against its answers, also what is recorded later', async () => {
    const of = await corridor({ covered: '900' });
    await give(
      'recordTreatment',
      {
        operation: ids[EXPORTER],
        shipment: of.shipment,
        kind: 'FUMIGATION',
        substance: 'methyl bromide',
        prohibited: true,
        on: '2025-04-10',
      },
      exporter,
    );
    await give('verifyArrival', verify(of), importer);
    expect((await seenBy(of.certificate, importer)).status).toBe('VERIFIED');
    const at = async () => findingsOf((await seenBy(of.certificate, importer)).arrivals[0]);
    expect(await at()).toEqual({
      VALID_CERTIFICATE: [],
      DATA_ACCURATE: [expect.stringContaining('the certificate covers 900 kg, and 1000 kg were shipped')],
      NO_PROHIBITED_SUBSTANCE: [expect.stringContaining('fumigation with methyl bromide')],
      NO_RADIATION: [],
    });
    await give(
      'recordTreatment',
      { operation: ids[EXPORTER], shipment: of.shipment, kind: 'IRRADIATION', prohibited: true, on: '2025-04-11' },
      exporter,
    );
    expect((await at()).NO_RADIATION).toEqual([expect.stringContaining('irradiation')]);
    await lotline.data(
      `mutation ($input: ChangeOperationCertificateStatusInput!) { changeOperationCertificateStatus(input: $input) { cursor } }`,
      {
        input: {
          idempotencyKey: `a-${++given}`,
          operationCertificate: global(
            'OperationCertificate',
            (
              await lotline.database.query<{ id: string }>(
                `select c.id from operation_certificate c join operation o on o.id = c.operation where o.identifier = '${FARM}'`,
              )
            )[0]!.id,
          ),
          status: 'SUSPENDED',
          effectiveFrom: '2025-01-01',
          reason: 'why not',
        },
      },
      { certifier: 'ZR1' },
    );
    expect((await at()).VALID_CERTIFICATE).toEqual([]);
  });

  test('is refused with every reason: not arrived, before its history, twice the same check, papers that are not seen, what is held', async () => {
    const of = await corridor();
    expect(reasonsOf(await ask('verifyArrival', verify(of, { on: '2025-04-19' }), importer))).toEqual(['REFUSED on']);
    expect(reasonsOf(await ask('verifyArrival', verify(of, { on: '2099-04-19' }), importer))).toEqual(['REFUSED on']);
    expect(reasonsOf(await ask('verifyArrival', verify(of, { answers: answers().slice(1) }), importer))).toEqual([
      'BAD_USER_INPUT answers',
    ]);
    expect(reasonsOf(await ask('verifyArrival', verify({}), importer))).toEqual(['BAD_USER_INPUT importCertificate']);
    const paper = global('Document', '01920000-0000-7000-8000-000000000000');
    expect(reasonsOf(await ask('verifyArrival', verify(of, { answers: answers({}, [paper]) }), importer))).toEqual(
      CHECKS.map((_, place) => `NOT_FOUND answers.${place}.documents.0`),
    );
    const other = await corridor();
    expect(reasonsOf(await ask('verifyArrival', verify({ ...of, shipment: other.shipment }), importer))).toEqual(['REFUSED shipment']);
  });
});

describe('goods that are held at the border', () => {
  const ACTION = `emergencyAction { id number kilograms treatment ordered recordedFor { name } certifierNotifiedOn dispositions { kind kilograms on } }`;
  const action = (of: { lot?: string; shipment?: string }, more: object = {}) => ({
    operation: ids[IMPORTER],
    number: `EAN-${++given}`,
    on: '2025-04-21T08:00:00-07:00',
    ordered: 'Fumigation with methyl bromide, or re-export',
    treatment: 'FUMIGATION',
    ...of,
    ...more,
  });
  const dispose = (emergencyAction: string, kind: string, quantity?: string, more: object = {}) => ({
    emergencyAction,
    operation: ids[IMPORTER],
    kind,
    ...(quantity && { quantity: kilograms(quantity) }),
    on: '2025-04-28',
    ...more,
  });
  const at = async ({ certificate, shipment }: Corridor) => [
    (await seenBy(certificate, importer)).status,
    (await seenBy(shipment, importer)).shipped,
  ];

  test('hold the certificates that cover them until all is disposed of, quantity by quantity, and never more', async () => {
    const of = await corridor();
    const { emergencyAction } = await give('recordEmergencyActionNotification', action({ shipment: of.shipment }), importer, ACTION);
    expect(emergencyAction).toMatchObject({
      kilograms: null,
      treatment: 'FUMIGATION',
      recordedFor: { name: IMPORTER },
      certifierNotifiedOn: null,
    });
    expect(await at(of)).toEqual(['HELD', 'HELD']);
    expect(reasonsOf(await ask('verifyArrival', verify(of), importer))).toEqual(['CONFLICT importCertificate']);
    await give('recordDisposition', dispose(emergencyAction.id, 'RELEASED_ORGANIC', '600'), importer);
    expect(await at(of)).toEqual(['HELD', 'HELD']);
    expect(reasonsOf(await ask('recordDisposition', dispose(emergencyAction.id, 'DESTROYED', '400.001'), importer))).toEqual([
      'REFUSED quantity',
    ]);
    const { emergencyAction: after } = await give('recordDisposition', dispose(emergencyAction.id, 'DESTROYED'), broker, ACTION);
    expect(after.dispositions).toEqual([
      { kind: 'DESTROYED', kilograms: '400', on: '2025-04-28' },
      { kind: 'RELEASED_ORGANIC', kilograms: '600', on: '2025-04-28' },
    ]);
    expect(await at(of)).toEqual(['HANDED_OVER', 'RELEASED']);
    expect(reasonsOf(await ask('recordDisposition', dispose(emergencyAction.id, 'DESTROYED', '1'), importer))).toEqual([
      'REFUSED quantity',
    ]);
    expect((await seenBy(of.certificate, exporter)).history.map(({ status }: any) => status).slice(-2)).toEqual(['HELD', 'HANDED_OVER']);
  });

  test('sixteen dispositions at once are never more than is held', async () => {
    const of = await corridor();
    const { emergencyAction } = await give(
      'recordEmergencyActionNotification',
      action({ lot: of.lot }, { quantity: kilograms('500') }),
      importer,
      ACTION,
    );
    expect(emergencyAction.kilograms).toBe('500');
    const all = await Promise.all(
      Array.from({ length: 16 }, () => ask('recordDisposition', dispose(emergencyAction.id, 'REEXPORTED', '120'), importer)),
    );
    expect(all.filter(({ errors }) => !errors)).toHaveLength(4);
    expect((await seenBy(of.certificate, importer)).status).toBe('HELD');
    await give('recordDisposition', dispose(emergencyAction.id, 'DONATED', '20'), importer);
    expect((await seenBy(of.certificate, importer)).status).toBe('HANDED_OVER');
  });

  test('their certifier is told after that, by the hour where both are known, whatever the day is there', async () => {
    const of = await corridor();
    const told = async (on: string, at: string) => {
      const { emergencyAction } = await give(
        'recordEmergencyActionNotification',
        action({ shipment: of.shipment }, { on }),
        importer,
        ACTION,
      );
      return reasonsOf(await ask('notifyCertifier', { emergencyAction: emergencyAction.id, operation: ids[IMPORTER], at }, importer));
    };
    expect(await told('2025-04-22T01:00:00+09:00', '2025-04-21T20:00:00-05:00')).toEqual([]);
    expect(await told('2025-04-22T17:00:00Z', '2025-04-22T01:00:00Z')).toEqual(['REFUSED at']);
    expect(await told('2025-04-22T17:00:00Z', '2025-04-22')).toEqual([]);
    expect(await told('2025-04-22', '2025-04-21T23:00:00Z')).toEqual(['REFUSED at']);
  });

  test('two actions on the same goods hold a certificate until both are disposed of', async () => {
    const of = await corridor({ status: 'ENTERED' });
    const [one, two] = [
      await give('recordEmergencyActionNotification', action({ lot: of.lot }), importer, ACTION),
      await give('recordEmergencyActionNotification', action({ shipment: of.shipment }), importer, ACTION),
    ];
    await give('recordDisposition', dispose(one.emergencyAction.id, 'RELEASED_ORGANIC'), importer);
    expect((await seenBy(of.certificate, importer)).status).toBe('HELD');
    await give('recordDisposition', dispose(two.emergencyAction.id, 'RELEASED_ORGANIC'), importer);
    expect((await seenBy(of.certificate, importer)).status).toBe('ENTERED');
  });

  test('are told of by importer, consignee or filer; the exporter and strangers are refused', async () => {
    const of = await corridor();
    const before = await fingerprint(lotline.database);
    const asked = async (as: As, more: object) =>
      reasonsOf(await ask('recordEmergencyActionNotification', action({ shipment: of.shipment }, more), as));
    expect(await asked(exporter, { operation: ids[EXPORTER] })).toEqual(['FORBIDDEN operation']);
    expect(await asked(stranger, { operation: ids[STRANGER] })).toEqual(['NOT_FOUND shipment']);
    expect(await asked(stranger, {})).toEqual(['FORBIDDEN']);
    expect(await asked(importer, { quantity: kilograms('1000.001') })).toEqual(['REFUSED quantity']);
    expect(await asked(importer, { on: '2099-01-01' })).toEqual(['REFUSED on']);
    expect(await asked(importer, { lot: of.lot })).toEqual(['BAD_USER_INPUT shipment']);
    expect(await fingerprint(lotline.database)).toBe(before);
  });

  test('their certifier is told, with day and hour; who is not told in time by the policy of that day is asked by the clock', async () => {
    const noticed = async (id: string) =>
      (
        await lotline.data(
          'query ($id: ID!) { node(id: $id) { ... on EmergencyActionNotification { notices { kind } certifierNotices { on at certifier { code } } } } }',
          { id },
          importer,
        )
      ).node;
    const today = new Date().toISOString().slice(0, 10);
    const policy = (more: object) => ({ operation: ids[IMPORTER], from: today, hours: 48, ...more });
    expect(reasonsOf(await ask('setNoticePolicy', policy({ hours: 721 }), importer))).toEqual(['BAD_USER_INPUT hours']);
    expect(reasonsOf(await ask('setNoticePolicy', policy({ from: '2020-01-01' }), importer))).toEqual(['REFUSED from']);
    expect(reasonsOf(await ask('setNoticePolicy', policy({}), exporter))).toEqual(['FORBIDDEN']);
    const runs = async (id: string): Promise<number> => {
      const [job] = await lotline.database.query<{ hours: string }>(
        `select extract(epoch from run_at - created_at) / 3600 as hours from graphile_worker.jobs where queue_name = $1`,
        [Buffer.from(id, 'base64url').toString().split(':')[1]],
      );
      return Math.round(Number(job?.hours));
    };
    const of = await corridor();
    const first = (await give('recordEmergencyActionNotification', action({ shipment: of.shipment }), importer, ACTION)).emergencyAction.id;
    expect(await runs(first)).toBe(24);
    await give('setNoticePolicy', policy({}), importer);
    const { operation } = await lotline.data(
      'query ($of: String!) { operation(identifier: $of) { noticePolicy { from hours } } }',
      { of: IMPORTER },
      importer,
    );
    expect(operation.noticePolicy).toEqual({ from: today, hours: 48 });
    const hidden = await lotline.data(
      'query ($of: String!) { operation(identifier: $of) { noticePolicy { hours } } }',
      { of: IMPORTER },
      exporter,
    );
    expect(hidden.operation.noticePolicy).toBeNull();
    const second = (await give('recordEmergencyActionNotification', action({ shipment: of.shipment }), importer, ACTION)).emergencyAction
      .id;
    expect(await runs(second)).toBe(48);
    expect(await runs(first)).toBe(24);

    // The importer has one certifying agent.
    expect(
      reasonsOf(await ask('notifyCertifier', { emergencyAction: second, operation: ids[IMPORTER], certifier: ids.ZR1 }, importer)),
    ).toEqual(['REFUSED certifier']);
    expect(reasonsOf(await ask('notifyCertifier', { emergencyAction: second, operation: ids[STRANGER] }, stranger))).toEqual([
      'NOT_FOUND emergencyAction',
    ]);
    await give('notifyCertifier', { emergencyAction: second, operation: ids[IMPORTER], at: '2025-04-21T10:00:00-07:00' }, importer);
    expect((await noticed(second)).certifierNotices).toEqual([
      { on: '2025-04-21', at: expect.stringMatching(/^2025-04-21T17:00:00/), certifier: { code: 'ZR2' } },
    ]);
    await lotline.database.query(`update graphile_worker._private_jobs set run_at = run_at - interval '3 days' where locked_at is null`);
    await workOnce(lotline.database, tasksOf(lotline.runner), SILENT);
    expect((await noticed(first)).notices).toEqual([{ kind: 'CERTIFIER_NOT_NOTIFIED' }]);
    expect((await noticed(second)).notices).toEqual([]);
    // The exporter sees it, and has nothing to tell of it.
    expect(reasonsOf(await ask('notifyCertifier', { emergencyAction: first, operation: ids[EXPORTER] }, exporter))).toEqual([
      'FORBIDDEN operation',
    ]);
  });
});
