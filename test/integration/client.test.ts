import {
  BadUserInput,
  Connection,
  ERROR_OF_CODE,
  Forbidden,
  InvalidDocument,
  Kilograms,
  Lotline,
  LotlineError,
  type LotlineOptions,
  NetworkError,
  NotFound,
  ProtocolError,
  type SentRequest,
  TimeoutError,
  TypedDocument,
  Unauthenticated,
  Unavailable,
} from '@lotline/client';
import * as documents from '@lotline/client/documents';
import type { ErrorCode } from '@lotline/schema';
import { parse, print, visit } from 'graphql';
import { type Front, type Instead, startFront } from '../support/front';
import { type As, csv, type Lotline as Server, startLotline } from '../support/lotline';

// The client against a server, and against what may stand in between.

const FARM = 'C:FARM';
const MILL = 'C:MILL';
const LOTS = 120;

let server: Server;
let front: Front;
let ids: { farm: string; mill: string; wheat: string };

beforeAll(async () => {
  server = await startLotline();
  front = await startFront(() => server.server.port);
  await server.import({
    'operations.csv': csv([
      { operation: FARM, name: 'Farm', country: 'UA', roles: 'producer' },
      { operation: MILL, name: 'Mill', country: 'TR', roles: 'handler' },
    ]),
    'products.csv': csv([{ product: 'Wheat', hts: '1001990000', organic: 'yes' }]),
    'lots.csv': csv(
      Array.from({ length: LOTS }, (_, at) => ({
        code: `LOT-${String(at).padStart(3, '0')}`,
        producer: FARM,
        product: 'Wheat',
        quantity: '8164.663',
        unit: 'KGM',
        kind: 'harvest',
        produced_on: '2025-01-01',
      })),
    ),
    'shipments.csv': csv([{ reference: 'SHIP', shipper: FARM, consignee: MILL }]),
    'shipment_lots.csv': csv([{ shipment: 'SHIP', lot: 'LOT-000', quantity: '1.001', unit: 'KGM' }]),
    'documents.csv': csv([
      { type: 'invoice', number: 'PAPER', issuer: FARM, issued_on: '2025-01-01', marked_organic: 'yes', lots: 'LOT-000' },
    ]),
  });
  const { farm, mill, lots } = await server.data(
    `{ farm: operation(identifier: "${FARM}") { id } mill: operation(identifier: "${MILL}") { id } lots(first: 1) { nodes { product { id } } } }`,
  );
  ids = { farm: farm.id, mill: mill.id, wheat: lots.nodes[0].product.id };
});
beforeEach(() => front.next());
afterAll(async () => {
  await front?.close();
  await server?.close();
});

const client = async (as: As = 'analyst', options: Partial<LotlineOptions> = {}): Promise<Lotline> =>
  new Lotline({ url: front.url, ...(as !== 'nobody' && { token: await server.token(as) }), ...options });

const failure = async (what: Promise<unknown>): Promise<any> =>
  what.then(
    () => expect(what).rejects.toThrow(),
    (error) => error,
  );
const kilograms = (text: string) => Kilograms.of(text);
/** Waits of a retry are random; here they are none. */
const hurried = () => jest.spyOn(Math, 'random').mockReturnValue(0);
afterEach(() => jest.restoreAllMocks());

