import { ImportCertificateStatus, toGlobalId } from '@lotline/schema';
import { MOVES, REPORTED, ROAD } from '@lotline/server/certificates';
import type { Command } from '@lotline/server/commands';
import { z } from 'zod';
import { subscribe } from '../support/live';
import { type As, csv, fingerprint, type GraphQLAnswer, type Lotline, startLotline } from '../support/lotline';
import { certificateNumber } from '../support/world';

// The road of an import certificate: every step that the table has is taken, every other is refused, by command and by the database.

type Status = keyof typeof ImportCertificateStatus;
/** Steps of commands about one certificate; the clock takes others, and customs-entries.test.ts those that follow from what entries draw. */
const STEPS = ROAD.flatMap((step) => (step.role === 'IMPORTER' || step.role === 'CLOCK' || 'drawn' in step ? [] : [step]));
const STATUSES = Object.keys(ImportCertificateStatus) as Status[];

const [EXPORTER, HANDLER, IMPORTER, CONSIGNEE, LATER, BROKER, AGENT, STRANGER] = [
  'R:EXPORTER',
  'R:HANDLER',
  'R:IMPORTER',
  'R:CONSIGNEE',
  'R:LATER',
  'R:BROKER',
  'R:AGENT',
  'R:STRANGER',
] as const;
const [BEANS, MEAL, SPLIT] = ['Organic soybeans', 'Organic soybean meal', 'Organic soybeans, split'];
const exporter: As = { operation: EXPORTER };
const certifier: As = { certifier: 'ZZ1' };
const importer: As = { operation: IMPORTER };
const stranger: As = { operation: STRANGER };
const TODAY = new Date().toISOString().slice(0, 10);
const TOMORROW = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);

let lotline: Lotline;
let id: Record<string, string>;
let key: As;
let narrowKey: As;
let serial = 0;
let keys = 0;
let uuids = 0;
/** An id of nothing. */
const invented = () => `01920000-0000-7000-8000-${String(++uuids).padStart(12, '0')}`;
const nextNumber = () => certificateNumber(1, ++serial);

const give = (command: string, input: object, as: As, idempotencyKey = `r-${++keys}`): Promise<GraphQLAnswer> => {
  const type = `${command[0]!.toUpperCase()}${command.slice(1)}Input!`;
  const query = `mutation ($input: ${type}) { ${command}(input: $input) { cursor importCertificate { id number status } } }`;
  return lotline.ask(query, { input: { idempotencyKey, ...input } }, as);
};
const done = async (command: string, input: object, as: As): Promise<any> => {
  const { data, errors } = await give(command, input, as);
  if (errors) throw new Error(JSON.stringify(errors));
  return data[command].importCertificate;
};
const reasonsOf = ({ errors }: GraphQLAnswer): any[] =>
  errors
    ?.flatMap(({ extensions }) => extensions.reasons ?? [{ ...extensions }])
    .map(({ code, path, rule }: any) => ({ code, path, rule })) ?? [];
const codeOf = ({ errors }: GraphQLAnswer): string | undefined => errors?.[0]?.extensions.code;

const kilograms = (value: number) => ({ value: String(value), unit: 'KGM' });
const request = (more: object = {}) => ({
  exporter: id[EXPORTER],
  finalHandler: id[HANDLER],
  importer: id[IMPORTER],
  consignee: id[CONSIGNEE],
  certifier: id.ZZ1,
  kind: 'SHIPMENT',
  origin: 'TR',
  destination: 'US',
  hts: '1201.90.0010',
  standard: 'NOP',
  lines: [{ product: id[BEANS], quantity: kilograms(100) }],
  ...more,
});
const asked = async (more: object = {}, as: As = exporter): Promise<string> =>
  (await done('requestImportCertificate', request(more), as)).id;

/** A well-formed input of each command about a certificate. */
const inputOf = (command: string, importCertificate: string): object => ({
  importCertificate,
  ...(
    {
      askForInformation: { question: 'Where was it cleaned?' },
      answerInformation: { answer: 'In the mill.' },
      approveImportCertificate: { reason: 'as on file' },
      rejectImportCertificate: { reasons: ['not on the form', 'too much'] },
      issueImportCertificate: { number: nextNumber() },
      handOverImportCertificate: { recipient: id[IMPORTER], on: TODAY },
      reviseImportCertificate: { consignee: id[LATER], reason: 'sold on the way' },
      voidImportCertificate: { reason: 'weights were wrong' },
    } as Record<string, object>
  )[command],
});
const roleOf = (command: string): As => (STEPS.find((step) => step.command === command)!.role === 'EXPORTER' ? exporter : certifier);
const take = (command: string, certificate: string, more: object = {}) =>
  done(command, { ...inputOf(command, certificate), ...more }, roleOf(command));

