import { setTimeout as sleep } from 'node:timers/promises';
import { csv, type GraphQLAnswer, type Lotline, startLotline } from '../support/lotline';
import { Work } from '../support/work';

// Nothing that is admitted goes on for more than a tenth beyond its time, wherever in its work the time ends: in statements, in the walk, in
// the shares, in the steps, or in writing the answer. Of as many lots as DEADLINE_LOTS says.

const LOTS = Number(process.env.DEADLINE_LOTS ?? 4000);
/** As often each question is asked, with a time that ends a little later in its work. */
const CUTS = Number(process.env.DEADLINE_CUTS ?? 2);
/** Lists of 500 lots with 100 values each: 19 of them are the whole of a budget. */
const WIDTH = process.env.DEADLINE_LOTS ? 19 : 10;
/** Lists of each of 500 lots, or operations. */
const [MANY, NULLABLE_EACH] = process.env.DEADLINE_LOTS ? [45, 50] : [20, 40];
/** Lots that are traced in one question. */
const TRACED = process.env.DEADLINE_LOTS ? 360 : 100;
/** Operations beside the one that has all the lots. */
const OTHERS = 499;
/** Least time that is given, milliseconds. */
const LEAST = 100;
/** What a tenth is at least, milliseconds: that of five seconds. In one go come the rows of a statement, and the bytes of an answer. */
const TENTH = 500;

let lotline: Lotline;
beforeAll(async () => {
  lotline = await startLotline({ questionTimeout: 600_000, pollMs: 600_000 });
  const codes = Array.from({ length: LOTS }, (_, index) => `W-${index + 1}`);
  const lot = { producer: 'W:FARM', product: 'Wheat', unit: 'KGM' };
  await lotline.import({
    'operations.csv': csv([
      { operation: 'W:FARM', name: 'Farm', country: 'UA', roles: 'producer;handler' },
      ...Array.from({ length: OTHERS }, (_, index) => ({
        operation: `W:OTHER-${index + 1}`,
        name: 'Other',
        country: 'UA',
        roles: 'handler',
      })),
    ]),
    'products.csv': csv([{ product: 'Wheat', hts: '1001990000', organic: 'yes' }]),
    'lots.csv': csv([
      { ...lot, code: 'W-0', quantity: 1_000_000, kind: 'harvest' },
      ...codes.map((code) => ({ ...lot, code, quantity: 1, kind: 'transformation' })),
    ]),
    'lot_inputs.csv': csv(codes.map((output) => ({ output, input: 'W-0', quantity: 1, unit: 'KGM' }))),
  });
  await lotline.database.query('analyze');
}, 600_000);
afterEach(() => lotline.restart());
afterAll(() => lotline.close());

const PAGES = [
  'lots(first: 500) { nodes { kilograms lot { code } } }',
  'links(first: 500) { nodes { from to kilograms } }',
  'steps(first: 500) { nodes { kind on lot { lot { code } } } }',
  'gaps(first: 500) { nodes { kind message } }',
  'holders(first: 500) { nodes { held } }',
  'summary { operations firstOn gaps { count } modes { legs } }',
].join(' ');
const TRACE = `{ lot(code: "W-0") { trace(direction: FORWARD) { ${PAGES} } } }`;
/** The widest answer that is admitted, about: hardly anything is asked of the database for what is written. */
const LEAVES = Array.from({ length: 50 }, (_, index) => `c${index}: code k${index}: kind`).join(' ');
const WIDE = `{ ${Array.from({ length: WIDTH }, (_, index) => `l${index}: lots(first: 500) { nodes { ...leaves } }`).join(' ')} } fragment leaves on Lot { ${LEAVES} }`;
/** Lists without end, of which nothing is written. */
const LISTS = `{ lots(first: 500) { nodes { ${Array.from({ length: MANY }, (_, index) => `l${index}: outputs(first: ${index + 1}) { __typename }`).join(' ')} } } }`;
/** A walk for each object of a list. */
const ONE_BY_ONE = `{ lots(first: ${TRACED}) { nodes { trace(direction: BACK) { complete } } } }`;
/** Each list may be null: of thousands that are too late none has an error of its own. */
const NULLABLE = `{ operations(first: 500) { nodes { ${Array.from({ length: NULLABLE_EACH }, (_, index) => `l${index}: accesses(first: 1) { __typename }`).join(' ')} } } }`;

