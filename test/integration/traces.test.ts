import { setTimeout as sleep } from 'node:timers/promises';
import { startWorker } from '@lotline/server/jobs';
import { webhookTasks } from '@lotline/server/later';
import { startTracing, type TracingSettings } from '@lotline/server/telemetry';
import { Keeping } from '@lotline/server/webhooks';
import { type As, csv, type Lotline, startLotline } from '../support/lotline';
import { Receiver } from '../support/receiver';

// What a request did, as a tree of spans that a collector is sent: who called whom, how long, and nothing of what was asked.

const FARM = 'T:FARM';
const farm: As = { operation: FARM };
const SILENT = { info: () => {}, error: () => {} };
const SECRET = 'SECRET-LOT-7';
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = 'b7ad6b7169203331';
const traceparent = `00-${TRACE}-${CALLER}-01`;

let lotline: Lotline;
let collector: Receiver;
const ids: Record<string, string> = {};

const settings = (more: Partial<TracingSettings> = {}): TracingSettings => ({
  endpoint: collector.url,
  headers: 'x-collector-key=collector%20key',
  serviceName: 'lotline under test',
  sampler: 'parentbased_traceidratio',
  ratio: 1,
  ...more,
});

interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  status: { code?: number };
  attributes: Record<string, unknown>;
}

function spans(): Span[] {
  return collector.received
    .filter(({ path }) => path === '/v1/traces')
    .flatMap(({ body }) => JSON.parse(body).resourceSpans.flatMap((each: any) => each.scopeSpans.flatMap((scope: any) => scope.spans)))
    .map((span: any) => ({
      ...span,
      attributes: Object.fromEntries(span.attributes.map(({ key, value }: any) => [key, Object.values(value)[0]])),
    }));
}

/** The spans below one, as lines; of statements that are alike one. */
function tree(all: readonly Span[], { spanId }: Pick<Span, 'spanId'>, depth = 0): string[] {
  const below = all.filter(({ parentSpanId }) => parentSpanId === spanId);
  const isFirst = ({ name }: Span, at: number) => !name.startsWith('sql ') || below.findIndex((other) => other.name === name) === at;
  return below.filter(isFirst).flatMap((span) => [`${'  '.repeat(depth)}${span.name}`, ...tree(all, span, depth + 1)]);
}

const HARVEST = 'mutation ($input: RecordHarvestInput!) { recordHarvest(input: $input) { cursor lot { id producer { name } } } }';
let given = 0;
const harvest = (code: string, headers: Record<string, string> = {}) => {
  const input = {
    producer: ids.farm,
    product: ids.product,
    code,
    quantity: { value: '10', unit: 'KGM' },
    producedOn: '2025-01-01',
    country: 'TR',
    idempotencyKey: `t-${++given}`,
  };
  return lotline.ask(HARVEST, { input }, farm, headers);
};

beforeAll(async () => {
  collector = await new Receiver().start();
  collector.answer = () => ({ status: 200 });
  lotline = await startLotline({ pollMs: 100, heartbeatMs: 200 });
  await lotline.import({
    'certifiers.csv': csv([{ certifier: 'ZT1', name: 'Certifier (invented)' }]),
    'operations.csv': csv([{ operation: FARM, name: 'Invented Farm', country: 'TR', roles: 'handler' }]),
    'products.csv': csv([{ product: 'Wheat', hts: '1001.99.0000', organic: 'yes' }]),
    'operation_certificates.csv': csv([{ operation: FARM, certifier: 'ZT1', status: 'CERTIFIED', effective_from: '2020-01-01' }]),
  });
  const idOf = async (type: string, table: string) =>
    Buffer.from(`${type}:${(await lotline.database.query<{ id: string }>(`select id from ${table}`))[0]!.id}`).toString('base64url');
  ids.farm = await idOf('Operation', 'operation');
  ids.product = await idOf('Product', 'product');
});
beforeEach(() => {
  collector.received.length = 0;
});
afterAll(async () => {
  await lotline.close();
  await collector.stop();
});

test('one request is one tree, below the span of its caller, and holds nothing of what was asked', async () => {
  const end = await startTracing(settings(), '1.2.3');
  const token = await lotline.token(farm);
  try {
    expect((await harvest(SECRET, { traceparent })).errors).toBeUndefined();
  } finally {
    await end();
  }
  const all = spans().filter(({ traceId }) => traceId === TRACE);
  expect(tree(all, { spanId: CALLER })).toEqual([
    'POST /graphql',
    '  sign in',
    '    sql SELECT',
    '  parse',
    '  validate',
    '  execute',
    '    command recordHarvest',
    ...['BEGIN', 'INSERT', 'SELECT', 'UPDATE', 'SET'].map((word) => `      sql ${word}`),
    ...['BEGIN', 'SELECT'].map((word) => `    sql ${word}`),
    '  sql COMMIT',
  ]);
  const request = all.find(({ name }) => name === 'POST /graphql')!;
  expect(request).toMatchObject({
    kind: 2,
    attributes: {
      'http.request.method': 'POST',
      'http.route': '/graphql',
      'http.response.status_code': 200,
      'lotline.viewer.kind': 'OPERATION',
      'lotline.request.id': expect.any(String),
    },
  });
  expect(all.find(({ name }) => name === 'execute')!.attributes).toEqual({ 'graphql.operation.type': 'mutation' });
  expect(all.find(({ name }) => name.startsWith('command'))!.attributes).toEqual({
    'lotline.command': 'recordHarvest',
    'lotline.rows': 1,
    'lotline.attempts': 1,
  });
  const statements = all.filter(({ name }) => name.startsWith('sql '));
  expect(statements.length).toBeGreaterThan(5);
  for (const { name, kind, attributes } of statements) {
    expect(kind).toBe(3);
    expect(attributes).toEqual({ 'db.system.name': 'postgresql', 'db.operation.name': name.slice(4) });
  }
  const sent = collector.received.map(({ body }) => body).join('\n');
  expect(sent).toContain('lotline under test');
  expect(collector.received[0]!.headers['x-collector-key']).toBe('collector key');
  for (const secret of [SECRET, token, 'Invented Farm', 'collector key', 'recordHarvest(input', 'select ', 't-1"'])
    expect(sent).not.toContain(secret);
});

