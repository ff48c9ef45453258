import { workOnce } from '@lotline/server/jobs';
import { tasksOf } from '@lotline/server/later';
import { openSystems, type SystemsSettings } from '@lotline/server/outside';
import { CustomsEnvironment, IntegrityDatabase } from '@lotline/server/outside/stand-ins';
import { type As, csv, type Lotline, startLotline } from './lotline';
import { entryNumber } from './world';

// Two systems outside and a Lotline that speaks to them, with a certificate's and an entry's road as far as tests of that need it.

export const [EXPORTER, IMPORTER, STRANGER] = ['9990000021', '9990000022', '9990000029'] as const;
export const exporter: As = { operation: EXPORTER };
export const importer: As = { operation: IMPORTER };
export const certifier: As = { certifier: 'ZO1' };
const SILENT = { info: () => {}, error: () => {} };
/** What they are given to answer: a busy machine is slow. */
const PATIENT_MS = 20_000;
/** What they are given where they answer too late. */
export const TIMEOUT_MS = 400;
export const REST_MS = 30_000;

export let lotline: Lotline;
export let oid: IntegrityDatabase;
export let ace: CustomsEnvironment;
let settings: SystemsSettings;
let clock = 0;
export let systems: ReturnType<typeof openSystems>;
export const ids: Record<string, string> = {};
let given = 0;

export const ask = (command: string, input: object, as: As): Promise<any> => {
  const type = `${command[0]!.toUpperCase()}${command.slice(1)}Input!`;
  const answer = command === 'retryJob' ? 'job' : command.endsWith('CustomsEntry') ? 'customsEntry { id }' : 'importCertificate { id }';
  const query = `mutation ($input: ${type}) { ${command}(input: $input) { cursor ${answer} } }`;
  return lotline.ask(query, { input: { idempotencyKey: `o-${++given}`, ...input } }, as);
};
export const give = async (command: string, input: object, as: As): Promise<any> => {
  const { data, errors } = await ask(command, input, as);
  if (errors) throw new Error(JSON.stringify(errors));
  return data[command];
};
export const of = (importCertificate: string, more: object = {}) => ({ importCertificate, ...more });

async function requested(lot: string, kilograms: number): Promise<string> {
  const input = {
    exporter: ids[EXPORTER],
    importer: ids[IMPORTER],
    certifier: ids.ZO1,
    kind: 'SHIPMENT',
    origin: 'CO',
    destination: 'US',
    hts: '0901110015',
    standard: 'NOP',
    lines: [{ product: ids.product, lot: ids[lot], quantity: { value: String(kilograms), unit: 'KGM' } }],
  };
  return (await give('requestImportCertificate', input, exporter)).importCertificate.id;
}
export async function approved(lot = 'O-LOT', kilograms = 1): Promise<string> {
  const id = await requested(lot, kilograms);
  await give('approveImportCertificate', of(id, { reason: 'seen' }), certifier);
  return id;
}
/** One that the OID is asked to issue. */
export async function askedFor(lot = 'O-LOT', kilograms = 1): Promise<string> {
  const id = await approved(lot, kilograms);
  await give('issueImportCertificate', of(id), certifier);
  return id;
}
/** One that the OID issued. */
export async function issued(): Promise<string> {
  const id = await askedFor();
  await work();
  expect((await look(id)).status).toBe('ISSUED');
  return id;
}

export const work = () => workOnce(lotline.database, tasksOf(lotline.runner, { database: lotline.database, systems }), SILENT);
/** The time has come to try again what was tried in vain. */
export async function workAgain(): Promise<void> {
  await lotline.database.query(`update graphile_worker._private_jobs set run_at = now() where key like 'oid %' or key like 'ace %'`);
  await work();
}

interface Effect {
  system: string;
  what: string;
  state: string;
  attempts: number;
  message: string | null;
  lastTriedAt: string | null;
}
interface Seen {
  status: string;
  number: string | null;
  history: { status: string; by: string | null }[];
  effects: Effect[];
}
export const look = async (id: string, as: As = exporter): Promise<Seen> =>
  (
    await lotline.data(
      `query ($id: ID!) { node(id: $id) { ... on ImportCertificate {
         status number history { status by } effects { system what state since attempts lastTriedAt message } } } }`,
      { id },
      as,
    )
  ).node;
/** What is to be done, how far it is, and how often it was sent. */
export const states = async (id: string) => (await look(id)).effects.map(({ what, state, attempts }) => `${what} ${state} ${attempts}`);
export const uuidOf = (id: string): string => Buffer.from(id, 'base64url').toString().split(':')[1]!;
/** What the OID did about a certificate, in that order, and what it was asked. */
export const done = (id: string) =>
  oid.memory.paths.filter((path) => path.includes(uuidOf(id))).map((path) => path.split('/')[3] ?? 'issue');
