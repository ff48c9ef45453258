import { NoticeKind } from '@lotline/schema';
import { startWorker, workOnce } from '@lotline/server/jobs';
import { tasksOf } from '@lotline/server/later';
import { subscribe } from '../support/live';
import { type As, csv, type Lotline, startLotline } from '../support/lotline';
import { certificateNumber, entryNumber } from '../support/world';

// What falls due is told once to whoever has what it is about: also where the server had slept through it, also with two servers.

const [EXPORTER, IMPORTER, AGENT, STRANGER] = ['N:EXPORTER', 'N:IMPORTER', 'N:AGENT', 'N:STRANGER'] as const;
const exporter: As = { operation: EXPORTER };
const importer: As = { operation: IMPORTER };
const certifier: As = { certifier: 'ZN1' };
const SILENT = { info: () => {}, error: () => {} };

let lotline: Lotline;
const ids: Record<string, string> = {};
let given = 0;
let serial = 0;

const day = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
const give = async (command: string, input: object, as: As, answer = ''): Promise<any> => {
  const type = `${command[0]!.toUpperCase()}${command.slice(1)}Input!`;
  const query = `mutation ($input: ${type}) { done: ${command}(input: $input) { cursor ${answer} } }`;
  return (await lotline.data(query, { input: { idempotencyKey: `n-${++given}`, ...input } }, as)).done;
};

/** A certificate for a period, handed over; its goods are to arrive after its last day. */
async function period(from: number, to: number): Promise<string> {
  const { importCertificate } = await give(
    'requestImportCertificate',
    {
      exporter: ids[EXPORTER],
      importer: ids[IMPORTER],
      certifier: ids.ZN1,
      kind: 'PERIOD',
      origin: 'CO',
      destination: 'US',
      hts: '0901110015',
      standard: 'NOP',
      validFrom: day(from),
      validTo: day(to),
      estimate: { value: '1000', unit: 'KGM' },
      lines: [{ product: ids.product, quantity: { value: '1000', unit: 'KGM' } }],
      transport: { mode: 'MARITIME', portOfLading: 'COBUN', portOfEntry: 'USOAK', departs: day(to - 1), arrives: day(to + 9) },
    },
    exporter,
    'importCertificate { id }',
  );
  const certificate = importCertificate.id;
  await give('approveImportCertificate', { importCertificate: certificate, reason: 'seen' }, certifier);
  await give('issueImportCertificate', { importCertificate: certificate, number: certificateNumber(88, ++serial) }, certifier);
  await give('handOverImportCertificate', { importCertificate: certificate, recipient: ids[IMPORTER], on: day(0) }, exporter);
  return certificate;
}

const uuidOf = (id: string): string => Buffer.from(id, 'base64url').toString().split(':')[1]!;
/** When jobs about a noun run, by the kind of their notice. */
const scheduled = async (id: string): Promise<Record<string, string>> => {
  const rows = await lotline.database.query<{ key: string; at: Date }>(
    'select key, run_at as at from graphile_worker.jobs where queue_name = $1 order by run_at',
    [uuidOf(id)],
  );
  return Object.fromEntries(rows.map(({ key, at }) => [key.split(' ')[1]!, at.toISOString().slice(0, 10)]));
};
/** Time passes: all that waits is due. */
const pass = () =>
  lotline.database.query(`update graphile_worker._private_jobs set run_at = run_at - interval '200 days' where locked_at is null`);
const work = () => workOnce(lotline.database, tasksOf(lotline.runner), SILENT);
const noticesOf = async (id: string, as: As = exporter): Promise<any[]> =>
  (
    await lotline.data(
      'query ($id: ID!) { node(id: $id) { ... on ImportCertificate { status notices { kind due message rule } } } }',
      { id },
      as,
    )
  ).node?.notices;

