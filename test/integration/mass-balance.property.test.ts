import fc from 'fast-check';
import { type As, csv, type Lotline, startLotline } from '../support/lotline';
import * as oracle from '../support/oracle';
import { dayOf, folderOf, PRODUCTS, world } from '../support/world';

// The mass balance of an inspection: one operation, one product, one period (7 CFR 205.403(d)(4)).

const RUNS = Number(process.env.PROPERTY_RUNS ?? 25);
const QUESTION = `query ($operation: ID!, $product: ID!, $from: Date!, $to: Date!, $first: Int, $after: String) {
  massBalance(operation: $operation, product: $product, from: $from, to: $to) {
    opening born received sent used lost closing unexplained
    steps(first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes { kind on kilograms owner { name } from { name } to { name } certified lot { lot { code product { name } } } } }
  } }`;

let lotline: Lotline;
beforeAll(async () => {
  lotline = await startLotline();
});
afterAll(() => lotline.close());

const idOfProduct = async (name: string): Promise<string> => {
  const [row] = await lotline.database.query<{ id: string }>('select id from product where name = $1', [name]);
  return Buffer.from(`Product:${row!.id}`).toString('base64url');
};
const idOfOperation = async (identifier: string): Promise<string> =>
  (await lotline.data('query ($of: String!) { operation(identifier: $of) { id } }', { of: identifier })).operation.id;

const numbers = (answer: any, names: readonly string[]): Record<string, number> =>
  Object.fromEntries(names.map((name) => [name, Number(answer[name])]));
const SUMS = ['opening', 'born', 'received', 'sent', 'used', 'lost', 'closing'] as const;

test('mass balances are what an oracle adds up fact by fact; their steps add up to them; over all operations a product closes', async () => {
  await fc.assert(
    fc.asyncProperty(
      world(
        fc.record({
          lots: fc.integer({ min: 1, max: 12 }),
          density: fc.integer({ min: 0, max: 60 }),
          operations: fc.integer({ min: 1, max: 5 }),
        }),
      ),
      fc.constantFrom('Wheat' as const, 'Plain wheat' as const),
      fc.nat(300),
      fc.nat(200),
      fc.integer({ min: 1, max: 7 }),
      async (given, product, start, length, first) => {
        await lotline.import(folderOf(given));
        const [from, to] = [dayOf(start), dayOf(start + length)];
        const all = { ...oracle.massBalance(given, '', product, from, to), unexplained: 0 };
        for (const { identifier } of given.operations) {
          const variables = { operation: await idOfOperation(identifier), product: await idOfProduct(product), from, to };
          const { massBalance } = await lotline.data(QUESTION, { ...variables, first: 500 });
          const expected = oracle.massBalance(given, identifier, product, from, to);
          expect(numbers(massBalance, SUMS)).toEqual(expected);
          const { opening, born, received, sent, used, lost, closing } = expected;
          expect(Number(massBalance.unexplained)).toBe(opening + born + received - sent - used - lost - closing);

          const steps: any[] = massBalance.steps.nodes;
          const sumOf = (counts: (step: any) => boolean) => steps.filter(counts).reduce((sum, step) => sum + Number(step.kilograms), 0);
          expect(sumOf((step) => step.kind === 'LOST')).toBe(lost);
          expect(sumOf((step) => step.kind === 'TRANSFERRED' && step.to.name === identifier)).toBe(received);
          expect(sumOf((step) => step.kind === 'TRANSFERRED' && step.from.name === identifier)).toBe(sent);
          expect(sumOf((step) => step.kind !== 'TRANSFERRED' && step.from === null)).toBe(born);
          expect(sumOf((step) => step.kind === 'TRANSFORMED' && step.from !== null)).toBe(used);
          const days = steps.map((step) => step.on);
          expect(days).toEqual([...days].sort());
          for (const step of steps) {
            expect(step.lot.lot.product.name).toBe(product);
            expect(step.certified).toBe(oracle.verdict(given, step.owner.name, product, step.on));
          }

          const paged: any[] = [];
          for (let after: string | null = null; ; ) {
            const { massBalance: page } = await lotline.data(QUESTION, { ...variables, first, after });
            paged.push(...page.steps.nodes);
            expect(page.steps.totalCount).toBe(steps.length);
            if (!page.steps.pageInfo.hasNextPage) break;
            after = page.steps.pageInfo.endCursor;
          }
          expect(paged).toEqual(steps);
          for (const name of [...SUMS, 'unexplained'] as const) all[name] += Number(massBalance[name]);
        }
        expect(all.received).toBe(all.sent);
        expect(all.opening + all.born - all.used - all.lost).toBe(all.closing + all.unexplained);
      },
    ),
    { numRuns: RUNS },
  );
}, 300_000);

