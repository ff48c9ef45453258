import { startWorker, workOnce } from '@lotline/server/jobs';
import { tasksOf } from '@lotline/server/later';
import { subscribe } from '../support/live';
import { type As, csv, type Lotline, startLotline } from '../support/lotline';
import { certificateNumber } from '../support/world';

// A chain of farm, mill, importer, baker and shop, and a neighbour of each link that has nothing of it. What happens to one link is told
// to whoever has what it hits, once.

const [FARM, MILL, IMPORTER, BAKER, SHOP, STRANGER] = ['S:FARM', 'S:MILL', 'S:IMPORTER', 'S:BAKER', 'S:SHOP', 'S:STRANGER'] as const;
const ALL = [FARM, MILL, IMPORTER, BAKER, SHOP, STRANGER] as const;
const SILENT = { info: () => {}, error: () => {} };
const as = (operation: string): As => ({ operation });

let lotline: Lotline;
const ids: Record<string, string> = {};
let given = 0;
const global = (type: string, id: string) => Buffer.from(`${type}:${id}`).toString('base64url');
const uuidOf = (id: string): string => Buffer.from(id, 'base64url').toString().split(':')[1]!;
const day = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

const give = async (command: string, input: object, by: As, answer = ''): Promise<any> => {
  const type = `${command[0]!.toUpperCase()}${command.slice(1)}Input!`;
  const query = `mutation ($input: ${type}) { done: ${command}(input: $input) { cursor ${answer} } }`;
  return (await lotline.data(query, { input: { idempotencyKey: `s-${++given}`, ...input } }, by)).done;
};
const suspend = (operation: string, effectiveFrom: string, status = 'SUSPENDED') =>
  give(
    'changeOperationCertificateStatus',
    { operationCertificate: ids[`certificate of ${operation}`], status, effectiveFrom, reason: 'why not' },
    { certifier: 'ZS1' },
  );
const work = () => workOnce(lotline.database, tasksOf(lotline.runner), SILENT);

const NOTICED =
  'subscription { noticeGiven { cursor sequence change { kind message rule lot { code } shipment { reference } importCertificate { number } } } }';
/** What everybody hears while something happens: `code: message`. */
async function heardBy(happening: () => Promise<unknown>): Promise<Record<string, string[]>> {
  const streams = await Promise.all(ALL.map((operation) => subscribe(lotline, { query: NOTICED, as: as(operation) })));
  await happening();
  await work();
  await Promise.all(streams.map((stream) => stream.abreast()));
  const heard = Object.fromEntries(
    streams.flatMap((stream, index) => {
      const changes = stream.changes.map(
        ({ message, lot, shipment, importCertificate }: any) =>
          `${lot?.code ?? shipment?.reference ?? importCertificate?.number}: ${message}`,
      );
      return changes.length === 0 ? [] : [[ALL[index]!, changes.sort()]];
    }),
  );
  await Promise.all(streams.map((stream) => stream.close()));
  return heard;
}