describe('questions', () => {
  test('are answered with their types, masses as exact values', async () => {
    const us = await client();
    const lot = await us.lot({ code: 'LOT-000' });
    expect(lot).toMatchObject({ code: 'LOT-000', kind: 'HARVEST', producer: { name: 'Farm' }, product: { id: ids.wheat } });
    expect(lot!.quantity.kilograms).toBeInstanceOf(Kilograms);
    const { onHand, shipped, born } = lot!.balance;
    expect(onHand.equals(kilograms('8164.663'))).toBe(true);
    expect(`${born.minus(shipped)}`).toBe('8163.662');
    expect(await us.lot({ code: 'nowhere' })).toBeNull();
    expect(await us.viewer()).toMatchObject({ kind: 'ANALYST', operation: null });
    expect(await (await client('nobody')).viewer()).toMatchObject({ kind: 'NOBODY' });
  });

  test('a document of your own is named by its operation, whatever its fields are called', async () => {
    const us = await client('admin');
    const asked = (text: string) => us.request(new TypedDocument<any, object>(text), {});
    expect(await asked('{\n webhooks {\n id\n query\n url\n }\n}')).toEqual({ webhooks: [] });
    expect(await asked('# query Not\nfragment F on Viewer { kind }\nquery Who { viewer { ...F } }')).toEqual({
      viewer: { kind: 'ADMINISTRATOR' },
    });
  });

  test('every one of them is answered', async () => {
    const us = await client('admin');
    const [code, identifier, number] = ['LOT-000', FARM, '000-0000000000-000000'];
    const lot = (await us.lot({ code }))!;
    const back = { code, direction: 'BACK' as const };
    const balance = { operation: ids.farm, product: ids.wheat, from: '2025-01-01', to: '2025-12-31' };
    const questions: { [name: string]: (this: void) => Promise<unknown> } = {
      operation: () => us.operation({ identifier }),
      shipment: () => us.shipment({ reference: 'SHIP' }),
      importCertificate: () => us.importCertificate({ number }),
      importCertificateReview: () => us.importCertificateReview({ number }),
      customsFiling: () => us.customsFiling({ importCertificate: lot.id, kilograms: kilograms('1.5') }).catch(({ code: why }) => why),
      importCertificateDeadlines: () =>
        us.importCertificateDeadlines({ input: { certifier: lot.id } }).catch(({ code: why }: LotlineError) => why),
      massBalance: () => us.massBalance(balance),
      trace: () => us.trace(back),
      origin: () => us.origin({ code }),
      recall: () => us.recall({ lots: [lot.id] }),
      failedJobs: () => us.failedJobs(),
      webhooks: () => us.webhooks(),
      node: () => us.node({ id: lot.id }),
      lots: () => us.lots().page(),
      lotHoldings: () => us.lotHoldings({ code }).page(),
      lotOwnership: () => us.lotOwnership({ code }).page(),
      lotInputs: () => us.lotInputs({ code }).page(),
      lotOutputs: () => us.lotOutputs({ code }).page(),
      lotDocuments: () => us.lotDocuments({ code }).page(),
      lotShipments: () => us.lotShipments({ code }).page(),
      transferOffers: () => us.transferOffers().page(),
      operations: () => us.operations().page(),
      operationLots: () => us.operationLots({ identifier }).page(),
      operationImportCertificates: () => us.operationImportCertificates({ identifier }).page(),
      massBalanceSteps: () => us.massBalanceSteps(balance).page(),
      shipments: () => us.shipments().page(),
      shippedLots: () => us.shippedLots({ reference: 'SHIP' }).page(),
      importCertificates: () => us.importCertificates().page(),
      importCertificateLines: () => failure(us.importCertificateLines({ number }).page()),
      documents: () => us.documents().page(),
      traceLots: () => us.traceLots(back).page(),
      traceLinks: () => us.traceLinks(back).page(),
      traceSteps: () => us.traceSteps(back).page(),
      traceGaps: () => us.traceGaps(back).page(),
      traceHolders: () => us.traceHolders(back).page(),
      originFarms: () => us.originFarms({ code }).page(),
      recallHolders: () => us.recallHolders({ lots: [lot.id] }).page(),
      recallGaps: () => us.recallGaps({ lots: [lot.id] }).page(),
      keys: () => us.keys({ identifier }).page(),
      brokerAssignments: () => us.brokerAssignments({ identifier }).page(),
      operationAccesses: () => us.operationAccesses({ identifier }).page(),
      accesses: () => us.accesses().page(),
      search: () => us.search({ text: 'LOT-000' }).page(),
    };
    const answers = new Map<string, any>();
    for (const [name, ask] of Object.entries(questions)) answers.set(name, await ask());
    expect(answers.get('shipment')).toMatchObject({ reference: 'SHIP', shipper: { name: 'Farm' } });
    expect(answers.get('trace')).toMatchObject({ complete: expect.any(Boolean), root: { code } });
    expect(answers.get('origin').countries[0].kilograms).toEqual(kilograms('8164.663'));
    expect(answers.get('shippedLots').nodes[0].kilograms).toEqual(kilograms('1.001'));
    expect(answers.get('massBalance').born).toEqual(kilograms('8164.663').times(LOTS));
    expect(answers.get('search').edges[0]).toMatchObject({ matched: expect.any(String), node: { __typename: 'Lot', code: 'LOT-000' } });
    // Whatever query there is, it is among these.
    const asked = Object.entries(documents)
      .filter(([, document]) => /^\s*query/.test(String(document)))
      .map(([name]) => name.replace(/^./, (letter) => letter.toLowerCase()).replace(/Document$/, ''));
    expect(asked.filter((name) => !['lot', 'viewer'].includes(name)).sort()).toEqual(Object.keys(questions).sort());
  });

  test('a key with one scope is answered all that its scope covers', async () => {
    const { secret } = await (await client({ operation: FARM })).createKey({
      operation: ids.farm,
      name: 'Lots only',
      scopes: ['LOTS'],
      expiresOn: new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10),
    });
    const us = await client({ key: secret! });
    expect((await us.lot({ code: 'LOT-001' }))!.code).toBe('LOT-001');
    expect((await us.lots().page()).nodes).toHaveLength(50);
    expect((await us.trace({ code: 'LOT-001', direction: 'BACK' }))!.root.code).toBe('LOT-001');
    expect(await failure(us.shipment({ reference: 'SHIP' }))).toBeInstanceOf(Forbidden);
  });
});

