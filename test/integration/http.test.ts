import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { serverAudits } from 'graphql-http';
import { csv, type Lotline, startLotline } from '../support/lotline';

// The server as a client meets it: GraphQL over HTTP, health, errors that help, and a stop that finishes what is in flight.

let lotline: Lotline;
beforeAll(async () => {
  lotline = await startLotline();
  await lotline.import({
    'certifiers.csv': csv([{ certifier: 'ZZA', name: 'Certifier', country: 'US', scheme: 'NOP' }]),
    'operations.csv': csv([
      { operation: '9990000001', name: 'Certified Farm', country: 'UA', roles: 'producer' },
      { operation: 'FARM:2', name: 'Unknown Farm', country: 'UA', roles: 'producer' },
    ]),
    'products.csv': csv([{ product: 'Wheat', hts: '1001990000', organic: 'yes' }]),
    'operation_certificates.csv': csv([
      {
        operation: '9990000001',
        certifier: 'ZZA',
        status: 'certified',
        effective_from: '2024-01-01',
        scope: 'crops;handling',
        products: 'Wheat',
        reason: '',
      },
      {
        operation: '9990000001',
        certifier: 'ZZA',
        status: 'suspended',
        effective_from: '2025-01-01',
        scope: '',
        products: '',
        reason: 'late papers',
      },
    ]),
    'lots.csv': csv([
      { code: 'SAME', producer: '9990000001', product: 'Wheat', quantity: 10, unit: 'KGM', kind: 'harvest' },
      { code: 'SAME', producer: 'FARM:2', product: 'Wheat', quantity: 20, unit: 'KGM', kind: 'harvest' },
      { code: 'ONE', producer: 'FARM:2', product: 'Wheat', quantity: 30, unit: 'KGM', kind: 'harvest' },
    ]),
  });
});
afterAll(() => lotline.close());

test('every audit of GraphQL over HTTP passes: no error, no warning', async () => {
  const results = await Promise.all(
    serverAudits({ url: `${lotline.url}/graphql` }).map(async (audit) => {
      const result = await audit.fn();
      return `${result.status}: ${audit.name}`;
    }),
  );
  expect(results.length).toBeGreaterThan(50);
  expect(results.filter((result) => /^(error|warn)/.test(result))).toEqual([]);
});

test('it says that it is alive, and that it is ready', async () => {
  expect(await (await fetch(`${lotline.url}/healthz`)).json()).toEqual({ status: 'alive' });
  const ready = await fetch(`${lotline.url}/readyz`);
  expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready' }]);
});

test('every answer carries the state it reflects, in cursors of one length; a caller may ask for at least that', async () => {
  const first = await lotline.ask('{ viewer { kind } }');
  expect(first.data).toEqual({ viewer: { kind: 'ANALYST' } });
  const cursor = first.extensions!.cursor!;
  expect((await lotline.ask('{ viewer { kind } }', {}, 'admin')).extensions!.cursor).toHaveLength(cursor.length);
  const again = await lotline.ask('{ viewer { kind } }', {}, 'analyst', { 'lotline-at-least': cursor });
  expect(again.errors).toBeUndefined();
  expect((await lotline.ask('{ viewer { kind } }', {}, 'admin', { 'lotline-at-least': cursor })).errors?.[0]?.extensions).toMatchObject({
    code: 'CURSOR_FOREIGN',
  });
  expect(
    (await lotline.ask('{ viewer { kind } }', {}, 'analyst', { 'lotline-at-least': 'garbage' })).errors?.[0]?.extensions,
  ).toMatchObject({ code: 'BAD_USER_INPUT' });
});

