import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Meters, Probe, serveMetrics } from '@lotline/server/telemetry';
import { Client } from 'pg';
import { subscribe } from '../support/live';
import { csv, type Lotline, startLotline } from '../support/lotline';
import { startProxy } from '../support/proxy';

// What whoever runs a server reads of it: every figure moves by what it counts, and none is for strangers.

async function until(so: () => Promise<boolean>): Promise<void> {
  for (const late = Date.now() + 10_000; !(await so()); await sleep(50)) if (Date.now() > late) throw new Error('it did not come to that');
}

let lotline: Lotline;
let certifier: string;
beforeAll(async () => {
  lotline = await startLotline({ heartbeatMs: 200 });
  await lotline.import({ 'certifiers.csv': csv([{ certifier: 'ZZ1', name: 'Certifier (invented)', scheme: 'NOP' }]) });
  const [row] = await lotline.database.query<{ id: string }>('select id from certifier');
  certifier = Buffer.from(`Certifier:${row!.id}`).toString('base64url');
});
afterAll(() => lotline.close());

/** Figures by name and labels, as they stand in the text. */
async function figures(url = `${lotline.url}/metrics`): Promise<Map<string, number>> {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
}

const RECORD = 'mutation ($input: RecordOperationInput!) { recordOperation(input: $input) { cursor } }';
const mill = (input: object) => ({
  input: { certifier, nopId: '1234567890', name: 'Invented Mill', country: 'TR', roles: ['HANDLER'], ...input },
});

test('an answer, a command and a refusal are counted and timed', async () => {
  const before = await figures();
  await lotline.data('{ lots(first: 1) { nodes { id } } }');
  await lotline.ask('{ nothing }');
  await lotline.data(RECORD, mill({ idempotencyKey: 'metrics 1' }), 'admin');
  expect((await lotline.ask(RECORD, mill({ nopId: 'no', idempotencyKey: 'metrics 2' }), 'admin')).errors).toHaveLength(1);
  await fetch(`${lotline.url}/an/invented/path/${'x'.repeat(50)}`);
  const after = await figures();
  const grown = (name: string) => (after.get(name) ?? 0) - (before.get(name) ?? 0);
  expect(grown('lotline_http_requests_total{route="/graphql",status="2xx",viewer="ANALYST"}')).toBeGreaterThan(0);
  expect(grown('lotline_http_requests_total{route="none",status="4xx",viewer="none"}')).toBe(1);
  expect(grown('lotline_http_request_duration_seconds_count{route="/graphql"}')).toBe(4);
  expect(grown('lotline_operation_duration_seconds_count{kind="query",outcome="ok"}')).toBe(1);
  expect(grown('lotline_operation_duration_seconds_count{kind="none",outcome="errors"}')).toBe(1);
  expect(grown('lotline_operation_duration_seconds_count{kind="mutation",outcome="ok"}')).toBe(1);
  expect(grown('lotline_command_duration_seconds_count{command="recordOperation",outcome="done"}')).toBe(1);
  expect(grown('lotline_refusals_total{code="GRAPHQL_VALIDATION_FAILED"}')).toBeGreaterThan(0);
  expect(grown('lotline_refusals_total{code="NOT_FOUND"}')).toBe(1);
  expect(grown('lotline_database_connect_seconds_count')).toBeGreaterThan(0);
  // Nothing of what was asked: neither a path nor a name nor an identifier.
  for (const name of after.keys()) expect(name).not.toMatch(/invented|xxx|nothing|1234567890/i);
});

test('a stream, its messages and its end are counted by their transport', async () => {
  const subscriber = await subscribe(lotline, {
    query: 'subscription { operationCertificateStatusChanged { cursor sequence change { to } } }',
  });
  await subscriber.abreast();
  const during = await figures();
  expect(during.get('lotline_live_connections{transport="sse"}')).toBe(1);
  expect(during.get('lotline_live_streams{transport="sse"}')).toBe(1);
  expect(during.get('lotline_live_streams{transport="websocket"}')).toBe(0);
  expect(during.get('lotline_live_messages_total{transport="sse"}')).toBeGreaterThan(0);
  expect(during.get('lotline_live_replays_total')).toBeGreaterThan(0);
  await subscriber.close();
  await until(async () => (await figures()).get('lotline_live_streams{transport="sse"}') === 0);
});

test('the pool, the database, the tail, jobs, the event loop and the process are there', async () => {
  const found = await figures();
  expect(found.get('lotline_ready')).toBe(1);
  expect(found.get('lotline_database_up')).toBe(1);
  expect(found.get('lotline_database_pool_limit')).toBe(8);
  expect(found.get('lotline_database_pool_connections{state="busy"}')).toBe(0);
  expect(found.get('lotline_tail_lag_commands')).toBe(0);
  expect(found.get('lotline_tail_lag_seconds')).toBe(0);
  expect(found.get('lotline_webhook_messages_pending')).toBe(0);
  for (const state of ['due', 'working', 'waiting', 'dead']) expect(found.get(`lotline_jobs{state="${state}"}`)).toBe(0);
  for (const name of ['nodejs_eventloop_utilization_ratio', 'nodejs_eventloop_lag_p99_seconds', 'process_resident_memory_bytes'])
    expect(found.has(name)).toBe(true);
});