/** How commands lead to a standing; where they do not, it is reported from outside. */
const WAYS: Partial<Record<Status, string[]>> = {
  REQUESTED: [],
  INFORMATION_ASKED: ['askForInformation'],
  REJECTED: ['rejectImportCertificate'],
  WITHDRAWN: ['withdrawImportCertificate'],
  APPROVED: ['approveImportCertificate'],
  ISSUED: ['approveImportCertificate', 'issueImportCertificate'],
  HANDED_OVER: ['approveImportCertificate', 'issueImportCertificate', 'handOverImportCertificate'],
  VOIDED: ['approveImportCertificate', 'issueImportCertificate', 'voidImportCertificate'],
};

/** A certificate that stands there. */
async function standingAt(status: Status, more: object = {}): Promise<string> {
  const way = WAYS[status];
  if (way) {
    const certificate = await asked(more);
    for (const command of way) await take(command, certificate);
    return certificate;
  }
  const number = nextNumber();
  const reported = { number, kind: 'SHIPMENT', exporter: EXPORTER, importer: IMPORTER, certifier: 'ZZ1', hts: '1201900010' };
  await lotline.import({ 'import_certificates.csv': csv([{ ...reported, issued_on: '2025-02-01', status }]) });
  const { importCertificate } = await lotline.data('query ($of: String!) { importCertificate(number: $of) { id status } }', { of: number });
  expect(importCertificate.status).toBe(status);
  return importCertificate.id;
}

const uuidOf = (globalId: string): string => Buffer.from(globalId, 'base64url').toString().split(':')[1]!;
const CERTIFICATE = `... on ImportCertificate { id number status kind requestedOn issuedOn neededBy validFrom validTo origin destination standard hts kilograms
  exporter { name } finalHandler { name } importer { name } importerOfRecord { name } consignee { name } certifier { code }
  history { status by reason recipient { name } } revisions { by reason changes { field from to } }
  lines { nodes { kilograms product { name } lot { code } } } documents { nodes { number } } }`;
const seenBy = async (certificate: string, as: As): Promise<any> =>
  (await lotline.data(`query ($id: ID!) { node(id: $id) { ${CERTIFICATE} } }`, { id: certificate }, as)).node;
const claimed = async (code: string, as: As = exporter): Promise<string> =>
  (await lotline.data('query ($code: String!) { lot(code: $code) { balance { claimed } } }', { code }, as)).lot.balance.claimed;

beforeAll(async () => {
  lotline = await startLotline();
  const operations = [EXPORTER, HANDLER, IMPORTER, CONSIGNEE, LATER, BROKER, AGENT, STRANGER];
  const harvest = (code: string, producer: string, quantity: number) => ({
    code,
    producer,
    product: BEANS,
    kind: 'harvest',
    quantity,
    unit: 'KGM',
    produced_on: '2025-01-10',
  });
  await lotline.import({
    'certifiers.csv': csv(['ZZ1', 'ZZ2', 'ZZ3'].map((code) => ({ certifier: code, name: `Certifier ${code} (invented)`, scheme: 'NOP' }))),
    'operations.csv': csv(
      operations.map((operation) => ({
        operation,
        name: `The ${operation.slice(2).toLowerCase()}`,
        country: 'TR',
        roles: operation === AGENT ? 'broker' : 'handler',
      })),
    ),
    'products.csv': csv([
      { product: BEANS, hts: '1201900010', organic: 'yes' },
      { product: MEAL, hts: '1208100010', organic: 'yes' },
      { product: SPLIT, hts: '1201900010', organic: 'yes' },
    ]),
    'operation_certificates.csv': csv(
      [
        [EXPORTER, 'ZZ1'],
        [IMPORTER, 'ZZ3'],
      ].map(([operation, code]) => ({ operation, certifier: code, status: 'CERTIFIED', effective_from: '2020-01-01', standard: 'NOP' })),
    ),
    'lots.csv': csv([
      harvest('R-BEANS', EXPORTER, 1000),
      harvest('R-RACE', EXPORTER, 100),
      harvest('R-RIGHTS', EXPORTER, 100),
      harvest('R-OTHER', STRANGER, 1000),
    ]),
    'documents.csv': csv([
      { type: 'contract', number: 'R-CONTRACT', issuer: EXPORTER, issued_on: '2025-01-20', marked_organic: 'yes' },
      { type: 'weight_certificate', number: 'R-WEIGHT', issuer: EXPORTER, issued_on: '2025-01-21', marked_organic: 'yes' },
      { type: 'contract', number: 'R-THEIRS', issuer: STRANGER, issued_on: '2025-01-20', marked_organic: 'yes' },
    ]),
  });
  id = {};
  const tables = { operation: 'identifier', certifier: 'code', product: 'name', lot: 'code', document: 'number' } as const;
  for (const [table, column] of Object.entries(tables))
    for (const row of await lotline.database.query<{ id: string; name: string }>(`select id, ${column} as name from ${table}`))
      id[row.name] = toGlobalId(`${table[0]!.toUpperCase()}${table.slice(1)}` as 'Lot', row.id);

  const until = new Date(Date.now() + 30 * 86_400_000).toISOString();
  const mutation = (name: string, input: object, payload: string, as: As) =>
    lotline.data(
      `mutation ($input: ${name[0]!.toUpperCase()}${name.slice(1)}Input!) { ${name}(input: $input) { ${payload} } }`,
      { input: { idempotencyKey: `setup ${++keys}`, ...input } },
      as,
    );
  await mutation(
    'assignBroker',
    { importer: id[EXPORTER], broker: id[BROKER], scopes: ['IMPORT_CERTIFICATES', 'LOTS', 'DOCUMENTS', 'COMMANDS'], validUntil: until },
    'cursor',
    exporter,
  );
  const scopes = ['IMPORT_CERTIFICATES', 'LOTS', 'DOCUMENTS'];
  const keyOf = async (name: string, more: string[]) => {
    const input = { operation: id[EXPORTER], name, scopes: [...scopes, ...more], expiresOn: until.slice(0, 10) };
    return { key: (await mutation('createKey', input, 'secret', exporter)).createKey.secret };
  };
  key = await keyOf('Portal', ['COMMANDS']);
  narrowKey = await keyOf('Reader', []);
});
afterAll(() => lotline.close());