const REFUSED: [what: string, query: string, variables: Record<string, unknown>, code: string, path: (string | number)[] | undefined][] = [
  ['a document that does not parse', '{ lot(', {}, 'GRAPHQL_PARSE_FAILED', undefined],
  ['a field that does not exist', '{ lots { nodes { nothing } } }', {}, 'GRAPHQL_VALIDATION_FAILED', undefined],
  ['a code of nothing', '{ lot(code: " ") { id } }', {}, 'BAD_USER_INPUT', ['code']],
  ['a code that is too long', 'query ($code: String!) { lot(code: $code) { id } }', { code: 'x'.repeat(200) }, 'BAD_USER_INPUT', ['code']],
  ['half of a surrogate pair', 'query ($code: String!) { lot(code: $code) { id } }', { code: 'A\ud800' }, 'BAD_USER_INPUT', ['code']],
  ['a NUL character', 'query ($code: String!) { lot(code: $code) { id } }', { code: 'A\u0000' }, 'BAD_USER_INPUT', ['code']],
  [
    'a NUL character in a filter',
    'query ($prefix: String!) { lots(filter: { codePrefix: $prefix }) { nodes { id } } }',
    { prefix: '\u0000' },
    'BAD_USER_INPUT',
    undefined,
  ],
  ['an identifier that is none', '{ lot(code: "SAME", producer: "815") { id } }', {}, 'BAD_USER_INPUT', ['producer']],
  ['an operation of no scheme', '{ operation(identifier: "nobody") { id } }', {}, 'BAD_USER_INPUT', ['identifier']],
  ['a code that several producers use', '{ lot(code: "SAME") { id } }', {}, 'AMBIGUOUS', ['code']],
  ['an id that is none', '{ node(id: "hello") { id } }', {}, 'BAD_USER_INPUT', ['id']],
  [
    'the id of another type',
    '{ lots(filter: { products: ["T3BlcmF0aW9uOjAxOTIwMDAwLTAwMDAtNzAwMC04MDAwLTAwMDAwMDAwMDAwMA"] }) { nodes { id } } }',
    {},
    'BAD_USER_INPUT',
    ['filter', 'products', 0],
  ],
  [
    'a date that does not exist',
    '{ lot(code: "ONE") { holdings(asOf: "2025-02-30") { nodes { kilograms } } } }',
    {},
    'BAD_USER_INPUT',
    undefined,
  ],
  [
    'a date in a variable',
    'query ($day: Date) { lot(code: "ONE") { holdings(asOf: $day) { nodes { kilograms } } } }',
    { day: '01/02/2025' },
    'BAD_USER_INPUT',
    ['day'],
  ],
  [
    'a country that is none',
    'query ($filter: LotFilter) { lots(filter: $filter) { nodes { id } } }',
    { filter: { countries: ['UK'] } },
    'BAD_USER_INPUT',
    ['filter', 'countries', 0],
  ],
  ['a page of 501', '{ lots(first: 501) { nodes { id } } }', {}, 'BAD_USER_INPUT', ['first']],
  ['a page below zero', '{ lots(first: -1) { nodes { id } } }', {}, 'BAD_USER_INPUT', ['first']],
  ['a cursor that is none', '{ lots(after: "hello") { nodes { id } } }', {}, 'BAD_USER_INPUT', ['after']],
  ['a depth below zero', '{ lot(code: "ONE") { trace(direction: BACK, maxDepth: -1) { complete } } }', {}, 'BAD_USER_INPUT', ['maxDepth']],
  [
    'an enum value that does not exist',
    '{ lot(code: "ONE") { trace(direction: SIDEWAYS) { complete } } }',
    {},
    'GRAPHQL_VALIDATION_FAILED',
    undefined,
  ],
];

test.each(REFUSED)('%s is refused with its code, its place and a remedy', async (_what, query, variables, code, path) => {
  const { errors } = await lotline.ask(query, variables);
  expect(errors).toHaveLength(1);
  expect(errors![0]!.extensions).toMatchObject({ code, remedy: expect.any(String), requestId: expect.any(String) });
  if (path) expect(errors![0]!.extensions.path).toEqual(path);
  expect(JSON.stringify(errors)).not.toMatch(/select |node_modules|\.ts:|\.js:|stacktrace|constraint/);
});

