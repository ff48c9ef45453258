import { toGlobalId } from '@lotline/schema';
import { readConfig } from '@lotline/server/config';
import { startWorker, workOnce } from '@lotline/server/jobs';
import { tasksOf } from '@lotline/server/later';
import { beginAsking, openSystems, type SystemsSettings } from '@lotline/server/outside';
import { IntegrityDatabase } from '@lotline/server/outside/stand-ins';
import { subscribe } from '../support/live';
import { type As, csv, type Lotline, startLotline } from '../support/lotline';
import { certificateNumber } from '../support/world';

// The Organic Integrity Database is asked for the standing of operations on open chains: what it tells that is new is recorded as its certifier would
// have, and whoever that hits is told once; what is wrong there disturbs nothing here.

const [FARM, MILL, EXPORTER, HANDLER, IMPORTER, HOLDER, SAILOR, LANDED, DONE, ASIDE] = Array.from(
  { length: 10 },
  (_, index) => `99900000${40 + index}`,
) as [string, string, string, string, string, string, string, string, string, string];
const NAMELESS = 'Z:NAMELESS';
const ALL = [FARM, MILL, EXPORTER, HANDLER, IMPORTER, HOLDER, SAILOR, LANDED, DONE, ASIDE, NAMELESS] as const;
const ON_CHAINS = [FARM, EXPORTER, HANDLER, IMPORTER, HOLDER, SAILOR];
const PRODUCT = 'Organic green coffee';
const SILENT = { info: () => {}, error: () => {} };
/** What it is given to answer: a busy machine is slow. */
const PATIENT_MS = 20_000;
/** What it is given where it answers too late. */
const TIMEOUT_MS = 300;
const REST_MS = 30_000;
const EVERY_MINUTES = 72;
const as = (operation: string): As => ({ operation });
const certifier: As = { certifier: 'ZQ1' };
const day = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

type Step = { status: string; effectiveFrom: string; reason: string | null };
const step = (status: string, effectiveFrom: string, reason: string | null = null): Step => ({ status, effectiveFrom, reason });
const SINCE_2020 = step('CERTIFIED', '2020-01-01');

let lotline: Lotline;
let oid: IntegrityDatabase;
let settings: SystemsSettings;
let clock = 0;
let systems: ReturnType<typeof openSystems>;
let given = 0;

const tasks = () => tasksOf(lotline.runner, { database: lotline.database, systems, askEveryMinutes: EVERY_MINUTES });
const work = () => workOnce(lotline.database, tasks(), SILENT);
/** A round, and what follows from it. */
async function round(): Promise<string[]> {
  const before = oid.asked.length;
  await beginAsking(lotline.database);
  await lotline.database.query(`update graphile_worker._private_jobs set run_at = now() where key = 'oid-standing'`);
  await work();
  return oid.asked.slice(before).map(({ path }) => path.split('/')[2]!);
}
/** So much time passes that all may be asked again. */
const pass = (minutes = EVERY_MINUTES) =>
  lotline.database.query(
    'update operation_asked set asked_at = asked_at - make_interval(mins => $1), answered_at = answered_at - make_interval(mins => $1)',
    [minutes],
  );
const nextDay = async (): Promise<string[]> => {
  await pass();
  return round();
};
const waiting = () =>
  lotline.database.query<{ inMinutes: number; attempts: number }>(
    `select round(extract(epoch from run_at - now()) / 60)::int as "inMinutes", attempts from graphile_worker.jobs where key = 'oid-standing'`,
  );
const failed = async (): Promise<any> =>
  (await lotline.data('{ failedJobs { totalCount jobs { id task subject message } } }', {}, 'admin')).failedJobs;

/** The standing of an operation, as `STATUS day reason`, certificate by certificate. */
async function history(operation: string, viewer: As = 'nobody'): Promise<string[][]> {
  const { operation: found } = await lotline.data(
    'query ($identifier: String!) { operation(identifier: $identifier) { certificates { nodes { certifier { code } history { status effectiveFrom reason } } } } }',
    { identifier: operation },
    viewer,
  );
  return found.certificates.nodes.map((each: any) =>
    each.history.map(({ status, effectiveFrom, reason }: any) => `${status} ${effectiveFrom}${reason ? ` ${reason}` : ''}`),
  );
}
/** What is in the log: nothing is written where nothing is new. */
const logged = async () => {
  const [row] = await lotline.database.query<{ commands: number; events: number; keys: number; last: string }>(
    `select (select count(*)::int from command) as commands, (select count(*)::int from event) as events, (select count(*)::int from idempotency_key) as keys,
       (select position::text from log_counter) as last`,
  );
  return row!;
};
const byOutside = () =>
  lotline.database
    .query<{ type: string }>(`select type from command where by = 'outside' order by position`)
    .then((rows) => rows.map(({ type }) => type));