beforeAll(async () => {
  lotline = await startLotline({ heartbeatMs: 300 });
  await lotline.import({
    'certifiers.csv': csv([{ certifier: 'ZN1', name: 'Certifier of notices (invented)' }]),
    'operations.csv': csv(
      [EXPORTER, IMPORTER, AGENT, STRANGER].map((operation) => ({
        operation,
        name: operation,
        country: 'CO',
        roles: operation === AGENT ? 'broker' : 'handler',
      })),
    ),
    'products.csv': csv([{ product: 'Organic green coffee', hts: '0901.11.0015', organic: 'yes' }]),
    'operation_certificates.csv': csv([{ operation: EXPORTER, certifier: 'ZN1', status: 'CERTIFIED', effective_from: '2020-01-01' }]),
    'lots.csv': csv([{ code: 'N-LOT', producer: EXPORTER, product: 'Organic green coffee', quantity: 10, unit: 'KGM', kind: 'harvest' }]),
  });
  const global = (type: string, id: string) => Buffer.from(`${type}:${id}`).toString('base64url');
  for (const { id, identifier } of await lotline.database.query<{ id: string; identifier: string }>('select id, identifier from operation'))
    ids[identifier] = global('Operation', id);
  ids.ZN1 = global('Certifier', (await lotline.database.query<{ id: string }>('select id from certifier'))[0]!.id);
  ids.product = global('Product', (await lotline.database.query<{ id: string }>('select id from product'))[0]!.id);
});
afterAll(() => lotline.close());

/** Kinds that come with time alone, of certificates. */
const OF_CERTIFICATES = Object.keys(NoticeKind).filter(
  (kind) => !['CERTIFIER_NOT_NOTIFIED', 'PARTY_LOST_CERTIFICATION', 'LOST_ORGANIC_STATUS'].includes(kind) && !kind.startsWith('DRAWN_'),
);

/** Kinds that come with customs entries. */
const OF_DRAWS = Object.keys(NoticeKind).filter((kind) => kind.startsWith('DRAWN_'));

test('all that falls due of a certificate is scheduled with its issue, and each for its day', async () => {
  const id = await period(0, 60);
  expect(await scheduled(id)).toEqual({
    LAPSES_BEFORE_ARRIVAL: day(0),
    PERIOD_ENDS: day(46),
    WEIGHTS_DUE: day(50),
    // At sea the cargo is declared 24 hours before lading, and of a bare day its first hour counts; told a day ahead.
    FILING_CUT_OFF_NEAR: day(57),
    CERTIFICATE_EXPIRED: day(61),
  });
  // Nothing is due but what is told at once.
  await work();
  expect((await noticesOf(id)).map(({ kind }) => kind)).toEqual(['LAPSES_BEFORE_ARRIVAL']);
});

test('a server that slept through all of it tells each once, and two servers together do', async () => {
  const id = await period(0, 90);
  await pass();
  const heard = await subscribe(lotline, {
    query:
      'subscription ($filter: NoticeFilter) { noticeGiven(filter: $filter) { cursor sequence change { kind due importCertificate { id } } } }',
    variables: { filter: { importCertificates: [id] } },
    as: importer,
  });
  const workers = await Promise.all([0, 1].map(() => startWorker(lotline.database, tasksOf(lotline.runner), SILENT)));
  try {
    for (const until = Date.now() + 20_000; heard.changes.length < OF_CERTIFICATES.length && Date.now() < until; )
      await new Promise((done) => setTimeout(done, 20));
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
  }
  expect(heard.changes.map(({ kind }: any) => kind).sort()).toEqual([...OF_CERTIFICATES].sort());
  await heard.close();
  const notices = await noticesOf(id);
  expect(notices.map(({ kind }) => kind).sort()).toEqual([...OF_CERTIFICATES].sort());
  for (const { rule } of notices) expect(rule).toMatch(/CFR/);
  // The period has ended: so has the certificate.
  const { node } = await lotline.data(
    'query ($id: ID!) { node(id: $id) { ... on ImportCertificate { status history { status by reason } } } }',
    { id },
    importer,
  );
  expect(node.status).toBe('EXPIRED');
  expect(node.history.at(-1)).toEqual({ status: 'EXPIRED', by: null, reason: `The certificate ended on ${day(90)}.` });
  // Done again, as after a crash before it was noted: nothing more is told.
  const task = tasksOf(lotline.runner).notice!;
  for (const { kind, due } of notices)
    await task({ noun: 'ImportCertificate', subject: uuidOf(id), kind, due }, { number: 1, last: false });
  expect(await noticesOf(id)).toHaveLength(OF_CERTIFICATES.length);
});

