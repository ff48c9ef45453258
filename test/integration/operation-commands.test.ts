import { subscribe } from '../support/live';
import { type As, csv, fingerprint, type GraphQLAnswer, type Lotline, startLotline } from '../support/lotline';

// A certifier keeps its own clients' records: who they are, how they are certified, for which products by which name on the label.

const OURS: As = { certifier: 'ZZA' };
const THEIRS: As = { certifier: 'ZZB' };
const OTHER: As = { certifier: 'ZZB' };
const CLIENT = '9990000001';

let lotline: Lotline;
let ids: Record<'ours' | 'other' | 'several' | 'client' | 'oats' | 'rye' | 'barley', string>;
let keys = 0;

beforeAll(async () => {
  lotline = await startLotline({ heartbeatMs: 100 });
  await lotline.import({
    'certifiers.csv': csv([
      { certifier: 'ZZA', name: 'Certifier A', country: 'DE', scheme: '' },
      { certifier: 'ZZB', name: 'Certifier B', country: 'DE', scheme: 'EU' },
      { certifier: 'ZZC', name: 'Certifier C', country: 'DE', scheme: 'NOP;EU' },
    ]),
    'operations.csv': csv([{ operation: CLIENT, name: 'Client', country: 'TR', roles: 'exporter' }]),
    'products.csv': csv(['Oats', 'Rye', 'Barley'].map((product) => ({ product, hts: '1008500010', organic: 'yes' }))),
    'operation_certificates.csv': csv(
      ['ZZA', 'ZZB', 'ZZC'].map((certifier) => ({
        operation: CLIENT,
        certifier,
        status: 'certified',
        effective_from: '2024-06-01',
        standard: certifier === 'ZZA' ? 'NOP' : 'EU',
      })),
    ),
    'lots.csv': csv(
      ['Oats', 'Rye', 'Barley'].map((product) => ({ code: product, product, producer: CLIENT, kind: 'harvest', quantity: 1, unit: 'TNE' })),
    ),
  });
  const { operation, lots } = await lotline.data(
    `{ operation(identifier: "${CLIENT}") { id certificates { nodes { certifier { id code } } } } lots { nodes { product { id name } } } }`,
  );
  const certifier = (code: string) => operation.certificates.nodes.find((each: any) => each.certifier.code === code).certifier.id;
  const product = (name: string) => lots.nodes.find((each: any) => each.product.name === name).product.id;
  ids = {
    ours: certifier('ZZA'),
    other: certifier('ZZB'),
    several: certifier('ZZC'),
    client: operation.id,
    oats: product('Oats'),
    rye: product('Rye'),
    barley: product('Barley'),
  };
});
afterAll(() => lotline.close());

const CERTIFICATE = `id standard scope status certifier { code } history { fact status effectiveFrom reason }
  products { nodes { product { name } labelledAs from until } }`;
const tell = (command: string, input: Record<string, unknown>, as: As = OURS): Promise<GraphQLAnswer> =>
  lotline.ask(
    `mutation ($input: ${command[0]!.toUpperCase()}${command.slice(1)}Input!) { done: ${command}(input: $input) { cursor
      ${command === 'recordOperation' ? 'operation { id nopId name country roles }' : `operationCertificate { ${CERTIFICATE} }`} } }`,
    { input: { idempotencyKey: `o-${++keys}`, ...input } },
    as,
  );
let numbers = 1000;
const nopId = () => `999000${++numbers}`;
const enlist = (more: object = {}, as: As = OURS) =>
  tell('recordOperation', { certifier: ids.ours, nopId: nopId(), name: 'New client', country: 'TR', roles: ['HANDLER'], ...more }, as);
const enlisted = async (): Promise<string> => (await enlist()).data.done.operation.id;
const certify = async (operation: string, more: object = {}, as: As = OURS) =>
  tell('recordOperationCertificate', { operation, certifier: ids.ours, effectiveFrom: '2025-01-01', ...more }, as);