describe('lists', () => {
  test('page by themselves, each item once and in order', async () => {
    const us = await client();
    const codes: string[] = [];
    for await (const { code } of us.lots({ first: 7 })) codes.push(code);
    expect(codes).toEqual(Array.from({ length: LOTS }, (_, at) => `LOT-${String(at).padStart(3, '0')}`));
    expect(front.asked).toHaveLength(Math.ceil(LOTS / 7));
  });

  test('give one page where one is asked for, and go on after it', async () => {
    const us = await client();
    const { nodes, pageInfo, totalCount } = await us.lots({ first: 3, filter: { codePrefix: 'LOT-0' } }).page();
    expect([nodes.map(({ code }) => code), totalCount]).toEqual([['LOT-000', 'LOT-001', 'LOT-002'], 100]);
    const rest = await us.lots({ first: 500, filter: { codePrefix: 'LOT-0' }, after: pageInfo.endCursor }).toArray();
    expect([rest.length, rest[0]!.code]).toEqual([97, 'LOT-003']);
  });

  test('ask for no more than is looked at', async () => {
    for await (const lot of (await client()).lots({ first: 5 })) {
      if (lot.code === 'LOT-006') break;
    }
    expect(front.asked).toHaveLength(2);
  });

  test('of what is not there are an error, not an empty list', async () => {
    expect(await failure((await client()).lotHoldings({ code: 'nowhere' }).toArray())).toBeInstanceOf(NotFound);
  });

  test('of your own documents page as well', async () => {
    const document = new TypedDocument<
      { lots: { nodes: { code: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } } },
      { after?: string | null }
    >('query ($after: String) { lots(first: 100, after: $after) { nodes { code } pageInfo { hasNextPage endCursor } } }');
    expect(await (await client()).pages(document, ['lots'], {}).toArray()).toHaveLength(LOTS);
  });
});