test('an ambiguous code names the producers, and one of them finds the lot', async () => {
  const { errors } = await lotline.ask('{ lot(code: "SAME") { id } }');
  expect(errors![0]!.message).toContain('9990000001, FARM:2');
  expect(
    await lotline.data(
      '{ a: lot(code: "SAME", producer: "FARM:2") { quantity { kilograms } } b: lot(code: "SAME", producer: "NOP:9990000001") { quantity { kilograms } } }',
    ),
  ).toEqual({
    a: { quantity: { kilograms: '20' } },
    b: { quantity: { kilograms: '10' } },
  });
});

test('how many there are is counted up to 10,000, and not told beyond', async () => {
  const many = await startLotline();
  try {
    await many.database.query(
      `insert into operation (id, identifier, name, country, roles, recorded_by)
       select gen_random_uuid(), 'MANY:' || n, 'Many', 'TR', '{PRODUCER}', gen_random_uuid() from generate_series(1, 10000) n`,
    );
    const counted = async () => (await many.data('{ operations(first: 1) { totalCount } }')).operations.totalCount;
    expect(await counted()).toBe(10_000);
    await many.database.query(
      `insert into operation (id, identifier, name, country, roles, recorded_by)
       values (gen_random_uuid(), 'ONE MORE', 'One', 'TR', '{PRODUCER}', gen_random_uuid())`,
    );
    expect(await counted()).toBeNull();
  } finally {
    await many.close();
  }
});

test('what is unknown is null, not an error', async () => {
  const nowhere = Buffer.from('Lot:01920000-0000-7000-8000-000000000000').toString('base64url');
  expect(
    await lotline.data(`{ lot(code: "NONE") { id } operation(identifier: "9990009999") { id } node(id: "${nowhere}") { id } }`),
  ).toEqual({ lot: null, operation: null, node: null });
});

test('a node is found by the id that an answer gave', async () => {
  const { lot, operations } = await lotline.data(
    '{ lot(code: "ONE") { id product { id } producer { id } } operations { nodes { certificates { nodes { id certifier { id } } } } } }',
  );
  const certificate = operations.nodes[0].certificates.nodes[0];
  for (const [type, id] of Object.entries({
    Lot: lot.id,
    Product: lot.product.id,
    Operation: lot.producer.id,
    OperationCertificate: certificate.id,
    Certifier: certificate.certifier.id,
  })) {
    expect(await lotline.data('query ($id: ID!) { node(id: $id) { __typename id } }', { id })).toEqual({ node: { __typename: type, id } });
  }
});

test('nobody sees what is public: certified operations, their certificates, and no lot', async () => {
  const answer = await lotline.data(
    `{ viewer { kind } operations { totalCount nodes { name lots { totalCount } certificates { nodes { status scope standard certifier { code }
       history { status effectiveFrom reason } products { nodes { product { name } from until } } } } } }
       lot(code: "ONE") { id } lots { totalCount } other: operation(identifier: "FARM:2") { id } }`,
    {},
    'nobody',
  );
  expect(answer).toEqual({
    viewer: { kind: 'NOBODY' },
    operations: {
      totalCount: 1,
      nodes: [
        {
          name: 'Certified Farm',
          lots: { totalCount: 0 },
          certificates: {
            nodes: [
              {
                status: 'SUSPENDED',
                scope: ['crops', 'handling'],
                standard: 'NOP',
                certifier: { code: 'ZZA' },
                history: [
                  { status: 'CERTIFIED', effectiveFrom: '2024-01-01', reason: null },
                  { status: 'SUSPENDED', effectiveFrom: '2025-01-01', reason: 'late papers' },
                ],
                products: { nodes: [{ product: { name: 'Wheat' }, from: '2024-01-01', until: null }] },
              },
            ],
          },
        },
      ],
    },
    lot: null,
    lots: { totalCount: 0 },
    other: null,
  });
});