const certified = async (more: object = {}): Promise<any> => (await certify(await enlisted(), more)).data.done.operationCertificate;
const verify = (operationCertificate: string, product: string, on: string, more: object = {}, as: As = OURS) =>
  tell('verifyProduct', { operationCertificate, product, on, ...more }, as);
const reasons = ({ errors }: GraphQLAnswer) => errors?.flatMap(({ extensions }) => extensions.reasons ?? [extensions]) ?? [];
async function refused(give: () => Promise<GraphQLAnswer>, code: string, path: string | null): Promise<void> {
  const before = await fingerprint(lotline.database);
  const answer = await give();
  expect(reasons(answer).map((each: any) => [each.code, each.path?.join('.') ?? ''])).toContainEqual([
    code,
    path === null ? '' : `input.${path}`,
  ]);
  expect(await fingerprint(lotline.database)).toBe(before);
}
const unknown = (type: string) => Buffer.from(`${type}:01920000-0000-7000-8000-000000000000`).toString('base64url');

test('a certifier sees the client that it put on its list before it certifies it; nobody else does', async () => {
  const number = nopId();
  const { id } = (await enlist({ nopId: number })).data.done.operation;
  const found = async (as: As) => {
    const { operation, node, operations } = await lotline.data(
      `query ($number: String!, $id: ID!) { operation(identifier: $number) { id } node(id: $id) { id } operations(first: 500) { nodes { id } } }`,
      { number, id },
      as,
    );
    return [operation !== null, node !== null, operations.nodes.some((each: any) => each.id === id)];
  };
  const all = [true, true, true];
  const none = [false, false, false];
  expect(await found(OURS)).toEqual(all);
  expect(await found('analyst')).toEqual(all);
  for (const as of [THEIRS, 'nobody'] as As[]) expect([as, await found(as)]).toEqual([as, none]);

  // Recorded again, the certifier is told which it is; another only that the number is taken.
  const again = reasons(await enlist({ nopId: number }))[0];
  expect(again).toMatchObject({ code: 'CONFLICT', path: ['input', 'nopId'], remedy: expect.stringContaining(id) });
  const byOther = reasons(await enlist({ nopId: number, certifier: ids.other }, THEIRS))[0];
  expect(byOther).toMatchObject({ code: 'CONFLICT', path: ['input', 'nopId'] });
  expect(JSON.stringify(byOther)).not.toContain(id);
  expect((await certify(id)).errors).toBeUndefined();
  for (const as of [THEIRS, 'nobody'] as As[]) expect([as, await found(as)]).toEqual([as, all]);
});