describe('commands', () => {
  let made = 0;
  const harvest = () => ({
    producer: ids.farm,
    product: ids.wheat,
    code: `NEW-${++made}`,
    quantity: kilograms('0.001').toQuantity(),
  });

  test('are carried out, and what they changed is answered', async () => {
    const { lot, cursor } = await (await client({ operation: FARM })).recordHarvest(harvest());
    expect(lot).toMatchObject({ code: 'NEW-1', quantity: { kilograms: Kilograms.ofGrams(1) } });
    const seen = await (await client({ operation: FARM })).lot({ code: 'NEW-1' }, { atLeast: cursor });
    expect(seen!.id).toBe(lot!.id);
  });

  test('whose answer is lost are sent again under the same key, and are done once', async () => {
    hurried();
    const us = await client({ operation: FARM });
    front.next('break after', 'break', { status: 503, body: 'upstream is away' });
    const { lot } = await us.recordHarvest(harvest());
    const keys = front.asked.map(({ body }) => body.variables.input.idempotencyKey);
    expect(keys).toEqual([keys[0], keys[0], keys[0], keys[0]]);
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(await us.lots({ filter: { codes: [lot!.code] } }).toArray()).toHaveLength(1);
    await us.recordHarvest(harvest());
    expect(front.asked.at(-1)!.body.variables.input.idempotencyKey).not.toBe(keys[0]);
  });

  test('take a key of your own', async () => {
    const us = await client({ operation: FARM });
    const input = { ...harvest(), idempotencyKey: 'my-own' };
    const [first, again] = [await us.recordHarvest(input), await us.recordHarvest(input)];
    expect(again.lot!.id).toBe(first.lot!.id);
    const other = await failure(us.recordHarvest({ ...input, code: 'NEW-OTHER' }));
    expect(other).toBeInstanceOf(ERROR_OF_CODE.IDEMPOTENCY_KEY_REUSED);
  });

  test('that are refused are not sent again, and say every reason', async () => {
    const error = await failure(
      (await client({ operation: FARM })).recordHarvest({ ...harvest(), quantity: { value: '1,5', unit: 'KGM' }, code: '' }),
    );
    expect(error).toBeInstanceOf(BadUserInput);
    expect(error).toMatchObject({
      name: 'BadUserInput',
      code: 'BAD_USER_INPUT',
      retryable: false,
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(error.reasons).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ path: expect.arrayContaining(['quantity']), remedy: expect.stringContaining('1.5') }),
      ]),
    );
    expect(front.asked).toHaveLength(1);
  });
});

describe('errors', () => {
  test('have a class for each code that the server may send', () => {
    type Codes = Exclude<keyof typeof ERROR_OF_CODE, `GRAPHQL_${string}`>;
    const same: [Codes] extends [ErrorCode] ? ([ErrorCode] extends [Codes] ? true : false) : false = true;
    expect(same).toBe(true);
    for (const Class of Object.values(ERROR_OF_CODE)) expect(new Class('X', 'x')).toBeInstanceOf(LotlineError);
  });

  test.each<[string, Instead, unknown, object]>([
    ['a proxy without its server', { status: 502, body: '<html>Bad gateway</html>' }, ProtocolError, { retryable: true, status: 502 }],
    ['another kind of server', { status: 200, body: '<html>Welcome</html>' }, ProtocolError, { retryable: false, status: 200 }],
    ['no page of anybody', { status: 404, body: '{}' }, ProtocolError, { retryable: false, status: 404 }],
    ['a broken way', 'break', NetworkError, { retryable: true, code: 'NETWORK' }],
    ['nothing', 'silence', TimeoutError, { retryable: true, code: 'TIMEOUT' }],
    [
      'a code of tomorrow',
      { status: 200, body: '{"data":null,"errors":[{"message":"new","extensions":{"code":"BRAND_NEW"}}]}' },
      LotlineError,
      { code: 'BRAND_NEW', reasons: [{ code: 'BRAND_NEW', message: 'new' }] },
    ],
  ])('%s has a class too', async (_, instead, Class, details) => {
    front.next(instead);
    const error = await failure((await client('analyst', { retries: 0, timeoutMs: 200 })).viewer());
    expect(error).toBeInstanceOf(Class as never);
    expect(error).toMatchObject(details);
  });

  test('where nobody listens', async () => {
    expect(await failure(new Lotline({ url: 'http://127.0.0.1:1', retries: 0 }).viewer())).toBeInstanceOf(NetworkError);
  });

  test('of what cannot be sent at all are told at once, and are no lost way', async () => {
    const sent: SentRequest[] = [];
    const client = (token: string) => new Lotline({ url: server.url, token, onRequest: (request) => sent.push(request) });
    const big = await failure(client('whatever').lot({ code: 10n as unknown as string }));
    expect(big).toBeInstanceOf(TypeError);
    const token = await failure(client('töken').viewer());
    expect(token).toEqual(new TypeError('the token holds characters that no header does'));
    expect(sent).toEqual([]);
  });

  test('do not come from a time that no timer holds', async () => {
    const client = new Lotline({ url: server.url, timeoutMs: 2 ** 40, retries: 0 });
    expect(await client.viewer()).toMatchObject({ kind: 'NOBODY' });
  });

  test('keep what was answered all the same', async () => {
    const document = new TypedDocument<{ viewer: { kind: string }; lot: unknown }, Record<string, never>>(
      '{ viewer { kind } massBalance(operation: "x", product: "x", from: "2025-01-01", to: "2025-01-02") { born } }',
    );
    const error = await failure((await client()).request(document));
    expect(error).toBeInstanceOf(LotlineError);
    expect(error.reasons[0].path).toEqual(['operation']);
    const wrong = await failure((await client()).request(new TypedDocument<unknown, Record<string, never>>('{ colour }')));
    expect(wrong).toBeInstanceOf(InvalidDocument);
    expect(wrong.message).toMatch(/colour/);
  });
});

