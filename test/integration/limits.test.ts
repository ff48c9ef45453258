import { setTimeout as sleep } from 'node:timers/promises';
import { buildSchema, getIntrospectionQuery } from 'graphql';
import { subscribe } from '../support/live';
import { type As, csv, type GraphQLAnswer, type Lotline, startLotline } from '../support/lotline';
import { cutSockets, openSocket, until } from '../support/sockets';

// What may be asked, and how much of it: the same over HTTP, WebSocket and server-sent events.

const ALLOWED = { budget: 5000, restoreRate: 1000, concurrent: 5, streams: 3 };
const FEW = { budget: 500, restoreRate: 50, concurrent: 2, streams: 1 };

let lotline: Lotline;
beforeAll(async () => {
  lotline = await startLotline({ limits: { viewer: ALLOWED, nobody: FEW } });
  await lotline.import({
    'operations.csv': csv([{ operation: 'L:FARM', name: 'Farm', country: 'UA', roles: 'producer' }]),
    'products.csv': csv([{ product: 'Wheat', hts: '1001990000', organic: 'yes' }]),
    'lots.csv': csv(
      Array.from({ length: 5 }, (_, index) => ({
        code: `L-${index}`,
        producer: 'L:FARM',
        product: 'Wheat',
        quantity: 1,
        unit: 'KGM',
        kind: 'harvest',
      })),
    ),
  });
});
afterAll(() => lotline.close());
afterEach(cutSockets);
// Each test begins with whole budgets, and with the same server.
beforeEach(() => lotline.restart());

const first = ({ errors }: GraphQLAnswer) => ({ message: errors?.[0]?.message, ...errors?.[0]?.extensions });

/** How one document is refused by each transport: the extensions of its first error, and the status where there is one. */
interface Refused {
  status: number | null;
  retryAfter: string | null;
  error: { message: string; locations?: unknown; extensions: any };
  errors: { message: string }[];
}
type Send = (query: string, variables?: object) => Promise<Refused>;
const posting =
  (path: string, accept: string): Send =>
  async (query, variables = {}) => {
    const response = await fetch(lotline.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept, authorization: `Bearer ${await lotline.token('analyst')}` },
      body: JSON.stringify({ query, variables }),
    });
    const body = (await response.json()) as any;
    return { status: response.status, retryAfter: response.headers.get('retry-after'), error: body.errors[0], errors: body.errors };
  };
const bySocket: Send = async (query, variables = {}) => {
  const socket = await openSocket(lotline.url, 'graphql-transport-ws');
  socket.send({ type: 'connection_init', payload: { authorization: `Bearer ${await lotline.token('analyst')}` } });
  await until(() => socket.frames.some(({ type }) => type === 'connection_ack'));
  socket.send({ id: 'one', type: 'subscribe', payload: { query, variables } });
  await until(() => socket.of('one').some(({ type }) => type === 'error'));
  const errors = socket.of('one')[0].payload;
  return { status: null, retryAfter: null, error: errors[0], errors };
};

/** The same selection of lots as a question, and as a subscription. */
const asQuestion = (ofLot: string, more = '') => `{ lots(first: 5) { nodes { ${ofLot} } } } ${more}`;
const asStream = (ofLot: string, more = '') => `subscription { lotEvents { change { lot { ${ofLot} } } } } ${more}`;
const TRANSPORTS: [string, Send, typeof asQuestion][] = [
  ['HTTP', posting('/graphql', 'application/json'), asQuestion],
  ['WebSocket', bySocket, asStream],
  ['server-sent events', posting('/graphql/stream', 'text/event-stream'), asStream],
];

/** Waits until something is so that must be asked for. */
async function eventually(what: () => Promise<boolean>): Promise<void> {
  for (const last = Date.now() + 6000; !(await what()); await sleep(20)) if (Date.now() > last) throw new Error(`never: ${what}`);
}

