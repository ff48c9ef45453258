import { type As, csv, type Lotline, startLotline } from '../support/lotline';

// Who sees what, case by case: a farm sells to a trader, who sells on; a rival has lots of the same codes.

const FARM = 'R:FARM';
const TRADER = 'R:TRADER';
const BUYER = 'R:BUYER';
const RIVAL = 'R:RIVAL';
const CERTIFIED = '9990000001';

let lotline: Lotline;
beforeAll(async () => {
  lotline = await startLotline();
  await lotline.import({
    'certifiers.csv': csv([
      { certifier: 'ZZ1', name: 'Present', scheme: 'NOP' },
      { certifier: 'ZZ2', name: 'Past', scheme: 'NOP' },
      { certifier: 'ZZ3', name: 'Stranger', scheme: 'NOP' },
    ]),
    'operations.csv': csv(
      [FARM, TRADER, BUYER, RIVAL, CERTIFIED].map((operation) => ({
        operation,
        name: `Name of ${operation}`,
        country: 'UA',
        roles: 'handler',
      })),
    ),
    'products.csv': csv([{ product: 'Wheat', hts: '1001990000', organic: 'yes' }]),
    'operation_certificates.csv': csv([
      { operation: CERTIFIED, certifier: 'ZZ2', status: 'certified', effective_from: '2024-01-01' },
      { operation: CERTIFIED, certifier: 'ZZ2', status: 'suspended', effective_from: '2025-02-01' },
      { operation: CERTIFIED, certifier: 'ZZ2', status: 'surrendered', effective_from: '2025-03-01' },
      { operation: CERTIFIED, certifier: 'ZZ1', status: 'certified', effective_from: '2025-03-01' },
    ]),
    'lots.csv': csv(
      [
        ...[FARM, RIVAL].map((producer) => ({ code: 'L-1', producer, quantity: 100, produced_on: '2025-01-10' })),
        { code: 'SECRET', producer: RIVAL, quantity: 7, produced_on: '2025-01-10' },
        { code: 'FLOUR', producer: TRADER, quantity: 10, produced_on: '2025-02-20' },
        { code: 'EARLY', producer: CERTIFIED, quantity: 5, produced_on: '2025-01-05' },
        { code: 'MIDDLE', producer: CERTIFIED, quantity: 5, produced_on: '2025-02-15' },
        { code: 'LATER', producer: CERTIFIED, quantity: 5, produced_on: '2025-04-05' },
        { code: 'UNDATED', producer: CERTIFIED, quantity: 5, produced_on: '' },
      ].map((lot) => ({ product: 'Wheat', unit: 'KGM', kind: 'harvest', ...lot })),
    ),
    'transfers.csv': csv([
      { lot: `${FARM}/L-1`, from: FARM, to: TRADER, on: '2025-02-01', quantity: 60, unit: 'KGM' },
      { lot: `${FARM}/L-1`, from: TRADER, to: BUYER, on: '2025-03-01', quantity: 20, unit: 'KGM' },
    ]),
    'lot_inputs.csv': csv([{ output: 'FLOUR', input: `${FARM}/L-1`, quantity: 15, unit: 'KGM' }]),
  });
});
afterAll(() => lotline.close());

const codesOf = async (as: As): Promise<string[]> =>
  (await lotline.data('{ lots { totalCount nodes { code producer { name } } } }', {}, as)).lots.nodes.map((lot: any) => lot.code);
const idOf = async (code: string, producer: string): Promise<string> =>
  (await lotline.data('query ($code: String!, $by: String) { lot(code: $code, producer: $by) { id } }', { code, by: producer })).lot.id;

test('each sees the lots of its own facts, and a shared code is not ambiguous to whom it is not', async () => {
  expect(await codesOf({ operation: FARM })).toEqual(['L-1']);
  expect(await codesOf({ operation: TRADER })).toEqual(['L-1', 'FLOUR']);
  expect(await codesOf({ operation: BUYER })).toEqual(['L-1']);
  expect(await codesOf({ operation: RIVAL })).toEqual(['L-1', 'SECRET']);
  expect(await codesOf('nobody')).toEqual([]);
  expect(await codesOf({ certifier: 'ZZ3' })).toEqual([]);
  const found = async (as: As) => (await lotline.ask('{ lot(code: "L-1") { producer { name } } }', {}, as)).data?.lot?.producer.name;
  expect(await found({ operation: BUYER })).toBe(`Name of ${FARM}`);
  expect(await found({ operation: RIVAL })).toBe(`Name of ${RIVAL}`);
  expect((await lotline.ask('{ lot(code: "L-1") { id } }')).errors![0]!.extensions.code).toBe('AMBIGUOUS');
});