export const asked = (id: string) => oid.asked.filter(({ path }) => path.includes(uuidOf(id)));
export const failedJobs = async (as: As = 'admin') =>
  (await lotline.data('{ failedJobs { totalCount jobs { id task subject attempts message } } }', {}, as)).failedJobs;
export const jobOf = async (id: string) => (await failedJobs()).jobs.find(({ subject }: any) => subject === id);

export const TODAY = new Date().toISOString().slice(0, 10);
let entries = 500;
export const linesOn = (importCertificate: string, kilograms: string) => [
  { line: 1, hts: '0901110015', importCertificate, quantity: { value: kilograms, unit: 'KGM' } },
];

/** Has half a kilogram of a certificate entered by its importer. */
export async function entered(): Promise<{ id: string; certificate: string }> {
  const certificate = await issued();
  await give('handOverImportCertificate', of(certificate, { recipient: ids[IMPORTER], on: TODAY }), exporter);
  const input = { importer: ids[IMPORTER], number: entryNumber(++entries), filedOn: TODAY, lines: linesOn(certificate, '0.5') };
  return { id: (await give('recordCustomsEntry', input, importer)).customsEntry.id, certificate };
}

/** An entry with what customs is told of it. */
export const filing = async (id: string, as: As = importer): Promise<any> =>
  (
    await lotline.data(
      `query ($id: ID!) { node(id: $id) { ... on CustomsEntry {
         number cancelledOn lines { nodes { kilograms } } effects { system what state attempts message } } } }`,
      { id },
      as,
    )
  ).node;

export async function openOutside(): Promise<void> {
  oid = await new IntegrityDatabase({ token: 'the token' }).start();
  ace = await new CustomsEnvironment({ token: 'the other' }).start();
  settings = {
    ORGANIC_INTEGRITY_DATABASE: { url: oid.url, token: 'the token', timeoutMs: PATIENT_MS },
    AUTOMATED_COMMERCIAL_ENVIRONMENT: { url: ace.url, token: 'the other', timeoutMs: PATIENT_MS },
  };
  lotline = await startLotline({ outside: settings });
  await lotline.import({
    'certifiers.csv': csv(['ZO1', 'ZO0'].map((code) => ({ certifier: code, name: `Certifier ${code} (invented)` }))),
    'operations.csv': csv(
      [EXPORTER, IMPORTER, STRANGER].map((operation) => ({
        operation,
        name: `Operation ${operation} (invented)`,
        country: 'CO',
        roles: 'handler',
      })),
    ),
    'products.csv': csv([{ product: 'Organic green coffee', hts: '0901.11.0015', organic: 'yes' }]),
    'operation_certificates.csv': csv([
      { operation: EXPORTER, certifier: 'ZO0', status: 'CERTIFIED', effective_from: '2020-01-01' },
      { operation: EXPORTER, certifier: 'ZO0', status: 'SURRENDERED', effective_from: '2025-06-01' },
      { operation: EXPORTER, certifier: 'ZO1', status: 'CERTIFIED', effective_from: '2025-06-01' },
    ]),
    'lots.csv': csv(
      (['O-LOT', 'O-SCARCE', 'O-PLENTY'] as const).map((code) => ({
        code,
        producer: EXPORTER,
        product: 'Organic green coffee',
        quantity: code === 'O-PLENTY' ? 100_000 : 100,
        unit: 'KGM',
        kind: 'harvest',
      })),
    ),
  });
  const global = (type: string, id: string) => Buffer.from(`${type}:${id}`).toString('base64url');
  for (const [type, table, name] of [
    ['Operation', 'operation', 'identifier'],
    ['Certifier', 'certifier', 'code'],
    ['Product', 'product', "'product'"],
    ['Lot', 'lot', 'code'],
  ] as const)
    for (const row of await lotline.database.query<{ id: string; name: string }>(`select id, ${name} as name from ${table}`))
      ids[row.name] = global(type, row.id);
}

/** Both systems do as they should, and nothing is known against them. */
export function behave(): void {
  oid.mischief = {};
  ace.mischief = {};
  wait(PATIENT_MS);
}

/** Nobody waits long for them, until they behave. */
export const hurry = (): void => wait(TIMEOUT_MS);

function wait(timeoutMs: number): void {
  for (const system of Object.values(settings)) system!.timeoutMs = timeoutMs;
  systems = openSystems(settings, { failures: 3, restMs: REST_MS, now: () => clock });
}

/** So much time passes for whoever leaves a system alone, milliseconds. */
export const pass = (ms: number): void => {
  clock += ms;
};

export async function closeOutside(): Promise<void> {
  await lotline.close();
  await oid.stop();
  await ace.stop();
}