describe('the table', () => {
  test('is that of the database', async () => {
    const rows = await lotline.database.query<{ state: Status | null; next: Status; reported: boolean }>(
      'select state, next, reported from import_certificate_move',
    );
    const text = (from: string | null, to: string, reported: boolean) => `${from} -> ${to}${reported ? ', reported' : ''}`;
    expect(rows.map(({ state, next, reported }) => text(state, next, reported)).sort()).toEqual(
      [...MOVES.map(({ from, to }) => text(from, to, false)), ...REPORTED.map(({ from, to }) => text(from, to, true))].sort(),
    );
  });

  test('names commands that there are', async () => {
    const { __type } = await lotline.data('{ __type(name: "Mutation") { fields { name } } }');
    const names = __type.fields.map(({ name }: { name: string }) => name);
    expect(STEPS.map(({ command }) => command).filter((command) => !names.includes(command))).toEqual([]);
  });
});

describe('every step', () => {
  const commands = STEPS.filter(({ command }) => command !== 'requestImportCertificate');

  test.each(STATUSES)('from %s is taken if the table has it, else refused with its rule, and nothing is changed', async (status) => {
    const certificate = await standingAt(status);
    const before = await fingerprint(lotline.database);
    for (const { command, from, rule } of commands.filter(({ from }) => !(from as readonly string[]).includes(status))) {
      const answer = await give(command, inputOf(command, certificate), roleOf(command));
      expect([command, reasonsOf(answer)]).toEqual([command, [{ code: 'CONFLICT', path: ['input', 'importCertificate'], rule }]]);
      expect(answer.errors![0]!.message).toBe(`the certificate is ${status}`);
      expect(answer.errors![0]!.extensions.remedy).toContain(from.join(' or '));
    }
    expect(await fingerprint(lotline.database)).toBe(before);
    for (const { command, to } of commands.filter(({ from }) => (from as readonly string[]).includes(status)))
      expect(
        await take(command, await standingAt(status), command === 'handOverImportCertificate' ? { recipient: id[AGENT] } : {}),
      ).toMatchObject({ status: to ?? status });
  });

  // What code asks for, past every command of ours; nothing is stored.
  test.each(STATUSES)('from %s is refused by the database where the table has none, even if code asks', async (status) => {
    const certificate = uuidOf(await standingAt(status));
    const step = (next: Status): Command<unknown, null> => ({
      name: 'anything',
      input: z.unknown(),
      may: () => null,
      async run({ tx, command }) {
        await tx.query(
          `insert into import_certificate_status (id, import_certificate, sequence, status, made_by, recorded_by)
           select $1, $2, max(sequence) + 1, $3, $4, $5 from import_certificate_status where import_certificate = $2`,
          [invented(), certificate, next, uuidOf(id.ZZ1!), command],
        );
        return [null];
      },
    });
    const admin = await lotline.viewer('admin');
    const taken: Status[] = [];
    for (const next of STATUSES)
      await lotline.runner.execute(step(next), admin, [{}], `law-${++keys}`, { dryRun: true }).then(
        () => taken.push(next),
        (error) => expect(error.reasons[0]).toMatchObject({ code: 'CONFLICT', rule: '7 CFR 205.273' }),
      );
    expect(taken.sort()).toEqual(MOVES.flatMap(({ from, to }) => (from === status ? [to] : [])).sort());
  });
});