test('sums run over the facts each side sees, and the rest is elsewhere', async () => {
  const ask = async (as: As) => {
    const { lot } = await lotline.data(
      `{ lot(code: "L-1", producer: "${FARM}") {
        balance { born used lost onHand elsewhere }
        holdings { nodes { operation { name } kilograms } } ownership { nodes { owner { name } kilograms until } }
        outputs { totalCount nodes { kilograms output { code } } } } }`,
      {},
      as,
    );
    const name = ({ name }: { name: string }) => name.slice('Name of R:'.length);
    return {
      balance: Object.values(lot.balance).map(Number),
      holdings: lot.holdings.nodes.map((each: any) => `${name(each.operation)} ${each.kilograms}`),
      owners: lot.ownership.nodes.map((each: any) => `${name(each.owner)} ${each.kilograms} ${each.until}`),
      outputs: lot.outputs.totalCount,
    };
  };
  // born, used, lost, onHand, elsewhere
  expect(await ask('analyst')).toEqual({
    balance: [100, 15, 0, 85, 0],
    holdings: ['BUYER 20', 'FARM 40', 'TRADER 25'],
    owners: ['FARM 100 null', 'TRADER 60 null', 'BUYER 20 null'],
    outputs: 1,
  });
  expect(await ask({ operation: FARM })).toEqual({
    balance: [100, 0, 0, 100, 0],
    holdings: ['FARM 40', 'TRADER 60'],
    owners: ['FARM 100 null', 'TRADER 60 null'],
    outputs: 0,
  });
  expect(await ask({ operation: TRADER })).toEqual({
    balance: [100, 15, 0, 45, 40],
    holdings: ['BUYER 20', 'TRADER 25'],
    owners: ['TRADER 60 null', 'BUYER 20 null'],
    outputs: 1,
  });
  expect(await ask({ operation: BUYER })).toEqual({
    balance: [100, 0, 0, 20, 80],
    holdings: ['BUYER 20'],
    owners: ['BUYER 20 null'],
    outputs: 0,
  });
});

test('operations without a certificate show to their partners alone', async () => {
  const found = async (as: As) => {
    const names: string[] = [];
    for (const identifier of [FARM, TRADER, BUYER, RIVAL, CERTIFIED])
      if ((await lotline.data('query ($of: String!) { operation(identifier: $of) { id } }', { of: identifier }, as)).operation)
        names.push(identifier);
    const { operations } = await lotline.data('{ operations { totalCount nodes { name } } }', {}, as);
    expect(operations.totalCount).toBe(names.length);
    return names;
  };
  expect(await found('nobody')).toEqual([CERTIFIED]);
  expect(await found({ operation: RIVAL })).toEqual([RIVAL, CERTIFIED]);
  expect(await found({ operation: FARM })).toEqual([FARM, TRADER, CERTIFIED]);
  expect(await found({ operation: TRADER })).toEqual([FARM, TRADER, BUYER, CERTIFIED]);
  // The buyer sees who produced the lot it holds, but not another owner of it with whom it shares no fact.
  expect(await found({ operation: BUYER })).toEqual([FARM, TRADER, BUYER, CERTIFIED]);
});

test('a certifier sees all facts of whom it certifies, and of whom it certified those of that time', async () => {
  expect(await codesOf({ certifier: 'ZZ1' })).toEqual(['EARLY', 'MIDDLE', 'LATER', 'UNDATED']);
  // While suspended the operation is still under the certifier's oversight.
  expect(await codesOf({ certifier: 'ZZ2' })).toEqual(['EARLY', 'MIDDLE', 'UNDATED']);
  const { viewer } = await lotline.data('{ viewer { kind certifier { code } operation { name } } }', {}, { certifier: 'ZZ2' });
  expect(viewer).toEqual({ kind: 'CERTIFIER', certifier: { code: 'ZZ2' }, operation: null });
  const { lots } = await lotline.data('{ lots(first: 2) { totalCount pageInfo { endCursor } nodes { code } } }', {}, { certifier: 'ZZ2' });
  expect(lots.totalCount).toBe(3);
  const next = await lotline.data(
    'query ($after: String) { lots(first: 2, after: $after) { pageInfo { hasNextPage } nodes { code } } }',
    { after: lots.pageInfo.endCursor },
    { certifier: 'ZZ2' },
  );
  expect([...lots.nodes, ...next.lots.nodes].map(({ code }: any) => code)).toEqual(['EARLY', 'MIDDLE', 'UNDATED']);
});