let chains = 0;
/** Wheat of the farm, flour of the mill, sold to importer and baker, bread of the baker, sold to the shop; some flour is at sea. */
async function chain(): Promise<{ wheat: string; flour: string; bread: string; sea: string; number: string }> {
  const n = ++chains;
  const [wheat, flour, bread, sea] = [`WHEAT-${n}`, `FLOUR-${n}`, `BREAD-${n}`, `SEA-${n}`];
  const number = certificateNumber(66, n);
  const lot = (code: string, producer: string, quantity: number, kind: string, on: string) => ({
    code,
    producer,
    product: 'Wheat',
    quantity,
    unit: 'KGM',
    kind,
    produced_on: on,
  });
  await lotline.import({
    'lots.csv': csv([
      lot(wheat, FARM, 1000, 'harvest', '2025-01-10'),
      lot(flour, MILL, 600, 'transformation', '2025-02-10'),
      lot(bread, BAKER, 200, 'transformation', '2025-04-10'),
    ]),
    'transfers.csv': csv([
      { lot: wheat, from: FARM, to: MILL, on: '2025-01-20', quantity: 700, unit: 'KGM' },
      { lot: flour, from: MILL, to: IMPORTER, on: '2025-03-10', quantity: 200, unit: 'KGM' },
      { lot: flour, from: IMPORTER, to: BAKER, on: '2025-04-01', quantity: 150, unit: 'KGM' },
      { lot: bread, from: BAKER, to: SHOP, on: '2025-05-01', quantity: 40, unit: 'KGM' },
    ]),
    'lot_inputs.csv': csv([
      { output: flour, input: wheat, quantity: 600, unit: 'KGM' },
      { output: bread, input: flour, quantity: 100, unit: 'KGM' },
    ]),
    'shipments.csv': csv([{ reference: sea, shipper: MILL, consignee: IMPORTER }]),
    'shipment_legs.csv': csv([
      { shipment: sea, sequence: 1, mode: 'MARITIME', from_place: 'TRMER', to_place: 'USOAK', departed: '2025-03-05' },
    ]),
    'shipment_lots.csv': csv([{ shipment: sea, lot: flour, quantity: 100, unit: 'KGM' }]),
    'import_certificates.csv': csv([
      {
        number,
        kind: 'SHIPMENT',
        exporter: MILL,
        importer: IMPORTER,
        certifier: 'ZS1',
        hts: '1001990000',
        issued_on: '2025-03-01',
        status: 'HANDED_OVER',
      },
    ]),
    'import_certificate_lines.csv': csv([{ certificate: number, product: 'Wheat', quantity: 100, unit: 'KGM', lot: flour }]),
  });
  for (const row of await lotline.database.query<{ id: string; code: string }>('select id, code from lot'))
    ids[row.code] = global('Lot', row.id);
  for (const row of await lotline.database.query<{ id: string; reference: string }>('select id, reference from shipment'))
    ids[row.reference] = global('Shipment', row.id);
  return { wheat, flour, bread, sea, number };
}

beforeEach(async () => {
  lotline = await startLotline({ heartbeatMs: 100, pollMs: 100 });
  chains = 0;
  await lotline.import({
    'certifiers.csv': csv([{ certifier: 'ZS1', name: 'Certifier of standing (invented)', scheme: 'NOP;EU' }]),
    'operations.csv': csv(ALL.map((operation) => ({ operation, name: operation, country: 'TR', roles: 'handler' }))),
    'products.csv': csv([{ product: 'Wheat', hts: '1001.99.0000', organic: 'yes' }]),
    'operation_certificates.csv': csv([
      ...ALL.slice(0, 5).map((operation) => ({
        operation,
        certifier: 'ZS1',
        status: 'CERTIFIED',
        effective_from: '2020-01-01',
        standard: 'NOP',
      })),
    ]),
  });
  for (const row of await lotline.database.query<{ id: string; identifier: string }>('select id, identifier from operation'))
    ids[row.identifier] = global('Operation', row.id);
  for (const row of await lotline.database.query<{ id: string; identifier: string }>(
    'select c.id, o.identifier from operation_certificate c join operation o on o.id = c.operation',
  ))
    ids[`certificate of ${row.identifier}`] = global('OperationCertificate', row.id);
});
afterEach(() => lotline.close());

const NAMELESS = 'Somebody who produced, held or handled what it is, or what it was made of, was not certified.';

/** Takes back the step of the mill's certificate that began on a day. */
async function takeBack(from: string): Promise<void> {
  const [step] = await lotline.database.query<{ id: string }>(
    'select id from operation_certificate_status where effective_from = $1 and retracted_by is null',
    [from],
  );
  await give('retractFact', { fact: global('OperationCertificateStatusFact', step!.id), reason: 'by mistake' }, { certifier: 'ZS1' });
}