const NOTICED =
  'subscription { noticeGiven { cursor sequence change { kind message lot { code } shipment { reference } importCertificate { number } } } }';
/** What everybody hears while something happens. */
async function heardBy(happening: () => Promise<unknown>, viewers: readonly As[]): Promise<string[][]> {
  const streams = await Promise.all(viewers.map((viewer) => subscribe(lotline, { query: NOTICED, as: viewer })));
  await happening();
  await Promise.all(streams.map((stream) => stream.abreast()));
  const heard = streams.map(({ changes }) =>
    changes
      .map(({ kind, lot, shipment, importCertificate }: any) => `${kind} ${lot?.code ?? shipment?.reference ?? importCertificate?.number}`)
      .sort(),
  );
  await Promise.all(streams.map((stream) => stream.close()));
  return heard;
}

const lot = (code: string, producer: string) => ({
  code,
  producer,
  product: PRODUCT,
  quantity: 1000,
  unit: 'KGM',
  kind: 'harvest',
  produced_on: '2025-01-10',
});
const NUMBERS = [1, 2].map((number) => certificateNumber(99, number));
const importCertificate = (number: string, exporter: string, status: string, more: object = {}) => ({
  number,
  kind: 'SHIPMENT',
  exporter,
  importer: IMPORTER,
  final_handler: '',
  certifier: 'ZQ1',
  hts: '0901110015',
  issued_on: '2025-03-01',
  status,
  quantity: 100,
  unit: 'KGM',
  ...more,
});

const open = (): ReturnType<typeof openSystems> => openSystems(settings, { failures: 3, restMs: REST_MS, now: () => clock });

beforeEach(async () => {
  oid = await new IntegrityDatabase().start();
  settings = {
    ORGANIC_INTEGRITY_DATABASE: { url: oid.url, token: null, timeoutMs: PATIENT_MS },
    AUTOMATED_COMMERCIAL_ENVIRONMENT: null,
  };
  systems = open();
  lotline = await startLotline({ outside: settings, heartbeatMs: 100, pollMs: 100 });
  await lotline.import({
    'certifiers.csv': csv(['ZQ1', 'ZQ2'].map((code) => ({ certifier: code, name: `Certifier ${code} (invented)`, scheme: 'NOP;EU' }))),
    'operations.csv': csv(ALL.map((operation) => ({ operation, name: `Operation ${operation}`, country: 'CO', roles: 'handler' }))),
    'products.csv': csv([{ product: PRODUCT, hts: '0901.11.0015', organic: 'yes' }]),
    'operation_certificates.csv': csv(
      ALL.map((operation) => ({ operation, certifier: 'ZQ1', status: 'CERTIFIED', effective_from: '2020-01-01', standard: 'NOP' })),
    ),
    'lots.csv': csv([
      lot('FARM-LOT', FARM),
      lot('SEA-LOT', SAILOR),
      lot('LANDED-LOT', LANDED),
      lot('ASIDE-LOT', ASIDE),
      lot('DONE-LOT', DONE),
    ]),
    'transfers.csv': csv([
      // The mill passed on all that it had.
      { lot: 'FARM-LOT', from: FARM, to: MILL, on: '2025-01-20', quantity: 600, unit: 'KGM' },
      { lot: 'FARM-LOT', from: MILL, to: EXPORTER, on: '2025-01-25', quantity: 600, unit: 'KGM' },
      { lot: 'FARM-LOT', from: EXPORTER, to: HOLDER, on: '2025-02-01', quantity: 200, unit: 'KGM' },
    ]),
    'shipments.csv': csv([
      { reference: 'SEA', shipper: SAILOR, consignee: NAMELESS },
      { reference: 'LANDED', shipper: LANDED, consignee: NAMELESS },
    ]),
    'shipment_legs.csv': csv([
      { shipment: 'SEA', sequence: 1, mode: 'MARITIME', from_place: 'COBUN', to_place: 'USOAK', departed: day(-5) },
      {
        shipment: 'LANDED',
        sequence: 1,
        mode: 'MARITIME',
        from_place: 'COBUN',
        to_place: 'USOAK',
        departed: '2025-02-01',
        arrived: '2025-02-20',
      },
    ]),
    'shipment_lots.csv': csv([
      { shipment: 'SEA', lot: 'SEA-LOT', quantity: 10, unit: 'KGM' },
      { shipment: 'LANDED', lot: 'LANDED-LOT', quantity: 10, unit: 'KGM' },
    ]),
    'import_certificates.csv': csv([
      importCertificate(NUMBERS[0]!, EXPORTER, 'HANDED_OVER', { final_handler: HANDLER }),
      importCertificate(NUMBERS[1]!, DONE, 'VOIDED'),
    ]),
    'import_certificate_lines.csv': csv([
      { certificate: NUMBERS[0], product: PRODUCT, quantity: 100, unit: 'KGM', lot: 'FARM-LOT' },
      { certificate: NUMBERS[1], product: PRODUCT, quantity: 100, unit: 'KGM', lot: 'DONE-LOT' },
    ]),
  });
  for (const operation of ALL) oid.operations.set(operation, [SINCE_2020]);
});
afterEach(async () => {
  await lotline.close();
  await oid.stop();
});