test('a certifier records a client, its certificate, and the products that it verified; all may see it, and followers are told once', async () => {
  const query =
    'subscription { operationCertificateStatusChanged { cursor sequence change { from to effectiveFrom operationCertificate { operation { name } } } } }';
  const stream = await subscribe(lotline, { query, as: 'nobody' });
  const number = nopId();
  const given = { nopId: number, name: 'Invented Mill', roles: ['HANDLER', 'EXPORTER', 'HANDLER'], idempotencyKey: 'one mill' };
  const { operation } = (await enlist(given)).data.done;
  expect(operation).toEqual({ id: operation.id, nopId: number, name: 'Invented Mill', country: 'TR', roles: ['HANDLER', 'EXPORTER'] });
  expect((await enlist(given)).data.done.operation).toEqual(operation);
  const { operationCertificate } = (
    await certify(operation.id, {
      scope: ['handling'],
      hectares: '12.5',
      reason: 'inspected',
      products: [{ product: ids.oats, labelledAs: 'Golden oats' }],
    })
  ).data.done;
  expect(operationCertificate).toMatchObject({
    standard: 'NOP',
    scope: ['handling'],
    status: 'CERTIFIED',
    certifier: { code: 'ZZA' },
    products: { nodes: [{ product: { name: 'Oats' }, labelledAs: 'Golden oats', from: '2025-01-01', until: null }] },
  });
  expect((await verify(operationCertificate.id, ids.rye, '2025-02-01', { labelledAs: 'Dark rye' })).errors).toBeUndefined();
  // Another on the same day, and one by another name from a later one.
  expect((await verify(operationCertificate.id, ids.barley, '2025-02-01')).errors).toBeUndefined();
  const last = (await verify(operationCertificate.id, ids.rye, '2025-03-01', { labelledAs: 'Darkest rye' })).data.done.operationCertificate;
  const form = [
    { product: { name: 'Oats' }, labelledAs: 'Golden oats', from: '2025-01-01', until: null },
    { product: { name: 'Barley' }, labelledAs: null, from: '2025-02-01', until: null },
    { product: { name: 'Rye' }, labelledAs: 'Dark rye', from: '2025-02-01', until: '2025-03-01' },
    { product: { name: 'Rye' }, labelledAs: 'Darkest rye', from: '2025-03-01', until: null },
  ];
  expect(last.products.nodes).toEqual(expect.arrayContaining(form));
  expect(last.products.nodes).toHaveLength(4);
  expect(last.history.map(({ status, effectiveFrom }: any) => `${status} ${effectiveFrom}`)).toEqual([
    'CERTIFIED 2025-01-01',
    'CERTIFIED 2025-02-01',
    'CERTIFIED 2025-03-01',
  ]);
  const { operation: seen } = await lotline.data(
    `{ operation(identifier: "${number}") { name certificates { nodes { id } } } }`,
    {},
    'nobody',
  );
  expect(seen).toEqual({ name: 'Invented Mill', certificates: { nodes: [{ id: operationCertificate.id }] } });
  await stream.abreast();
  expect(stream.changes).toEqual([
    { from: null, to: 'CERTIFIED', effectiveFrom: '2025-01-01', operationCertificate: { operation: { name: 'Invented Mill' } } },
  ]);
  await stream.close();
});

test('a verified product is covered from its day on, and no other', async () => {
  const { id } = await certified();
  const operation = (await lotline.data('query ($id: ID!) { node(id: $id) { ... on OperationCertificate { operation { id } } } }', { id }))
    .node.operation.id;
  await verify(id, ids.oats, '2025-02-01');
  const verdicts = async (product: string) => {
    const made = await lotline.data(
      'mutation ($input: RecordHarvestInput!) { recordHarvest(input: $input) { lot { ownership { nodes { certified } } } } }',
      {
        input: {
          idempotencyKey: `h-${++keys}`,
          producer: operation,
          product,
          code: `H-${keys}`,
          quantity: { value: '1', unit: 'TNE' },
          producedOn: '2025-02-01',
        },
      },
      'admin',
    );
    return made.recordHarvest.lot.ownership.nodes[0].certified;
  };
  expect(await verdicts(ids.oats)).toBe('VALID');
  expect(await verdicts(ids.rye)).toBe('OUT_OF_SCOPE');
});

test('nobody but the certifier keeps its records', async () => {
  const { id } = await certified();
  const others: [As, string][] = [
    [OTHER, 'FORBIDDEN'],
    [{ operation: CLIENT }, 'FORBIDDEN'],
    ['analyst', 'FORBIDDEN'],
    ['nobody', 'UNAUTHENTICATED'],
  ];
  for (const [as, code] of others) {
    await refused(() => enlist({}, as), code, null);
    await refused(() => certify(ids.client, {}, as), code, null);
    await refused(() => verify(id, ids.oats, '2025-02-01', {}, as), code, null);
  }
  expect((await enlist({}, 'admin')).errors).toBeUndefined();
});

