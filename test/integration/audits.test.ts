import { subscribe } from '../support/live';
import { type As, csv, fingerprint, type GraphQLAnswer, type Lotline, startLotline } from '../support/lotline';
import { cutSockets, openSocket, until } from '../support/sockets';
import { certificateNumber, entryNumber } from '../support/world';

// Audits: an administrator opens the full chain of a lot to a certifier who certifies nobody in it, to read and for a time.

const [FARM, MILL, PACKER, BAKER, IMPORTER, ELSEWHERE] = ['A:FARM', 'A:MILL', 'A:PACKER', 'A:BAKER', 'A:IMPORTER', 'A:ELSEWHERE'];
const OPERATIONS = [FARM, MILL, PACKER, BAKER, IMPORTER, ELSEWHERE];
const AUDITOR = { certifier: 'ZA1' };
const OTHER = { certifier: 'ZA2' };
const HTS = '1101000010';
const [CERTIFICATE, ENTRY] = [certificateNumber(89, 1), entryNumber(890)];
const DAY_MS = 86_400_000;
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString();

/** Lots, what each was made of, and by whom. F1 also goes to somebody else, whose lot is ahead of it and behind nothing here. */
const LOTS: [lot: string, producer: string, inputs: string[]][] = [
  ['F1', FARM, []],
  ['F2', FARM, []],
  ['M', MILL, ['F1', 'F2']],
  ['P', PACKER, ['M']],
  ['R', BAKER, ['P']],
  ['Y', ELSEWHERE, ['F1']],
];
const CODES = LOTS.map(([lot]) => lot);

let lotline: Lotline;
let lots: Map<string, string>;
let certifiers: Record<string, string>;
/** Global ids of what is about the lots. */
let about: Record<string, string>;
let made = 0;

beforeAll(async () => {
  lotline = await startLotline({ heartbeatMs: 50, pollMs: 50 });
  await lotline.import({
    'certifiers.csv': csv(['ZA1', 'ZA2', 'ZA3'].map((certifier) => ({ certifier, name: certifier, scheme: 'NOP' }))),
    'operations.csv': csv(OPERATIONS.map((operation) => ({ operation, name: operation, country: 'TR', roles: 'handler' }))),
    'products.csv': csv([{ product: 'Organic flour', hts: HTS, organic: 'yes' }]),
    'lots.csv': csv(
      LOTS.map(([code, producer, inputs]) => ({
        code,
        producer,
        product: 'Organic flour',
        quantity: 10,
        unit: 'TNE',
        kind: inputs.length === 0 ? 'harvest' : 'transformation',
        produced_on: '2025-01-10',
      })),
    ),
    'lot_inputs.csv': csv(LOTS.flatMap(([output, , inputs]) => inputs.map((input) => ({ output, input, quantity: 1, unit: 'TNE' })))),
    'transfers.csv': csv([{ lot: 'F1', from: FARM, to: MILL, on: '2025-01-11', quantity: 2, unit: 'TNE', document: 'SALE' }]),
    'shipments.csv': csv([
      { reference: 'TO-MILL', shipper: FARM, consignee: MILL },
      { reference: 'TO-ELSEWHERE', shipper: FARM, consignee: ELSEWHERE },
    ]),
    'shipment_lots.csv': csv([
      { shipment: 'TO-MILL', lot: 'F1', quantity: 2, unit: 'TNE' },
      { shipment: 'TO-ELSEWHERE', lot: 'Y', quantity: 2, unit: 'TNE' },
    ]),
    'documents.csv': csv(
      [
        { number: 'SALE' },
        { number: 'ABOUT-F1', lots: 'F1' },
        { number: 'ABOUT-SHIPMENT', shipments: 'TO-MILL' },
        { number: 'ABOUT-Y', lots: 'Y' },
      ].map((each) => ({
        lots: '',
        shipments: '',
        type: 'invoice',
        issuer: FARM,
        issued_on: '2025-01-11',
        marked_organic: 'yes',
        ...each,
      })),
    ),
    'import_certificates.csv': csv([
      {
        number: CERTIFICATE,
        kind: 'SHIPMENT',
        exporter: PACKER,
        importer: IMPORTER,
        certifier: 'ZA3',
        hts: HTS,
        issued_on: '2025-02-02',
        requested_on: '2025-02-01',
      },
    ]),
    'import_certificate_lines.csv': csv([{ certificate: CERTIFICATE, product: 'Organic flour', quantity: 1, unit: 'TNE', lot: 'P' }]),
    'customs_entries.csv': csv([
      { entry: ENTRY, line: 1, certificate: CERTIFICATE, filed_on: '2025-03-01', hts: HTS, quantity: 1, unit: 'TNE', lots: 'P' },
    ]),
    'emergency_actions.csv': csv([{ number: 'EAN-A', on: '2025-03-02', ordered: 'hold', shipment: 'TO-MILL' }]),
  });
  const answer = await lotline.data(
    `{ lots { nodes { id code } } documents { nodes { id number } } shipments { nodes { id reference emergencyActions { nodes { id } } } }
       importCertificates { nodes { id customsEntries { nodes { id } } certifier { id } } } }`,
  );
  lots = new Map(answer.lots.nodes.map(({ id, code }: any) => [code, id]));
  const [certificate] = answer.importCertificates.nodes;
  about = {
    ...Object.fromEntries(answer.documents.nodes.map(({ id, number }: any) => [number, id])),
    ...Object.fromEntries(answer.shipments.nodes.map(({ id, reference }: any) => [reference, id])),
    action: answer.shipments.nodes.find((each: any) => each.reference === 'TO-MILL').emergencyActions.nodes[0].id,
    certificate: certificate.id,
    entry: certificate.customsEntries.nodes[0].id,
  };
  certifiers = {};
  for (const as of [AUDITOR, OTHER])
    certifiers[as.certifier] = (await lotline.data('{ viewer { certifier { id } } }', {}, as)).viewer.certifier.id;
});
afterAll(() => lotline.close());
afterEach(async () => {
  await cutSockets();
  await lotline.database.query('update audit_grant set revoked_at = now() where revoked_at is null');
});

