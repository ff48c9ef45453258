import { mintToken } from '@lotline/server/access';
import { subscribe } from '../support/live';
import { type As, csv, type Lotline, startLotline } from '../support/lotline';

// docs/PROTOCOL.md 1.5 and 1.8: what one client asks for is no concern of another's.

const FARM: As = { operation: 'D:FARM' };
const LOTS = 'subscription { lotEvents { cursor sequence change { kind lot { code } } } }';
const STANDINGS = 'subscription { operationCertificateStatusChanged { cursor sequence change { to } } }';

let lotline: Lotline;
let certificate: string;
let recorded = 0;
beforeAll(async () => {
  lotline = await startLotline({ heartbeatMs: 100, pollMs: 100 });
  await lotline.import({
    'certifiers.csv': csv([{ certifier: 'ZZ1', name: 'Certifier', scheme: 'NOP' }]),
    'operations.csv': csv([{ operation: 'D:FARM', name: 'Farm', country: 'UA', roles: 'producer' }]),
    'products.csv': csv([{ product: 'Wheat', hts: '1001990000', organic: 'yes' }]),
    'operation_certificates.csv': csv([{ operation: 'D:FARM', certifier: 'ZZ1', status: 'CERTIFIED', effective_from: '2020-01-01' }]),
  });
  certificate = (await lotline.data('{ operations { nodes { certificates { nodes { id } } } } }')).operations.nodes[0].certificates.nodes[0]
    .id;
});
afterAll(() => lotline.close());

const record = (...codes: string[]) =>
  lotline.import({
    'lots.csv': csv(codes.map((code) => ({ code, producer: 'D:FARM', product: 'Wheat', quantity: 1, unit: 'KGM', kind: 'harvest' }))),
  });
const change = (status: string, effectiveFrom: string) =>
  lotline.data(
    'mutation ($input: ChangeOperationCertificateStatusInput!) { changeOperationCertificateStatus(input: $input) { cursor } }',
    { input: { idempotencyKey: `d-${++recorded}`, operationCertificate: certificate, status, effectiveFrom, reason: 'a test' } },
    'admin',
  );

test('a document that a change cannot be answered for hears so with its errors, counted; others hear the change, and who sees nothing hears nothing', async () => {
  const vain = await subscribe(lotline, {
    query: 'subscription { lotEvents { cursor sequence change { kind lot { code trace(direction: BACK, maxDepth: -1) { complete } } } } }',
    as: FARM,
  });
  const [analyst, farm, stranger] = await Promise.all([
    subscribe(lotline, { query: LOTS }),
    subscribe(lotline, { query: LOTS, as: FARM }),
    subscribe(lotline, { query: LOTS, as: 'nobody' }),
  ]);
  await record('VAIN-1', 'VAIN-2');
  await Promise.all([analyst, farm, stranger].map((each) => each.abreast()));
  for (const until = Date.now() + 10_000; vain.errors.length < 2 && Date.now() < until; ) await new Promise((done) => setTimeout(done, 20));
  const told = ['VAIN-1', 'VAIN-2'].map((code) => ({ kind: 'HARVESTED', lot: { code } }));
  expect([analyst.changes, farm.changes, stranger.changes]).toEqual([told, told, []]);
  expect([analyst.errors, farm.errors, stranger.errors, analyst.complete, farm.complete, stranger.complete]).toEqual([
    [],
    [],
    [],
    false,
    false,
    false,
  ]);
  // It goes on, too: each change counts, and has a cursor to resume from.
  expect(vain.errors.map(({ extensions }: any) => extensions.code)).toEqual(['BAD_USER_INPUT', 'BAD_USER_INPUT']);
  expect(vain.complete).toBe(false);
  expect(
    vain.messages
      .filter(({ sequence }) => sequence > 0)
      .map(({ sequence }) => sequence)
      .slice(0, 2),
  ).toEqual([1, 2]);
  await Promise.all([vain, analyst, farm, stranger].map((each) => each.close()));
});

