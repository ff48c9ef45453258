import { SCOPE_OF_TYPE } from '@lotline/server/access';
import { buildGraph } from '@lotline/server/graph';
import { isObjectType } from 'graphql';
import { WebSocket } from 'ws';
import { type As, csv, fingerprint, type GraphQLAnswer, type Lotline, startLotline } from '../support/lotline';

// Keys: an operation lets an application act for it, as far as the key's scopes go, until it expires or is revoked.

const OWNER = 'K:OWNER';
const OTHER = 'K:OTHER';
const US: As = { operation: OWNER };
const LAST_DAY = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);

let lotline: Lotline;
let ids: { owner: string; other: string; lot: string; theirs: string; document: string; shipment: string };
let made = 0;

beforeAll(async () => {
  lotline = await startLotline({ heartbeatMs: 100, pollMs: 100 });
  const operations = [OWNER, OTHER];
  await lotline.import({
    'operations.csv': csv(operations.map((operation) => ({ operation, name: operation, country: 'TR', roles: 'handler' }))),
    'products.csv': csv([{ product: 'Wheat', hts: '1001990000', organic: 'yes' }]),
    'lots.csv': csv(
      operations.map((producer) => ({
        code: `LOT-${producer.slice(2)}`,
        producer,
        product: 'Wheat',
        quantity: 5,
        unit: 'TNE',
        kind: 'harvest',
      })),
    ),
    'shipments.csv': csv([{ reference: 'LOT-SHIP', shipper: OWNER, consignee: OTHER }]),
    'shipment_lots.csv': csv([{ shipment: 'LOT-SHIP', lot: 'LOT-OWNER', quantity: 1, unit: 'TNE' }]),
    'documents.csv': csv([
      { type: 'invoice', number: 'LOT-PAPER', issuer: OWNER, issued_on: '2025-01-01', marked_organic: 'yes', lots: 'LOT-OWNER' },
    ]),
  });
  const { a, b, lots, documents, shipments } = await lotline.data(
    `{ a: operation(identifier: "${OWNER}") { id } b: operation(identifier: "${OTHER}") { id } lots { nodes { id code } } documents { nodes { id } } shipments { nodes { id } } }`,
  );
  const lotOf = (wanted: string) => lots.nodes.find(({ code }: { code: string }) => code === wanted).id;
  ids = {
    owner: a.id,
    other: b.id,
    lot: lotOf('LOT-OWNER'),
    theirs: lotOf('LOT-OTHER'),
    document: documents.nodes[0].id,
    shipment: shipments.nodes[0].id,
  };
});
afterAll(() => lotline.close());

const create = (more: object = {}, as: As = US): Promise<GraphQLAnswer> =>
  lotline.ask(
    'mutation ($input: CreateKeyInput!) { createKey(input: $input) { cursor secret key { id name scopes expiresAt revokedAt operation { name } } } }',
    { input: { idempotencyKey: `key-${++made}`, operation: ids.owner, name: 'Our app', scopes: ['LOTS'], expiresOn: LAST_DAY, ...more } },
    as,
  );
const created = async (scopes: string[]): Promise<{ id: string; secret: string }> => {
  const { createKey } = (await create({ scopes })).data;
  return { id: createKey.key.id, secret: createKey.secret };
};
const revoke = (key: string, as: As = US): Promise<GraphQLAnswer> =>
  lotline.ask(
    'mutation ($input: RevokeKeyInput!) { revokeKey(input: $input) { cursor key { revokedAt } } }',
    { input: { idempotencyKey: `revoke-${++made}`, key } },
    as,
  );
/** Asks by a key. */
const by = async (secret: string, query: string, variables: object = {}): Promise<GraphQLAnswer & { status: number }> => {
  const response = await fetch(`${lotline.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}` },
    body: JSON.stringify({ query, variables }),
  });
  return { status: response.status, ...((await response.json()) as GraphQLAnswer) };
};
const code = ({ errors }: GraphQLAnswer) => errors?.[0]?.extensions.code;