test('what is no longer due is not told: the certificate was voided, or the period is another', async () => {
  const id = await period(0, 70);
  const late = await period(0, 71);
  const [{ due }] = (await lotline.database.query<{ due: Date }>(`select run_at as due from graphile_worker.jobs where key = $1`, [
    `notice CERTIFICATE_EXPIRED ${uuidOf(late)}`,
  ])) as [{ due: Date }];
  await give('voidImportCertificate', { importCertificate: id, reason: 'asked for twice' }, certifier);
  expect(await scheduled(id)).toEqual({});
  // A job that another server had taken before the void.
  await give('voidImportCertificate', { importCertificate: late, reason: 'asked for twice' }, certifier);
  await tasksOf(lotline.runner).notice!(
    { noun: 'ImportCertificate', subject: uuidOf(late), kind: 'CERTIFICATE_EXPIRED', due: due.toISOString() },
    { number: 1, last: false },
  );
  await pass();
  await work();
  expect(await noticesOf(id)).toEqual([]);
  expect((await noticesOf(late)).map(({ kind }) => kind)).toEqual([]);
});

test('a history that is imported tells nothing of its past', async () => {
  const number = certificateNumber(88, ++serial);
  await lotline.import({
    'import_certificates.csv': csv([
      {
        number,
        kind: 'PERIOD',
        exporter: EXPORTER,
        importer: IMPORTER,
        certifier: 'ZN1',
        hts: '0901110015',
        issued_on: '2025-01-01',
        valid_from: '2025-01-02',
        valid_to: '2025-03-31',
        quantity: 10,
        unit: 'KGM',
      },
    ]),
  });
  const { importCertificate } = await lotline.data('query ($number: String!) { importCertificate(number: $number) { id } }', { number });
  expect(await scheduled(importCertificate.id)).toEqual({});
});

test('an emergency action of which the certifier is not told; one of which it is', async () => {
  await lotline.import({
    'emergency_actions.csv': csv([
      { number: 'N-EAN-1', on: day(-1), ordered: 'hold', lot: 'N-LOT' },
      { number: 'N-EAN-2', on: day(-1), ordered: 'hold', lot: 'N-LOT', certifier_notified_on: day(0) },
    ]),
  });
  await pass();
  await work();
  const { node } = await lotline.data(
    'query ($id: ID!) { node(id: $id) { ... on Lot { emergencyActions { nodes { number notices { kind message rule } } } } } }',
    { id: Buffer.from(`Lot:${(await lotline.database.query<{ id: string }>('select id from lot'))[0]!.id}`).toString('base64url') },
    exporter,
  );
  const notices = Object.fromEntries(node.emergencyActions.nodes.map(({ number, notices }: any) => [number, notices]));
  expect(notices).toEqual({
    'N-EAN-1': [
      {
        kind: 'CERTIFIER_NOT_NOTIFIED',
        message: 'Nothing says that the certifier was told of N-EAN-1; that is to be done immediately.',
        rule: '7 CFR 205.400(f)',
      },
    ],
    'N-EAN-2': [],
  });
});

test('draws that reach 80, 95 and 100 % are told at once, each once, and again where they were left in between', async () => {
  const id = await period(0, 80);
  const heard = await subscribe(lotline, {
    query: 'subscription ($filter: NoticeFilter) { noticeGiven(filter: $filter) { cursor sequence change { kind message } } }',
    variables: { filter: { importCertificates: [id], kinds: OF_DRAWS } },
    as: exporter,
  });
  let entries = 900;
  let before = 0;
  const lines = (value: string) => [{ line: 1, hts: '0901110015', importCertificate: id, quantity: { value, unit: 'KGM' } }];
  const enter = async (value: string): Promise<string> => {
    const input = { importer: ids[IMPORTER], number: entryNumber(++entries), filedOn: day(0), lines: lines(value) };
    return (await give('recordCustomsEntry', input, importer, 'customsEntry { id }')).customsEntry.id;
  };
  const told = async () => {
    await work();
    await heard.abreast();
    const news = heard.changes.slice(before).map(({ kind, message }: any) => `${kind} ${message}`);
    before = heard.changes.length;
    return news;
  };
  await enter('799.999');
  expect(await told()).toEqual([]);
  await enter('0.001');
  expect(await told()).toEqual(['DRAWN_80 At least 80 % of it is drawn: 800 kg of 1000 kg.']);
  await enter('10');
  expect(await told()).toEqual([]);
  const last = await enter('190');
  expect((await told()).sort()).toEqual([
    'DRAWN_100 At least 100 % of it is drawn: 1000 kg of 1000 kg.',
    'DRAWN_95 At least 95 % of it is drawn: 1000 kg of 1000 kg.',
  ]);
  await give('amendCustomsEntry', { customsEntry: last, lines: lines('100'), reason: 'weighed again' }, importer);
  expect(await told()).toEqual([]);
  await give('amendCustomsEntry', { customsEntry: last, lines: lines('145'), reason: 'weighed once more' }, importer);
  expect(await told()).toEqual(['DRAWN_95 At least 95 % of it is drawn: 955 kg of 1000 kg.']);
  // What was reached and left again before anybody looked is not told.
  await give('amendCustomsEntry', { customsEntry: last, lines: lines('190'), reason: 'all of it' }, importer);
  await give('cancelCustomsEntry', { customsEntry: last, reason: 'filed twice' }, importer);
  expect(await told()).toEqual([]);
  await heard.close();
  expect((await noticesOf(id, importer)).filter(({ kind }) => OF_DRAWS.includes(kind))).toHaveLength(4);
  expect(await noticesOf(id, { operation: STRANGER })).toBeUndefined();
});