describe('a certification that is lost', () => {
  test('is told to whoever has what it hits, by name where that is known anyway, and to nobody else', async () => {
    const { wheat, flour, bread, sea, number } = await chain();
    const heard = await heardBy(() => suspend(MILL, '2025-02-01'));
    const says = `${MILL} is not certified since 2025-02-01: SUSPENDED.`;
    expect(heard).toEqual({
      // It had the wheat on, and the flour was born after.
      [MILL]: [`${wheat}: ${NAMELESS}`, `${flour}: ${says}`, `${sea}: ${says}`, `${number}: ${says}`].sort(),
      [IMPORTER]: [`${flour}: ${says}`, `${sea}: ${says}`, `${number}: ${says}`].sort(),
      [BAKER]: [`${flour}: ${says}`, `${bread}: ${NAMELESS}`].sort(),
      [SHOP]: [`${bread}: ${NAMELESS}`],
    });
  });

  test('while nothing was made hits what it still has and what is open, and nothing that others made before', async () => {
    const { wheat, flour, sea, number } = await chain();
    const heard = await heardBy(() => suspend(FARM, day(0)));
    const says = `${FARM} is not certified since ${day(0)}: SUSPENDED.`;
    // The rest of the wheat is with the farm and the mill. What was made of it was made of certified goods.
    expect(heard).toEqual({ [FARM]: [`${wheat}: ${says}`], [MILL]: [`${wheat}: ${says}`] });
    expect([flour, sea, number]).toHaveLength(3);
  });

  test('is told once, also where the job is done again after a crash, and by two servers', async () => {
    const { flour } = await chain();
    await suspend(MILL, '2025-02-01');
    const [job] = await lotline.database.query<{ payload: Record<string, unknown> }>(
      `select payload from graphile_worker._private_jobs where key like 'lost-standing%'`,
    );
    const workers = await Promise.all([0, 1].map(() => startWorker(lotline.database, tasksOf(lotline.runner), SILENT)));
    const count = async () => Number((await lotline.database.query<{ n: string }>('select count(*) as n from notice'))[0]!.n);
    for (const until = Date.now() + 20_000; (await count()) === 0 && Date.now() < until; )
      await new Promise((done) => setTimeout(done, 20));
    await Promise.all(workers.map((worker) => worker.stop()));
    const once = await count();
    expect(once).toBe(5);
    const task = tasksOf(lotline.runner)['lost-standing']!;
    await task(job!.payload, { number: 2, last: false });
    // Another job for the same loss, as after a retraction that was retracted.
    await task({ ...job!.payload, after: '01920000-0000-7000-8000-000000000001' }, { number: 1, last: false });
    expect(await count()).toBe(once);
    const { node } = await lotline.data(
      'query ($id: ID!) { node(id: $id) { ... on Lot { notices { kind rule } } } }',
      { id: ids[flour] },
      as(IMPORTER),
    );
    expect(node.notices).toEqual([{ kind: 'PARTY_LOST_CERTIFICATION', rule: '7 CFR 205.100, 205.662' }]);
  });

  test('is told when its day has come; what is taken back before is not', async () => {
    await chain();
    expect(await heardBy(() => suspend(FARM, day(3)))).toEqual({});
    const [job] = await lotline.database.query<{ payload: Record<string, unknown>; at: Date }>(
      `select payload, run_at as at from graphile_worker._private_jobs where key like 'lost-standing%'`,
    );
    expect(job!.at.toISOString().slice(0, 10)).toBe(day(3));
    const [step] = await lotline.database.query<{ id: string }>(`select id from operation_certificate_status where status = 'SUSPENDED'`);
    await lotline
      .data(
        'mutation ($input: RetractFactInput!) { retractFact(input: $input) { cursor } }',
        { input: { idempotencyKey: `s-${++given}`, fact: global('Fact', step!.id), reason: 'by mistake' } },
        { certifier: 'ZS1' },
      )
      .catch(() => lotline.database.query(`update operation_certificate_status set retracted_by = recorded_by where id = '${step!.id}'`));
    await tasksOf(lotline.runner)['lost-standing']!(job!.payload, { number: 1, last: false });
    expect(await lotline.database.query('select from notice')).toEqual([]);
  });

  test('that an import reports of a certificate on record is told; one that comes with its past is not', async () => {
    const { flour } = await chain();
    const heard = await heardBy(() =>
      lotline.import({
        'operation_certificates.csv': csv([
          { operation: MILL, certifier: 'ZS1', status: 'REVOKED', effective_from: '2025-02-01', standard: 'NOP' },
          { operation: STRANGER, certifier: 'ZS1', status: 'CERTIFIED', effective_from: '2020-01-01', standard: 'NOP' },
          { operation: STRANGER, certifier: 'ZS1', status: 'REVOKED', effective_from: '2021-01-01', standard: 'NOP' },
        ]),
      }),
    );
    expect(heard[IMPORTER]).toContain(`${flour}: ${MILL} is not certified since 2025-02-01: REVOKED.`);
    const jobs = await lotline.database.query<{ n: number }>(`select count(*)::int as n from idempotency_key where caller = 'clock'`);
    expect(jobs).toEqual([{ n: 1 }]);
  });

  test('by the end of an equivalent certificate is told the day after its last', async () => {
    const { flour } = await chain();
    await suspend(MILL, '2025-02-01');
    await work();
    await lotline.import({
      'operation_certificates.csv': csv([
        { operation: FARM, certifier: 'ZS1', status: 'CERTIFIED', effective_from: '2024-01-01', expires_on: day(5), standard: 'EU' },
      ]),
    });
    const [job] = await lotline.database.query<{ at: Date }>(
      `select run_at as at from graphile_worker._private_jobs where key like 'lost-standing%'`,
    );
    expect(job!.at.toISOString().slice(0, 10)).toBe(day(6));
    expect(flour).toBe('FLOUR-1');
  });

  const also = (operation: string, rows: object[]) =>
    lotline.import({ 'operation_certificates.csv': csv(rows.map((row) => ({ operation, certifier: 'ZS1', standard: 'NOP', ...row }))) });
  const tell = async (): Promise<number> => (await lotline.database.query('select from notice where retracted_by is null')).length;

  test('with two certificates on one day is told once', async () => {
    await chain();
    await also(MILL, [{ standard: 'EU', status: 'CERTIFIED', effective_from: '2020-01-01', expires_on: '2099-01-01' }]);
    const heard = await heardBy(() =>
      also(MILL, [
        { status: 'SUSPENDED', effective_from: '2025-02-01' },
        { standard: 'EU', status: 'SUSPENDED', effective_from: '2025-02-01', expires_on: '2099-01-01' },
      ]),
    );
    for (const news of Object.values(heard)) expect(new Set(news).size).toBe(news.length);
    expect(Object.keys(heard).sort()).toEqual([MILL, IMPORTER, BAKER, SHOP].sort());
  });

  test('that was reinstated before anybody looked hits what was done in between, and nothing that came after', async () => {
    const { wheat, flour, bread, sea, number } = await chain();
    // Before the harvest: nothing was done in between.
    expect(
      await heardBy(async () => {
        await suspend(FARM, '2024-03-01');
        await suspend(FARM, '2024-04-01', 'CERTIFIED');
      }),
    ).toEqual({});
    // The flour was made in between, which an import tells with the reinstatement.
    const heard = await heardBy(() =>
      also(MILL, [
        { status: 'SUSPENDED', effective_from: '2025-02-01' },
        { status: 'CERTIFIED', effective_from: '2025-03-01' },
      ]),
    );
    const was = `${MILL} was not certified from 2025-02-01 until 2025-03-01: SUSPENDED.`;
    expect(heard).toEqual({
      [MILL]: [`${wheat}: ${NAMELESS}`, `${flour}: ${was}`, `${sea}: ${NAMELESS}`, `${number}: ${NAMELESS}`].sort(),
      [IMPORTER]: [`${flour}: ${was}`, `${sea}: ${NAMELESS}`, `${number}: ${NAMELESS}`].sort(),
      [BAKER]: [`${flour}: ${was}`, `${bread}: ${NAMELESS}`].sort(),
      [SHOP]: [`${bread}: ${NAMELESS}`],
    });
  });

  test('and is reinstated by mistake hits what was made since, once that is taken back', async () => {
    const { flour, bread } = await chain();
    await suspend(MILL, '2025-01-01');
    await suspend(MILL, '2025-01-02', 'CERTIFIED');
    expect(await heardBy(async () => {})).toEqual({});
    const heard = await heardBy(() => takeBack('2025-01-02'));
    expect(heard[IMPORTER]).toContain(`${flour}: ${MILL} is not certified since 2025-01-01: SUSPENDED.`);
    expect(heard[SHOP]).toEqual([`${bread}: ${NAMELESS}`]);
  });

  test('by mistake is not told any more once it is taken back, and is told anew where it is given again', async () => {
    const { flour } = await chain();
    await suspend(MILL, '2025-02-01');
    await work();
    expect(await tell()).toBe(5);
    await takeBack('2025-02-01');
    await work();
    expect(await tell()).toBe(0);
    const heard = await heardBy(() => suspend(MILL, '2025-02-01'));
    expect(heard[IMPORTER]).toContain(`${flour}: ${MILL} is not certified since 2025-02-01: SUSPENDED.`);
    expect(await tell()).toBe(5);
  });

  test('and revoked afterwards is told once', async () => {
    await chain();
    await suspend(MILL, '2025-02-01');
    await work();
    expect(await heardBy(() => suspend(MILL, '2025-06-01', 'REVOKED'))).toEqual({});
  });

  test('does not hit goods that another certificate covers, nor shipments of these', async () => {
    await lotline.import({ 'products.csv': csv([{ product: 'Barley', hts: '1003.90.0000', organic: 'yes' }]) });
    await also(MILL, [{ standard: 'EU', status: 'CERTIFIED', effective_from: '2020-01-01', expires_on: '2099-01-01', products: 'Barley' }]);
    await chain();
    expect(
      await heardBy(() =>
        also(MILL, [{ standard: 'EU', status: 'SUSPENDED', effective_from: '2025-02-01', expires_on: '2099-01-01', products: 'Barley' }]),
      ),
    ).toEqual({});
  });

  test('hangs over what a trader holds and has sent, and over nothing that another certificate covers', async () => {
    await chain();
    await lotline.import({ 'products.csv': csv([{ product: 'Barley', hts: '1003.90.0000', organic: 'yes' }]) });
    await also(IMPORTER, [
      { standard: 'EU', status: 'CERTIFIED', effective_from: '2020-01-01', expires_on: '2099-01-01', products: 'Barley' },
    ]);
    const { operation } = await lotline.data(
      `query ($of: String!) { operation(identifier: $of) { certificates { nodes { standard impact { lots kilograms shipments importCertificates
         holders { nodes { operation { name } lots held } } } } } } }`,
      { of: IMPORTER },
    );
    const nothing = { lots: 0, kilograms: '0', shipments: 0, holders: { nodes: [] } };
    expect(Object.fromEntries(operation.certificates.nodes.map(({ standard, impact }: any) => [standard, impact]))).toEqual({
      // 50 kg of the flour are still its own, more of it is on its way to it, and the certificate names it.
      NOP: {
        lots: 1,
        kilograms: '50',
        shipments: 1,
        importCertificates: 1,
        holders: { nodes: [{ operation: { name: IMPORTER }, lots: 1, held: '50' }] },
      },
      EU: { ...nothing, importCertificates: 0 },
    });
  });

  test('tells nobody what hangs on it of what one may not see', async () => {
    const { flour } = await chain();
    const impactOf = async (operation: string, by: As) =>
      (
        await lotline.data(
          'query ($of: String!) { operation(identifier: $of) { certificates { nodes { impact { lots kilograms shipments importCertificates withheld } } } } }',
          { of: operation },
          by,
        )
      ).operation.certificates.nodes[0].impact;
    const before = await impactOf(SHOP, as(IMPORTER));
    expect(before).toMatchObject({ lots: 0, kilograms: '0' });
    // The mill sells some of the same flour to the shop, which is not the importer's to know.
    await lotline.import({ 'transfers.csv': csv([{ lot: flour, from: MILL, to: SHOP, on: '2025-03-11', quantity: 30, unit: 'KGM' }]) });
    expect(await impactOf(SHOP, as(IMPORTER))).toEqual(before);
    expect(await impactOf(SHOP, as(SHOP))).toMatchObject({ lots: 2, kilograms: '70' });
    // Nor does a key count what its scopes do not reach to.
    const keyed = async (scopes: string[]): Promise<As> => {
      const input = { operation: ids[IMPORTER], name: 'impact', scopes, expiresOn: day(5) };
      return { key: (await give('createKey', input, as(IMPORTER), 'secret')).secret };
    };
    expect(await impactOf(IMPORTER, await keyed(['LOTS']))).toEqual({
      lots: 1,
      kilograms: '50',
      shipments: 0,
      importCertificates: 0,
      withheld: expect.stringContaining('scopes'),
    });
    expect(await impactOf(IMPORTER, await keyed(['LOTS', 'SHIPMENTS', 'IMPORT_CERTIFICATES']))).toMatchObject({
      shipments: 1,
      importCertificates: 1,
    });
  });

  test('does not hit an operation that another certificate covers', async () => {
    await chain();
    await lotline.import({
      'operation_certificates.csv': csv([
        { operation: FARM, certifier: 'ZS1', status: 'CERTIFIED', effective_from: '2020-01-01', expires_on: '2099-01-01', standard: 'EU' },
      ]),
    });
    expect(await heardBy(() => suspend(FARM, '2025-01-01'))).toEqual({});
  });
});