const times = (count: number, text: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ');
const nested = (depth: number): string => `${'producer { lots(first: 1) { nodes { '.repeat(depth)} code ${'} } }'.repeat(depth)}`;

describe.each(TRANSPORTS)('over %s', (_name, send, around) => {
  test.each([
    ['fields that are too deep', nested(10), '', /fields deep; 25 is the most/],
    [
      'fields that are too deep by fragments',
      '...A',
      `fragment A on Lot { ${nested(4).replace('code', '...B')} } fragment B on Lot { ${nested(5)} }`,
      /fields deep; 25 is the most/,
    ],
    ['one field too often', times(51, (index) => `a${index}: code`), '', /code is asked for more than 50 times/],
    ['one field too often without aliases', times(51, () => 'code'), '', /code is asked for more than 50 times/],
    [
      'too many aliases',
      times(5, (index) => `p${index}: producer { ${times(41, (each) => `a${each}: name`)} }`),
      '',
      /more than 200 aliases/,
    ],
    [
      'too many directives',
      times(11, () => `${['id', 'code', 'kind', 'country', 'producedOn'].map((field) => `${field} @include(if: true)`).join(' ')}`),
      '',
      /more than 50 directives/,
    ],
    ['too many directives in one place', `code ${'@include(if: true) '.repeat(5)}`, '', /5 directives in one place; 4 is the most/],
  ])('%s are refused with their place', async (_what, ofLot, more, message) => {
    const { status, errors } = await send(around(ofLot, more));
    // A rule of GraphQL's own may refuse it as well.
    const refused = errors.filter((each) => message.test(each.message));
    expect(refused).toMatchObject([
      {
        message: expect.stringMatching(message),
        locations: [{ line: 1 }],
        extensions: { code: 'TOO_COSTLY', path: ['query'], remedy: expect.any(String), retryable: false },
      },
    ]);
    expect([400, null]).toContain(status);
  });

  test('a document of too many tokens, one that is too long, and variables that are too large', async () => {
    expect((await send(around(times(5000, () => 'code')))).error.extensions.code).toBe('GRAPHQL_PARSE_FAILED');
    // A frame of a WebSocket is smaller than these.
    if (send === bySocket) return;
    const long = await send(around(`code #${'x'.repeat(64 * 1024)}\n`));
    expect(long.error).toMatchObject({
      message: expect.stringContaining('is longer than 65536'),
      extensions: { code: 'TOO_COSTLY', path: ['query'] },
    });
    const large = await send(around('code'), { much: 'x'.repeat(1_000_000) });
    expect(large).toMatchObject({ status: 400, error: { extensions: { code: 'TOO_COSTLY', path: ['variables'] } } });
  });

  test('what costs more than the whole budget is told what it costs, and what would fit', async () => {
    const lists = 'producer { lots(first: 500) { nodes { inputs(first: 500) { nodes { kilograms } } } } }';
    const { status, error } = await send(around(lists));
    expect([400, null]).toContain(status);
    expect(error.extensions).toMatchObject({ code: 'TOO_COSTLY', retryable: false });
    expect(error.message).toMatch(/^the question may cost \d+; 5000 is the most$/);
    const page = Number(/pages of at most (\d+)/.exec(error.extensions.remedy)![1]);
    expect(page).toBeGreaterThan(1);
    const within = (length: number) =>
      around(lists.replaceAll('500', String(length)).replace('first: 5)', `first: ${Math.min(5, length)})`));
    // One more does not fit.
    expect((await send(within(page + 1))).error.extensions.code).toBe('TOO_COSTLY');
    const none = await send(around(times(40, (index) => `t${index}: trace(direction: BACK) { complete }`)));
    expect(none.error.extensions.remedy).toContain('would not fit even with pages of one');
  });

  test('an empty budget: come back in so many seconds', async () => {
    const spend = asQuestion('trace(direction: BACK) { gaps(first: 1) { nodes { message } } }');
    for (let asked = 0; asked < 50; asked++) if ((await lotline.ask(spend)).errors) break;
    const dear = around(times(8, (index) => `t${index}: trace(direction: BACK) { complete }`)).replace('first: 5', 'first: 1');
    const { status, retryAfter, error } = await send(dear);
    expect(error.extensions).toMatchObject({
      code: 'RATE_LIMITED',
      retryable: true,
      retryAfter: expect.any(Number),
      remedy: expect.stringMatching(/^try again in \d+ seconds?$/),
    });
    expect(error.extensions.retryAfter).toBeGreaterThanOrEqual(1);
    if (status !== null) expect([status, retryAfter]).toEqual([429, String(error.extensions.retryAfter)]);
  });
});

test('too many fields of the root are refused, those of fragments with them', async () => {
  const fields = (count: number) => times(count, (index) => (index % 2 === 0 ? `v${index}: viewer { kind }` : `t${index}: __typename`));
  expect((await lotline.ask(`{ ${fields(50)} }`)).errors).toBeUndefined();
  for (const query of [`{ ${fields(51)} }`, `{ ...A last: __typename } fragment A on Query { ...B } fragment B on Query { ${fields(50)} }`])
    expect(first(await lotline.ask(query))).toMatchObject({
      code: 'TOO_COSTLY',
      message: 'the operation has 51 root fields; 50 is the most',
    });
});

test('every answer says what it was charged, what it cost, what is left and what comes back', async () => {
  const answer = await lotline.ask('{ lots { nodes { id code product { name } } } }');
  // The root 20, the list 20, 50 lots of 1.4 with a product of 1.2; there are 5.
  expect(answer.extensions).toMatchObject({ cost: { requested: 170, actual: 53, restoreRate: 1000 } });
  expect((answer.extensions as any).cost.available).toBeGreaterThanOrEqual(4948);
  expect((await lotline.ask('{ nonsense }')).extensions).toMatchObject({ cost: { requested: 0, actual: 20 } });
  // What failed deep within was worked for.
  const failed = await lotline.ask('{ lots { nodes { inputs(after: "garbage") { nodes { kilograms } } } } }');
  expect(failed.data).toBeNull();
  expect((failed.extensions as any).cost.actual).toBe((failed.extensions as any).cost.requested);
});

test('each element of a list in an argument has its price, as often as it is asked for, wherever it stands', async () => {
  const requested = async (query: string, variables = {}) => ((await lotline.ask(query, variables)).extensions as any).cost.requested;
  const codes = Array.from({ length: 1000 }, (_, index) => `C-${index}`);
  const asked = (argument: string) => `a: lots(first: 1, filter: { codes: ${argument} }) { nodes { code } }`;
  const none = await requested(`{ ${asked('[]')} }`);
  expect(await requested(`query ($codes: [String!]) { ${asked('$codes')} }`, { codes })).toBe(none + 100);
  expect(await requested(`query ($codes: [String!] = ${JSON.stringify(codes)}) { ${asked('$codes')} }`)).toBe(none + 100);
  const filtered = 'query ($filter: LotFilter) { a: lots(first: 1, filter: $filter) { nodes { code } } }';
  expect(await requested(filtered, { filter: { codes } })).toBe(none + 100);
  const within = (list: string) =>
    `query ($codes: [String!]) { operations(first: 10) { nodes { lots(first: 1, filter: { codes: ${list} }) { nodes { code } } } } }`;
  expect((await requested(within('$codes'), { codes })) - (await requested(within('$codes'), { codes: [] }))).toBe(1000);
  // What was asked for was worked for, and is not given back.
  const { cost } = (await lotline.ask(`query ($codes: [String!]) { ${asked('$codes')} }`, { codes })).extensions as any;
  expect(cost.actual).toBeGreaterThan(100);
});

test('variables as deep as they fit are counted', async () => {
  const body = `{"query": "query ($codes: [String!]) { lots(filter: { codes: $codes }) { nodes { code } } }", "variables": {"codes": ${'['.repeat(150_000)}${']'.repeat(150_000)}}}`;
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${await lotline.token('analyst')}` };
  const answer = (await (await fetch(`${lotline.url}/graphql`, { method: 'POST', headers, body })).json()) as GraphQLAnswer;
  expect(first(answer).code).not.toBe('INTERNAL_SERVER_ERROR');
});

test('variables, their defaults, fragments, conditions and abstract types count as they are carried out', async () => {
  const cost = async (query: string, variables = {}) => ((await lotline.ask(query, variables)).extensions as any).cost.requested;
  const page =
    'query ($first: Int = 10, $with: Boolean = false) { lots(first: $first) { nodes { id inputs(first: 2) @include(if: $with) { nodes { kilograms } } } } }';
  expect(await cost(page)).toBe(40 + 10 * 1.2);
  expect(await cost(page, { first: 20 })).toBe(40 + 20 * 1.2);
  expect(await cost(page, { first: 10, with: true })).toBe(40 + 10 * (1.2 + 1 + 2 * 1.2));
  expect(await cost('{ lots(first: 10) { ...L } } fragment L on LotConnection { nodes { ...M ...M } } fragment M on Lot { id }')).toBe(
    40 + 10 * 1.4,
  );
  const node = `query { node(id: "${(await lotline.data('{ lot(code: "L-0") { id } }')).lot.id}") { id ... on Lot { trace(direction: BACK) { complete } } ... on Operation { name country } } }`;
  expect(await cost(node)).toBe(60.2 + 550);
});

test('nobody has a smaller budget than viewers, by address; viewers have one each', async () => {
  const lots = '{ operations(first: 300) { nodes { id name } } }';
  expect(first(await lotline.ask(lots))).toMatchObject({ message: undefined });
  expect((await lotline.ask(lots, {}, 'admin')).errors).toBeUndefined();
  const answers = [];
  for (let asked = 0; asked < 40; asked++) answers.push(await lotline.ask(lots, {}, 'nobody'));
  const limited = answers.find(({ errors }) => errors);
  expect(first(limited!)).toMatchObject({ code: 'RATE_LIMITED', retryAfter: expect.any(Number) });
  expect((await lotline.ask(lots)).errors).toBeUndefined();
  // What it says is so.
  await new Promise((done) => setTimeout(done, first(limited!).retryAfter * 1000));
  expect((await lotline.ask(lots, {}, 'nobody')).errors).toBeUndefined();
});

test('all keys of an operation have one budget, whichever of them is used; its own people have another', async () => {
  const farm = (await lotline.data('{ operation(identifier: "L:FARM") { id } }')).operation.id;
  const us = { operation: 'L:FARM' };
  const expiresOn = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
  const keys: string[] = [];
  for (const name of ['one', 'other']) {
    const input = { idempotencyKey: `key ${name}`, operation: farm, name, scopes: ['LOTS'], expiresOn };
    const command = 'mutation ($input: CreateKeyInput!) { createKey(input: $input) { secret } }';
    keys.push((await lotline.data(command, { input }, us)).createKey.secret);
  }
  const [one, other] = keys.map((key): As => ({ key })) as [As, As];
  const dear = asQuestion('trace(direction: BACK) { gaps(first: 1) { nodes { message } } }');
  let asked = 0;
  while (asked < 50 && !(await lotline.ask(dear, {}, one)).errors) asked++;
  expect(asked).toBeGreaterThan(0);
  expect(first(await lotline.ask(dear, {}, other))).toMatchObject({ code: 'RATE_LIMITED', retryAfter: expect.any(Number) });
  expect((await lotline.ask('{ viewer { kind } }', {}, us)).errors).toBeUndefined();
});

test('so many questions at a time, and so many streams', async () => {
  const holding = await lotline.database.connect();
  await holding.client.query('begin; lock table lot in access exclusive mode');
  const waiting = Array.from({ length: 5 }, () => lotline.ask('{ lots { nodes { code } } }'));
  await eventually(async () => (await holding.client.query('select 1 from pg_locks where not granted')).rows.length >= 5);
  expect(first(await lotline.ask('{ viewer { kind } }'))).toMatchObject({
    code: 'RATE_LIMITED',
    retryAfter: 1,
    message: expect.stringContaining('5 questions are under way'),
  });
  expect((await lotline.ask('{ viewer { kind } }', {}, 'admin')).errors).toBeUndefined();
  await holding.client.query('rollback');
  await holding.release();
  for (const answer of await Promise.all(waiting)) expect(answer.errors).toBeUndefined();
  expect((await lotline.ask('{ viewer { kind } }')).errors).toBeUndefined();

  const query = 'subscription { lotEvents { cursor sequence change { kind } } }';
  const streams = [];
  for (let opened = 0; opened < 3; opened++) streams.push(await subscribe(lotline, { query }));
  await expect(subscribe(lotline, { query })).rejects.toMatchObject({
    status: 429,
    body: { errors: [{ extensions: { code: 'RATE_LIMITED', retryAfter: 5 } }] },
  });
  expect((await bySocket(query)).error).toMatchObject({ extensions: { code: 'RATE_LIMITED' } });
  await streams.pop()!.close();
  await eventually(() =>
    subscribe(lotline, { query }).then(
      (stream) => streams.push(stream) > 0,
      () => false,
    ),
  );
  await Promise.all(streams.map((stream) => stream.close()));
});

test('a table, a file and an import are charged as questions are', async () => {
  const send = async (path: string, as: Exclude<As, 'nobody'>, init: RequestInit = {}) => {
    const response = await fetch(lotline.url + path, { ...init, headers: { authorization: `Bearer ${await lotline.token(as)}` } });
    const text = await response.text();
    return { status: response.status, retryAfter: Number(response.headers.get('retry-after')), text };
  };
  expect((await send('/export/lots.csv', 'analyst')).status).toBe(200);
  const refused = await send('/export/lots.csv', 'analyst');
  expect([refused.status, JSON.parse(refused.text).errors[0].extensions.code]).toEqual([429, 'RATE_LIMITED']);
  expect(refused.retryAfter).toBeGreaterThanOrEqual(1);
  expect(refused.retryAfter).toBeLessThanOrEqual(5);
  // One budget for all that a viewer does.
  expect(first(await lotline.ask(asQuestion('trace(direction: BACK) { complete }'))).code).toBe('RATE_LIMITED');

  const file = { method: 'POST', body: 'a scale ticket' };
  let left = 100;
  while (left > 0 && (await send('/files', 'admin', { ...file, body: `ticket ${left}` })).status !== 429) left--;
  expect(left).toBeGreaterThan(0);
  expect((await send('/import', 'admin', file)).status).toBe(429);
});

test('GraphiQL asks for the schema, the largest page of a trace fits, and a batch is told what to send', async () => {
  await lotline.close();
  lotline = await startLotline({ limits: { viewer: { ...ALLOWED, budget: 200_000 }, nobody: { ...FEW, budget: 50_000 } } });
  expect((await lotline.ask(getIntrospectionQuery(), {}, 'nobody')).errors).toBeUndefined();
  const response = await fetch(`${lotline.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([{ query: '{ viewer { kind } }' }]),
  });
  expect([response.status, ((await response.json()) as any).errors[0].message]).toEqual([
    400,
    expect.stringContaining('several questions in one request'),
  ]);
  const schema = buildSchema(await (await fetch(`${lotline.url}/schema.graphql`)).text());
  expect(schema.getDirective('cost')).toBeTruthy();
});