describe('only who may', () => {
  const others: [string, () => As, Record<'EXPORTER' | 'CERTIFIER', string>][] = [
    ['its certifier', () => certifier, { EXPORTER: 'FORBIDDEN', CERTIFIER: '' }],
    ['its exporter', () => exporter, { EXPORTER: '', CERTIFIER: 'FORBIDDEN' }],
    ["the exporter's broker", () => ({ operation: BROKER }), { EXPORTER: '', CERTIFIER: 'FORBIDDEN' }],
    ["a key of the exporter's", () => key, { EXPORTER: '', CERTIFIER: 'FORBIDDEN' }],
    ['a key that reads', () => narrowKey, { EXPORTER: 'FORBIDDEN', CERTIFIER: 'FORBIDDEN' }],
    ['another certifier', () => ({ certifier: 'ZZ2' }), { EXPORTER: 'FORBIDDEN', CERTIFIER: 'NOT_FOUND' }],
    ['a stranger', () => stranger, { EXPORTER: 'NOT_FOUND', CERTIFIER: 'NOT_FOUND' }],
    ['an analyst', () => 'analyst', { EXPORTER: 'FORBIDDEN', CERTIFIER: 'FORBIDDEN' }],
    ['nobody', () => 'nobody', { EXPORTER: 'UNAUTHENTICATED', CERTIFIER: 'UNAUTHENTICATED' }],
  ];
  const steps = STEPS.filter(({ command }) => command !== 'requestImportCertificate');

  test.each(steps.map((step) => [step.command, step] as const))('%s', async (command, { from, role }) => {
    const status = from[0] as Status;
    const certificate = await standingAt(status);
    const before = await fingerprint(lotline.database);
    const isHandedOver = status === 'HANDED_OVER' || status === 'ENTERED';
    const refused = [
      ...others.map(([who, as, codes]) => [who, as, codes[role]] as const),
      ['the importer', () => importer, isHandedOver ? 'FORBIDDEN' : 'NOT_FOUND'] as const,
    ].filter(([, , code]) => code !== '');
    for (const [who, as, code] of refused) {
      const answer = await give(command, inputOf(command, certificate), as());
      expect([who, codeOf(answer)]).toEqual([who, code]);
      if (code !== 'NOT_FOUND') continue;
      const ofNothing = toGlobalId('ImportCertificate', invented());
      expect(reasonsOf(await give(command, inputOf(command, ofNothing), as()))).toEqual(reasonsOf(answer));
    }
    expect(await fingerprint(lotline.database)).toBe(before);
    for (const [, as, codes] of others.filter(([, , each]) => each[role] === ''))
      expect(codeOf(await give(command, inputOf(command, await standingAt(status)), as()))).toBe(codes[role] || undefined);
  });

  test('an importer that has it does no step of the road', async () => {
    const certificate = await standingAt('HANDED_OVER');
    const before = await fingerprint(lotline.database);
    for (const { command } of steps)
      expect([command, codeOf(await give(command, inputOf(command, certificate), importer))]).toEqual([command, 'FORBIDDEN']);
    expect(await fingerprint(lotline.database)).toBe(before);
  });

  test.each<[string, () => As, string | undefined]>([
    ['its broker asks for the exporter', () => ({ operation: BROKER }), undefined],
    ['its key asks for the exporter', () => key, undefined],
    ['a key that reads does not', () => narrowKey, 'FORBIDDEN'],
    ['the certifier does not', () => certifier, 'FORBIDDEN'],
    ['the importer does not', () => importer, 'FORBIDDEN'],
    ['nobody does not', () => 'nobody', 'UNAUTHENTICATED'],
  ])('%s', async (_who, as, code) => {
    const before = await fingerprint(lotline.database);
    expect(codeOf(await give('requestImportCertificate', request(), as()))).toBe(code);
    if (code) expect(await fingerprint(lotline.database)).toBe(before);
  });
});