const grant = (more: object = {}, as: As = 'admin'): Promise<GraphQLAnswer> =>
  lotline.ask(
    `mutation ($input: GrantAuditInput!) { grantAudit(input: $input) { cursor
       auditGrant { id directions reason grantedAt validUntil revokedAt lot { code } certifier { code } } } }`,
    {
      input: {
        idempotencyKey: `grant-${++made}`,
        lot: lots.get('P'),
        certifier: certifiers[AUDITOR.certifier],
        directions: ['BACK'],
        reason: 'Complaint 12',
        validUntil: inDays(30),
        ...more,
      },
    },
    as,
  );
const granted = async (more: object = {}): Promise<any> => {
  const { data, errors } = await grant(more);
  if (errors) throw new Error(JSON.stringify(errors));
  return data.grantAudit.auditGrant;
};
const revoke = (auditGrant: string, as: As = 'admin'): Promise<GraphQLAnswer> =>
  lotline.ask(
    'mutation ($input: RevokeAuditInput!) { revokeAudit(input: $input) { auditGrant { revokedAt } } }',
    { input: { idempotencyKey: `revoke-${++made}`, auditGrant } },
    as,
  );
const code = ({ errors }: GraphQLAnswer) => errors?.[0]?.extensions.code;
const pathOf = ({ errors }: GraphQLAnswer) => (errors?.[0]?.extensions.path ?? []).join('.');

const node = async (id: string, as: As): Promise<boolean> =>
  (await lotline.data('query ($id: ID!) { node(id: $id) { id } }', { id }, as)).node !== null;
const operationId = async (identifier: string): Promise<string> =>
  (await lotline.data(`{ operation(identifier: "${identifier}") { id } }`)).operation.id;