describe('who is asked for', () => {
  test('exporters, final handlers and importers of open certificates, producers and holders of what these name and of what is on the water; nobody else', async () => {
    expect((await round()).sort()).toEqual([...ON_CHAINS].sort());
    // A server that starts asks for nobody sooner, nor does it try sooner again what was tried in vain.
    await beginAsking(lotline.database);
    expect(await waiting()).toEqual([{ inMinutes: 3, attempts: 0 }]);
    // Each again when its time has come, and no sooner.
    expect(await round()).toEqual([]);
    await pass(EVERY_MINUTES - 2);
    expect(await round()).toEqual([]);
    await pass(2);
    expect((await round()).sort()).toEqual([...ON_CHAINS].sort());
  });

  test('a request is an open chain; one that was closed is none any more', async () => {
    const id = async (operation: string) =>
      toGlobalId(
        'Operation',
        (await lotline.database.query<{ id: string }>('select id from operation where identifier = $1', [operation]))[0]!.id,
      );
    const [{ id: product }, { id: agent }] = (await Promise.all(
      ['product', "certifier where code = 'ZQ1'"].map(
        async (from) => (await lotline.database.query<{ id: string }>(`select id from ${from}`))[0]!,
      ),
    )) as [{ id: string }, { id: string }];
    const input = {
      idempotencyKey: 'request',
      exporter: await id(ASIDE),
      importer: await id(IMPORTER),
      certifier: toGlobalId('Certifier', agent),
      kind: 'SHIPMENT',
      origin: 'CO',
      destination: 'US',
      hts: '0901110015',
      standard: 'NOP',
      lines: [{ product: toGlobalId('Product', product), quantity: { value: '1', unit: 'KGM' } }],
    };
    const { requestImportCertificate } = await lotline.data(
      'mutation ($input: RequestImportCertificateInput!) { requestImportCertificate(input: $input) { importCertificate { id } } }',
      { input },
      as(ASIDE),
    );
    expect(await round()).toContain(ASIDE);
    const withdrawal = {
      importCertificate: requestImportCertificate.importCertificate.id,
      reason: 'not sold',
      idempotencyKey: 'withdrawn',
    };
    await lotline.data(
      'mutation ($input: WithdrawImportCertificateInput!) { withdrawImportCertificate(input: $input) { cursor } }',
      { input: withdrawal },
      as(ASIDE),
    );
    expect(await nextDay()).not.toContain(ASIDE);
  });

  test('at most fifty in a round, those asked longest ago first, and the others at once in the next', async () => {
    const many = Array.from({ length: 60 }, (_, index) => `99910000${String(index).padStart(2, '0')}`);
    await lotline.import({
      'operations.csv': csv(many.map((operation) => ({ operation, name: operation, country: 'CO', roles: 'producer' }))),
      'operation_certificates.csv': csv(
        many.map((operation) => ({ operation, certifier: 'ZQ1', status: 'CERTIFIED', effective_from: '2020-01-01', standard: 'NOP' })),
      ),
      'lots.csv': csv(many.map((producer) => lot(`LOT-${producer}`, producer))),
      'shipment_lots.csv': csv(many.map((producer) => ({ shipment: 'SEA', lot: `LOT-${producer}`, quantity: 1, unit: 'KGM' }))),
    });
    await beginAsking(lotline.database);
    const { 'oid-standing': task } = tasks();
    await task!({}, { number: 1, last: false });
    const first = oid.asked.map(({ path }) => path);
    expect(first).toHaveLength(50);
    expect(await waiting()).toEqual([{ inMinutes: 0, attempts: 0 }]);
    await task!({}, { number: 1, last: false });
    const asked = oid.asked.map(({ path }) => path);
    expect(new Set(asked).size).toBe(66);
    expect(asked).toHaveLength(66);
    // Then as often as somebody new may come onto an open chain.
    expect((await waiting()).map(({ inMinutes }) => inMinutes)).toEqual([3]);
    await pass();
    await task!({}, { number: 1, last: false });
    expect(oid.asked.slice(66).map(({ path }) => path)).toEqual(first);
  });

  test('a worker that wants to end leaves the rest to another', async () => {
    const stopping = new AbortController();
    oid.mischief = { meanwhile: async () => stopping.abort() };
    await tasks()['oid-standing']!({}, { number: 1, last: false, stop: stopping.signal });
    expect(oid.asked).toHaveLength(1);
    oid.mischief = {};
    expect(await round()).toHaveLength(ON_CHAINS.length - 1);
  });
});