describe('a request', () => {
  const line = (more: object) => ({ lines: [{ product: id[BEANS], quantity: kilograms(1), ...more }] });
  const nowhere = (type: 'Operation' | 'Certifier' | 'Product' | 'Lot' | 'Document') => toGlobalId(type, invented());

  test.each<[string, () => object, object]>([
    ['of an importer that is not there', () => ({ importer: nowhere('Operation') }), { code: 'NOT_FOUND', path: ['input', 'importer'] }],
    [
      'of a handler that is not there',
      () => ({ finalHandler: nowhere('Operation') }),
      { code: 'NOT_FOUND', path: ['input', 'finalHandler'] },
    ],
    ['to no certifier', () => ({ certifier: nowhere('Certifier') }), { code: 'NOT_FOUND', path: ['input', 'certifier'] }],
    ['to itself', () => ({ importer: id[EXPORTER] }), { code: 'REFUSED', path: ['input', 'importer'] }],
    ['for a day that is over', () => ({ neededBy: '2025-01-01' }), { code: 'REFUSED', path: ['input', 'neededBy'] }],
    ['for nothing', () => ({ lines: [] }), { code: 'BAD_USER_INPUT', path: ['input', 'lines'] }],
    [
      'of a product that is not there',
      () => line({ product: nowhere('Product') }),
      { code: 'NOT_FOUND', path: ['input', 'lines', 0, 'product'] },
    ],
    ["of a stranger's lot", () => line({ lot: id['R-OTHER'] }), { code: 'NOT_FOUND', path: ['input', 'lines', 0, 'lot'] }],
    [
      'of a lot of another product',
      () => line({ product: id[MEAL], lot: id['R-BEANS'] }),
      { code: 'REFUSED', path: ['input', 'lines', 0, 'product'] },
    ],
    [
      'of more than the lot weighs',
      () => line({ lot: id['R-BEANS'], quantity: kilograms(1001) }),
      { code: 'REFUSED', path: ['input', 'lines', 0, 'quantity'] },
    ],
    [
      'of one lot twice',
      () => ({ lines: [...line({ lot: id['R-BEANS'] }).lines, ...line({ lot: id['R-BEANS'] }).lines] }),
      { code: 'CONFLICT', path: ['input', 'lines', 1] },
    ],
    [
      "with a stranger's paper",
      () => ({ documents: [id['R-CONTRACT'], id['R-THEIRS']] }),
      { code: 'NOT_FOUND', path: ['input', 'documents', 1] },
    ],
    ['for a shipment, with a period', () => ({ validFrom: TODAY }), { code: 'BAD_USER_INPUT', path: ['input', 'validFrom'] }],
    [
      'for a period without days',
      () => ({ kind: 'PERIOD', validFrom: TODAY, estimate: kilograms(5) }),
      { code: 'BAD_USER_INPUT', path: ['input', 'validTo'] },
    ],
    [
      'for a period that ends before it begins',
      () => ({ kind: 'PERIOD', validFrom: TOMORROW, validTo: TODAY, estimate: kilograms(5) }),
      { code: 'BAD_USER_INPUT', path: ['input', 'validTo'] },
    ],
    ['under no standard', () => ({ standard: 'MARS' }), { code: 'BAD_USER_INPUT', path: ['input', 'standard'] }],
    ['of six digits of a tariff', () => ({ hts: '120190' }), { code: 'BAD_USER_INPUT', path: ['input', 'hts'] }],
  ])('%s is refused', async (_what, more, expected) => {
    const before = await fingerprint(lotline.database);
    expect(reasonsOf(await give('requestImportCertificate', request(more()), exporter))).toEqual([expect.objectContaining(expected)]);
    expect(await fingerprint(lotline.database)).toBe(before);
  });

  test('tells every reason at once', async () => {
    const wrong = { importer: nowhere('Operation'), neededBy: '2025-01-01', ...line({ lot: id['R-OTHER'] }), documents: [id['R-THEIRS']] };
    const paths = reasonsOf(await give('requestImportCertificate', request(wrong), exporter)).map(({ path }) => path.join('.'));
    expect(paths.sort()).toEqual(['input.documents.0', 'input.importer', 'input.lines.0.lot', 'input.neededBy']);
  });

  test('for a period has its days and its estimate', async () => {
    const period = { kind: 'PERIOD', validFrom: TODAY, validTo: TOMORROW, estimate: { value: '2', unit: 'TNE' }, neededBy: TOMORROW };
    expect(await seenBy(await asked(period), exporter)).toMatchObject({
      kind: 'PERIOD',
      validFrom: TODAY,
      validTo: TOMORROW,
      neededBy: TOMORROW,
      kilograms: '2000',
      number: null,
    });
  });

  test('under one key is made once', async () => {
    const [first, again] = await Promise.all([1, 2].map(() => give('requestImportCertificate', request(), exporter, 'once')));
    expect(first!.data.requestImportCertificate.importCertificate.id).toBe(again!.data.requestImportCertificate.importCertificate.id);
  });
});