test('a key is shown once; kept is its hash, and who uses it sees what its operation sees, within its scopes', async () => {
  const input = { idempotencyKey: 'once', scopes: ['LOTS', 'SHIPMENTS', 'LOTS'] };
  const { createKey } = (await create(input)).data;
  expect(createKey.secret).toMatch(/^lotline_[0-9a-f]{32}_[A-Za-z0-9_-]{43}$/);
  expect(createKey.key).toMatchObject({ name: 'Our app', scopes: ['LOTS', 'SHIPMENTS'], revokedAt: null, operation: { name: OWNER } });
  const again = (await create(input)).data.createKey;
  expect([again.key, again.secret]).toEqual([createKey.key, null]);

  // The secret is nowhere in the database, the log and the outcome of the command included.
  const secret = createKey.secret.split('_').slice(2).join('_');
  for (const table of ['api_key', 'event', 'command', 'idempotency_key'])
    expect(JSON.stringify(await lotline.database.query(`select t::text from ${table} t`))).not.toContain(secret);

  const { data } = await by(
    createKey.secret,
    '{ viewer { kind scopes operation { name } } lots { totalCount nodes { code } } shipments { nodes { reference } } }',
  );
  expect(data.viewer).toEqual({ kind: 'PARTNER', scopes: ['LOTS', 'SHIPMENTS'], operation: { name: OWNER } });
  expect(data.lots.nodes).toEqual((await lotline.data('{ lots { nodes { code } } }', {}, US)).lots.nodes);
  expect(data.shipments.nodes).toEqual([{ reference: 'LOT-SHIP' }]);
  expect(data.lots.nodes).not.toContainEqual({ code: 'LOT-OTHER' });
  expect((await by(createKey.secret, 'query ($id: ID!) { node(id: $id) { id } }', { id: ids.theirs })).data).toEqual({ node: null });
});

test.each<[string, string, string[]]>([
  ['papers', '{ documents { totalCount } }', ['LOTS']],
  ['the papers of a lot', '{ lot(code: "LOT-OWNER") { documents { pageInfo { hasNextPage } } } }', ['LOTS', 'SHIPMENTS']],
  ['lots behind a shipment', '{ shipments { nodes { lots { edges { cursor } } } } }', ['LOTS']],
  ['a lot behind a shipment', 'fragment S on Shipment { lots { nodes { lot { code } } } } { shipments { nodes { ...S } } }', ['SHIPMENTS']],
  ['one kind of what is found', '{ search(text: "LOT-") { nodes { ... on Document { id lots { nodes { code } } } } } }', ['DOCUMENTS']],
  ['certificates', '{ importCertificates { nodes { id } } }', ['LOTS', 'COMMANDS']],
  ['a trace', '{ recall(lots: []) { lots } }', ['SHIPMENTS']],
  [
    'a command',
    `mutation { createKey(input: {idempotencyKey: "x", operation: "x", name: "x", scopes: [LOTS], expiresOn: "${LAST_DAY}"}) { cursor } }`,
    ['LOTS'],
  ],
])('beyond the scopes of a key nothing is answered: %s', async (_, query, scopes) => {
  const { secret } = await created(scopes);
  const answer = await by(secret, query);
  expect(code(answer)).toBe('FORBIDDEN');
  expect(answer.data ?? null).toBeNull();
  const operation = await lotline.ask(query, {}, US);
  expect(code(operation) === 'FORBIDDEN' && operation.errors![0]!.message.includes('scope')).toBe(false);
});

test('where a type does not show in the question, what is out of scope is as if it were not there', async () => {
  const { secret } = await created(['LOTS']);
  for (const id of [ids.document, ids.shipment])
    expect((await by(secret, 'query ($id: ID!) { node(id: $id) { __typename id } }', { id })).data).toEqual({ node: null });
  expect((await by(secret, 'query ($id: ID!) { node(id: $id) { __typename } }', { id: ids.lot })).data).toEqual({
    node: { __typename: 'Lot' },
  });
  const search = async (secretOf: string) =>
    (await by(secretOf, '{ search(text: "LOT-") { nodes { __typename } pageInfo { hasNextPage } } }')).data.search.nodes.map(
      (each: any) => each.__typename,
    );
  expect(await search(secret)).toEqual(['Lot']);
  expect(await search((await created(['LOTS', 'SHIPMENTS', 'DOCUMENTS'])).secret)).toEqual(['Lot', 'Document', 'Shipment']);
});