test('an operation is refused that is there, or is not as it should be', async () => {
  await refused(() => enlist({ nopId: CLIENT }), 'CONFLICT', 'nopId');
  await refused(() => enlist({ nopId: 'GLN:4012345000009' }), 'BAD_USER_INPUT', 'nopId');
  await refused(() => enlist({ nopId: '999000' }), 'BAD_USER_INPUT', 'nopId');
  await refused(() => enlist({ name: ' ' }), 'BAD_USER_INPUT', 'name');
  await refused(() => enlist({ name: 'x'.repeat(301) }), 'BAD_USER_INPUT', 'name');
  await refused(() => enlist({ roles: [] }), 'BAD_USER_INPUT', 'roles');
  await refused(() => enlist({ latitude: 91 }), 'BAD_USER_INPUT', 'latitude');
  await refused(() => enlist({ certifier: unknown('Certifier') }, 'admin'), 'NOT_FOUND', 'certifier');
  const several = await enlist({ nopId: CLIENT, certifier: unknown('Certifier') }, 'admin');
  expect(reasons(several).map(({ code }: any) => code)).toEqual(['NOT_FOUND', 'CONFLICT']);
  const number = nopId();
  const answers = await Promise.all(Array.from({ length: 16 }, () => enlist({ nopId: number })));
  expect(answers.map((answer) => reasons(answer)[0]?.code ?? 'DONE').sort()).toEqual([...Array(15).fill('CONFLICT'), 'DONE']);
});

test('a certificate is refused that is there, or contradicts itself or its certifier', async () => {
  const client = await enlisted();
  await refused(() => certify(ids.client), 'CONFLICT', 'operation');
  await refused(() => certify(unknown('Operation')), 'NOT_FOUND', 'operation');
  await refused(() => certify(client, { certifier: unknown('Certifier') }, 'admin'), 'NOT_FOUND', 'certifier');
  await refused(() => certify(client, { products: [{ product: unknown('Product') }] }), 'NOT_FOUND', 'products.0.product');
  await refused(() => certify(client, { products: [{ product: ids.oats }, { product: ids.oats }] }), 'CONFLICT', 'products.1');
  await refused(() => certify(client, { certifier: ids.other, standard: 'NOP' }, OTHER), 'REFUSED', 'standard');
  await refused(() => certify(client, { certifier: ids.several }, { certifier: 'ZZC' }), 'BAD_USER_INPUT', 'standard');
  await refused(() => certify(client, { standard: 'MARS' }), 'BAD_USER_INPUT', 'standard');
  await refused(() => certify(client, { expiresOn: '2026-01-01' }), 'REFUSED', 'expiresOn');
  await refused(() => certify(client, { certifier: ids.other, expiresOn: '2024-12-31' }, OTHER), 'REFUSED', 'expiresOn');
  await refused(() => certify(client, { hectares: '0' }), 'BAD_USER_INPUT', 'hectares');
  await refused(() => certify(client, { hectares: 'many' }), 'BAD_USER_INPUT', 'hectares');
  await refused(() => certify(client, { scope: Array.from({ length: 21 }, () => 'crops') }), 'BAD_USER_INPUT', 'scope');
  await refused(() => certify(client, { effectiveFrom: '2025-02-30' }), 'BAD_USER_INPUT', 'effectiveFrom');
  const answers = await Promise.all(Array.from({ length: 16 }, () => certify(client)));
  expect(answers.map((answer) => reasons(answer)[0]?.code ?? 'DONE').sort()).toEqual([...Array(15).fill('CONFLICT'), 'DONE']);
});

test('a product is verified on a day on which the certificate is in force, and the form not changed later', async () => {
  const { id } = await certified({ products: [{ product: ids.oats }] });
  await refused(() => verify(unknown('OperationCertificate'), ids.rye, '2025-02-01'), 'NOT_FOUND', 'operationCertificate');
  await refused(() => verify(id, unknown('Product'), '2025-02-01'), 'NOT_FOUND', 'product');
  await refused(() => verify(id, ids.rye, '2024-12-31'), 'REFUSED', 'on');
  await refused(() => verify(id, ids.oats, '2025-02-01'), 'CONFLICT', 'product');
  await refused(() => verify(id, ids.rye, '2025-02-01', { labelledAs: ' ' }), 'BAD_USER_INPUT', 'labelledAs');
  await verify(id, ids.rye, '2025-03-01');
  await refused(() => verify(id, ids.barley, '2025-02-01'), 'CONFLICT', 'on');
  await tell('changeOperationCertificateStatus', {
    operationCertificate: id,
    status: 'SUSPENDED',
    effectiveFrom: '2025-04-01',
    reason: 'why',
  });
  await refused(() => verify(id, ids.barley, '2025-04-01'), 'REFUSED', 'on');
  // Before the suspension it was in force, and what is verified then outlasts it.
  expect((await verify(id, ids.barley, '2025-03-15')).data.done.operationCertificate.status).toBe('SUSPENDED');
  const answers = await Promise.all(Array.from({ length: 16 }, () => verify(id, ids.rye, '2025-03-20', { labelledAs: 'Rye, again' })));
  expect(answers.map((answer) => reasons(answer)[0]?.code ?? 'DONE').sort()).toEqual([...Array(15).fill('CONFLICT'), 'DONE']);
});