test('a later consignee does not learn who was to have it, where it shares nothing with that one', async () => {
  const certificate = await standingAt('HANDED_OVER');
  await take('reviseImportCertificate', certificate);
  for (const [as, from] of [
    [{ operation: LATER }, 'withheld'],
    [{ operation: CONSIGNEE }, 'The consignee'],
    [importer, 'The consignee'],
  ] as const)
    expect((await seenBy(certificate, as)).revisions[0].changes).toEqual([
      { field: 'consignee', from, to: from === 'The consignee' && as !== importer ? 'withheld' : 'The later' },
    ]);
});

test('the road is walked to the hand-over and beyond, each seeing what is its own', async () => {
  const since = (await lotline.ask('{ viewer { kind } }', {}, certifier)).extensions!.cursor!;
  const certificate = await asked({
    importerOfRecord: id[AGENT],
    lines: [{ product: id[BEANS], lot: id['R-BEANS'], quantity: kilograms(900) }],
    documents: [id['R-CONTRACT']],
  });
  expect(await seenBy(certificate, certifier)).toMatchObject({
    number: null,
    status: 'REQUESTED',
    requestedOn: TODAY,
    issuedOn: null,
    origin: 'TR',
    destination: 'US',
    standard: 'NOP',
    hts: '1201900010',
    kilograms: '900',
    finalHandler: { name: 'The handler' },
    importerOfRecord: { name: 'The agent' },
    lines: { nodes: [{ kilograms: '900', product: { name: BEANS }, lot: { code: 'R-BEANS' } }] },
    documents: { nodes: [{ number: 'R-CONTRACT' }] },
  });
  for (const as of [importer, { operation: CONSIGNEE }, { operation: AGENT }, stranger])
    expect(await seenBy(certificate, as as As)).toBeNull();
  expect(await claimed('R-BEANS')).toBe('0');

  await done('askForInformation', { importCertificate: certificate, question: 'What did it weigh?' }, certifier);
  const answered = { importCertificate: certificate, answer: 'See the scale.', documents: [id['R-WEIGHT']] };
  await done('answerInformation', answered, exporter);
  expect((await seenBy(certificate, certifier)).documents.nodes).toEqual([{ number: 'R-CONTRACT' }, { number: 'R-WEIGHT' }]);
  await done('approveImportCertificate', { importCertificate: certificate, reason: 'all is there' }, certifier);
  expect(await claimed('R-BEANS')).toBe('0');

  const number = nextNumber();
  const issued = (more: object) => give('issueImportCertificate', { importCertificate: certificate, number, ...more }, certifier);
  const before = await fingerprint(lotline.database);
  expect(reasonsOf(await issued({ number: '9990000001' }))).toEqual([
    expect.objectContaining({ code: 'BAD_USER_INPUT', path: ['input', 'number'] }),
  ]);
  expect(reasonsOf(await issued({ issued: '2025-01-01' }))).toEqual([
    expect.objectContaining({ code: 'REFUSED', path: ['input', 'issued'] }),
  ]);
  expect(reasonsOf(await issued({ issued: '2199-01-01' }))).toEqual([
    expect.objectContaining({ code: 'REFUSED', path: ['input', 'issued'] }),
  ]);
  // Nobody asks the Organic Integrity Database for a number from here.
  expect(reasonsOf(await issued({ number: undefined }))).toEqual([expect.objectContaining({ code: 'REFUSED', path: ['input', 'number'] })]);
  expect(await fingerprint(lotline.database)).toBe(before);
  expect((await issued({})).data.issueImportCertificate.importCertificate).toMatchObject({ number, status: 'ISSUED' });
  expect(await claimed('R-BEANS')).toBe('900');
  expect(await seenBy(certificate, importer)).toBeNull();

  const handOver = (recipient: string, on = TODAY) =>
    give('handOverImportCertificate', { importCertificate: certificate, recipient: id[recipient], on }, exporter);
  expect(reasonsOf(await handOver(STRANGER))).toEqual([expect.objectContaining({ code: 'REFUSED', path: ['input', 'recipient'] })]);
  expect(reasonsOf(await handOver(IMPORTER, '2025-01-01'))).toEqual([expect.objectContaining({ code: 'REFUSED', path: ['input', 'on'] })]);
  expect(reasonsOf(await handOver(IMPORTER, '2199-01-01'))).toEqual([expect.objectContaining({ code: 'REFUSED', path: ['input', 'on'] })]);
  expect((await handOver(AGENT)).errors).toBeUndefined();
  for (const as of [importer, { operation: CONSIGNEE }, { operation: HANDLER }, { operation: AGENT }, { certifier: 'ZZ3' }])
    expect(await seenBy(certificate, as as As)).toMatchObject({
      number,
      history: [
        { status: 'REQUESTED', by: 'The exporter', reason: null },
        { status: 'INFORMATION_ASKED', by: 'Certifier ZZ1 (invented)', reason: 'What did it weigh?' },
        { status: 'REQUESTED', by: 'The exporter', reason: 'See the scale.' },
        { status: 'APPROVED', by: 'Certifier ZZ1 (invented)', reason: 'all is there' },
        { status: 'ISSUED', by: 'Certifier ZZ1 (invented)', reason: null },
        { status: 'HANDED_OVER', by: 'The exporter', reason: null, recipient: { name: 'The agent' } },
      ],
      lines: { nodes: [{ lot: { code: 'R-BEANS' } }] },
      documents: { nodes: [{ number: 'R-CONTRACT' }, { number: 'R-WEIGHT' }] },
    });
  expect(await seenBy(certificate, { operation: LATER })).toBeNull();

  const revise = (more: object) =>
    give('reviseImportCertificate', { importCertificate: certificate, reason: 'the draft survey', ...more }, certifier);
  const lines = (...all: number[]) => ({
    lines: all.map((mass) => ({ product: id[BEANS], lot: id['R-BEANS'], quantity: kilograms(mass) })),
  });
  for (const [more, code] of [
    [{}, 'REFUSED'],
    [lines(900), 'REFUSED'],
    [lines(1001), 'REFUSED'],
    [{ lines: [] }, 'BAD_USER_INPUT'],
    [{ lines: [...lines(890).lines, { product: id[MEAL], quantity: kilograms(5) }] }, 'REFUSED'],
    [{ consignee: toGlobalId('Operation', invented()) }, 'NOT_FOUND'],
  ] as const)
    expect(codeOf(await revise(more))).toBe(code);
  expect((await revise({ consignee: id[LATER], ...lines(890) })).errors).toBeUndefined();
  expect((await revise({ lines: [...lines(890).lines, { product: id[SPLIT], quantity: kilograms(5) }] })).errors).toBeUndefined();
  const by = 'Certifier ZZ1 (invented)';
  expect(await seenBy(certificate, importer)).toMatchObject({
    number,
    status: 'HANDED_OVER',
    kilograms: '895',
    consignee: { name: 'The later' },
    revisions: [
      {
        by,
        reason: 'the draft survey',
        changes: [
          { field: 'consignee', from: 'The consignee', to: 'The later' },
          { field: 'lines', from: `${BEANS}, 900 kg`, to: `${BEANS}, 890 kg` },
        ],
      },
      { by, reason: 'the draft survey', changes: [{ field: 'lines', from: null, to: `${SPLIT}, 5 kg` }] },
    ],
  });
  const later = await seenBy(certificate, { operation: LATER });
  expect(later.lines.nodes[0]).toMatchObject({ kilograms: '890', lot: { code: 'R-BEANS' } });
  expect(await claimed('R-BEANS')).toBe('890');

  const query = `subscription ($after: Cursor) { importCertificateStatusChanged(after: $after) { cursor sequence change { from to reason importCertificate { id } } } }`;
  const stream = await subscribe(lotline, { query, variables: { after: since }, as: certifier });
  await stream.abreast();
  await stream.close();
  const heard = stream.changes.filter((change) => change.importCertificate.id === certificate);
  expect(heard.map(({ from, to, reason }) => [from, to, reason])).toEqual([
    [null, 'REQUESTED', null],
    ['REQUESTED', 'INFORMATION_ASKED', 'What did it weigh?'],
    ['INFORMATION_ASKED', 'REQUESTED', 'See the scale.'],
    ['REQUESTED', 'APPROVED', 'all is there'],
    ['APPROVED', 'ISSUED', null],
    ['ISSUED', 'HANDED_OVER', null],
  ]);
  await done('voidImportCertificate', { importCertificate: certificate, reason: 'never shipped' }, certifier);
  expect(await claimed('R-BEANS')).toBe('0');
});