describe('what may succeed later', () => {
  const refusal = (more: object = {}) =>
    JSON.stringify({ errors: [{ message: 'busy', extensions: { code: 'UNAVAILABLE', retryable: true, ...more } }] });

  test('is asked again, not before the server said', async () => {
    hurried();
    front.next({ status: 503, headers: { 'retry-after': '1' }, body: refusal() }, { status: 503, body: refusal({ retryAfter: 0.3 }) });
    await (await client()).viewer();
    const [first, second, third] = front.asked.map(({ at }) => at);
    expect(second! - first!).toBeGreaterThanOrEqual(990);
    expect(third! - second!).toBeGreaterThanOrEqual(290);
    expect(third! - second!).toBeLessThan(900);
  });

  test('is asked so often and no more', async () => {
    hurried();
    front.next(...Array.from({ length: 9 }, () => ({ status: 503, body: refusal() })));
    const error = await failure((await client('analyst', { retries: 2 })).viewer());
    expect(error).toBeInstanceOf(Unavailable);
    expect(front.asked).toHaveLength(3);
  });

  test('is asked again at the hour that is named', async () => {
    hurried();
    const at = new Date(Date.now() + 1500);
    front.next({ status: 429, headers: { 'retry-after': at.toUTCString() }, body: 'slow down' });
    await (await client()).viewer();
    expect(front.asked[1]!.at).toBeGreaterThanOrEqual(Math.floor(at.getTime() / 1000) * 1000 - 20);
  });

  test('and asks for a longer wait than anybody has is told at once', async () => {
    front.next({ status: 503, headers: { 'retry-after': '3600' }, body: refusal() });
    const error = await failure((await client()).viewer());
    expect([error.retryAfterMs, front.asked.length]).toEqual([3_600_000, 1]);
  });

  test('waits that grow, random up to their bound', async () => {
    const random = jest.spyOn(Math, 'random').mockReturnValue(0.1);
    front.next('break', 'break', 'break');
    await (await client()).viewer();
    const times = front.asked.map(({ at }) => at);
    const waits = times.slice(1).map((at, index) => at - times[index]!);
    expect(random).toHaveBeenCalledTimes(3);
    for (const [index, least] of [25, 50, 100].entries()) expect(waits[index]).toBeGreaterThanOrEqual(least - 5);
  });

  test('is told to whoever keeps a log, text and all', async () => {
    hurried();
    const sent: SentRequest[] = [];
    front.next('break');
    await (await client('analyst', { onRequest: (each) => sent.push(each) })).lot({ code: 'LOT-000' });
    expect(sent.map(({ attempt, operationName, variables }) => [attempt, operationName, variables])).toEqual([
      [1, 'Lot', { code: 'LOT-000' }],
      [2, 'Lot', { code: 'LOT-000' }],
    ]);
    expect(sent[0]!.query).toBe(String(documents.LotDocument));
  });
});

describe('a signal', () => {
  test('ends a request, its waits, and what has not begun', async () => {
    const ending = new AbortController();
    front.next('silence');
    const asked = failure((await client()).viewer({}, { signal: ending.signal }));
    setTimeout(() => ending.abort(new Error('enough')), 50);
    expect((await asked).message).toBe('enough');

    const waiting = new AbortController();
    front.next({ status: 503, headers: { 'retry-after': '60' }, body: '' });
    const waits = failure((await client()).viewer({}, { signal: waiting.signal }));
    setTimeout(() => waiting.abort(new Error('enough')), 50);
    expect((await waits).message).toBe('enough');

    front.next();
    expect((await failure((await client()).viewer({}, { signal: AbortSignal.abort(new Error('before')) }))).message).toBe('before');
    expect(front.asked).toEqual([]);
  });

  test('a time runs out for each attempt', async () => {
    hurried();
    front.next('silence', 'silence');
    const begun = Date.now();
    await (await client()).viewer({}, { timeoutMs: 150 });
    expect(Date.now() - begun).toBeGreaterThanOrEqual(290);
    expect(front.asked).toHaveLength(3);
  });
});