test('a certificate that ends by date is renewed with another last day; a NOP certificate has none', async () => {
  const client = await enlisted();
  const eu = { certifier: ids.other, expiresOn: '2025-12-31' };
  const { id } = (await certify(client, eu, OTHER)).data.done.operationCertificate;
  const change = (effectiveFrom: string, more: object = {}) =>
    tell(
      'changeOperationCertificateStatus',
      { operationCertificate: id, status: 'CERTIFIED', effectiveFrom, reason: 'renewed', ...more },
      OTHER,
    );
  await refused(() => change('2025-06-01'), 'REFUSED', 'status');
  await refused(() => change('2025-06-01', { expiresOn: '2025-05-31' }), 'REFUSED', 'expiresOn');
  await refused(() => verify(id, ids.oats, '2026-01-01', {}, OTHER), 'REFUSED', 'on');
  expect((await change('2026-01-01', { expiresOn: '2026-12-31' })).errors).toBeUndefined();
  expect((await verify(id, ids.oats, '2026-01-01', {}, OTHER)).errors).toBeUndefined();
  const nop = await certified();
  await refused(
    () =>
      tell('changeOperationCertificateStatus', {
        operationCertificate: nop.id,
        status: 'SUSPENDED',
        effectiveFrom: '2025-06-01',
        reason: 'why',
        expiresOn: '2026-01-01',
      }),
    'REFUSED',
    'expiresOn',
  );
});

test('the last step of a certificate is taken back by its certifier, not its first, nor one that others follow', async () => {
  const query = 'subscription { operationCertificateStatusChanged { cursor sequence change { from to reason } } }';
  const { id, history } = await certified();
  const change = async (status: string, effectiveFrom: string) =>
    (await tell('changeOperationCertificateStatus', { operationCertificate: id, status, effectiveFrom, reason: 'why' })).data.done
      .operationCertificate.history;
  const [, suspended] = await change('SUSPENDED', '2025-02-01');
  const [, , again] = await change('CERTIFIED', '2025-03-01');
  const retract = (fact: string, as: As = OURS) =>
    lotline.ask(
      'mutation ($input: RetractFactInput!) { done: retractFact(input: $input) { cursor operationCertificate { status } } }',
      { input: { idempotencyKey: `o-${++keys}`, fact, reason: 'another client' } },
      as,
    );
  const stream = await subscribe(lotline, { query, as: 'nobody' });
  await refused(() => retract(again.fact, OTHER), 'FORBIDDEN', null);
  await refused(() => retract(suspended.fact), 'REFUSED', 'fact');
  await refused(() => retract(history[0].fact), 'REFUSED', 'fact');
  expect((await retract(again.fact)).data.done.operationCertificate).toEqual({ status: 'SUSPENDED' });
  await refused(() => retract(again.fact), 'CONFLICT', 'fact');
  expect((await retract(suspended.fact)).data.done.operationCertificate).toEqual({ status: 'CERTIFIED' });
  await refused(() => retract(history[0].fact), 'REFUSED', 'fact');
  await stream.abreast();
  expect(stream.changes).toEqual([
    { from: 'CERTIFIED', to: 'SUSPENDED', reason: 'another client' },
    { from: 'SUSPENDED', to: 'CERTIFIED', reason: 'another client' },
  ]);
  await stream.close();
});
