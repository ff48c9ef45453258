import { setTimeout as sleep } from 'node:timers/promises';
import { lock } from '../support/hold';
import { type Subscriber, subscribe } from '../support/live';
import { csv, type Lotline, startLotline } from '../support/lotline';

// docs/limits.md: what a stream is told is bounded as what is asked is: a message has the time of a question, and its price.

const LOTS = 'subscription { lotEvents { cursor sequence change { lot { code } } } }';
/** What follows a lot through its chain is told by itself. */
const STORIES = 'subscription { lotEvents { cursor sequence change { lot { code trace(direction: BACK) { steps { totalCount } } } } } }';
/** Least that a story may cost. */
const OF_A_STORY = 500;

let lotline: Lotline;
const start = async (options: Parameters<typeof startLotline>[0]) => {
  lotline = await startLotline({ heartbeatMs: 100, pollMs: 100, ...options });
  await lotline.import({
    'operations.csv': csv([{ operation: 'L:FARM', name: 'Farm', country: 'UA', roles: 'producer' }]),
    'products.csv': csv([{ product: 'Wheat', hts: '1001990000', organic: 'yes' }]),
  });
};
afterEach(() => lotline.close());

const record = (...codes: string[]) =>
  lotline.import({
    'lots.csv': csv(codes.map((code) => ({ code, producer: 'L:FARM', product: 'Wheat', quantity: 1, unit: 'KGM', kind: 'harvest' }))),
  });
const codesOf = ({ changes }: Subscriber): string[] => changes.map(({ lot }) => lot.code);
const until = async (holds: () => boolean): Promise<void> => {
  for (const last = Date.now() + 20_000; !holds(); await sleep(20)) if (Date.now() > last) throw new Error('it did not come to that');
};

test('each laborious message is paid for: what is told waits until that is there, in order and without a gap, and nobody else waits', async () => {
  const allowed = { budget: 2000, restoreRate: 1000, concurrent: 100, streams: 100 };
  await start({ limits: { viewer: allowed, nobody: allowed } });
  const codes = Array.from({ length: 8 }, (_, index) => `PAID-${index}`);
  const [stories, other] = [await subscribe(lotline, { query: STORIES }), await subscribe(lotline, { query: LOTS, as: 'admin' })];
  await Promise.all([stories.abreast(), other.abreast()]);
  const began = performance.now();
  await record(...codes);
  await other.abreast();
  expect(codesOf(other)).toEqual(codes);
  expect(codesOf(stories).length).toBeLessThan(codes.length);
  await until(() => stories.changes.length > 0 && stories.changes.length < codes.length);
  const beats = () => stories.messages.filter(({ change }) => change === null).length;
  const before = beats();
  await until(() => beats() > before);
  await until(() => stories.changes.length === codes.length);
  expect(performance.now() - began).toBeGreaterThan(((codes.length * OF_A_STORY - allowed.budget) / allowed.restoreRate) * 1000);
  expect([codesOf(stories), stories.errors]).toEqual([codes, []]);
  expect(stories.messages.filter(({ change }) => change).map(({ sequence }) => sequence)).toEqual(codes.map((_, index) => index + 1));
  await Promise.all([stories.close(), other.close()]);
});

test('a laborious message that takes too long is told as such in its place, and what comes after it is told', async () => {
  await start({ questionTimeout: 1000 });
  const stories = await subscribe(lotline, { query: STORIES });
  await stories.abreast();
  const release = await lock(lotline, 'treatment');
  const began = performance.now();
  await record('LATE-1');
  await until(() => stories.errors.length > 0);
  expect(performance.now() - began).toBeLessThan(5000);
  await release();
  await record('LATE-2');
  await until(() => stories.changes.length > 0);
  expect(stories.errors).toMatchObject([{ path: ['lotEvents', 'change'], extensions: { code: 'TIMED_OUT' } }]);
  expect([codesOf(stories), stories.messages.map(({ sequence }) => sequence).filter((sequence) => sequence === 1)[0]]).toEqual([
    ['LATE-2'],
    1,
  ]);
  expect(stories.messages.find(({ change }) => change !== null)!.sequence).toBe(2);
  await stories.close();
});