/** Lots found by id, each of which must be found by its code too, and by no list. */
async function seen(as: As = AUDITOR, codes: readonly string[] = CODES): Promise<string[]> {
  const found: string[] = [];
  for (const lot of codes) {
    const byId = await node(lots.get(lot)!, as);
    expect((await lotline.data('query ($lot: String!) { lot(code: $lot) { code } }', { lot }, as)).lot).toEqual(
      byId ? { code: lot } : null,
    );
    if (byId) found.push(lot);
  }
  const listed = await lotline.data('{ lots { totalCount nodes { code } } shipments { totalCount } documents { totalCount } }', {}, as);
  expect(listed).toEqual({ lots: { totalCount: 0, nodes: [] }, shipments: { totalCount: 0 }, documents: { totalCount: 0 } });
  return found;
}
const seenAbout = async (as: As = AUDITOR): Promise<string[]> => {
  const found: string[] = [];
  for (const [name, id] of Object.entries(about)) if (await node(id, as)) found.push(name);
  return found.sort();
};

test('without a grant nothing of a chain is there', async () => {
  expect([await seen(), await seenAbout()]).toEqual([[], []]);
});

test.each<[string, string[], string[]]>([
  ['P', ['BACK'], ['F1', 'F2', 'M', 'P']],
  ['M', ['FORWARD'], ['M', 'P', 'R']],
  ['M', ['BACK', 'FORWARD'], ['F1', 'F2', 'M', 'P', 'R']],
  ['F1', ['FORWARD'], ['F1', 'M', 'P', 'R', 'Y']],
  ['F1', ['BACK'], ['F1']],
])('an audit of %s, %j, opens the lots %j to its certifier and to nobody else', async (lot, directions, opened) => {
  await granted({ lot: lots.get(lot), directions });
  expect(await seen()).toEqual(opened);
  expect(await seen(OTHER)).toEqual([]);
});

test('it opens what is about the lots: shipments, papers, certificates, entries, emergency actions', async () => {
  const { id } = await granted();
  expect(await seenAbout()).toEqual(['ABOUT-F1', 'ABOUT-SHIPMENT', 'SALE', 'TO-MILL', 'action', 'certificate', 'entry']);
  const { offerTransfer } = await lotline.data(
    'mutation ($input: OfferTransferInput!) { offerTransfer(input: $input) { transferOffer { id } } }',
    {
      input: {
        idempotencyKey: 'offer',
        lot: lots.get('M'),
        sender: await operationId(MILL),
        receiver: await operationId(BAKER),
        quantity: { value: '1', unit: 'KGM' },
        on: '2025-04-01',
      },
    },
    'admin',
  );
  expect([await node(offerTransfer.transferOffer.id, AUDITOR), await node(offerTransfer.transferOffer.id, OTHER)]).toEqual([true, false]);
  const chain = `{
    packed: lot(code: "P") { producer { name } balance { born used lost onHand elsewhere } inputs { nodes { kilograms holder { name } input { code } } }
      importCertificates { nodes { history { status } customsEntries { nodes { number } } importer { name } } } }
    farmed: lot(code: "F1") { ownership { nodes { owner { name } document { number } } } documents { nodes { number } } balance { elsewhere }
      shipments { nodes { reference status emergencyActions { nodes { number } } } } }
  }`;
  expect(await lotline.data(chain, {}, AUDITOR)).toEqual(await lotline.data(chain));
  for (const name of [FARM, MILL, PACKER, IMPORTER])
    expect((await lotline.data(`{ operation(identifier: "${name}") { name } }`, {}, AUDITOR)).operation).toEqual({ name });
  expect((await lotline.data('{ search(text: "ABOUT") { nodes { ... on Document { number } } } }', {}, AUDITOR)).search.nodes).toEqual([
    { number: 'ABOUT-F1' },
    { number: 'ABOUT-SHIPMENT' },
  ]);
  await revoke(id);
  expect(await lotline.data(chain, {}, AUDITOR)).toEqual({ packed: null, farmed: null });
  expect((await lotline.data(`{ operation(identifier: "${PACKER}") { name } }`, {}, AUDITOR)).operation).toBeNull();
});