test('what is invisible is as what is unknown: null for a look-up, NOT_FOUND for a command, and another cursor is refused', async () => {
  const secret = await idOf('SECRET', RIVAL);
  const nowhere = Buffer.from('Lot:01920000-0000-7000-8000-000000000000').toString('base64url');
  const as = { operation: FARM };
  for (const id of [secret, nowhere])
    expect(await lotline.data('query ($id: ID!) { node(id: $id) { id } }', { id }, as)).toEqual({ node: null });
  const { operation, lots } = await lotline.data(
    `{ operation(identifier: "${FARM}") { id } lots { nodes { product { id } } pageInfo { endCursor } } }`,
    {},
    as,
  );
  const refused = async (mutation: string, type: string, input: object) => {
    const answer = await lotline.ask(`mutation ($input: ${type}!) { ${mutation}(input: $input) { cursor } }`, { input }, as);
    return answer.errors!.map(({ message, extensions: { requestId: _, ...rest } }) => ({ message, rest }));
  };
  const [transformations, declarations] = [[], []] as [unknown[], unknown[]];
  for (const lot of [secret, nowhere]) {
    const use = { lot, quantity: { value: '1', unit: 'KGM' } };
    transformations.push(
      await refused('recordTransformation', 'RecordTransformationInput', {
        idempotencyKey: `t-${lot}`,
        producer: operation.id,
        product: lots.nodes[0].product.id,
        code: 'NEW',
        quantity: use.quantity,
        inputs: [use],
      }),
    );
    declarations.push(
      await refused('declareLotInputs', 'DeclareLotInputsInput', {
        idempotencyKey: `d-${lot}`,
        lot,
        inputs: [use],
        correctionReason: 'why',
      }),
    );
  }
  expect(transformations[0]).toMatchObject([{ rest: { code: 'NOT_FOUND', path: ['input', 'inputs', 0, 'lot'] } }]);
  expect(declarations[0]).toMatchObject([{ rest: { code: 'NOT_FOUND', path: ['input', 'lot'] } }]);
  expect(transformations[1]).toEqual(transformations[0]);
  expect(declarations[1]).toEqual(declarations[0]);

  const foreign = await lotline.ask(
    'query ($after: String) { lots(after: $after) { totalCount } }',
    { after: lots.pageInfo.endCursor },
    { operation: RIVAL },
  );
  expect(foreign.errors![0]!.extensions.code).toBe('CURSOR_FOREIGN');
});

test('an operation gives commands for itself only, a certifier for nobody', async () => {
  const { operation } = await lotline.data(`{ operation(identifier: "${FARM}") { id } }`);
  const [{ id }] = (await lotline.database.query<{ id: string }>('select id from product')) as [{ id: string }];
  const give = (as: As, code: string) =>
    lotline.ask(
      'mutation ($input: RecordHarvestInput!) { recordHarvest(input: $input) { lot { code producer { name } } } }',
      {
        input: {
          idempotencyKey: code,
          producer: operation.id,
          product: Buffer.from(`Product:${id}`).toString('base64url'),
          code,
          quantity: { value: '1', unit: 'KGM' },
        },
      },
      as,
    );
  expect((await give({ operation: FARM }, 'OWN')).data.recordHarvest.lot).toEqual({ code: 'OWN', producer: { name: `Name of ${FARM}` } });
  for (const as of [{ operation: RIVAL }, { certifier: 'ZZ1' }, 'analyst'] as const)
    expect((await give(as, 'OTHER')).errors![0]!.extensions.code).toBe('FORBIDDEN');
  expect((await give('nobody', 'OTHER')).errors![0]!.extensions.code).toBe('UNAUTHENTICATED');
});

test('a lot that comes into sight after the first page is on no later page', async () => {
  await lotline.import({
    'lots.csv': csv(
      [1, 2, 3, 4].map((number) => ({ code: `S-${number}`, producer: RIVAL, product: 'Wheat', quantity: 5, unit: 'KGM', kind: 'harvest' })),
    ),
    'transfers.csv': csv([1, 2, 4].map((number) => ({ lot: `S-${number}`, from: RIVAL, to: CERTIFIED, on: '2025-05-01' }))),
  });
  const as = { operation: CERTIFIED };
  const page = (after: string | null) =>
    lotline.data(
      'query ($after: String) { lots(first: 1, after: $after, filter: { codePrefix: "S-" }) { totalCount pageInfo { endCursor } nodes { code } } }',
      { after },
      as,
    );
  const { lots: first } = await page(null);
  await lotline.import({ 'transfers.csv': csv([{ lot: 'S-3', from: RIVAL, to: CERTIFIED, on: '2025-05-02' }]) });
  const { lots: second } = await page(first.pageInfo.endCursor);
  const { lots: third } = await page(second.pageInfo.endCursor);
  expect([first, second, third].map(({ nodes, totalCount }) => [nodes[0].code, totalCount])).toEqual([
    ['S-1', 3],
    ['S-2', 3],
    ['S-4', 3],
  ]);
  expect((await page(null)).lots.totalCount).toBe(4);
});