test('the time of a laborious message is that of all its statements together', async () => {
  await start({ questionTimeout: 2000 });
  const stories = await subscribe(lotline, { query: STORIES });
  await stories.abreast();
  // Both are asked for, one after the other, and each of them waited for no longer than it may.
  const [first, second] = [await lock(lotline, 'shipped_lot'), await lock(lotline, 'treatment')];
  const began = performance.now();
  await record('BOTH-1');
  await sleep(1600 - (performance.now() - began));
  await first();
  await until(() => stories.errors.length > 0);
  const ms = performance.now() - began;
  await second();
  expect(stories.errors).toMatchObject([{ extensions: { code: 'TIMED_OUT' } }]);
  expect(ms).toBeLessThan(3200);
  await stories.close();
});

test('however many different streams a viewer has, others wait for a little of them only', async () => {
  await start({});
  // Each is a message that others wait for; together they are too much.
  const outputs = 'outputs(first: 150) { nodes { output { code } } }';
  const queryOf = (name: number, more = '') =>
    `subscription { lotEvents { cursor sequence change { lot { code a${name}: ${outputs} ${more} } } } }`;
  const streams: Subscriber[] = [];
  for (let name = 0; name < 10; name++) streams.push(await subscribe(lotline, { query: queryOf(name) }));
  // What nobody else's message asks for.
  const last = await subscribe(lotline, { query: queryOf(10, 'treatments(first: 1) { nodes { kind } }') });
  const other = await subscribe(lotline, { query: LOTS, as: 'admin' });
  const all = [...streams, last, other];
  await Promise.all(all.map((each) => each.abreast()));
  const release = await lock(lotline, 'treatment');
  await record('MANY-1');
  await Promise.all([...streams, other].map((each) => each.abreast()));
  expect([...streams, other].map(codesOf)).toEqual([...streams, other].map(() => ['MANY-1']));
  expect(codesOf(last)).toEqual([]);
  await release();
  await until(() => last.changes.length > 0);
  // Where some of them end there is room for others again.
  for (const each of streams) await each.close();
  await last.close();
  const again = await subscribe(lotline, { query: queryOf(10, 'treatments(first: 1) { nodes { kind } }') });
  await again.abreast();
  await record('MANY-2');
  await Promise.all([again.abreast(), other.abreast()]);
  expect([codesOf(again), codesOf(other)]).toEqual([['MANY-2'], ['MANY-1', 'MANY-2']]);
  await Promise.all([again.close(), other.close()]);
});

test('what a stream would have been told that has ended is neither written nor paid for', async () => {
  const allowed = { budget: 100_000, restoreRate: 1, concurrent: 100, streams: 100 };
  await start({ limits: { viewer: allowed, nobody: allowed } });
  const stories = await subscribe(lotline, { query: STORIES });
  await stories.abreast();
  const available = async () => ((await lotline.ask('{ __typename }')).extensions as any).cost.available as number;
  const release = await lock(lotline, 'treatment');
  const before = await available();
  await record(...Array.from({ length: 20 }, (_, index) => `ENDED-${index}`));
  const waits = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  while ((await lotline.database.query(waits)).length === 0) await sleep(20);
  await stories.close();
  await sleep(200);
  await release();
  await sleep(1000);
  expect(before - (await available())).toBeLessThan(3 * OF_A_STORY);
});

test('a laborious message that waits too long for a connection is told as such in its place', async () => {
  const poolSize = 4;
  await start({ questionTimeout: 1000, poolSize });
  const stories = await subscribe(lotline, { query: STORIES, as: { operation: 'L:FARM' } });
  await stories.abreast();
  const release = await lock(lotline, 'treatment');
  await record('FIRST', 'SECOND');
  const waits = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  while ((await lotline.database.query(waits)).length === 0) await sleep(20);
  // All connections but that which the first message waits by, and then that as well.
  const taken = Array.from({ length: poolSize }, () => lotline.database.connect());
  await until(() => stories.errors.length === 2);
  await release();
  for (const each of taken) await (await each).release();
  await record('THIRD');
  await until(() => stories.changes.length > 0);
  const late = { path: ['lotEvents', 'change'], extensions: { code: 'TIMED_OUT' } };
  expect([stories.errors, codesOf(stories)]).toMatchObject([[late, late], ['THIRD']]);
  await stories.close();
});

test('laborious messages that take long do not keep others from resuming', async () => {
  await start({ questionTimeout: 2000 });
  const [other, ...stories] = await Promise.all([LOTS, STORIES, STORIES].map((query) => subscribe(lotline, { query })));
  await Promise.all(stories.map((each) => each.abreast()));
  await other!.abreast();
  await other!.close();
  const release = await lock(lotline, 'treatment');
  await record(...Array.from({ length: 10 }, (_, index) => `SLOW-${index}`));
  await until(() => stories.every(({ errors }) => errors.length > 0));
  const resumed = await subscribe(lotline, { query: LOTS, lastEventId: other!.messages.at(-1)!.cursor });
  await resumed.abreast();
  expect(resumed.changes).toHaveLength(10);
  expect(Math.max(...stories.map(({ errors }) => errors.length))).toBeLessThan(4);
  await release();
  await Promise.all([...stories, resumed].map((each) => each.close()));
});