test.each([
  ['P', 'BACK', ['F1', 'F2', 'M']],
  ['M', 'FORWARD', ['P', 'R']],
])('a trace of %s, %s, shows every lot of the open chain', async (root, direction, reached) => {
  await granted({ lot: lots.get(root), directions: [direction] });
  const trace = `{ lot(code: "${root}") { trace(direction: ${direction}) { lots { nodes { lot { code } withheld { country } kilograms } } } } }`;
  const { nodes } = (await lotline.data(trace, {}, AUDITOR)).lot.trace.lots;
  expect(nodes).toEqual((await lotline.data(trace)).lot.trace.lots.nodes);
  expect(nodes.map(({ lot }: any) => lot.code).sort()).toEqual(reached);
});

test('an audit ahead does not tell where else the lots behind went', async () => {
  await granted({ lot: lots.get('M'), directions: ['FORWARD'] });
  expect(await seenAbout()).toEqual(['certificate', 'entry']);
  const { lot } = await lotline.data(
    '{ lot(code: "M") { inputs { nodes { input { code } } } outputs { nodes { output { code } } } } }',
    {},
    AUDITOR,
  );
  expect(lot.outputs.nodes).toEqual([{ output: { code: 'P' } }]);
  expect(lot.inputs.nodes.filter(({ input }: any) => input !== null)).toEqual([]);
});

const STORY = `query ($lot: String!, $direction: TraceDirection!) { lot(code: $lot) {
  trace(direction: $direction) {
    rootRef complete summary { lots operations depth countries firstOn lastOn modes { mode legs } gaps { kind count } }
    lots { totalCount nodes { ref depth kilograms share lot { code } withheld { country } } } links { nodes { from to kilograms } }
    steps { totalCount nodes { kind on lot { ref } owner { name } from { name } to { name } kilograms shipment { reference } importCertificate { number }
      documents { number } certified } }
    gaps { totalCount nodes { kind on message rule lot { ref } } } holders { nodes { operation { name } lots held fromRoot inTransit } }
  }
  origin { complete unknown countries { country kilograms } farms { nodes { operation { name } kilograms } } } } }`;
/** A story with refs numbered in order of appearance, as they are each viewer's own. */
async function story(lot: string, direction: string, as: As): Promise<string> {
  const refs: string[] = [];
  return JSON.stringify(await lotline.data(STORY, { lot, direction }, as), (key, value) => {
    if (!(/^(?:ref|rootRef)$/.test(key) || (/^(?:from|to)$/.test(key) && typeof value === 'string'))) return value;
    if (!refs.includes(value)) refs.push(value);
    return refs.indexOf(value);
  });
}

test.each([
  ['P', 'BACK'],
  ['M', 'FORWARD'],
  ['F1', 'FORWARD'],
])('the story of %s %s is told to its certifier as it is to an analyst', async (lot, direction) => {
  await granted({ lot: lots.get(lot), directions: ['BACK', 'FORWARD'] });
  const told = await story(lot, direction, AUDITOR);
  expect(told).toBe(await story(lot, direction, 'analyst'));
  expect(told).toContain('"kind":"TRANSFORMED"');
});

test('an audit behind a lot asked ahead: what went elsewhere is not told, and is on nobody', async () => {
  await granted({ lot: lots.get('P'), directions: ['BACK'] });
  const query = `{ lot(code: "F1") { trace(direction: FORWARD) { complete lots { nodes { lot { code } kilograms } } gaps(kinds: [WITHHELD]) { totalCount }
    holders { nodes { operation { name } held fromRoot } } } } }`;
  const [told, all] = [(await lotline.data(query, {}, AUDITOR)).lot.trace, (await lotline.data(query)).lot.trace];
  expect(told.lots.nodes).toEqual(all.lots.nodes.filter(({ lot }: any) => lot.code === 'M' || lot.code === 'P'));
  expect(told).toMatchObject({ complete: false, gaps: { totalCount: 1 } });
  for (const { held, fromRoot } of told.holders.nodes) expect(Number(fromRoot)).toBeLessThanOrEqual(Number(held));
});