test('what failed is an error by its code, without its words', async () => {
  const end = await startTracing(settings(), '1.2.3');
  try {
    expect((await harvest(SECRET, { traceparent })).errors).toHaveLength(1);
  } finally {
    await end();
  }
  const command = spans().find(({ name }) => name.startsWith('command'))!;
  expect(command.status).toEqual({ code: 2 });
  expect(command.attributes['error.type']).toMatch(/^[A-Z_]+$/);
  expect(collector.received.map(({ body }) => body).join()).not.toContain(SECRET);
});

test('a step of the tail, a job and its message are traced, and the receiver is handed the trace', async () => {
  const receiver = await new Receiver().start();
  const end = await startTracing(settings(), '1.2.3');
  const sender = await startWorker(lotline.database, webhookTasks(lotline.database, { privateAddresses: true, timeoutMs: 500 }), SILENT, 2);
  const keeping = new Keeping({ ...lotline, live: lotline.server.live, warn: () => {} });
  try {
    const created = await lotline.ask(
      'mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { cursor } }',
      { input: { url: `${receiver.url}/hook`, query: 'subscription { lotEvents { change { kind } } }', idempotencyKey: 'hook' } },
      farm,
    );
    expect(created.errors).toBeUndefined();
    // The first is replayed for a stream that has just begun, the second is told live.
    for (const told of [1, 2]) {
      await harvest(`T-TOLD-${told}`);
      for (const late = Date.now() + 10_000; receiver.received.length < told && Date.now() < late; ) await sleep(20);
    }
  } finally {
    await keeping.stop();
    await sender.stop();
    await end();
    await receiver.stop();
  }
  const all = spans();
  const [message] = receiver.received;
  const posted = all.find(({ name }) => name === 'POST webhook')!;
  expect(message!.headers.traceparent).toBe(`00-${posted.traceId}-${posted.spanId}-01`);
  expect(posted).toMatchObject({ kind: 3, attributes: { 'http.response.status_code': 204 } });
  const job = all.find(({ spanId }) => spanId === posted.parentSpanId)!;
  expect(job).toMatchObject({ name: 'job webhook', attributes: { 'lotline.attempt': 1 } });
  expect(job.parentSpanId).toBeUndefined();
  const step = all.filter(({ name }) => name === 'tail step');
  expect(step.length).toBeGreaterThan(0);
  const delivered = all.find(({ name, parentSpanId }) => name === 'deliver' && step.some(({ spanId }) => spanId === parentSpanId))!;
  expect(delivered.attributes).toEqual({ 'lotline.subscription': 'lotEvents', 'lotline.streams': 1, 'lotline.lane': 'live' });
  expect(all.map((span) => JSON.stringify(span)).join()).not.toContain('/hook');
});

test('a caller that is not sampled is not, a sampler by ratio asks nobody, and without an endpoint there is nothing', async () => {
  const unsampled = { traceparent: traceparent.replace(/01$/, '00') };
  const runs: [Partial<TracingSettings>, Record<string, string>, boolean][] = [
    [{}, unsampled, false],
    [{ sampler: 'traceidratio', ratio: 1 }, unsampled, true],
    [{ sampler: 'traceidratio', ratio: 0 }, { traceparent }, false],
    [{ endpoint: null }, { traceparent }, false],
  ];
  for (const [more, headers, isTraced] of runs) {
    collector.received.length = 0;
    const end = await startTracing(settings(more), '1.2.3');
    try {
      await lotline.ask('{ lots(first: 1) { nodes { id } } }', {}, 'analyst', headers);
    } finally {
      await end();
    }
    expect(spans().some(({ name }) => name === 'POST /graphql')).toBe(isTraced);
  }
});

test('a collector that is away or slow holds nobody up', async () => {
  collector.answer = () => 'STALL';
  const end = await startTracing(settings(), '1.2.3');
  try {
    for (let asked = 0; asked < 20; asked++) expect((await lotline.ask('{ lots(first: 1) { nodes { id } } }')).errors).toBeUndefined();
  } finally {
    const begun = Date.now();
    await end();
    expect(Date.now() - begun).toBeLessThan(3000);
    collector.answer = () => ({ status: 200 });
  }
});
