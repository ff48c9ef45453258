import { setTimeout as sleep } from 'node:timers/promises';
import { lock } from '../support/hold';
import { subscribe } from '../support/live';
import { type As, csv, type GraphQLAnswer, type Lotline, startLotline } from '../support/lotline';
import { certificateNumber } from '../support/world';

// The access journal: an owner asks who was shown its certificates and papers, who was told the story of its lots, whom it let in, and who
// was refused.

const [SELLER, BUYER, RIVAL] = ['J:SELLER', 'J:BUYER', 'J:RIVAL'];
const by = (operation: string): As => ({ operation });
const LAST_DAY = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
const CERTIFICATE = certificateNumber(1, 1);

let lotline: Lotline;
let ids: Record<'seller' | 'buyer' | 'rival' | 'lot' | 'rivalLot' | 'document' | 'rivalDocument' | 'certificate', string>;
let made = 0;

const certificates = (number: string, status: string) =>
  csv([
    { number, kind: 'shipment', exporter: SELLER, importer: BUYER, certifier: 'ZZJ', hts: '1001990000', issued_on: '2025-01-10', status },
  ]);
const FOLDER = {
  'certifiers.csv': csv([
    { certifier: 'ZZJ', name: 'Certifier', scheme: 'NOP' },
    { certifier: 'ZZO', name: 'Other', scheme: 'NOP' },
  ]),
  'operations.csv': csv(
    [SELLER, BUYER, RIVAL].map((operation) => ({ operation, name: operation, country: 'TR', roles: 'exporter;importer' })),
  ),
  'products.csv': csv([{ product: 'Wheat', hts: '1001990000', organic: 'yes' }]),
  'lots.csv': csv(
    [
      ['LOT', SELLER],
      ['RIVAL-LOT', RIVAL],
    ].map(([code, producer]) => ({ code, producer, product: 'Wheat', quantity: 5, unit: 'TNE', kind: 'harvest' })),
  ),
  'transfers.csv': csv([{ lot: 'LOT', from: SELLER, to: BUYER, on: '2025-02-01', quantity: 1, unit: 'TNE', document: 'PAPER' }]),
  'documents.csv': csv([
    { type: 'invoice', number: 'PAPER', issuer: SELLER, issued_on: '2025-01-01', marked_organic: 'yes', lots: 'LOT' },
    { type: 'invoice', number: 'RIVAL-PAPER', issuer: RIVAL, issued_on: '2025-01-01', marked_organic: 'yes', lots: 'RIVAL-LOT' },
  ]),
  'import_certificates.csv': certificates(CERTIFICATE, 'handed_over'),
  'import_certificate_lines.csv': csv([{ certificate: CERTIFICATE, product: 'Wheat', quantity: 1, unit: 'TNE', lot: 'LOT' }]),
};

async function begin(): Promise<void> {
  lotline = await startLotline({ heartbeatMs: 100, pollMs: 100, journalLimits: { everyMs: 20 } });
  await lotline.import(FOLDER);
  const found = await lotline.data(`{ seller: operation(identifier: "${SELLER}") { id } buyer: operation(identifier: "${BUYER}") { id }
    rival: operation(identifier: "${RIVAL}") { id } lot(code: "LOT") { id } rivalLot: lot(code: "RIVAL-LOT") { id } }`);
  const idOf = async (table: string, type: string, where: string) => {
    const [row] = await lotline.database.query<{ id: string }>(`select id from ${table} where ${where}`);
    return Buffer.from(`${type}:${row!.id}`).toString('base64url');
  };
  ids = {
    ...(Object.fromEntries(Object.entries(found).map(([name, { id }]: any) => [name, id])) as typeof ids),
    document: await idOf('document', 'Document', "number = 'PAPER'"),
    rivalDocument: await idOf('document', 'Document', "number = 'RIVAL-PAPER'"),
    certificate: await idOf('import_certificate', 'ImportCertificate', `number = '${CERTIFICATE}'`),
  };
}

const FIELDS = 'act times viewerKind operation { name } certifier { code } key { name } what code cut subject { __typename id } at lastAt';