describe('what it tells', () => {
  test('a suspension is recorded, and told once to whoever it hits and to nobody else', async () => {
    await round();
    oid.operations.set(FARM, [SINCE_2020, step('SUSPENDED', '2025-02-10', 'Records were not there.')]);
    const viewers: As[] = [as(FARM), as(EXPORTER), as(HOLDER), as(IMPORTER), certifier, as(SAILOR), as(ASIDE), { certifier: 'ZQ2' }];
    const [farm, exporter, holder, importer, issuer, ...others] = await heardBy(nextDay, viewers);
    const lost = 'PARTY_LOST_CERTIFICATION';
    expect([farm, exporter, holder]).toEqual([
      [`${lost} FARM-LOT`],
      [`${lost} ${NUMBERS[0]}`, `${lost} FARM-LOT`].sort(),
      [`${lost} FARM-LOT`],
    ]);
    expect(importer).toEqual([`${lost} ${NUMBERS[0]}`]);
    expect(issuer).toEqual([`${lost} ${NUMBERS[0]}`, `${lost} FARM-LOT`].sort());
    expect(others).toEqual([[], [], []]);
    expect(await history(FARM)).toEqual([['CERTIFIED 2020-01-01', 'SUSPENDED 2025-02-10 Records were not there.']]);
    expect(await byOutside()).toEqual(['takeOperationStanding']);
    // The same answer again tells nothing, nor do rounds that follow.
    const before = await logged();
    expect(await heardBy(nextDay, viewers)).toEqual(viewers.map(() => []));
    expect(await logged()).toEqual(before);
  });

  test('what is unchanged writes nothing to the log', async () => {
    const before = await logged();
    oid.operations.set(EXPORTER, [step('CERTIFIED', '2019-05-05'), step('SUSPENDED', '2019-07-01'), step('CERTIFIED', '2019-08-01')]);
    oid.operations.set(IMPORTER, [SINCE_2020, step('CERTIFIED', '2024-06-01', 'renewed')]);
    oid.operations.set(HOLDER, []);
    await round();
    await nextDay();
    expect(await logged()).toEqual(before);
    expect(await failed()).toMatchObject({ totalCount: 0 });
  });

  test('a reinstatement, and what happened since it was asked last', async () => {
    oid.operations.set(FARM, [SINCE_2020, step('SUSPENDED', '2025-02-10')]);
    await round();
    oid.operations.set(FARM, [SINCE_2020, step('SUSPENDED', '2025-02-10'), step('CERTIFIED', '2025-03-10', 'All is well again.')]);
    await nextDay();
    expect(await history(FARM)).toEqual([['CERTIFIED 2020-01-01', 'SUSPENDED 2025-02-10', 'CERTIFIED 2025-03-10 All is well again.']]);
    const more = [step('SURRENDERED', '2025-04-01'), step('CERTIFIED', '2025-05-01'), step('REVOKED', day(3))];
    oid.operations.set(FARM, [...oid.operations.get(FARM)!, ...more]);
    await nextDay();
    expect((await history(FARM))[0]!.slice(3)).toEqual(['SURRENDERED 2025-04-01', 'CERTIFIED 2025-05-01', `REVOKED ${day(3)}`]);
    // Of one that has yet to come whoever it hits is told on its day.
    const jobs = await lotline.database.query<{ on: string }>(
      `select run_at::date::text as "on" from graphile_worker.jobs where key like 'lost-standing %'`,
    );
    expect(jobs).toEqual([{ on: day(3) }]);
  });

  test('an operation that it does not know keeps the standing that it has', async () => {
    const before = await logged();
    oid.operations.delete(FARM);
    expect(await round()).toContain(FARM);
    expect(await history(FARM)).toEqual([['CERTIFIED 2020-01-01']]);
    expect(await logged()).toEqual(before);
    expect(await round()).toEqual([]);
  });

  const change = (status: string, effectiveFrom: string, operation = FARM) =>
    lotline.database
      .query<{ id: string }>('select c.id from operation_certificate c join operation o on o.id = c.operation where o.identifier = $1', [
        operation,
      ])
      .then(([row]) => {
        const input = {
          operationCertificate: toGlobalId('OperationCertificate', row!.id),
          status,
          effectiveFrom,
          reason: 'seen on the spot',
          idempotencyKey: `change-${++given}`,
        };
        return lotline.data(
          'mutation ($input: ChangeOperationCertificateStatusInput!) { changeOperationCertificateStatus(input: $input) { cursor } }',
          { input },
          certifier,
        );
      });

  test('what its certifier says here of the same day or a later one stands', async () => {
    await change('SUSPENDED', '2025-06-01');
    oid.operations.set(FARM, [SINCE_2020, step('SURRENDERED', '2025-05-01'), step('CERTIFIED', '2025-06-01')]);
    await round();
    expect(await history(FARM)).toEqual([['CERTIFIED 2020-01-01', 'SUSPENDED 2025-06-01 seen on the spot']]);
    await change('CERTIFIED', '2025-07-01');
    oid.operations.get(FARM)!.push(step('REVOKED', '2025-07-02'));
    await nextDay();
    expect((await history(FARM))[0]!.slice(2)).toEqual(['CERTIFIED 2025-07-01 seen on the spot', 'REVOKED 2025-07-02']);
  });

  test('what is on record for a day to come stands in the way of nothing: what the OID says of today counts', async () => {
    // A typing error in the OID, which is corrected there.
    oid.operations.set(FARM, [SINCE_2020, step('SUSPENDED', day(364), 'a year too late')]);
    await round();
    expect(await failed()).toMatchObject({ totalCount: 0 });
    oid.operations.set(FARM, [SINCE_2020, step('SUSPENDED', day(-1))]);
    const [heard] = await heardBy(nextDay, [as(FARM)]);
    expect(heard).toEqual(['PARTY_LOST_CERTIFICATION FARM-LOT']);
    expect((await history(FARM))[0]).toEqual(['CERTIFIED 2020-01-01', `SUSPENDED ${day(-1)}`, `SUSPENDED ${day(364)} a year too late`]);
    oid.operations.get(FARM)!.push(step('REVOKED', day(0), 'fraud'));
    await nextDay();
    expect((await history(FARM))[0]).toEqual([
      'CERTIFIED 2020-01-01',
      `SUSPENDED ${day(-1)}`,
      `REVOKED ${day(0)} fraud`,
      `REVOKED ${day(364)} fraud`,
    ]);
    expect(await failed()).toMatchObject({ totalCount: 0 });
  });

  test('what is on record for a day to come, and is otherwise in the OID, is seen by an operator', async () => {
    await change('SUSPENDED', day(30));
    oid.operations.set(FARM, [SINCE_2020, step('REVOKED', day(-1), 'fraud')]);
    await nextDay();
    const expected = ['CERTIFIED 2020-01-01', `REVOKED ${day(-1)} fraud`, `SUSPENDED ${day(30)} seen on the spot`];
    expect((await history(FARM))[0]).toEqual(expected);
    const message = `The Organic Integrity Database was asked for the standing of operations: of ${FARM} it tells REVOKED of ${day(30)}, for which SUSPENDED is on record here.`;
    expect((await failed()).jobs).toMatchObject([{ message }]);
    const before = await logged();
    await nextDay();
    expect(await logged()).toEqual(before);
    expect((await failed()).jobs).toMatchObject([{ message }]);
  });

  test('what changes before a product was verified holds from then on, and the form stays as it is', async () => {
    await lotline.import({
      'products.csv': csv([{ product: 'Organic cocoa', hts: '1801000010', organic: 'yes' }]),
      'operation_certificates.csv': csv([
        { operation: FARM, certifier: 'ZQ1', status: 'CERTIFIED', effective_from: '2025-02-05', standard: 'NOP', products: PRODUCT },
        {
          operation: FARM,
          certifier: 'ZQ1',
          status: 'CERTIFIED',
          effective_from: '2025-02-15',
          standard: 'NOP',
          products: `${PRODUCT};Organic cocoa`,
        },
      ]),
    });
    oid.operations.set(FARM, [SINCE_2020, step('SUSPENDED', '2025-02-05', 'why not')]);
    const [heard] = await heardBy(round, [as(FARM)]);
    expect(heard).toEqual(['PARTY_LOST_CERTIFICATION FARM-LOT']);
    expect(await history(FARM)).toEqual([['CERTIFIED 2020-01-01', 'SUSPENDED 2025-02-05 why not', 'SUSPENDED 2025-02-15 why not']]);
    const { operation } = await lotline.data(
      `{ operation(identifier: "${FARM}") { certificates { nodes { status products { nodes { product { name } } } } } } }`,
    );
    const [{ status, products }] = operation.certificates.nodes;
    expect([status, ...products.nodes.map(({ product }: any) => product.name).sort()]).toEqual(['SUSPENDED', 'Organic cocoa', PRODUCT]);
    const before = await logged();
    await nextDay();
    expect(await logged()).toEqual(before);
  });

  describe('of an operation with several certificates', () => {
    const second = (status: string, on: string, standard = 'NOP') =>
      lotline.import({
        'operation_certificates.csv': csv([{ operation: FARM, certifier: 'ZQ2', status, effective_from: on, standard }]),
      });

    test('is about the one under the NOP', async () => {
      await second('CERTIFIED', '2024-01-01', 'EU');
      oid.operations.set(FARM, [SINCE_2020, step('SUSPENDED', '2025-02-10')]);
      await round();
      expect((await history(FARM)).sort()).toEqual([['CERTIFIED 2020-01-01', 'SUSPENDED 2025-02-10'], ['CERTIFIED 2024-01-01']]);
    });

    test('is about the one that was not given up', async () => {
      await change('SURRENDERED', '2024-01-01');
      await second('CERTIFIED', '2024-01-01');
      oid.operations.set(FARM, [SINCE_2020, step('SUSPENDED', '2025-02-10')]);
      await round();
      expect((await history(FARM)).sort()).toEqual([
        ['CERTIFIED 2020-01-01', 'SURRENDERED 2024-01-01 seen on the spot'],
        ['CERTIFIED 2024-01-01', 'SUSPENDED 2025-02-10'],
      ]);
    });

    test('is recorded of neither where it may be about either, and an operator sees that', async () => {
      await second('CERTIFIED', '2024-01-01');
      const before = await logged();
      await round();
      expect(await failed()).toMatchObject({ totalCount: 0 });
      oid.operations.set(FARM, [SINCE_2020, step('SUSPENDED', '2025-02-10')]);
      await nextDay();
      expect(await logged()).toEqual(before);
      expect((await failed()).jobs).toEqual([
        {
          id: expect.any(String),
          task: 'oid-standing',
          subject: null,
          message: `The Organic Integrity Database was asked for the standing of operations: of ${FARM} it tells what is new, and not of which of its certificates.`,
        },
      ]);
      // Until its certifiers have said it themselves.
      await change('SUSPENDED', '2025-02-10');
      await nextDay();
      expect(await failed()).toMatchObject({ totalCount: 1 });
      await second('SURRENDERED', '2025-02-11');
      await nextDay();
      expect(await failed()).toMatchObject({ totalCount: 0 });
    });
  });
});

