import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Reader } from '@lotline/server/database';
import { hold, lock } from '../support/hold';
import { csv, type GraphQLAnswer, type Lotline, startLotline } from '../support/lotline';

// The time for a question or a command is that of all its statements together.

const WITHIN = 1500;
const POOL = 4;
const BEAT_MS = 20;

let lotline: Lotline;
beforeAll(async () => {
  lotline = await startLotline({
    questionTimeout: WITHIN,
    poolSize: POOL,
    pollMs: 600_000,
    journalLimits: { batch: 100_000, everyMs: 600_000 },
  });
  await lotline.import({
    'operations.csv': csv([{ operation: 'D:FARM', name: 'Farm', country: 'UA', roles: 'producer' }]),
    'products.csv': csv([{ product: 'Wheat', hts: '1001990000', organic: 'yes' }]),
    'lots.csv': csv([{ code: 'D-0', producer: 'D:FARM', product: 'Wheat', quantity: 1, unit: 'KGM', kind: 'harvest' }]),
  });
});
afterAll(() => lotline.close());

async function timed(asking: Promise<GraphQLAnswer>): Promise<{ ms: number; answer: GraphQLAnswer }> {
  const began = performance.now();
  // What this machine is late by itself, busy with others, is not the server's.
  let [late, last] = [0, began];
  const beat = setInterval(() => {
    const now = performance.now();
    late += Math.max(0, now - last - 2 * BEAT_MS);
    last = now;
  }, BEAT_MS);
  const answer = await asking;
  clearInterval(beat);
  return { ms: performance.now() - began - late, answer };
}
const expectLate = ({ ms, answer }: { ms: number; answer: GraphQLAnswer }): void => {
  expect(answer.errors!.map(({ extensions }) => extensions.code)).toContain('TIMED_OUT');
  expect(new Set(answer.errors!.map(({ extensions }) => extensions.code))).toEqual(new Set(['TIMED_OUT']));
  expect(ms).toBeGreaterThan(WITHIN * 0.95);
  expect(ms).toBeLessThan(WITHIN * 1.1);
};

test('a question whose first statement takes most of its time has the rest of it for the others', async () => {
  const [lots, operations] = [await lock(lotline, 'lot'), await lock(lotline, 'operation')];
  const late = timed(lotline.ask('{ lots { nodes { code } } operations { nodes { name } } more: operations { nodes { id } } }'));
  await sleep(WITHIN * 0.7);
  await lots();
  expectLate(await late);
  await operations();
  expect((await lotline.ask('{ lots { nodes { code } } operations { nodes { name } } }')).errors).toBeUndefined();
});

test('what was worked for until the deadline is not given back', async () => {
  const release = await lock(lotline, 'lot');
  const { answer } = await timed(lotline.ask('{ lots(first: 500) { nodes { code } } }'));
  await release();
  const { cost } = answer.extensions as any;
  expect(cost.actual).toBe(cost.requested);
});

test('a question waits for a connection no longer than that either', async () => {
  const release = await lock(lotline, 'lot');
  const others = Array.from({ length: POOL }, () => lotline.ask('{ lots { nodes { code } } }'));
  await sleep(300);
  const asked = await timed(lotline.ask('{ operations { nodes { name } } }'));
  expect(asked.ms).toBeLessThan(WITHIN * 1.1);
  await Promise.all(others);
  await release();
});

test('a command that takes too long is rolled back, and carried out when it is sent again with its key', async () => {
  const { operations, products } = await lotline.data('{ operations { nodes { id } } lots { nodes { product { id } } } }').then((data) => ({
    operations: data.operations.nodes,
    products: data.lots.nodes.map(({ product }: any) => product),
  }));
  const input = {
    producer: operations[0].id,
    product: products[0].id,
    code: 'D-1',
    quantity: { value: '1', unit: 'KGM' },
    idempotencyKey: randomUUID(),
  };
  const record = () =>
    lotline.ask('mutation ($input: RecordHarvestInput!) { recordHarvest(input: $input) { lot { code } } }', { input }, 'admin');
  const release = await hold(lotline, 'lock table lot in share row exclusive mode');
  const late = await timed(record());
  expectLate(late);
  expect(late.answer.errors![0]).toMatchObject({
    message: 'the command took too long; nothing was changed',
    extensions: { retryable: true, remedy: 'try again with the same idempotencyKey' },
  });
  await release();
  expect((await lotline.data('{ lots { totalCount } }')).lots.totalCount).toBe(1);
  expect((await record()).data.recordHarvest.lot.code).toBe('D-1');
  expect((await record()).data.recordHarvest.lot.code).toBe('D-1');
  expect((await lotline.data('{ lots { totalCount } }')).lots.totalCount).toBe(2);
});

test('a command that was done in time, of which what was asked for is too late, says so and is not done again', async () => {
  const input = {
    producer: (await lotline.data('{ operations { nodes { id } } }')).operations.nodes[0].id,
    product: (await lotline.data('{ lots { nodes { product { id } } } }')).lots.nodes[0].product.id,
    code: 'D-LATE',
    quantity: { value: '1', unit: 'KGM' },
    idempotencyKey: randomUUID(),
  };
  const record = () =>
    lotline.ask(
      'mutation ($input: RecordHarvestInput!) { recordHarvest(input: $input) { lot { code treatments { nodes { kind } } } } }',
      { input },
      'admin',
    );
  const release = await lock(lotline, 'treatment');
  const late = await timed(record());
  expectLate(late);
  expect(late.answer).toMatchObject({ data: null, errors: [{ message: 'the answer took too long; what was commanded may be done' }] });
  expect(late.answer.errors).toHaveLength(1);
  expect(late.answer.errors![0]!.extensions).toMatchObject({ retryable: true, remedy: expect.stringContaining('same idempotencyKey') });
  const there = () => lotline.data('{ lots(filter: {codePrefix: "D-LATE"}) { totalCount } }');
  expect((await there()).lots.totalCount).toBe(1);
  await release();
  expect((await record()).data.recordHarvest.lot).toEqual({ code: 'D-LATE', treatments: { nodes: [] } });
  expect((await there()).lots.totalCount).toBe(1);
});

test('a client that goes away is not worked for', async () => {
  const release = await lock(lotline, 'lot');
  const leaving = new AbortController();
  const asked = fetch(`${lotline.url}/graphql`, {
    method: 'POST',
    signal: leaving.signal,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${await lotline.token('analyst')}` },
    body: JSON.stringify({ query: '{ lots { nodes { code } } }' }),
  }).catch(() => null);
  const waiting = async () =>
    (await lotline.database.query("select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()")).length;
  for (const last = Date.now() + 500; (await waiting()) === 0 && Date.now() < last; ) await sleep(10);
  expect(await waiting()).toBe(1);
  const began = performance.now();
  leaving.abort();
  await asked;
  while ((await waiting()) > 0) await sleep(10);
  expect(performance.now() - began).toBeLessThan(WITHIN / 3);
  await release();
});

test('whoever is still at work on an answer that is told and closed opens nothing any more', async () => {
  const reader = new Reader(lotline.database);
  reader.letGo();
  await reader.close();
  const went = reader.position().then(() => 'on');
  expect(await Promise.race([went, sleep(500).then(() => 'no further')])).toBe('no further');
});