test('a token that is not one is refused, whatever is asked', async () => {
  const { default: jwt } = {
    default: (header: object, payload: object) =>
      [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.'),
  };
  const forged = `${jwt({ alg: 'none' }, { viewer: 'ADMINISTRATOR', iss: 'lotline-demo', exp: 9e9 })}.x`;
  for (const authorization of [
    'Bearer garbage',
    'Basic abc',
    `Bearer ${forged}`,
    `Bearer ${(await lotline.token('admin')).slice(0, -3)}abc`,
    `Bearer ${'x'.repeat(9000)}`,
    '',
  ]) {
    const response = await fetch(`${lotline.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization },
      body: '{"query":"{ viewer { kind } }"}',
    });
    expect([authorization.slice(0, 20), response.status]).toEqual([authorization.slice(0, 20), 401]);
    expect(((await response.json()) as { errors: { extensions: unknown }[] }).errors[0]!.extensions).toMatchObject({
      code: 'UNAUTHENTICATED',
      remedy: expect.any(String),
    });
  }
});

test('a body of 10 MB, one of a little more than 1 MiB, one that is no JSON, and a page that does not exist get a clear answer', async () => {
  const post = (body: string, type = 'application/json') =>
    fetch(`${lotline.url}/graphql`, { method: 'POST', headers: { 'content-type': type }, body });
  const answers = await Promise.all([
    post(JSON.stringify({ query: '{ viewer { kind } }', variables: { a: 'x'.repeat(10 * 1024 * 1024) } })),
    post(JSON.stringify({ query: '{ viewer { kind } }', extensions: { a: 'x'.repeat(1024 * 1024) } })),
    post('{ not json'),
    post('<xml/>', 'application/xml'),
    fetch(`${lotline.url}/nothing`),
  ]);
  expect(answers.map((answer) => answer.status)).toEqual([413, 413, 400, 415, 404]);
  for (const answer of answers) {
    const { errors } = (await answer.json()) as { errors: { message: string; extensions: { code: string; remedy: string } }[] };
    expect(errors[0]!.extensions.remedy).toEqual(expect.any(String));
  }
});

test('demo mode answers to loopback names only, so that a foreign page cannot be pointed at it', async () => {
  const { request } = await import('node:http');
  const status = await new Promise<number>((done) => {
    request(`${lotline.url}/`, { headers: { host: 'evil.example' } }, (response) => done(response.statusCode!)).end();
  });
  expect(status).toBe(403);
});

test('a stop finishes the question in flight, and refuses the next', async () => {
  const other = await startLotline();
  try {
    // A lock that the question waits for, so that it is in flight for as long as we like.
    const blocker = await other.database.connect();
    await blocker.client.query('begin; lock table lot in access exclusive mode');
    const asked = other.ask('{ lots { totalCount } }');
    await sleep(200);
    const stopped = other.server.stop();
    await sleep(100);
    await expect(fetch(`${other.url}/readyz`, { headers: { connection: 'close' } }).then((response) => response.status)).rejects.toThrow();
    await blocker.client.query('commit');
    await blocker.release();
    expect((await asked).data).toEqual({ lots: { totalCount: 0 } });
    await stopped;
  } finally {
    await other.close();
  }
});

test('a connection that was opened and never asks does not hold a stop up', async () => {
  const other = await startLotline();
  const silent = connect(other.server.port, '127.0.0.1');
  await once(silent, 'connect');
  // A question in flight is given 20 seconds; nobody has asked one.
  const held = sleep(10_000, 'held up', { ref: false });
  expect(await Promise.race([Promise.all([other.close(), once(silent, 'close')]).then(() => 'stopped'), held])).toBe('stopped');
});

test('a database that is gone is said to be unavailable, and to try again', async () => {
  const other = await startLotline();
  await other.database.close();
  const { errors } = await other.ask('{ lots { totalCount } }');
  expect(errors![0]!.extensions).toMatchObject({ code: 'UNAVAILABLE', retryable: true });
  expect((await fetch(`${other.url}/readyz`)).status).toBe(503);
  await other.close();
});

test('a small document that asks for more than memory holds is refused before it runs, and the server lives on', async () => {
  const fragments = Array.from(
    { length: 19 },
    (_, n) =>
      `fragment F${n} on Operation { a: certificates { nodes { operation { ...F${n + 1} } } } b: certificates { nodes { operation { ...F${n + 1} } } } }`,
  );
  const doubling = `{ operations(first: 1) { nodes { ...F0 } } } ${fragments.join(' ')} fragment F19 on Operation { id }`;
  const deep = `{ lot(code: "ONE") { ${'inputs { nodes { input { outputs { nodes { output { '.repeat(15)} id ${'} } } } } } '.repeat(15)} } }`;
  for (const [query, as] of [
    [doubling, 'nobody'],
    [deep, 'analyst'],
  ] as const) {
    const { errors } = await lotline.ask(query, {}, as);
    expect(errors).toMatchObject([
      { message: expect.stringContaining('is the most'), extensions: { code: 'TOO_COSTLY', remedy: expect.any(String) } },
    ]);
  }
  const response = await fetch(`${lotline.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: doubling }),
  });
  expect(response.status).toBe(400);
  expect((await fetch(`${lotline.url}/healthz`)).status).toBe(200);
});