describe('what goes wrong there', () => {
  test('while it is down nothing is lost, and nobody is asked who was; then it goes on', async () => {
    oid.mischief = { down: true };
    // A round ends after five in vain.
    expect(await round()).toHaveLength(5);
    expect(await waiting()).toEqual([{ inMinutes: 0, attempts: 1 }]);
    expect(await lotline.database.query('select from operation_asked where answered_at is not null')).toEqual([]);
    // Each counts once towards the circuit, which is open after three.
    for (let times = 0; times < 2; times++) await round();
    expect(await round()).toEqual([]);
    oid.mischief = {};
    oid.operations.set(FARM, [SINCE_2020, step('SUSPENDED', '2025-02-10')]);
    expect(await round()).toEqual([]);
    clock += REST_MS;
    expect((await round()).sort()).toEqual([...ON_CHAINS].sort());
    expect((await history(FARM))[0]).toHaveLength(2);
    expect((await waiting()).map(({ attempts }) => attempts)).toEqual([0]);
  });

  test('an operator sees it when it is down for days, and it is asked again all the same', async () => {
    oid.mischief = { status: 503 };
    await beginAsking(lotline.database);
    await lotline.database.query(`update graphile_worker._private_jobs set attempts = max_attempts - 1 where key = 'oid-standing'`);
    await work();
    expect((await failed()).jobs).toMatchObject([
      { task: 'oid-standing', message: 'The Organic Integrity Database says that it cannot now (503).' },
    ]);
    expect(await waiting()).toEqual([{ inMinutes: 3, attempts: 0 }]);
    expect((await lotline.data('{ failedJobs { totalCount } }', {}, as(FARM))).failedJobs).toBeNull();
    oid.mischief = {};
    clock += REST_MS;
    // It may be had tried again at once, as every failed job.
    const [{ id }] = (await failed()).jobs;
    await lotline.data(
      'mutation ($input: RetryJobInput!) { retryJob(input: $input) { job } }',
      { input: { job: id, idempotencyKey: 'again' } },
      'admin',
    );
    await work();
    expect(oid.asked.length).toBeGreaterThan(ON_CHAINS.length);
    expect(await failed()).toMatchObject({ totalCount: 0 });
    expect(await waiting()).toHaveLength(1);
  });

  test('one that answers too late has not answered', async () => {
    settings.ORGANIC_INTEGRITY_DATABASE!.timeoutMs = TIMEOUT_MS;
    systems = open();
    oid.mischief = { slowMs: TIMEOUT_MS * 2 };
    oid.operations.set(FARM, [SINCE_2020, step('SUSPENDED', '2025-02-10')]);
    await round();
    const [job] = await lotline.database.query<{ last_error: string }>(
      `select last_error from graphile_worker.jobs where key = 'oid-standing'`,
    );
    expect(job!.last_error).toContain('The Organic Integrity Database did not answer in time.');
    expect(await history(FARM)).toEqual([['CERTIFIED 2020-01-01']]);
  });

  test('one operation of which it cannot answer holds up no other', async () => {
    oid.mischief = {
      meanwhile: async (_, { path }) => {
        if (path.endsWith(EXPORTER)) throw new Error('the connection is cut');
      },
    };
    oid.operations.set(SAILOR, [SINCE_2020, step('SUSPENDED', '2025-02-10')]);
    expect(await round()).toHaveLength(ON_CHAINS.length);
    expect((await history(SAILOR))[0]).toHaveLength(2);
    expect((await failed()).jobs).toMatchObject([{ message: expect.stringContaining(`of ${EXPORTER} it cannot be reached.`) }]);
  });

  test.each<[string, unknown[], string]>([
    ['an unknown standing', [step('EATEN', '2025-02-10')], 'history.0.status'],
    ['a number for a standing', [{ ...SINCE_2020, status: 7 }], 'history.0.status'],
    ['a day that is none', [step('SUSPENDED', '2025-02-30')], 'history.0.effectiveFrom ("2025-02-30" is no day)'],
    ['no day', [{ status: 'SUSPENDED', reason: null }], 'history.0.effectiveFrom'],
    ['a number for a reason', [{ ...SINCE_2020, reason: 5 }], 'history.0.reason'],
    ['days out of order', [step('SUSPENDED', '2025-02-10'), SINCE_2020], 'history (it is not in the order of its days)'],
  ])('nonsense is recorded nowhere, and seen by an operator once: %s', async (_name, steps, says) => {
    const before = await logged();
    oid.operations.set(FARM, steps as Step[]);
    oid.operations.set(SAILOR, [SINCE_2020, step('SUSPENDED', '2025-02-10')]);
    expect(await round()).toHaveLength(ON_CHAINS.length);
    expect(await history(FARM)).toEqual([['CERTIFIED 2020-01-01']]);
    expect((await history(SAILOR))[0]).toHaveLength(2);
    expect((await logged()).commands).toBeGreaterThan(before.commands);
    const message = `The Organic Integrity Database was asked for the standing of operations: of ${FARM} it answered what docs/outside.md does not allow: ${says}.`;
    expect(await failed()).toMatchObject({ totalCount: 1, jobs: [{ message }] });
    await round();
    await nextDay();
    expect(await failed()).toMatchObject({ totalCount: 1, jobs: [{ message }] });
    oid.operations.set(FARM, [SINCE_2020]);
    await nextDay();
    expect(await failed()).toMatchObject({ totalCount: 0 });
  });

  test('five operations of which it never answers neither starve the others nor hold up certificates', async () => {
    const bad = ON_CHAINS.slice(0, 5);
    const [good] = ON_CHAINS.slice(5);
    await lotline.database.query(
      `insert into operation_asked (operation, asked_at, answered_at)
       select id, now() - make_interval(days => case when identifier = any($1) then 30 else 20 end), now() - interval '20 days' from operation where identifier = any($2)`,
      [bad, ON_CHAINS],
    );
    oid.mischief = {
      meanwhile: async (_, { path }) => {
        if (bad.some((each) => path.endsWith(each))) throw new Error('the connection is cut');
      },
    };
    oid.operations.set(good!, [SINCE_2020, step('SUSPENDED', '2025-02-10')]);
    // Another is asked for before it is thought not to be there.
    const asked = await round();
    expect(asked.slice(0, 5).sort()).toEqual([...bad].sort());
    expect(asked).toContain(good);
    expect((await history(good!))[0]).toHaveLength(2);
    expect((await failed()).jobs[0].message).toContain(`of ${bad[0]} it cannot be reached`);
    for (let times = 0; times < 5; times++) {
      expect(await round()).toEqual([]);
      await pass(EVERY_MINUTES / 24);
      expect(await round()).toEqual([...asked.slice(0, 5), expect.any(String)]);
      await expect(systems.ORGANIC_INTEGRITY_DATABASE!.circuit.through(async () => 'a certificate')).resolves.toBe('a certificate');
    }
    // Once it answers, all is well.
    oid.mischief = {};
    await nextDay();
    expect(await failed()).toMatchObject({ totalCount: 0 });
  });

  test('what goes wrong here of one operation holds up no other', async () => {
    await lotline.database.query(
      `create function stumble() returns trigger language plpgsql as $$ begin raise exception 'a stone' using errcode = 'XX000'; end $$;
       create trigger stumble before insert on operation_certificate_status for each row when (new.reason = 'stone') execute function stumble()`,
    );
    oid.operations.set(FARM, [SINCE_2020, step('SUSPENDED', '2025-02-10', 'stone')]);
    oid.operations.set(SAILOR, [SINCE_2020, step('SUSPENDED', '2025-02-10')]);
    expect(await round()).toHaveLength(ON_CHAINS.length);
    expect((await history(SAILOR))[0]).toHaveLength(2);
    expect((await failed()).jobs).toMatchObject([
      { message: expect.stringContaining(`of ${FARM} it tells what could not be recorded: something went wrong here.`) },
    ]);
  });

  test('a reason that is cut in the middle of a character', async () => {
    oid.operations.set(FARM, [SINCE_2020, step('SUSPENDED', '2025-02-10', `${'a'.repeat(999)}😀`)]);
    await round();
    expect((await history(FARM))[0]![1]).toBe(`SUSPENDED 2025-02-10 ${'a'.repeat(999)}`);
    expect(await failed()).toMatchObject({ totalCount: 0 });
  });

  test('of a history without end the last hundred steps are read, in no time', async () => {
    const steps = Array.from({ length: 900 }, (_, index) => step(index % 2 ? 'CERTIFIED' : 'SUSPENDED', day(index - 900)));
    oid.operations.set(FARM, [SINCE_2020, ...steps]);
    const begun = Date.now();
    await round();
    expect(Date.now() - begun).toBeLessThan(5000);
    const [found] = await history(FARM);
    expect(found).toHaveLength(101);
    expect(found!.at(-1)).toBe(`CERTIFIED ${day(-1)}`);
  });

  test('words of theirs come on one line and of bounded length, and of several steps of a day the last holds', async () => {
    oid.operations.set(FARM, [
      SINCE_2020,
      step('SUSPENDED', '2025-02-10'),
      step('REVOKED', '2025-02-10', `one\u0000two\n\n${'x'.repeat(5000)}`),
    ]);
    await round();
    const [, revoked] = (await history(FARM))[0]!;
    expect(revoked).toBe(`REVOKED 2025-02-10 one two ${'x'.repeat(992)}`);
  });

  test.each<[string, unknown]>([
    ['no history', { steps: [] }],
    ['no object', 'CERTIFIED'],
    ['more than can be read', { history: Array.from({ length: 2000 }, () => SINCE_2020) }],
  ])('an answer that is none harms nobody: %s', async (_name, answer) => {
    const before = await logged();
    oid.mischief = { answer };
    await round();
    expect(await logged()).toEqual(before);
    oid.mischief = {};
    clock += REST_MS;
    await nextDay();
    await round();
    expect(await failed()).toMatchObject({ totalCount: 0 });
  });
});