test('laborious messages that take long let those of others have their turn', async () => {
  await start({ questionTimeout: 2000 });
  const wide = STORIES.replace('trace(direction: BACK) { steps { totalCount } }', 'outputs(first: 500) { nodes { output { code } } }');
  const other = await subscribe(lotline, { query: wide, as: 'admin' });
  const stories = [await subscribe(lotline, { query: STORIES }), await subscribe(lotline, { query: STORIES })];
  await Promise.all([other, ...stories].map((each) => each.abreast()));
  const release = await lock(lotline, 'treatment');
  const codes = Array.from({ length: 10 }, (_, index) => `TURN-${index}`);
  await record(...codes.slice(0, 5));
  await until(() => stories.every(({ errors }) => errors.length > 0));
  await record(...codes.slice(5));
  await until(() => other.changes.length === codes.length);
  expect(codesOf(other)).toEqual(codes);
  expect(Math.max(...stories.map(({ errors }) => errors.length))).toBeLessThan(5);
  await release();
  await until(() => stories.every(({ changes, errors }) => changes.length + errors.length === codes.length));
  for (const { messages } of stories)
    expect([...new Set(messages.map(({ sequence }) => sequence))].filter((sequence) => sequence > 0)).toEqual(
      codes.map((_, index) => index + 1),
    );
  await Promise.all([...stories, other].map((each) => each.close()));
});

test('streams that are alike leave nothing behind, whatever their filters cost', async () => {
  await start({});
  const query = `subscription ($codes: [String!]) { lotEvents(filter: { codes: $codes }) { cursor sequence change { lot { code treatments(first: 1) { nodes { kind } } } } } }`;
  const codes = Array.from({ length: 3000 }, (_, index) => `ALIKE-${index}`);
  for (let round = 0; round < 10; round++) {
    const [dear, cheap] = [await subscribe(lotline, { query, variables: { codes } }), await subscribe(lotline, { query })];
    await dear.close();
    await sleep(50);
    await cheap.close();
    await sleep(50);
  }
  const dearer = query.replace('lot { code', 'lot { code outputs(first: 100) { nodes { output { code } } }');
  const [one, other] = [await subscribe(lotline, { query: dearer }), await subscribe(lotline, { query: LOTS, as: 'admin' })];
  await Promise.all([one.abreast(), other.abreast()]);
  const release = await lock(lotline, 'treatment');
  await record('SHARED-1');
  // Others wait for it: it is not laborious.
  await sleep(1000);
  expect([codesOf(one), codesOf(other)]).toEqual([[], []]);
  await release();
  await Promise.all([one.abreast(), other.abreast()]);
  expect([codesOf(one), codesOf(other)]).toEqual([['SHARED-1'], ['SHARED-1']]);
  await Promise.all([one.close(), other.close()]);
});

test('streams that differ in what they begin with and filter only are one in what others wait for, and are not paid for', async () => {
  const allowed = { budget: 100_000, restoreRate: 1, concurrent: 100, streams: 100 };
  await start({ limits: { viewer: allowed, nobody: allowed } });
  const query =
    'subscription ($after: Cursor, $codes: [String!]) { lotEvents(after: $after, filter: { codes: $codes }) { cursor sequence change { lot { code } } } }';
  const streams: Subscriber[] = [];
  for (let name = 0; name < 40; name++) {
    const { cursor } = (await lotline.ask('{ __typename }')).extensions as any;
    streams.push(await subscribe(lotline, { query, variables: { after: cursor, codes: ['EACH-1', `EACH-1-${name}`] } }));
  }
  await Promise.all(streams.map((each) => each.abreast()));
  const available = async () => ((await lotline.ask('{ __typename }')).extensions as any).cost.available as number;
  const before = await available();
  await record('EACH-1');
  await Promise.all(streams.map((each) => each.abreast()));
  expect(streams.map(codesOf)).toEqual(streams.map(() => ['EACH-1']));
  expect(before - (await available())).toBeLessThan(50);
  await Promise.all(streams.map((each) => each.close()));
});