test('who sees a part of what is drawn is not told how much the others drew', async () => {
  const id = await period(0, 85);
  const agent: As = { operation: AGENT };
  const heard = await subscribe(lotline, {
    query: 'subscription ($filter: NoticeFilter) { noticeGiven(filter: $filter) { cursor sequence change { kind } } }',
    variables: { filter: { importCertificates: [id], kinds: OF_DRAWS } },
    as: agent,
  });
  const enter = (number: number, value: string, filer: string) =>
    give(
      'recordCustomsEntry',
      {
        importer: ids[IMPORTER],
        filer: ids[filer],
        number: entryNumber(number),
        filedOn: day(0),
        lines: [{ line: 1, hts: '0901110015', importCertificate: id, quantity: { value, unit: 'KGM' } }],
      },
      importer,
    );
  await enter(971, '100', AGENT);
  await enter(972, '750', IMPORTER);
  await work();
  await heard.abreast();
  expect(heard.changes).toEqual([]);
  await heard.close();
  const of = async (as: As) => (await noticesOf(id, as)).map(({ kind }) => kind).filter((kind) => OF_DRAWS.includes(kind));
  expect(await of(agent)).toEqual([]);
  for (const each of [exporter, importer, certifier]) expect(await of(each)).toEqual(['DRAWN_80']);
});

test('of entries that are reported the news is told, not the past', async () => {
  const reported = async (filed: number): Promise<string[]> => {
    const number = certificateNumber(88, ++serial);
    await lotline.import({
      'import_certificates.csv': csv([
        {
          number,
          kind: 'SHIPMENT',
          exporter: EXPORTER,
          importer: IMPORTER,
          certifier: 'ZN1',
          hts: '0901110015',
          issued_on: day(-99),
          quantity: 10,
          unit: 'KGM',
        },
      ]),
      'customs_entries.csv': csv([
        {
          entry: entryNumber(950 + serial),
          line: 1,
          certificate: number,
          filed_on: day(filed),
          hts: '0901110015',
          quantity: 11,
          unit: 'KGM',
          filer: IMPORTER,
        },
      ]),
    });
    await work();
    const { importCertificate } = await lotline.data(
      'query ($number: String!) { importCertificate(number: $number) { notices { kind message } } }',
      {
        number,
      },
    );
    return importCertificate.notices.map(({ kind, message }: any) => `${kind} ${message}`).sort();
  };
  expect(await reported(-31)).toEqual([]);
  expect(await reported(-30)).toEqual(
    ['100', '80', '95'].map((percent) => `DRAWN_${percent} At least ${percent} % of it is drawn: 11 kg of 10 kg.`),
  );
});

test('who has nothing of it hears nothing', async () => {
  const id = await period(0, 5);
  await pass();
  const heard = await subscribe(lotline, {
    query: 'subscription { noticeGiven { cursor sequence change { kind } } }',
    as: { operation: STRANGER },
  });
  await work();
  expect((await noticesOf(id)).length).toBeGreaterThan(0);
  await heard.abreast();
  expect(heard.changes).toEqual([]);
  await heard.close();
  expect(await noticesOf(id, { operation: STRANGER })).toBeUndefined();
});