test('two servers in one process count apart', async () => {
  const [one, two] = [new Meters(), new Meters()];
  one.charged(10, 4);
  expect(await one.text()).toContain('lotline_cost_requested_count 1');
  expect(await one.text()).toContain('lotline_cost_actual_sum 4');
  expect(await two.text()).toContain('lotline_cost_requested_count 0');
});

/** As a browser asks that was told another name for this machine: fetch writes the header Host itself. */
const asked = (url: string, headers: Record<string, string>): Promise<{ status: number }> =>
  new Promise((done, failed) => {
    get(url, { headers, agent: false }, (response) => {
      done({ status: response.statusCode! });
      response.destroy();
    }).once('error', failed);
  });

test('outside of demo mode metrics are on a port of their own, and nowhere without one', async () => {
  const strict = await startLotline({ demo: false });
  try {
    expect(strict.server.metricsUrl).toBeNull();
    // Whoever says so is not from here: a proxy on this machine would speak for everybody.
    const told = await fetch(`${strict.url}/metrics`, { headers: { host: 'localhost', 'x-forwarded-for': '127.0.0.1' } });
    expect(told.status).toBe(404);
    expect(await told.text()).not.toContain('lotline_');
  } finally {
    await strict.close();
  }
  const apart = await startLotline({ demo: false, metrics: { port: 0, host: '127.0.0.1' } });
  try {
    const own = apart.server.metricsUrl!;
    expect(new URL(own).port).not.toBe(new URL(apart.url).port);
    expect((await figures(own)).get('lotline_ready')).toBe(1);
    expect((await fetch(`${apart.url}/metrics`)).status).toBe(404);
    expect(await (await fetch(own.replace('/metrics', '/readyz'))).json()).toEqual({ status: 'ready' });
    expect((await fetch(own.replace('/metrics', '/healthz'))).status).toBe(200);
    expect((await fetch(own.replace('/metrics', '/graphql'))).status).toBe(404);
    expect((await fetch(own, { method: 'POST' })).status).toBe(405);
    // What no route can read is counted as what no route is for.
    await (await fetch(`${apart.url}/%zz`)).text();
    await until(async () => (await (await fetch(own)).text()).includes('{route="none",status="4xx",viewer="none"} 2'));
    // A page whose name was led to this machine reads no counts.
    expect((await asked(own, { host: 'evil.example' })).status).toBe(403);
    expect((await asked(own, { host: 'localhost:9464' })).status).toBe(200);
  } finally {
    await apart.close();
  }
});

/** A place for whoever watches, of a database that is somewhere. */
async function watching(url: string) {
  const probe = new Probe(
    (config) => new Client({ ...config, connectionString: url }),
    () => 0n,
  );
  const meters = new Meters();
  const none = { websocket: 0, sse: 0 };
  const watched = { pool: { size: 0, idle: 0, waiting: 0, most: 1 }, connections: none, streams: none, journalWaiting: 0, ready: true };
  meters.watch(
    () => watched,
    () => probe.ofDatabase(),
  );
  const server = await serveMetrics(meters, { port: 0, host: '127.0.0.1' }, async () => ({
    status: (await probe.answers()) ? 'ready' : 'no database',
  }));
  const stop = async () => {
    await server.stop();
    probe.close();
  };
  return { url: server.url, stop };
}
const elsewhere = (port: number): string => Object.assign(new URL(lotline.databaseUrl), { port: String(port) }).href;
const isReady = async (url: string): Promise<boolean> => (await fetch(`${url}/readyz`)).status === 200;

test('a database that hangs is told within 2 seconds, to however many ask, and so is its return', async () => {
  const proxy = await startProxy(Number(new URL(lotline.databaseUrl).port));
  const own = await watching(elsewhere(proxy.port));
  try {
    expect(await isReady(own.url)).toBe(true);
    proxy.freeze();
    const begun = Date.now();
    const asked = await Promise.all(Array.from({ length: 20 }, () => fetch(`${own.url}/readyz`)));
    expect(new Set(asked.map(({ status }) => status))).toEqual(new Set([503]));
    expect(await asked[0]!.json()).toEqual({ status: 'no database' });
    expect(Date.now() - begun).toBeLessThan(3000);
    // By another connection it is there.
    expect(await isReady(own.url)).toBe(true);
    expect(proxy.made).toBe(2);
  } finally {
    await own.stop();
    await proxy.close();
  }
});

test('of a database that never answers no figure is told, and whoever reads does not wait for long', async () => {
  const mute = createServer().listen(0, '127.0.0.1');
  await once(mute, 'listening');
  const own = await watching(elsewhere((mute.address() as AddressInfo).port));
  try {
    const begun = Date.now();
    const found = await figures(`${own.url}/metrics`);
    expect(Date.now() - begun).toBeLessThan(3000);
    expect(found.get('lotline_database_up')).toBe(0);
    expect(found.get('lotline_tail_lag_seconds')).toBeNaN();
    expect([...found.keys()].some((name) => name.startsWith('lotline_jobs{'))).toBe(false);
  } finally {
    await own.stop();
    mute.close();
  }
});

test('the reference says what is measured', async () => {
  const page = readFileSync(join(__dirname, '..', '..', 'docs', 'telemetry.md'), 'utf8');
  const names = [...(await figures()).keys()]
    .map((name) => name.replace(/\{.*/, '').replace(/_(?:count|sum|bucket)$/, ''))
    .filter((name) => name.startsWith('lotline_'));
  for (const name of new Set(names)) expect(page).toContain(`\`${name}\``);
});