async function timed(query: string): Promise<{ ms: number; data: unknown; codes: string[]; bytes: number }> {
  const work = await Work.of(lotline);
  const headers = { authorization: `Bearer ${await lotline.token('analyst')}`, 'content-type': 'application/json' };
  const [began, before] = [performance.now(), work.soFar()];
  const response = await fetch(`${lotline.url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) });
  const bytes = Buffer.from(await response.arrayBuffer());
  // On a busy machine the time that passes is not the server's own.
  const ms = Math.min(performance.now() - began, work.soFar() - before);
  const { data, errors = [] } = JSON.parse(bytes.toString()) as GraphQLAnswer;
  return { ms, data, codes: errors.map(({ extensions }) => extensions.code), bytes: bytes.length };
}

test.each([
  ['a trace of many lots', TRACE],
  ['a wide answer', WIDE],
  ['lists of which nothing is written', LISTS],
  ['a walk for each object', ONE_BY_ONE],
  ['lists that may be null', NULLABLE],
])(
  '%s ends in time, with one error, wherever in its work the time ends',
  async (what, query) => {
    const whole = await timed(query);
    expect(whole.codes).toEqual([]);
    const seen: string[] = [];
    let ended = 0;
    for (let cut = 1; cut <= CUTS; cut++) {
      const within = Math.max(LEAST, (whole.ms * cut) / (CUTS + 1));
      await lotline.restart(undefined, { questionTimeout: within });
      const { ms, data, codes } = await timed(query);
      const wasEnded = codes.length > 0;
      seen.push(`${Math.round(ms)} of ${Math.round(within)} ms${wasEnded ? ', ended' : ''}`);
      ended += Number(wasEnded);
      expect([codes, data]).toEqual(wasEnded ? [['TIMED_OUT'], null] : [[], expect.anything()]);
      expect({ within, ms, isLate: ms > within + Math.max(TENTH, within / 10) }).toMatchObject({ isLate: false });
    }
    expect(ended).toBeGreaterThan(0);
    if (process.env.DEADLINE_LOTS) process.stderr.write(`${what}: ${Math.round(whole.ms)} ms, ${whole.bytes} bytes; ${seen.join('; ')}\n`);
  },
  600_000,
);

test('a large answer holds everything once, in its order, however it is asked for', async () => {
  const lists = Array.from({ length: 8 }, (_, index) => `l${index}: lots(first: 500) { nodes { code } edges { node { code } } }`).join(' ');
  const small =
    'small: lots(first: 500) { nodes { code inputs(first: 1) { nodes { output { code } } edges { node { output { code } } } } } }';
  const { small: nested, ...all } = await lotline.data(`{ ${lists} ${small} }`);
  const [{ nodes }] = Object.values(all) as any[];
  const codes = nodes.map(({ code }: any) => code);
  expect(new Set(codes).size).toBe(500);
  for (const { nodes, edges } of Object.values(all) as any[])
    expect([nodes.map(({ code }: any) => code), edges.map(({ node }: any) => node.code)]).toEqual([codes, codes]);
  for (const { code, inputs } of nested.nodes.slice(1))
    expect(inputs).toEqual({ nodes: [{ output: { code } }], edges: [{ node: { output: { code } } }] });
});

test('of a lot that went into thousands the next steps are read by the index, whatever PostgreSQL counts', async () => {
  const read = async () => {
    const [row] = await lotline.database.query<{ looks: string; rows: string }>(
      "select seq_scan + idx_scan as looks, seq_tup_read as rows from pg_stat_user_tables where relname = 'lot_input'",
    );
    return { looks: Number(row!.looks), rows: Number(row!.rows) };
  };
  // What was read is told a second after it.
  await sleep(1500);
  const before = await read();
  await lotline.data('{ lot(code: "W-0") { trace(direction: FORWARD) { lots(first: 1) { totalCount } } } }');
  let after = await read();
  for (const until = Date.now() + 20_000; after.looks === before.looks && Date.now() < until; await sleep(100)) after = await read();
  expect(after.looks).toBeGreaterThan(before.looks);
  // The lots themselves by one look at the whole of it, or two; not one for each.
  expect(after.rows - before.rows).toBeLessThan(20 * LOTS);
});

test('of many owners who have little the lists are read by the index, however much one of them has', async () => {
  const read = async () => {
    const [row] = await lotline.database.query<{ looks: string; rows: string }>(
      "select seq_scan + idx_scan as looks, seq_tup_read + idx_tup_fetch as rows from pg_stat_user_tables where relname = 'lot'",
    );
    return { looks: Number(row!.looks), rows: Number(row!.rows) };
  };
  await sleep(1500);
  const before = await read();
  const { nodes } = (await lotline.data(`{ operations(first: 500) { nodes { lots(first: 2) { nodes { code } } } } }`)).operations;
  expect(nodes.map(({ lots }: any) => lots.nodes.length).sort()).toEqual([...Array(OTHERS).fill(0), 2]);
  let after = await read();
  for (const until = Date.now() + 20_000; after.looks === before.looks && Date.now() < until; await sleep(100)) after = await read();
  expect(after.looks).toBeGreaterThan(before.looks);
  expect(after.rows - before.rows).toBeLessThan(20 * LOTS);
});