test('every type of the graph has a row in the table of scopes', () => {
  const own = Object.values(buildGraph().getTypeMap()).filter((type) => isObjectType(type) && !type.name.startsWith('__'));
  const missing = own
    .map(({ name }) => name.replace(/(?:Connection|Edge)$/, ''))
    .filter((name) => !name.endsWith('Payload') && !(name in SCOPE_OF_TYPE));
  expect(missing).toEqual([]);
  const names = new Set(own.map(({ name }) => name.replace(/(?:Connection|Edge)$/, '')));
  expect(Object.keys(SCOPE_OF_TYPE).filter((name) => !names.has(name))).toEqual([]);
});

test('with COMMANDS an application gives the commands of its operation, and of no other; it lets nobody in', async () => {
  const { secret } = await created(['LOTS', 'COMMANDS']);
  const { product } = (await lotline.data('query ($id: ID!) { node(id: $id) { ... on Lot { product { id } } } }', { id: ids.lot })).node;
  const harvest = (producer: string) =>
    by(secret, 'mutation ($input: RecordHarvestInput!) { recordHarvest(input: $input) { lot { code } } }', {
      input: { idempotencyKey: `h-${producer}`, producer, product: product.id, code: 'BY-KEY', quantity: { value: '1', unit: 'KGM' } },
    });
  expect((await harvest(ids.owner)).data.recordHarvest).toEqual({ lot: { code: 'BY-KEY' } });
  expect(code(await harvest(ids.other))).toBe('FORBIDDEN');
  const letIn = await by(secret, 'mutation ($input: CreateKeyInput!) { createKey(input: $input) { cursor } }', {
    input: { idempotencyKey: 'k', operation: ids.owner, name: 'x', scopes: ['LOTS'], expiresOn: LAST_DAY },
  });
  expect(code(letIn)).toBe('FORBIDDEN');
  expect((await by(secret, '{ viewer { operation { keys { totalCount } } } }')).data.viewer.operation.keys).toBeNull();
});

test.each<[string, string, string, () => object, As?]>([
  ['for another operation', 'FORBIDDEN', '', () => ({ operation: ids.other }), US],
  ['by an analyst', 'FORBIDDEN', '', () => ({}), 'analyst'],
  ['without a token', 'UNAUTHENTICATED', '', () => ({}), 'nobody'],
  ['without a scope', 'BAD_USER_INPUT', 'input.scopes', () => ({ scopes: [] }), US],
  ['without a name', 'BAD_USER_INPUT', 'input.name', () => ({ name: ' ' }), US],
  ['with a name of 101 letters', 'BAD_USER_INPUT', 'input.name', () => ({ name: 'x'.repeat(101) }), US],
  ['that has expired', 'BAD_USER_INPUT', 'input.expiresOn', () => ({ expiresOn: '2025-01-01' }), US],
  ['that outlives memory', 'BAD_USER_INPUT', 'input.expiresOn', () => ({ expiresOn: '2090-01-01' }), US],
  ['for a lot', 'BAD_USER_INPUT', 'input.operation', () => ({ operation: ids.lot }), 'admin'],
])('a key %s is refused: %s at %s', async (_, wanted, path, more, as) => {
  const before = await fingerprint(lotline.database);
  const refused = await create(more(), as);
  expect(code(refused)).toBe(wanted);
  expect(((refused.errors![0]!.extensions as any).path ?? []).join('.')).toBe(path);
  expect(await fingerprint(lotline.database)).toEqual(before);
});

test('an operation lists and revokes its own keys; those of others are not there', async () => {
  const { id, secret } = await created(['LOTS']);
  const keysOf = async (as: As) =>
    (await lotline.data(`{ operation(identifier: "${OWNER}") { keys(first: 500) { totalCount nodes { id } } } }`, {}, as)).operation?.keys;
  expect((await keysOf(US)).nodes.map((key: any) => key.id)).toContain(id);
  expect((await keysOf('admin')).nodes.map((key: any) => key.id)).toContain(id);
  expect(await keysOf({ operation: OTHER })).toBeNull();
  const node = async (as: As) => (await lotline.data('query ($id: ID!) { node(id: $id) { id } }', { id }, as)).node;
  expect([await node(US), await node({ operation: OTHER }), await node('nobody')]).toEqual([{ id }, null, null]);

  expect(code(await revoke(id, { operation: OTHER }))).toBe('NOT_FOUND');
  expect((await by(secret, '{ viewer { kind } }')).status).toBe(200);
  expect((await revoke(id)).data.revokeKey.key.revokedAt).toMatch(/^20/);
  expect(code(await revoke(id))).toBe('CONFLICT');
  const refused = await by(secret, '{ viewer { kind } }');
  expect([refused.status, code(refused), refused.errors![0]!.message]).toEqual([401, 'UNAUTHENTICATED', 'the key was revoked']);
});