test('it ends: at its instant, when it is revoked, when the certifier gives it back', async () => {
  await granted();
  expect(await seen()).toHaveLength(4);
  await lotline.database.query('update audit_grant set valid_until = now() where revoked_at is null');
  expect([await seen(), await seenAbout()]).toEqual([[], []]);

  const { id } = await granted();
  expect(await seen()).toHaveLength(4);
  expect((await revoke(id)).data.revokeAudit.auditGrant.revokedAt).toMatch(/^20/);
  expect([await seen(), await seenAbout()]).toEqual([[], []]);
  expect(code(await revoke(id))).toBe('CONFLICT');

  const again = await granted({ validUntil: new Date(Date.now() + 300).toISOString() });
  await new Promise((done) => setTimeout(done, 320));
  expect(await seen()).toEqual([]);
  expect(code(await revoke(again.id))).toBe('CONFLICT');

  const given = await granted();
  expect(code(await revoke(given.id, OTHER))).toBe('NOT_FOUND');
  expect(code(await revoke(given.id, { operation: PACKER }))).toBe('FORBIDDEN');
  expect(await seen()).toHaveLength(4);
  expect((await revoke(given.id, AUDITOR)).errors).toBeUndefined();
  expect(await seen()).toEqual([]);
});

test('of two audits one may end: what the other opens stays open', async () => {
  const { id } = await granted();
  await granted({ lot: lots.get('M'), directions: ['FORWARD'] });
  expect(await seen()).toEqual(['F1', 'F2', 'M', 'P', 'R']);
  await revoke(id);
  expect(await seen()).toEqual(['M', 'P', 'R']);
});

test('facts that come late to the chain are in it: another lot behind, another paper; retracted ones are not', async () => {
  await granted({ lot: lots.get('R') });
  const importLots = (codes: string[]) =>
    lotline.import({
      'lots.csv': csv(
        codes.map((each) => ({
          code: each,
          producer: FARM,
          product: 'Organic flour',
          quantity: 1,
          unit: 'TNE',
          kind: 'harvest',
          produced_on: '2025-01-01',
        })),
      ),
    });
  await importLots(['LATE', 'LATER']);
  const { lots: now } = await lotline.data('{ lots { nodes { id code } } }');
  for (const { id, code: each } of now.nodes) lots.set(each, id);
  expect(await seen(AUDITOR, ['LATE', 'LATER'])).toEqual([]);
  const declare = (input: string, correctionReason: string | null) =>
    lotline.data(
      'mutation ($input: DeclareLotInputsInput!) { declareLotInputs(input: $input) { lot { code } } }',
      {
        input: {
          idempotencyKey: `declare-${++made}`,
          lot: lots.get('F2'),
          inputs: [{ lot: lots.get(input), quantity: { value: '1', unit: 'KGM' } }],
          correctionReason,
        },
      },
      'admin',
    );
  await declare('LATE', null);
  expect(await seen(AUDITOR, ['LATE', 'LATER'])).toEqual(['LATE']);
  await declare('LATER', 'it was another');
  expect(await seen(AUDITOR, ['LATE', 'LATER'])).toEqual(['LATER']);
  await lotline.import({
    'documents.csv': csv([
      { type: 'invoice', number: 'LATE-PAPER', issuer: FARM, issued_on: '2025-01-11', marked_organic: 'yes', lots: 'LATER' },
    ]),
  });
  const { lot } = await lotline.data('{ lot(code: "LATER") { documents { nodes { number } } } }', {}, AUDITOR);
  expect(lot.documents.nodes).toEqual([{ number: 'LATE-PAPER' }]);
});