/** The journal as somebody reads it: of an operation, or the whole. */
async function journal(of: string | null, as: As = of === null ? 'analyst' : by(of), filter: object = {}): Promise<any[]> {
  const query = `query ($filter: AccessFilter) { ${of === null ? '' : `operation(identifier: "${of}") {`} accesses(filter: $filter, first: 500) { nodes { ${FIELDS} } } ${of === null ? '' : '}'} }`;
  const data = await lotline.data(query, { filter }, as);
  return (of === null ? data : data.operation).accesses?.nodes ?? null;
}

/** What is in the journal of an operation once everything so far is written down: a document's reading by the analyst shows that it is. */
async function settled<Found>(look: () => Promise<Found>, until: (found: Found) => boolean): Promise<Found> {
  for (const last = Date.now() + 10_000; ; await sleep(20)) {
    const found = await look();
    if (until(found)) return found;
    if (Date.now() > last) throw new Error(`not written down: ${JSON.stringify(found)}`);
  }
}

const brief = ({ act, viewerKind, operation, certifier, key, subject, what, code, times }: any) =>
  [
    act,
    viewerKind,
    operation?.name ?? certifier?.code ?? '',
    key?.name ?? '',
    subject?.__typename ?? '',
    what ?? '',
    code ?? '',
    times,
  ].join(' ');
const briefs = async (of: string, as?: As): Promise<string[]> => (await journal(of, as)).map(brief);
const nowhere = async (of: string) => {
  // Whatever was to be written has had its time: a later reading is there.
  await lotline.data('query ($id: ID!) { node(id: $id) { ... on Document { number } } }', { id: ids.rivalDocument }, by(RIVAL));
  await settled(
    () => briefs(RIVAL),
    (found) => found.some((each) => each.startsWith(`READ OPERATION ${RIVAL}`)),
  );
  return briefs(of);
};

const code = ({ errors }: GraphQLAnswer) => errors?.[0]?.extensions.code;
const createKey = (scopes: string[], as: As = by(SELLER), operation = ids.seller): Promise<GraphQLAnswer> =>
  lotline.ask(
    'mutation ($input: CreateKeyInput!) { createKey(input: $input) { secret key { id } } }',
    { input: { idempotencyKey: `k-${++made}`, operation, name: 'Our app', scopes, expiresOn: LAST_DAY } },
    as,
  );
const askBy = async (secret: string, query: string, variables: object = {}): Promise<GraphQLAnswer> => {
  const response = await fetch(`${lotline.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}` },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as GraphQLAnswer;
};

beforeAll(begin);
afterAll(() => lotline.close());
beforeEach(async () => {
  // What the test before has left.
  await sleep(100);
  await lotline.database.query('truncate access_record, access_owner');
});

describe('what was read', () => {
  test.each<[string, As, string, string]>([
    ['by an id', by(BUYER), '{ node(id: "$certificate") { id } }', `READ OPERATION ${BUYER}  ImportCertificate   1`],
    ['by its number', 'analyst', `{ importCertificate(number: "${CERTIFICATE}") { status } }`, 'READ ANALYST   ImportCertificate   1'],
    ['in a list', 'admin', '{ importCertificates { nodes { number } } }', 'READ ADMINISTRATOR   ImportCertificate   1'],
    [
      'on an edge',
      { certifier: 'ZZJ' },
      '{ importCertificates { edges { node { number } } } }',
      'READ CERTIFIER ZZJ  ImportCertificate   1',
    ],
    [
      'behind a lot',
      by(BUYER),
      '{ lot(code: "LOT") { importCertificates { nodes { id } } } }',
      `READ OPERATION ${BUYER}  ImportCertificate   1`,
    ],
    ['by a search', 'analyst', `{ search(text: "${CERTIFICATE}") { nodes { __typename } } }`, 'READ ANALYST   ImportCertificate   1'],
    ['on an edge of a search', 'analyst', '{ search(text: "PAPER") { edges { node { __typename } } } }', 'READ ANALYST   Document   1'],
    [
      'many times in one question',
      by(BUYER),
      '{ a: documents { nodes { id } } b: documents { nodes { id } edges { node { id } } } }',
      `READ OPERATION ${BUYER}  Document   1`,
    ],
    [
      'in the ownership of a lot',
      by(BUYER),
      '{ lot(code: "LOT") { ownership { nodes { document { number } } } } }',
      `READ OPERATION ${BUYER}  Document   1`,
    ],
    [
      'in the answer of a command',
      { certifier: 'ZZJ' },
      'mutation { voidImportCertificate(input: {idempotencyKey: "v", importCertificate: "$certificate", reason: "x"}) { importCertificate { id } } }',
      'READ CERTIFIER ZZJ  ImportCertificate   1',
    ],
  ])('%s: its owners hear of it, and nobody else', async (_, as, query, wanted) => {
    await lotline.data(
      query.replace(/\$(\w+)/g, (_all, name: keyof typeof ids) => ids[name]),
      {},
      as,
    );
    await settled(
      () => briefs(SELLER),
      (found) => found.length > 0,
    );
    expect(await briefs(SELLER)).toEqual([wanted]);
    expect(await briefs(BUYER)).toEqual([wanted]);
    expect(await nowhere(RIVAL)).toEqual([expect.stringMatching(/^READ OPERATION J:RIVAL {2}Document/)]);
  });

  test('what was not shown is not there: a count, a page that is empty, the journal itself', async () => {
    await lotline.data(
      '{ documents { totalCount pageInfo { hasNextPage } } importCertificates(first: 0) { nodes { id } } lots { nodes { code } } }',
      {},
      by(BUYER),
    );
    await lotline.data('{ documents { nodes { number } } }', {}, by(BUYER));
    const read = () => journal(SELLER);
    await settled(read, (found) => found.length > 0);
    await read();
    expect((await nowhere(SELLER)).map((each) => each.slice(0, 30))).toEqual([`READ OPERATION ${BUYER}  Document`.slice(0, 30)]);
  });

  test('what of a list has its turn later than the rest is there as well', async () => {
    // Two objects that are too wide for one turn.
    const wide = Array.from({ length: 50 }, (_, index) => `c${index}: code k${index}: kind`).join(' ');
    const lots = Array.from({ length: 50 }, (_, index) => `l${index}: lots(first: 1) { nodes { ...wide } }`).join(' ');
    await lotline.data(`{ documents { nodes { number ${lots} } } } fragment wide on Lot { ${wide} }`);
    await settled(
      async () => [...(await briefs(SELLER)), ...(await briefs(RIVAL))],
      (found) => found.filter((each) => each === 'READ ANALYST   Document   1').length === 2,
    );
  });

  test('what was read for an answer that was too late is not there: nothing of it was shown', async () => {
    await lotline.restart(undefined, { questionTimeout: 500 });
    const release = await lock(lotline, 'operation_certificate');
    const query = `{ documents { nodes { number } } lot(code: "LOT") { trace(direction: BACK) { complete } producer { certificates { nodes { id } } } } }`;
    const { data, errors } = await lotline.ask(query, {}, by(BUYER));
    await release();
    await lotline.restart();
    expect([data, errors?.map(({ extensions }) => extensions.code)]).toEqual([null, ['TIMED_OUT']]);
    expect(await nowhere(SELLER)).toEqual([]);
    await lotline.data(query, {}, by(BUYER));
    await settled(
      () => briefs(SELLER),
      (all) => all.length === 2,
    );
  });

  test('again within the hour is counted, by each viewer for itself', async () => {
    const query = '{ documents { nodes { number } } }';
    for (const as of [by(BUYER), by(BUYER), by(SELLER), by(BUYER)]) await lotline.data(query, {}, as);
    const found = await settled(
      () => briefs(SELLER),
      (all) => all.reduce((sum, each) => sum + Number(each.split(' ').at(-1)), 0) === 4,
    );
    expect(found.sort()).toEqual([`READ OPERATION ${BUYER}  Document   3`, `READ OPERATION ${SELLER}  Document   1`]);
  });

  test('by a stream: what is told is read by everybody who is told, once for each delivery', async () => {
    const query = 'subscription { importCertificateStatusChanged { cursor sequence change { to importCertificate { number } } } }';
    const streams = await Promise.all([by(BUYER), 'analyst' as const, by(RIVAL)].map((as) => subscribe(lotline, { query, as })));
    await Promise.all(streams.map((stream) => stream.abreast()));
    await lotline.import({
      'import_certificates.csv': certificates(certificateNumber(1, 2), 'handed_over'),
    });
    await Promise.all(streams.map((stream) => stream.abreast()));
    const told = streams.map(({ changes }) => changes.length);
    expect(told).toEqual([expect.any(Number), expect.any(Number), 0]);
    const found = await settled(
      () => briefs(SELLER),
      (all) => all.length >= 2,
    );
    expect(found.sort()).toEqual([
      `READ ANALYST   ImportCertificate   ${told[1]}`,
      `READ OPERATION ${BUYER}  ImportCertificate   ${told[0]}`,
    ]);
    await Promise.all(streams.map((stream) => stream.close()));
  });

  test('by a key: the key is named to whose it is, and to nobody else', async () => {
    const { createKey: created } = (await createKey(['DOCUMENTS'], by(BUYER), ids.buyer)).data;
    await askBy(created.secret, '{ documents { nodes { number } } }');
    const read = (of: string) => journal(of, by(of), { acts: ['READ'] });
    expect(
      (
        await settled(
          () => read(BUYER),
          (all) => all.length > 0,
        )
      ).map(brief),
    ).toEqual([`READ PARTNER ${BUYER} Our app Document   1`]);
    expect((await read(SELLER)).map(brief)).toEqual([`READ PARTNER ${BUYER}  Document   1`]);
    // A key reads no journal, not even of its own operation.
    const { data } = await askBy(created.secret, '{ accesses { nodes { act } } viewer { operation { accesses { nodes { act } } } } }');
    expect(data).toEqual({ accesses: null, viewer: { operation: { accesses: null } } });
  });
});

test.each<[string, string, string]>([
  ['a trace', '{ lot(code: "LOT") { trace(direction: BACK) { complete } } }', 'TRACED ANALYST   Lot   1'],
  ['an origin', '{ lot(code: "LOT") { origin { complete } } }', 'TRACED ANALYST   Lot   1'],
  ['a recall', '{ recall(lots: ["$lot"]) { kilograms } }', 'TRACED ANALYST   Lot   1'],
])('who was told the story of a lot by %s is told to its parties', async (_, query, wanted) => {
  await lotline.data(query.replace('$lot', ids.lot));
  await settled(
    () => briefs(BUYER),
    (found) => found.length > 0,
  );
  expect([await briefs(SELLER), await briefs(BUYER)]).toEqual([[wanted], [wanted]]);
  expect(await nowhere(RIVAL)).toHaveLength(1);
});

test('whose lots went into others is told once that a story came by them, and not whose it was, nor how many there were', async () => {
  const made = ['MADE-1', 'MADE-2', 'MADE-3'];
  await lotline.import({
    'lots.csv': csv(made.map((code) => ({ code, producer: BUYER, product: 'Wheat', quantity: 100, unit: 'KGM', kind: 'transformation' }))),
    'lot_inputs.csv': csv(made.map((output) => ({ output, input: 'LOT', quantity: 100, unit: 'KGM' }))),
  });
  const story = (code: string) => lotline.data(`{ lot(code: "${code}") { trace(direction: BACK) { complete } } }`, {}, by(BUYER));
  await story('MADE-1');
  const first = await settled(
    () => journal(SELLER),
    (found) => found.length > 0,
  );
  for (const code of made) await story(code);
  await settled(
    () => briefs(BUYER),
    (found) => found.filter((each) => each.includes(' Lot ')).length === made.length,
  );
  const told = await journal(SELLER);
  expect(told.map(brief)).toEqual([`TRACED OPERATION ${BUYER}     1`]);
  expect(told).toEqual(first);
});

test('who is let in and let out is written down with the command itself, for whoever let them in', async () => {
  const { createKey: created } = (await createKey(['LOTS'])).data;
  const revoke = (as: As) =>
    lotline.ask(
      'mutation ($input: RevokeKeyInput!) { revokeKey(input: $input) { cursor } }',
      { input: { idempotencyKey: `r-${++made}`, key: created.key.id } },
      as,
    );
  expect(await briefs(SELLER)).toEqual([`GRANTED OPERATION ${SELLER}  ApiKey key.created  1`]);
  await revoke('admin');
  expect(await briefs(SELLER)).toEqual([
    `GRANTED OPERATION ${SELLER}  ApiKey key.created  1`,
    'ENDED ADMINISTRATOR   ApiKey key.revoked  1',
  ]);
  expect(await briefs(BUYER)).toEqual([]);
});

test('a broker that is assigned, and an audit that is opened, are told to whose data they see, and what they look at then as well', async () => {
  const soon = new Date(Date.now() + 86_400_000).toISOString();
  const { assignBroker } = await lotline.data(
    'mutation ($input: AssignBrokerInput!) { assignBroker(input: $input) { brokerAssignment { id } } }',
    { input: { idempotencyKey: 'assign', importer: ids.buyer, broker: ids.rival, scopes: ['DOCUMENTS'], validUntil: soon } },
    by(BUYER),
  );
  await lotline.data('{ documents { nodes { number } } }', {}, by(RIVAL));
  await lotline.data(
    'mutation ($input: EndBrokerAssignmentInput!) { endBrokerAssignment(input: $input) { cursor } }',
    { input: { idempotencyKey: 'end', brokerAssignment: assignBroker.brokerAssignment.id } },
    by(RIVAL),
  );
  const [other] = await lotline.database.query<{ id: string }>("select id from certifier where code = 'ZZO'");
  const certifier = Buffer.from(`Certifier:${other!.id}`).toString('base64url');
  await lotline.data(
    'mutation ($input: GrantAuditInput!) { grantAudit(input: $input) { cursor } }',
    { input: { idempotencyKey: 'audit', lot: ids.lot, certifier, directions: ['BACK'], reason: 'x', validUntil: soon } },
    'admin',
  );
  await lotline.data('{ lot(code: "LOT") { trace(direction: BACK) { complete } } }', {}, { certifier: 'ZZO' });
  const found = await settled(
    () => briefs(BUYER),
    (all) => all.some((each) => each.startsWith('TRACED')) && all.some((each) => each.startsWith('READ')),
  );
  expect(found.sort()).toEqual([
    `ENDED OPERATION ${RIVAL}  BrokerAssignment broker.ended  1`,
    'GRANTED ADMINISTRATOR    audit.granted  1',
    `GRANTED OPERATION ${BUYER}  BrokerAssignment broker.assigned  1`,
    `READ OPERATION ${RIVAL}  Document   1`,
    'TRACED CERTIFIER ZZO  Lot   1',
  ]);
  // The broker's own journal has its own paper only.
  expect((await briefs(RIVAL)).sort()).toEqual([`READ OPERATION ${RIVAL}  Document   1`]);
});

describe('what was refused', () => {
  const harvest = (as: As, producer: string) =>
    lotline.ask(
      'mutation ($input: CreateKeyInput!) { createKey(input: $input) { secret } }',
      { input: { idempotencyKey: `h-${++made}`, operation: producer, name: 'x', scopes: ['LOTS'], expiresOn: LAST_DAY } },
      as,
    );

  test.each<[string, As, string]>([
    ['an operation', by(RIVAL), `REFUSED OPERATION ${RIVAL}  Operation createKey FORBIDDEN 1`],
    ['a certifier', { certifier: 'ZZO' }, 'REFUSED CERTIFIER ZZO  Operation createKey FORBIDDEN 1'],
    ['an analyst', 'analyst', 'REFUSED ANALYST   Operation createKey FORBIDDEN 1'],
    ['nobody', 'nobody', 'REFUSED NOBODY   Operation createKey UNAUTHENTICATED 1'],
  ])('a command for another operation, by %s, is told to that operation', async (_, as, wanted) => {
    await harvest(as, ids.seller);
    expect(
      await settled(
        () => briefs(SELLER),
        (found) => found.length > 0,
      ),
    ).toEqual([wanted]);
    expect(await nowhere(BUYER)).toEqual([]);
  });

  test('what is there and is not theirs is told to its parties by its id; what is not there is in no journal', async () => {
    const offer = (lot: string) =>
      lotline.ask(
        'mutation ($input: DeclareLotInputsInput!) { declareLotInputs(input: $input) { cursor } }',
        { input: { idempotencyKey: `d-${++made}`, lot, inputs: [{ lot: ids.rivalLot, quantity: { value: '1', unit: 'KGM' } }] } },
        by(RIVAL),
      );
    const madeUp = Buffer.from('Lot:01900000-0000-7000-8000-000000000000').toString('base64url');
    const answers = [await offer(ids.lot), await offer(madeUp)];
    expect(answers.map(code)).toEqual(['NOT_FOUND', 'NOT_FOUND']);
    for (const id of [ids.certificate, ids.document, madeUp])
      expect((await lotline.data('query ($id: ID!) { node(id: $id) { id } }', { id }, by(RIVAL))).node).toBeNull();
    const found = await settled(
      () => briefs(BUYER),
      (all) => all.length >= 3,
    );
    expect(found.sort()).toEqual([
      `REFUSED OPERATION ${RIVAL}  Document node NOT_FOUND 1`,
      `REFUSED OPERATION ${RIVAL}  ImportCertificate node NOT_FOUND 1`,
      `REFUSED OPERATION ${RIVAL}  Lot declareLotInputs NOT_FOUND 1`,
    ]);
    expect(await nowhere(RIVAL)).toHaveLength(1);
    expect((await journal(null)).filter(({ act }) => act === 'REFUSED')).toHaveLength(3);
  });

  test('a key that asks beyond its scopes is told to whose it is, over HTTP and for a stream; what it looked for is told to it no more than to others', async () => {
    const { createKey: created } = (await createKey(['SHIPMENTS'])).data;
    expect(code(await askBy(created.secret, '{ documents { totalCount } }'))).toBe('FORBIDDEN');
    const response = await fetch(`${lotline.url}/graphql/stream`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${created.secret}` },
      body: JSON.stringify({ query: 'subscription { lotEvents { cursor } }' }),
    });
    expect(response.status).toBe(403);
    await response.text();
    // Whether there is such a paper would show by a record.
    await askBy(created.secret, 'query ($id: ID!) { node(id: $id) { id } }', { id: ids.rivalDocument });
    const read = async () => (await journal(SELLER, by(SELLER), { acts: ['REFUSED'] })).map(brief);
    const found = await settled(read, (all) => all.length >= 2);
    expect(found.sort()).toEqual([
      `REFUSED PARTNER ${SELLER} Our app  DocumentConnection FORBIDDEN 1`,
      `REFUSED PARTNER ${SELLER} Our app  LotEventMessage FORBIDDEN 1`,
    ]);
    await settled(
      () => briefs(RIVAL),
      (all) => all.includes(`REFUSED PARTNER ${SELLER}  Document node NOT_FOUND 1`),
    );
    expect(await read()).toHaveLength(2);
  });
});

describe('who may read it', () => {
  test('an operation its own, and who sees everything all of it; for everybody else it is null', async () => {
    await lotline.data('{ documents { nodes { number } } }', {}, by(BUYER));
    await settled(
      () => briefs(SELLER),
      (found) => found.length > 0,
    );
    for (const as of ['analyst', 'admin'] as const) {
      expect((await journal(SELLER, as)).map(brief)).toEqual(await briefs(SELLER));
      expect((await journal(null, as)).map(brief)).toContain(`READ OPERATION ${BUYER}  Document   1`);
      expect((await journal(null, as))[0].cut).toBe(false);
    }
    expect((await journal(SELLER))[0].cut).toBeNull();
    expect(await journal(SELLER, by(BUYER))).toBeNull();
    for (const as of [by(SELLER), { certifier: 'ZZJ' }, 'nobody'] as As[]) expect(await journal(null, as)).toBeNull();
  });

  test('in pages, by act and by day', async () => {
    for (const as of [by(BUYER), by(SELLER), 'analyst' as const, 'admin' as const])
      await lotline.data('{ documents { nodes { number } } }', {}, as);
    await createKey(['LOTS']);
    const all = await settled(
      () => journal(SELLER),
      (found) => found.length === 5,
    );
    const walked: any[] = [];
    for (let after: string | null = null; ; ) {
      const { accesses }: any = (
        await lotline.data(
          `query ($after: String) { operation(identifier: "${SELLER}") { accesses(first: 2, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes { ${FIELDS} } } } }`,
          { after },
          by(SELLER),
        )
      ).operation;
      expect(accesses.totalCount).toBe(5);
      walked.push(...accesses.nodes);
      after = accesses.pageInfo.endCursor;
      if (!accesses.pageInfo.hasNextPage) break;
    }
    expect(walked).toEqual(all);
    const today = new Date().toISOString().slice(0, 10);
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    const some = async (filter: object) => (await journal(SELLER, by(SELLER), filter)).length;
    expect([await some({ acts: ['GRANTED'] }), await some({ acts: ['READ', 'ENDED'] }), await some({ acts: [] })]).toEqual([1, 4, 0]);
    expect([
      await some({ from: today }),
      await some({ to: today }),
      await some({ from: tomorrow }),
      await some({ to: '2025-01-01' }),
    ]).toEqual([5, 5, 0, 0]);
  });
});
