import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServerProcess } from '../support/server-process';
import { certificateNumber } from '../support/world';

// Demo mode, as `npm start` is: stand-ins of the systems outside run beside the server, and the whole road can be walked.

const server = new ServerProcess('', { LOTLINE_SAMPLES: 'all' });
let given = 0;

const ask = async (query: string, variables: object = {}): Promise<any> => {
  const { admin } = JSON.parse(readFileSync(join(server.directory, 'demo-tokens.json'), 'utf8'));
  const response = await fetch(`http://127.0.0.1:${server.port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${admin}` },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as any;
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
};
const give = async (command: string, input: object): Promise<string> => {
  const query = `mutation ($input: ${command[0]!.toUpperCase()}${command.slice(1)}Input!) { done: ${command}(input: $input) { importCertificate { id } } }`;
  return (await ask(query, { input: { idempotencyKey: `demo-${++given}`, ...input } })).done.importCertificate.id;
};
const look = async (id: string): Promise<any> =>
  (await ask('query ($id: ID!) { node(id: $id) { ... on ImportCertificate { status number effects { what state } } } }', { id })).node;
async function until(id: string, what: string): Promise<any> {
  for (const end = Date.now() + 40_000; Date.now() < end; await sleep(100)) {
    const seen = await look(id);
    if (seen.effects.some((each: any) => each.what === what && each.state === 'DONE')) return seen;
  }
  throw new Error(`${what} is not done: ${JSON.stringify(await look(id))}`);
}

async function approved(): Promise<string> {
  const { importCertificates } = await ask(
    '{ importCertificates(first: 1) { nodes { hts exporter { id } importer { id } certifier { id } lines(first: 1) { nodes { product { id } } } } } }',
  );
  const { hts, exporter, importer, certifier, lines } = importCertificates.nodes[0];
  const id = await give('requestImportCertificate', {
    exporter: exporter.id,
    importer: importer.id,
    certifier: certifier.id,
    kind: 'SHIPMENT',
    origin: 'CO',
    destination: 'US',
    hts,
    standard: 'NOP',
    lines: [{ product: lines.nodes[0].product.id, quantity: { value: '1', unit: 'KGM' } }],
  });
  await give('approveImportCertificate', { importCertificate: id, reason: 'seen' });
  return id;
}

beforeAll(async () => {
  chmodSync(server.directory, 0o755);
  await server.start();
}, 60_000);
afterAll(() => server.end('SIGTERM').then(() => server.close()));

test('a certificate is issued by the stand-in, and revised after a restart; nothing of the samples is sent', async () => {
  const before = await ask('{ importCertificates { nodes { effects { what } } } }');
  expect(before.importCertificates.nodes.flatMap(({ effects }: any) => effects)).toEqual([]);
  const id = await approved();
  await give('issueImportCertificate', { importCertificate: id });
  const { status, number } = await until(id, 'ISSUE');
  expect(status).toBe('ISSUED');
  expect(number).toMatch(/^999-\d{10}-\d{6}$/);
  await server.end('SIGTERM');
  await server.start();
  await give('reviseImportCertificate', { importCertificate: id, quantity: { value: '2', unit: 'KGM' }, reason: 'weighed' });
  expect(await until(id, 'REVISE')).toMatchObject({ number });
  expect(server.crashes).toEqual([]);
}, 120_000);

test('a number that is typed is not asked for', async () => {
  const importCertificate = await approved();
  const number = certificateNumber(79, 1);
  await give('issueImportCertificate', { importCertificate, number });
  expect(await look(importCertificate)).toMatchObject({ status: 'ISSUED', number, effects: [] });
}, 60_000);