test('a number is given once, and the refusal is the same whoever has it', async () => {
  const number = nextNumber();
  const theirs = {
    number,
    kind: 'SHIPMENT',
    exporter: STRANGER,
    importer: LATER,
    certifier: 'ZZ2',
    hts: '1201900010',
    issued_on: '2025-02-01',
  };
  await lotline.import({ 'import_certificates.csv': csv([theirs]) });
  const own = nextNumber();
  const [first, second] = [await standingAt('APPROVED'), await standingAt('APPROVED')];
  await done('issueImportCertificate', { importCertificate: first, number: own }, certifier);
  const before = await fingerprint(lotline.database);
  const answers = await Promise.all(
    [number, own].map((taken) => give('issueImportCertificate', { importCertificate: second, number: taken }, certifier)),
  );
  const [a, b] = answers.map(({ errors }) =>
    errors!.map(({ message, extensions: { code, path, remedy } }) => ({ message, code, path, remedy })),
  );
  expect(a).toEqual([expect.objectContaining({ code: 'CONFLICT', path: ['input', 'number'] })]);
  expect(b).toEqual(a);
  expect(await fingerprint(lotline.database)).toBe(before);
});

test('a gram backs one certificate: of those that are issued at once for one lot one is, and another when that is void', async () => {
  const whole = { lines: [{ product: id[BEANS], lot: id['R-RACE'], quantity: kilograms(100) }] };
  const all = await Promise.all(Array.from({ length: 8 }, () => standingAt('APPROVED', whole)));
  const issue = (certificate: string) =>
    give('issueImportCertificate', { importCertificate: certificate, number: nextNumber() }, certifier);
  const answers = await Promise.all(all.map(issue));
  expect(answers.map(codeOf).sort()).toEqual([...Array(7).fill('REFUSED'), undefined]);
  expect(await claimed('R-RACE')).toBe('100');
  const one = answers.findIndex((answer) => !answer.errors);
  await take('voidImportCertificate', all[one]!);
  const next = all[one === 0 ? 1 : 0]!;
  expect((await issue(next)).data.issueImportCertificate.importCertificate.status).toBe('ISSUED');
  // What is rejected claims nothing, and what grows claims more.
  const small = await standingAt('APPROVED', { lines: [{ product: id[BEANS], lot: id['R-RACE'], quantity: kilograms(1) }] });
  expect(codeOf(await issue(small))).toBe('REFUSED');
  const shrink = (mass: number) => ({ lines: [{ product: id[BEANS], lot: id['R-RACE'], quantity: kilograms(mass) }], reason: 'moisture' });
  await done('reviseImportCertificate', { importCertificate: next, ...shrink(99) }, certifier);
  expect((await issue(small)).errors).toBeUndefined();
  const before = await fingerprint(lotline.database);
  expect(reasonsOf(await give('reviseImportCertificate', { importCertificate: next, ...shrink(100) }, certifier))).toEqual([
    expect.objectContaining({ code: 'REFUSED', rule: '7 CFR 205.273' }),
  ]);
  expect(await fingerprint(lotline.database)).toBe(before);
});