test.each(['POST', 'GET'])(
  'a document that lacks the operation which is named is refused, and nothing of it is done: %s',
  async (method) => {
    const { producer, product } = (await lotline.data('{ lot(code: "ONE") { producer { id } product { id } } }')).lot;
    const asked = {
      query: 'mutation Meant($input: RecordHarvestInput!) { recordHarvest(input: $input) { lot { code } } }',
      variables: {
        input: {
          producer: producer.id,
          product: product.id,
          code: `UNNAMED-${method}`,
          quantity: { value: '1', unit: 'KGM' },
          idempotencyKey: `unnamed-${method}`,
        },
      },
    };
    for (const operationName of ['Other', '']) {
      const search = new URLSearchParams({ query: asked.query, variables: JSON.stringify(asked.variables), operationName });
      const response = await fetch(`${lotline.url}/graphql${method === 'GET' ? `?${search}` : ''}`, {
        method,
        headers: { 'content-type': 'application/json', authorization: `Bearer ${await lotline.token('admin')}` },
        body: method === 'GET' ? null : JSON.stringify({ ...asked, operationName }),
      });
      const { data, errors } = (await response.json()) as any;
      expect([data, errors.map(({ extensions }: any) => extensions.code)]).toEqual([undefined, ['BAD_USER_INPUT']]);
    }
    expect((await lotline.data('{ lots(filter: {codePrefix: "UNNAMED"}) { totalCount } }')).lots.totalCount).toBe(0);
  },
);

test.each([
  ['POST', 'application/json'],
  ['GET', 'application/json'],
  ['POST', 'application/graphql-response+json'],
])('a subscription that is sent as a question is refused, with where it belongs: %s, %s', async (method, accept) => {
  const query = 'subscription { lotEvents { cursor } }';
  const search = method === 'GET' ? `?${new URLSearchParams({ query })}` : '';
  const response = await fetch(`${lotline.url}/graphql${search}`, {
    method,
    headers: { accept, 'content-type': 'application/json', authorization: `Bearer ${await lotline.token('analyst')}` },
    body: method === 'GET' ? null : JSON.stringify({ query }),
  });
  const { data, errors } = (await response.json()) as any;
  expect(data).toBeUndefined();
  expect(errors).toHaveLength(1);
  if (method === 'POST')
    expect(errors![0]!.extensions).toMatchObject({ code: 'BAD_USER_INPUT', remedy: expect.stringContaining('/graphql/stream') });
  expect(response.status).toBe(method === 'GET' ? 405 : accept === 'application/json' ? 200 : 400);
});