describe('tokens', () => {
  test('act in the role that is named', async () => {
    const role = `operation:${FARM}`;
    expect(await (await client({ operation: FARM }, { actingFor: role })).viewer()).toMatchObject({ operation: { name: 'Farm' } });
    expect(front.asked[0]!.headers['lotline-acting-for']).toBe(role);
    expect(await failure((await client({ operation: FARM }, { actingFor: `operation:${MILL}` })).viewer())).toBeInstanceOf(Forbidden);
  });

  test('are kept, and asked for once more where they are not good any more', async () => {
    const good = await server.token('analyst');
    const asked: (string | null)[] = [];
    const us = new Lotline({
      url: front.url,
      token: async (expired) => {
        asked.push(expired);
        return expired === null ? 'not.a.token' : good;
      },
    });
    const kinds = await Promise.all([us.viewer(), us.viewer(), us.viewer()]);
    expect(kinds.map(({ kind }) => kind)).toEqual(['ANALYST', 'ANALYST', 'ANALYST']);
    expect(asked).toEqual([null, 'not.a.token']);
    await us.viewer();
    expect(asked).toHaveLength(2);
  });

  test('that are refused twice are an error, and a source that fails is asked again later', async () => {
    const us = new Lotline({ url: front.url, token: () => 'not.a.token' });
    expect(await failure(us.viewer())).toBeInstanceOf(Unauthenticated);
    expect(front.asked).toHaveLength(2);
    expect(await failure(new Lotline({ url: front.url, token: 'not.a.token' }).viewer())).toMatchObject({ status: 401 });

    let fails = true;
    const good = await server.token('analyst');
    const later = new Lotline({
      url: front.url,
      token: async () => {
        if (fails) throw new Error('the issuer is away');
        return good;
      },
    });
    expect((await failure(later.viewer())).message).toBe('the issuer is away');
    fails = false;
    expect(await later.viewer()).toMatchObject({ kind: 'ANALYST' });
  });
});

describe('documents of your own', () => {
  test('are sent as they are, parsed or not, and give what the wire gives', async () => {
    const text = 'query Mine($code: String!) { lot(code: $code) { code quantity { kilograms } } }';
    const us = new Connection({ url: front.url, token: await server.token('analyst') });
    const wanted = { lot: { code: 'LOT-000', quantity: { kilograms: '8164.663' } } };
    expect(await us.request(new TypedDocument<typeof wanted, { code: string }>(text), { code: 'LOT-000' })).toEqual(wanted);
    const { data, cursor } = await us.answer(parse(text) as never, { code: 'LOT-000' } as never);
    expect([data, typeof cursor]).toEqual([wanted, 'string']);
  });

  test('are written as graphql writes them', async () => {
    let sent = '';
    const us = new Connection({
      url: 'http://localhost',
      fetch: async (_, init) => {
        sent = JSON.parse(String(init!.body)).query;
        return new Response('{"data":{}}');
      },
    });
    const texts = [
      ...Object.values(documents).map(String),
      'query A($a: [Int!]! = [1, 2] @d, $b: In = {x: "q\\"\\n", y: null, z: [ENUM, true, 1.5e3]}) @live(if: false) { ...F @skip(if: $a) ... @include(if: true) { b: c(x: $b) } ... on T { d } } fragment F on T { e }',
      '{ a(text: """block\n  "text" """) }',
    ];
    for (const text of texts) {
      const document = parse(text, { noLocation: true });
      await us.request(document as never);
      const plain = visit(document, { StringValue: ({ value, kind }) => ({ kind, value }) });
      expect(print(parse(sent))).toBe(print(plain));
    }
  });
});