test('it is to read only', async () => {
  await granted();
  const before = await fingerprint(lotline.database);
  const voided = await lotline.ask(
    'mutation ($input: VoidImportCertificateInput!) { voidImportCertificate(input: $input) { cursor } }',
    { input: { idempotencyKey: 'void', importCertificate: about.certificate, reason: 'x' } },
    AUDITOR,
  );
  expect(code(voided)).toBe('FORBIDDEN');
  const inputs = await lotline.ask(
    'mutation ($input: DeclareLotInputsInput!) { declareLotInputs(input: $input) { cursor } }',
    { input: { idempotencyKey: 'inputs', lot: lots.get('F1'), inputs: [{ lot: lots.get('F2'), quantity: { value: '1', unit: 'KGM' } }] } },
    AUDITOR,
  );
  expect(code(inputs)).toBe('FORBIDDEN');
  expect(await fingerprint(lotline.database)).toEqual(before);
});

test('the grant is known to its certifier and to whoever sees everything, and is in the log', async () => {
  const made = await granted({ directions: ['FORWARD', 'BACK', 'BACK'] });
  expect(made).toMatchObject({
    directions: ['FORWARD', 'BACK'],
    reason: 'Complaint 12',
    revokedAt: null,
    lot: { code: 'P' },
    certifier: { code: 'ZA1' },
  });
  const listed = async (as: As) =>
    (
      await lotline.data(
        'query ($id: ID!) { node(id: $id) { ... on Certifier { auditGrants(first: 500) { totalCount nodes { id lot { code } } } } } }',
        { id: certifiers[AUDITOR.certifier] },
        as,
      )
    ).node.auditGrants;
  for (const as of [AUDITOR, 'analyst', 'admin'] as const) {
    expect(await node(made.id, as)).toBe(true);
    expect((await listed(as)).nodes).toContainEqual({ id: made.id, lot: { code: 'P' } });
  }
  for (const as of [OTHER, { operation: PACKER }, 'nobody'] as const) {
    expect(await node(made.id, as)).toBe(false);
    expect(await listed(as)).toEqual({ totalCount: 0, nodes: [] });
  }
  await revoke(made.id);
  expect((await listed(AUDITOR)).nodes).toContainEqual({ id: made.id, lot: null });
  const events = await lotline.database.query<{ type: string; payload: any }>(
    "select type, payload from event where type like 'audit.%' order by command desc, ordinal limit 2",
  );
  expect(events.map(({ type }) => type)).toEqual(['audit.revoked', 'audit.granted']);
  expect(events[1]!.payload).toMatchObject({ reason: 'Complaint 12', directions: ['FORWARD', 'BACK'] });
});

const unknown = (type: string) => Buffer.from(`${type}:01920000-0000-7000-8000-000000000000`).toString('base64url');
test.each<[string, string, string, () => object, As]>([
  ['by the certifier itself', 'FORBIDDEN', '', () => ({}), AUDITOR],
  ['by an analyst', 'FORBIDDEN', '', () => ({}), 'analyst'],
  ['by an operation', 'FORBIDDEN', '', () => ({}), { operation: PACKER }],
  ['without a token', 'UNAUTHENTICATED', '', () => ({}), 'nobody'],
  ['of what is no lot', 'NOT_FOUND', 'input.lot', () => ({ lot: unknown('Lot') }), 'admin'],
  ['of what is no lot at all', 'BAD_USER_INPUT', 'input.lot', () => ({ lot: unknown('Document') }), 'admin'],
  ['for who is no certifier', 'NOT_FOUND', 'input.certifier', () => ({ certifier: unknown('Certifier') }), 'admin'],
  ['without a direction', 'BAD_USER_INPUT', 'input.directions', () => ({ directions: [] }), 'admin'],
  ['without a reason', 'BAD_USER_INPUT', 'input.reason', () => ({ reason: ' ' }), 'admin'],
  ['that is over', 'BAD_USER_INPUT', 'input.validUntil', () => ({ validUntil: inDays(-1) }), 'admin'],
  ['for more than 90 days', 'BAD_USER_INPUT', 'input.validUntil', () => ({ validUntil: inDays(90.01) }), 'admin'],
])('an audit %s is refused: %s at %s', async (_, wanted, path, more, as) => {
  const before = await fingerprint(lotline.database);
  const refused = await grant(more(), as);
  expect([code(refused), pathOf(refused)]).toEqual([wanted, path]);
  expect(await fingerprint(lotline.database)).toEqual(before);
});