test('a month at a mill, worked out on paper', async () => {
  await lotline.import({
    'operations.csv': csv(['FARM', 'MILL', 'SHOP'].map((name) => ({ operation: `M:${name}`, name, country: 'UA', roles: 'handler' }))),
    'products.csv': csv(Object.entries(PRODUCTS).map(([product, { hts, organic }]) => ({ product, hts, organic }))),
    'lots.csv': csv([
      { code: 'M-1', producer: 'M:FARM', product: 'Wheat', quantity: 100, unit: 'TNE', kind: 'harvest', produced_on: '2025-07-01' },
      { code: 'M-2', producer: 'M:FARM', product: 'Wheat', quantity: 50, unit: 'TNE', kind: 'harvest', produced_on: '2025-08-01' },
      { code: 'M-3', producer: 'M:MILL', product: 'Wheat', quantity: 20, unit: 'TNE', kind: 'transformation', produced_on: '2025-08-20' },
    ]),
    'transfers.csv': csv([
      { lot: 'M-1', from: 'M:FARM', to: 'M:MILL', on: '2025-07-31', quantity: 80, unit: 'TNE' },
      { lot: 'M-2', from: 'M:FARM', to: 'M:MILL', on: '2025-08-01' },
      { lot: 'M-1', from: 'M:MILL', to: 'M:SHOP', on: '2025-08-31', quantity: 90, unit: 'TNE' },
      { lot: 'M-2', from: 'M:MILL', to: 'M:SHOP', on: '2025-09-01', quantity: 5, unit: 'TNE' },
    ]),
    'lot_inputs.csv': csv([{ output: 'M-3', input: 'M-2', quantity: 22, unit: 'TNE' }]),
    'lot_adjustments.csv': csv([{ lot: 'M-2', holder: 'M:MILL', kind: 'cleaning', on: '2025-08-05', quantity: 1, unit: 'TNE' }]),
  });
  const variables = { operation: await idOfOperation('M:MILL'), product: await idOfProduct('Wheat'), from: '2025-08-01', to: '2025-08-31' };
  const { massBalance } = await lotline.data(QUESTION, variables);
  // It sold 10 t of M-1 more than it had: 80 + 20 + 50 - 90 - 22 - 1 = 37, but 27 of M-2 and 20 of M-3 are there.
  expect(numbers(massBalance, [...SUMS, 'unexplained'])).toEqual({
    opening: 80_000,
    born: 20_000,
    received: 50_000,
    sent: 90_000,
    used: 22_000,
    lost: 1000,
    closing: 47_000,
    unexplained: -10_000,
  });
  expect(massBalance.steps.nodes.map(({ kind, on, lot }: any) => `${on} ${kind} ${lot.lot.code}`)).toEqual([
    '2025-08-01 TRANSFERRED M-2',
    '2025-08-05 LOST M-2',
    '2025-08-20 TRANSFORMED M-2',
    '2025-08-20 TRANSFORMED M-3',
    '2025-08-31 TRANSFERRED M-1',
  ]);

  const codeOf = async (as: As, more: object = {}) =>
    (await lotline.ask(QUESTION, { ...variables, ...more }, as)).errors?.map(({ extensions: { code, path } }) =>
      [code, path].flat().join(' '),
    );
  expect(await codeOf({ operation: 'M:MILL' })).toBeUndefined();
  expect(await codeOf({ operation: 'M:FARM' })).toEqual(['FORBIDDEN operation']);
  expect(await codeOf('nobody')).toEqual(['NOT_FOUND operation']);
  expect(await codeOf('analyst', { to: '2025-07-31' })).toEqual(['BAD_USER_INPUT to']);
  expect(await codeOf('analyst', { product: variables.operation })).toEqual(['BAD_USER_INPUT product']);
  const nowhere = Buffer.from('Product:01920000-0000-7000-8000-000000000000').toString('base64url');
  expect(await codeOf('analyst', { product: nowhere })).toEqual(['NOT_FOUND product']);
});