test('a step that is made now is not before one of a day that has come further east only', async () => {
  const certificate = await standingAt('APPROVED');
  await done('issueImportCertificate', { importCertificate: certificate, number: nextNumber(), issued: TOMORROW }, certifier);
  await take('voidImportCertificate', certificate);
  const { node } = await lotline.data(
    'query ($id: ID!) { node(id: $id) { ... on ImportCertificate { history { status at } } } }',
    { id: certificate },
    exporter,
  );
  expect(node.history.slice(-2).map(({ status, at }: any) => [status, at.slice(0, 10)])).toEqual([
    ['ISSUED', TOMORROW],
    ['VOIDED', TOMORROW],
  ]);
});

test('two steps of one certificate come one after the other', async () => {
  const certificate = await standingAt('REQUESTED');
  const step = (index: number) => {
    const command = ['approveImportCertificate', 'rejectImportCertificate', 'withdrawImportCertificate'][index % 3]!;
    return give(command, inputOf(command, certificate), roleOf(command));
  };
  const answers = await Promise.all(Array.from({ length: 9 }, (_, index) => step(index)));
  const { history } = await seenBy(certificate, exporter);
  expect(history).toHaveLength(1 + answers.filter(({ errors }) => !errors).length);
  // Whoever comes later finds where it stands by then.
  const refused = answers.flatMap((answer) => answer.errors?.map(({ message }) => message) ?? []);
  expect(refused.filter((message) => !/^the certificate is [A-Z]+$/.test(message))).toEqual([]);
});

test('a reading key of the exporter sees its request with every field, and one of the importer none of it', async () => {
  const certificate = await asked({ lines: [{ product: id[BEANS], lot: id['R-RIGHTS'], quantity: kilograms(7) }], neededBy: TOMORROW });
  expect(await seenBy(certificate, narrowKey)).toMatchObject({ neededBy: TOMORROW, lines: { nodes: [{ lot: { code: 'R-RIGHTS' } }] } });
  expect(await seenBy(certificate, { certifier: 'ZZ3' })).toBeNull();
});