test('a chain is open to a certifier once at a time', async () => {
  const { id } = await granted();
  expect([code(await grant()), pathOf(await grant())]).toEqual(['CONFLICT', 'input.lot']);
  await granted({ certifier: certifiers[OTHER.certifier] });
  await revoke(id);
  await granted({ validUntil: inDays(89.9) });
});

test('open streams follow at once, on every way: while it is granted they tell of the chain, after its end nothing more', async () => {
  const query =
    'subscription { lotEvents { cursor sequence change { kind lot { code producer { name } inputs { nodes { input { code } } } } } } }';
  const events = await subscribe(lotline, { query, as: AUDITOR });
  const other = await subscribe(lotline, { query, as: OTHER });
  const socket = await openSocket(lotline.url);
  socket.send({ type: 'connection_init', payload: { authorization: await lotline.token(AUDITOR) } });
  await until(() => socket.frames.length > 0);
  socket.send({ id: '1', type: 'subscribe', payload: { query } });
  await until(() => socket.of('1').length > 0);
  const overSocket = () => socket.of('1').flatMap(({ payload }) => payload.data.lotEvents.change ?? []);
  /** A lot loses some, which is news; Y is not in the chain. */
  const tell = async (lot: string) => {
    const { length } = events.changes;
    await lotline.import({
      'lot_adjustments.csv': csv([
        { lot, holder: LOTS.find(([each]) => each === lot)![1], kind: 'sample', on: '2025-04-01', quantity: ++made, unit: 'GRM' },
      ]),
    });
    await events.abreast();
    await until(() => overSocket().length >= events.changes.length);
    return events.changes.slice(length).map(({ lot: { code: each } }) => each);
  };

  expect(await tell('F1')).toEqual([]);
  const { id } = await granted();
  expect(await tell('F1')).toEqual(['F1']);
  expect(await tell('Y')).toEqual([]);
  expect(await tell('M')).toEqual(['M']);
  expect(events.changes.at(-1).lot).toMatchObject({
    producer: { name: MILL },
    inputs: { nodes: [{ input: { code: 'F1' } }, { input: { code: 'F2' } }] },
  });
  await revoke(id);
  expect(await tell('F1')).toEqual([]);
  await granted({ validUntil: new Date(Date.now() + 500).toISOString() });
  expect(await tell('F2')).toEqual(['F2']);
  await new Promise((done) => setTimeout(done, 600));
  expect(await tell('F2')).toEqual([]);
  await granted({ validUntil: inDays(3) });
  expect(await tell('P')).toEqual(['P']);
  await lotline.database.query('update audit_grant set valid_until = now() where revoked_at is null');
  expect(await tell('P')).toEqual([]);
  expect(overSocket()).toEqual(events.changes);
  await other.abreast();
  expect(other.changes).toEqual([]);
  await events.close();
  await other.close();
});

test('pages of an opened list go on by the rights of each moment', async () => {
  const { id } = await granted();
  const page = async (after: string | null) =>
    (
      await lotline.data(
        'query ($after: String) { lot(code: "M") { inputs(first: 1, after: $after) { nodes { input { code } } pageInfo { endCursor hasNextPage } } } }',
        { after },
        AUDITOR,
      )
    ).lot;
  const first = await page(null);
  expect(first.inputs.nodes).toHaveLength(1);
  expect((await page(first.inputs.pageInfo.endCursor)).inputs.nodes).toHaveLength(1);
  await revoke(id);
  expect(await page(first.inputs.pageInfo.endCursor)).toBeNull();
});