describe('goods that are not organic any more', () => {
  const gapsOf = async (code: string, kind: string, by: As): Promise<string[]> =>
    (
      await lotline.data(
        'query ($id: ID!, $kinds: [GapKind!]) { node(id: $id) { ... on Lot { trace(direction: BACK) { gaps(kinds: $kinds) { nodes { message on } } } } } }',
        { id: ids[code], kinds: [kind] },
        by,
      )
    ).node.trace.gaps.nodes.map(({ message }: any) => message);

  test('since they were treated in store: whoever has some, or of what was made of them, is told, and sees the gap', async () => {
    const { wheat, flour, bread } = await chain();
    const treat = () =>
      give(
        'recordTreatment',
        { operation: ids[MILL], lot: ids[wheat], kind: 'FUMIGATION', substance: 'phosphine', prohibited: true, on: '2025-02-01' },
        as(MILL),
      );
    const into = 'Something that went into it met a prohibited substance or radiation.';
    expect(await heardBy(treat)).toEqual({
      [FARM]: [`${wheat}: It met a prohibited substance or radiation.`],
      [MILL]: [`${wheat}: It met a prohibited substance or radiation.`, `${flour}: ${into}`].sort(),
      [IMPORTER]: [`${flour}: ${into}`],
      [BAKER]: [`${flour}: ${into}`, `${bread}: ${into}`].sort(),
      [SHOP]: [`${bread}: ${into}`],
    });
    expect(await gapsOf(bread, 'PROHIBITED_TREATMENT', as(SHOP))).toEqual(['Facts that you may not see break this rule.']);
    // What is allowed is told to nobody.
    const allowed = () =>
      give('recordTreatment', { operation: ids[MILL], lot: ids[wheat], kind: 'COLD', prohibited: false, on: '2025-02-01' }, as(MILL));
    expect(await heardBy(allowed)).toEqual({});
  });

  test('since a shipment of them was held and released as not organic: who has the goods from its consignee on is told, and the gap goes on', async () => {
    const { flour, bread, sea } = await chain();
    const held = await give(
      'recordEmergencyActionNotification',
      { operation: ids[IMPORTER], number: 'S-EAN-1', on: '2025-03-20', ordered: 'Hold', shipment: ids[sea] },
      as(IMPORTER),
      'emergencyAction { id }',
    );
    const release = (kind: string, value: string) =>
      give(
        'recordDisposition',
        { emergencyAction: held.emergencyAction.id, operation: ids[IMPORTER], kind, quantity: { value, unit: 'KGM' }, on: '2025-03-25' },
        as(IMPORTER),
      );
    expect(await heardBy(() => release('RELEASED_ORGANIC', '40'))).toEqual({});
    const what = 'was held at the border and released as not organic';
    expect(await heardBy(() => release('RELEASED_CONVENTIONAL', '60'))).toEqual({
      // The mill sent it; what it kept of the flour went another way.
      [MILL]: [`${sea}: What it carries ${what}.`],
      [IMPORTER]: [`${flour}: What a shipment carried of it ${what}.`, `${sea}: What it carries ${what}.`].sort(),
      [BAKER]: [`${flour}: What a shipment carried of it ${what}.`, `${bread}: Something that went into it ${what}.`].sort(),
      [SHOP]: [`${bread}: Something that went into it ${what}.`],
    });
    expect(await gapsOf(flour, 'LOST_ORGANIC_STATUS', as(IMPORTER))).toEqual([
      '60 kg of what was held under S-EAN-1 was released as not organic.',
    ]);
    expect(await gapsOf(bread, 'LOST_ORGANIC_STATUS', 'analyst')).toEqual([
      '60 kg of what was held under S-EAN-1 was released as not organic.',
    ]);
    expect(await gapsOf(bread, 'LOST_ORGANIC_STATUS', as(SHOP))).toEqual(['Facts that you may not see break this rule.']);
    const again = tasksOf(lotline.runner)['lost-organic-status']!;
    const [{ cause }] = (await lotline.database.query<{ cause: string }>('select distinct cause from notice')) as [{ cause: string }];
    const before = await lotline.database.query('select id from notice order by id');
    await again({ fact: cause }, { number: 2, last: false });
    expect(await lotline.database.query('select id from notice order by id')).toEqual(before);
    expect(uuidOf(ids[flour]!)).toHaveLength(36);
  });

  test('a notice makes those who are told known to nobody', async () => {
    const { flour } = await chain();
    await lotline.import({
      'transfers.csv': csv([{ lot: flour, from: BAKER, to: STRANGER, on: '2025-04-20', quantity: 10, unit: 'KGM' }]),
    });
    const knows = async (by: As) =>
      (await lotline.data('query ($of: String!) { operation(identifier: $of) { name } }', { of: STRANGER }, by)).operation !== null;
    expect([await knows(as(BAKER)), await knows(as(IMPORTER))]).toEqual([true, false]);
    await suspend(MILL, '2025-02-01');
    await work();
    const told = await lotline.data(
      'query ($id: ID!) { node(id: $id) { ... on Lot { notices { kind } } } }',
      { id: ids[flour] },
      as(STRANGER),
    );
    expect(told.node.notices).toHaveLength(1);
    expect([await knows(as(BAKER)), await knows(as(IMPORTER))]).toEqual([true, false]);
  });

  test('a key hears as far as its scopes reach', async () => {
    const { wheat } = await chain();
    const expiresOn = day(10);
    const keyOf = async (scopes: string[]) =>
      ({
        key: (await give('createKey', { operation: ids[FARM], name: `K-${++given}`, scopes, expiresOn }, as(FARM), 'secret')).secret,
      }) as As;
    const [wide, narrow] = [await keyOf(['LOTS', 'IMPORT_CERTIFICATES']), await keyOf(['IMPORT_CERTIFICATES'])];
    const query = 'subscription { noticeGiven { cursor sequence change { kind } } }';
    const streams = await Promise.all([wide, narrow].map((key) => subscribe(lotline, { query, as: key })));
    await give(
      'recordTreatment',
      { operation: ids[MILL], lot: ids[wheat], kind: 'IRRADIATION', prohibited: true, on: '2025-02-01' },
      as(MILL),
    );
    await work();
    expect(await lotline.database.query("select from notice where noun = 'Lot'")).not.toEqual([]);
    await Promise.all(streams.map((stream, index) => (index === 0 ? stream.abreast() : Promise.resolve())));
    expect(streams.map(({ changes }) => changes.length)).toEqual([1, 0]);
    await Promise.all(streams.map((stream) => stream.close()));
  });
});