test('a key that is wrong, expired or in a role is refused, and what became of it is told to nobody who has not its secret', async () => {
  const { id, secret } = await created(['LOTS']);
  const [, digits, own] = /^lotline_([0-9a-f]{32})_(.{43})$/.exec(secret)!;
  const wrong = [
    `lotline_${digits}_${'A'.repeat(43)}`,
    `lotline_${'0'.repeat(32)}_${own}`,
    `lotline_${digits}_${own!.slice(1)}`,
    `lotline_${digits}`,
    'lotline_',
    `${secret}x`,
    secret.toUpperCase(),
  ];
  const messages = new Set<string>();
  for (const each of wrong) {
    const { status, errors } = await by(each, '{ viewer { kind } }');
    expect(status).toBe(401);
    messages.add(errors![0]!.message);
  }
  await lotline.database.query("update api_key set expires_at = now() - interval '1 second' where id = $1", [
    Buffer.from(id, 'base64url').toString().split(':')[1],
  ]);
  expect((await by(secret, '{ viewer { kind } }')).errors![0]!.message).toBe('the key has expired');
  const { errors } = await by(wrong[0]!, '{ viewer { kind } }');
  expect(errors![0]!.message).toBe('the key is not valid');
  expect([...messages].sort()).toEqual(['the Authorization header holds no bearer token', 'the key is not valid']);
});

test('a revoked key is felt on open streams at once, on every way: each says where to resume from, and others go on', async () => {
  const [ours, others] = [await created(['LOTS']), await created(['LOTS'])];
  const query = 'subscription { lotEvents { cursor sequence change { lot { code } } } }';
  const stream = async (secret: string) => {
    const leaving = new AbortController();
    const response = await fetch(`${lotline.url}/graphql/stream`, {
      method: 'POST',
      signal: leaving.signal,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}` },
      body: JSON.stringify({ query }),
    });
    expect(response.status).toBe(200);
    let text = '';
    const decoder = new TextDecoder();
    const ended = (async () => {
      for await (const chunk of response.body!) text += decoder.decode(chunk as Uint8Array, { stream: true });
    })().catch(() => {});
    return { ended, text: () => text, leave: () => leaving.abort() };
  };
  const socket = new WebSocket(`${lotline.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  const frames: any[] = [];
  socket.on('message', (data) => frames.push(JSON.parse(String(data))));
  const acknowledged = new Promise((done) => socket.once('message', done));
  socket.once('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: ours.secret } })));
  await acknowledged;
  const closed = new Promise<[number, string]>((done) => socket.once('close', (at, reason) => done([at, String(reason)])));
  const live = new Promise((done) => socket.once('message', done));
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }));
  await live;
  const [one, other] = [await stream(ours.secret), await stream(others.secret)];

  await revoke(ours.id);

  expect(await closed).toEqual([4403, 'the key was revoked']);
  await one.ended;
  expect(frames.at(-1)).toMatchObject({
    type: 'error',
    payload: [{ extensions: { code: 'UNAUTHENTICATED', resumeAfter: expect.any(String) } }],
  });
  expect(one.text()).toContain('the key was revoked');
  await lotline.import({
    'lots.csv': csv([{ code: 'AFTER', producer: OWNER, product: 'Wheat', quantity: 1, unit: 'KGM', kind: 'harvest' }]),
  });
  for (const until = Date.now() + 5000; !other.text().includes('AFTER'); await new Promise((done) => setTimeout(done, 20)))
    if (Date.now() > until) throw new Error('the other key heard nothing');
  expect(one.text()).not.toContain('AFTER');
  other.leave();
  await other.ended;
});