describe('two servers', () => {
  test('ask once, and record once', async () => {
    for (const operation of ON_CHAINS) oid.operations.set(operation, [SINCE_2020, step('SUSPENDED', '2025-02-10')]);
    oid.mischief = { lateMs: 20 };
    const two = await Promise.all([0, 1].map(() => startWorker(lotline.database, tasks(), SILENT)));
    await Promise.all([0, 1, 2, 3].map(() => beginAsking(lotline.database)));
    try {
      for (const until = Date.now() + 20_000; oid.asked.length < ON_CHAINS.length && Date.now() < until; )
        await new Promise((done) => setTimeout(done, 20));
      await beginAsking(lotline.database);
      await new Promise((done) => setTimeout(done, 500));
    } finally {
      await Promise.all(two.map((worker) => worker.stop()));
    }
    expect(oid.asked).toHaveLength(ON_CHAINS.length);
    expect(await waiting()).toHaveLength(1);
    for (const operation of ON_CHAINS) expect(await history(operation)).toEqual([['CERTIFIED 2020-01-01', 'SUSPENDED 2025-02-10']]);
    const twice = await lotline.database.query('select from notice group by subject, kind, cause having count(*) > 1');
    expect(twice).toEqual([]);
  });

  test('that are in the same round, since one was thought dead, record once', async () => {
    for (const operation of ON_CHAINS) oid.operations.set(operation, [SINCE_2020, step('SUSPENDED', '2025-02-10')]);
    const { 'oid-standing': task } = tasks();
    await Promise.all([1, 2].map((number) => task!({}, { number, last: false })));
    for (const operation of ON_CHAINS) expect(await history(operation)).toEqual([['CERTIFIED 2020-01-01', 'SUSPENDED 2025-02-10']]);
    expect(await byOutside()).toHaveLength(ON_CHAINS.length);
    expect(await waiting()).toHaveLength(1);
  });
});

test('how often is a setting, and no system is asked that is not spoken to', async () => {
  expect(readConfig({}).askEveryMinutes).toBe(1440);
  expect(readConfig({ OID_POLL_MINUTES: '5' }).askEveryMinutes).toBe(5);
  for (const wrong of ['0', '1.5', 'daily', '43201']) expect(() => readConfig({ OID_POLL_MINUTES: wrong })).toThrow('OID_POLL_MINUTES');
  const silent = openSystems({ ORGANIC_INTEGRITY_DATABASE: null, AUTOMATED_COMMERCIAL_ENVIRONMENT: null });
  expect(tasksOf(lotline.runner, { database: lotline.database, systems: silent, askEveryMinutes: 60 })).not.toHaveProperty('oid-standing');
});