test('a page that is too long is the error of who asked for it', async () => {
  const vain = await subscribe(lotline, {
    query:
      'subscription { operationCertificateStatusChanged { cursor sequence change { operationCertificate { operation { certificates(first: 100000) { nodes { id } } } } } } }',
    as: 'nobody',
  });
  const other = await subscribe(lotline, { query: STANDINGS, as: 'nobody' });
  await change('SUSPENDED', '2025-01-01');
  await other.abreast();
  expect([other.changes, other.errors]).toEqual([[{ to: 'SUSPENDED' }], []]);
  for (const until = Date.now() + 10_000; vain.errors.length < 1 && Date.now() < until; ) await new Promise((done) => setTimeout(done, 20));
  expect(vain.errors[0].extensions.code).toBe('BAD_USER_INPUT');
  await Promise.all([vain.close(), other.close()]);
});

test('while a laborious message is being written others are told; it is told as well, each change once and in order', async () => {
  const laborious = await subscribe(lotline, {
    query: 'subscription { lotEvents { cursor sequence change { kind lot { code trace(direction: BACK) { steps { totalCount } } } } } }',
  });
  const other = await subscribe(lotline, { query: LOTS });
  await Promise.all([laborious.abreast(), other.abreast()]);
  // Nothing but the story of a lot asks for treatments.
  const blocker = await lotline.database.connect();
  await blocker.client.query('begin; lock table treatment in access exclusive mode');
  const codes = ['LONG-1', 'LONG-2', 'LONG-3'];
  for (const code of codes) await record(code);
  await other.abreast();
  expect(other.changes.map(({ lot }) => lot.code)).toEqual(codes);
  expect(laborious.changes).toEqual([]);
  // Its heart beats meanwhile, so that what is hidden does not show by a beat that is missed.
  const beats = laborious.messages.length;
  for (const until = Date.now() + 10_000; laborious.messages.length < beats + 2; await new Promise((done) => setTimeout(done, 20)))
    if (Date.now() > until) throw new Error('no heartbeat came');
  expect(laborious.changes).toEqual([]);
  await blocker.client.query('commit');
  await blocker.release();
  await record('LONG-4');
  await Promise.all([laborious.abreast(), other.abreast()]);
  expect(laborious.changes.map(({ lot }) => lot.code)).toEqual([...codes, 'LONG-4']);
  const counted = laborious.messages.flatMap(({ sequence, change }) => (change === null ? [] : [sequence]));
  expect(counted).toEqual([1, 2, 3, 4]);
  // The rest from each of its cursors.
  for (const [index, { cursor }] of laborious.messages.filter((each) => each.change !== null).entries()) {
    const rest = await subscribe(lotline, {
      query: 'subscription ($after: Cursor) { lotEvents(after: $after) { cursor sequence change { lot { code origin { complete } } } } }',
      variables: { after: cursor },
    });
    await rest.abreast();
    expect(rest.changes.map(({ lot }) => lot.code)).toEqual([...codes, 'LONG-4'].slice(index + 1));
    await rest.close();
  }
  await Promise.all([laborious.close(), other.close()]);
});

test('a document is at most as long over server-sent events as over WebSocket', async () => {
  const query = `${LOTS} # ${'x'.repeat(70_000)}`;
  await expect(subscribe(lotline, { query })).rejects.toMatchObject({ status: 400 });
});

test('where one of two streams that are alike fails, the heart of the other beats on', async () => {
  const expiry = Math.ceil(Date.now() / 1000) + 1;
  const key = await mintToken(await lotline.viewer('analyst'), lotline.database.installation.tokenKey, expiry);
  const [one, other] = await Promise.all([subscribe(lotline, { query: LOTS, as: { key } }), subscribe(lotline, { query: LOTS })]);
  await Promise.all([one.ended, other.abreast()]);
  expect(one.errors.map(({ extensions }) => extensions.code)).toEqual(['UNAUTHENTICATED']);
  await record('ALIKE-1');
  await other.abreast();
  const beats = other.messages.length;
  for (const until = Date.now() + 5000; other.messages.length < beats + 3; await new Promise((done) => setTimeout(done, 20)))
    if (Date.now() > until) throw new Error('no heartbeat came');
  expect(other.changes.map(({ lot }) => lot.code)).toEqual(['ALIKE-1']);
  await other.close();
});