test('a page is full, or the last, however many facts bring the same lot, and however far the viewer has to look', async () => {
  const many = 2010;
  const own = Array.from({ length: 10 }, (_, index) => `FULL-${index}`);
  await lotline.import({
    'operations.csv': csv([9990000002, 9990000003].map((operation) => ({ operation, name: 'x', country: 'UA', roles: 'handler' }))),
    'operation_certificates.csv': csv(
      [9990000002, 9990000003].map((operation) => ({ operation, certifier: 'ZZ1', status: 'certified', effective_from: '2024-01-01' })),
    ),
    'lots.csv': csv(
      [
        ...Array.from({ length: many }, (_, index) => ({ code: `FAR-${index}`, producer: RIVAL })),
        ...own.map((code) => ({ code, producer: 9990000002 })),
      ].map((lot) => ({ ...lot, product: 'Wheat', quantity: 5, unit: 'KGM', kind: 'harvest' })),
    ),
    'transfers.csv': csv(own.map((lot) => ({ lot, from: 9990000002, to: 9990000003, on: '2025-05-01' }))),
  });
  for (const first of [1, 3, 7, 10, 500]) {
    const seen: string[] = [];
    for (let after: string | null = null; ; ) {
      const { lots }: any = await lotline.data(
        'query ($first: Int, $after: String) { lots(first: $first, after: $after, filter: { codePrefix: "FULL-" }) { totalCount nodes { code } pageInfo { hasNextPage endCursor } } }',
        { first, after },
        { certifier: 'ZZ1' },
      );
      expect(lots.totalCount).toBe(10);
      seen.push(...lots.nodes.map(({ code }: any) => code));
      if (!lots.pageInfo.hasNextPage) break;
      expect(lots.nodes).toHaveLength(first);
      after = lots.pageInfo.endCursor;
    }
    expect(seen).toEqual(own);
  }
});

test('what is taken back after the first page counts on the later ones, for whoever saw it', async () => {
  const [MAKER, A, C] = ['R:MAKER', 'R:A', 'R:Z'];
  await lotline.import({
    'operations.csv': csv([MAKER, A, C].map((operation) => ({ operation, name: operation, country: 'UA', roles: 'handler' }))),
    'lots.csv': csv([
      { code: 'TAKEN', producer: MAKER, product: 'Wheat', quantity: 100, unit: 'KGM', kind: 'harvest' },
      { code: 'MADE', producer: MAKER, product: 'Wheat', quantity: 60, unit: 'KGM', kind: 'transformation' },
    ]),
    'transfers.csv': csv([A, C].map((to) => ({ lot: 'TAKEN', from: MAKER, to, on: '2025-05-01', quantity: 20, unit: 'KGM' }))),
    'lot_inputs.csv': csv([{ output: 'MADE', input: 'TAKEN', quantity: 60, unit: 'KGM' }]),
  });
  const pages = async (as: As, between: () => Promise<unknown>) => {
    const ask = (after: string | null) =>
      lotline.data(
        'query ($after: String) { lot(code: "TAKEN") { holdings(first: 1, after: $after) { totalCount nodes { operation { name } kilograms } pageInfo { endCursor hasNextPage } } } }',
        { after },
        as,
      );
    const { lot: first } = await ask(null);
    await between();
    const { lot: second } = await ask(first.holdings.pageInfo.endCursor);
    return [first, second].map(({ holdings: { totalCount, nodes, pageInfo } }) => [
      totalCount,
      nodes[0].operation.name,
      nodes[0].kilograms,
      pageInfo.hasNextPage,
    ]);
  };
  const { lot } = await lotline.data('{ lot(code: "MADE") { id } }');
  const input = { idempotencyKey: 'take back', lot: lot.id, inputs: [], correctionReason: 'it was another lot' };
  const correct = () =>
    lotline.data('mutation ($input: DeclareLotInputsInput!) { declareLotInputs(input: $input) { cursor } }', { input }, 'admin');
  expect(await pages({ operation: MAKER }, correct)).toEqual([
    [2, A, '20', true],
    [2, C, '20', false],
  ]);
  expect((await pages({ operation: MAKER }, async () => {}))[1]).toEqual([3, MAKER, '60', true]);
});
