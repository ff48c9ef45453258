import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { toGlobalId } from '@lotline/schema';
import { ADMINISTRATOR, mintToken, operationViewer } from '@lotline/server/access';
import { Runner } from '@lotline/server/commands';
import { Database } from '@lotline/server/database';
import { importFolder } from '@lotline/server/import';
import { WebSocket } from 'ws';
import { createDatabase, csv, writeFolder } from '../support/lotline';
import { Receiver } from '../support/receiver';
import { ServerProcess } from '../support/server-process';

// LOTLINE_RUNS: a server answers and does no work, a worker works and answers nothing but whether it lives.

const EVENTS = 'subscription { lotEvents { cursor sequence change { kind lot { code } } } }';
let made: { url: string; drop(): Promise<void> };
let server: ServerProcess;
let worker: ServerProcess;
let receiver: Receiver;
let token: string;
let farm: string;
let product: string;

beforeAll(async () => {
  made = await createDatabase();
  receiver = await new Receiver().start();
  const database = await Database.open(made.url, { poolSize: 2 });
  const folder = writeFolder({
    'operations.csv': csv([{ operation: 'ROLES:FARM', name: 'Farm', country: 'TR', roles: 'producer' }]),
    'products.csv': csv([{ product: 'Wheat', hts: '1001990000', organic: 'yes' }]),
  });
  await importFolder(new Runner(database), ADMINISTRATOR, folder);
  rmSync(folder, { recursive: true, force: true });
  const [row] = await database.query<{ farm: string; product: string }>(
    'select o.id as farm, p.id as product from operation o cross join product p',
  );
  [farm, product] = [toGlobalId('Operation', row!.farm), toGlobalId('Product', row!.product)];
  token = await mintToken(operationViewer(row!.farm), database.installation.tokenKey);
  await database.close();
  [server, worker] = ['server', 'worker'].map((runs) => new ServerProcess(made.url, { LOTLINE_RUNS: runs })) as [
    ServerProcess,
    ServerProcess,
  ];
  await Promise.all([server.start(), worker.start()]);
});
afterAll(async () => {
  await Promise.all([server?.close(), worker?.close()]);
  await receiver?.stop();
  await made?.drop();
});

const at = ({ port }: ServerProcess, path: string) => `http://127.0.0.1:${port}${path}`;

async function give(mutation: string, type: string, input: object): Promise<any> {
  const response = await fetch(at(server, '/graphql'), {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: `mutation ($input: ${type}!) { ${mutation}(input: $input) { cursor } }`, variables: { input } }),
  });
  const { data, errors } = (await response.json()) as any;
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

it('a worker says that it lives and that it is ready, and serves nothing else', async () => {
  for (const path of ['/healthz', '/readyz']) expect((await fetch(at(worker, path))).status).toBe(200);
  for (const path of ['/', '/graphql?query={__typename}', '/graphql/stream', '/files', '/documents/x/content', '/client.tgz'])
    expect([path, (await fetch(at(worker, path))).status]).toEqual([path, 404]);
  const socket = new WebSocket(at(worker, '/graphql').replace('http', 'ws'), 'graphql-transport-ws');
  const refused = await new Promise((done) =>
    socket.on('unexpected-response', (_request, { statusCode }) => done(statusCode)).on('error', done),
  );
  expect(refused).toBe(404);
});

it('what a server causes is done by a worker alone', async () => {
  await worker.end('SIGTERM');
  await give('createWebhook', 'CreateWebhookInput', { idempotencyKey: 'hook', url: receiver.url, query: EVENTS });
  const quantity = { value: '1000', unit: 'KGM' };
  const harvest = { idempotencyKey: 'harvest', producer: farm, product, code: 'ONE', quantity, producedOn: '2025-09-01', country: 'TR' };
  await give('recordHarvest', 'RecordHarvestInput', harvest);
  await sleep(1500);
  expect(receiver.received).toHaveLength(0);
  await worker.start();
  for (const until = Date.now() + 30_000; Date.now() < until && receiver.received.length === 0; ) await sleep(50);
  expect(receiver.received.map(({ body }) => JSON.parse(body))).toEqual([expect.objectContaining({ data: expect.anything() })]);
  expect(receiver.received[0]!.body).toContain('"ONE"');
  expect([...server.crashes, ...worker.crashes]).toEqual([]);
});
