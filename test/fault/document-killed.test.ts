import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { toGlobalId } from '@lotline/schema';
import { ADMINISTRATOR, mintToken, viewerInRole } from '@lotline/server/access';
import { Runner } from '@lotline/server/commands';
import { Database } from '@lotline/server/database';
import { importFolder } from '@lotline/server/import';
import { CustomsEnvironment, IntegrityDatabase } from '@lotline/server/outside/stand-ins';
import { csv, writeFolder } from '../support/lotline';
import { OwnPostgres } from '../support/own-postgres';
import { choicesOf } from '../support/random';
import { ServerProcess } from '../support/server-process';
import { entryNumber } from '../support/world';

// The whole road, from the request to the verified arrival, with a server that is killed with -9 at every step and both systems outside down in
// the middle: in the end there are one certificate number, one filing and the right kilograms, here and there. WALKS makes it longer,
// DOCUMENT_KILLED_SEED takes the choices of a run before.

const WALKS = Number(process.env.WALKS ?? 1);
const SEED = Number(process.env.DOCUMENT_KILLED_SEED ?? Math.floor(Math.random() * 2 ** 31));
/** Between a command that is sent and the kill, milliseconds. */
const MOST_DELAY = 15;
const PAUSE = 25;
/** Calls that each system does not answer while it is down: fewer than open the circuit. */
const DOWN = 3;
const [EXPORTER, IMPORTER] = ['K:EXPORTER', 'K:IMPORTER'] as const;
const TODAY = new Date().toISOString().slice(0, 10);
const kilograms = (value: string) => ({ value, unit: 'KGM' });

type Role = 'EXPORTER' | 'EXPORTERS_CERTIFIER' | 'IMPORTER';
type Known = Record<string, string>;

/** When the server is killed: a moment after the command was sent, or as a system outside was asked or has done what follows from it. */
type Moment = 'COMMAND' | 'ASKED' | 'DONE';

interface Step {
  command: string;
  by: Role;
  input(known: Known): object;
  /** What it answers with, whose id is kept under this name. */
  makes?: string;
  /** Has an effect outside, which is waited for. */
  tells?: 'OID' | 'ACE';
  /** The system is down when the step is taken, and comes back while it waits. */
  down?: true;
}

const CHECKS = ['VALID_CERTIFICATE', 'DATA_ACCURATE', 'NO_PROHIBITED_SUBSTANCE', 'NO_RADIATION'];
const certificateOf = ({ importCertificate }: Known) => ({ importCertificate });
const entryLines = ({ importCertificate, lot }: Known, mass: string) => [
  { line: 1, hts: '1201900010', importCertificate, quantity: kilograms(mass), lots: [lot] },
];
const actionOf = ({ emergencyAction, importer }: Known) => ({ emergencyAction, operation: importer });

/** Every step of the road. */
const ROAD: readonly Step[] = [
  {
    command: 'recordHarvest',
    by: 'EXPORTER',
    makes: 'lot',
    input: ({ exporter, product, walk }) => ({
      producer: exporter,
      product,
      code: `K-${walk}`,
      quantity: kilograms('1000'),
      producedOn: '2025-09-01',
      country: 'TR',
    }),
  },
  {
    command: 'requestImportCertificate',
    by: 'EXPORTER',
    makes: 'importCertificate',
    input: ({ exporter, importer, certifier, product, lot }) => ({
      exporter,
      importer,
      certifier,
      kind: 'SHIPMENT',
      origin: 'TR',
      destination: 'US',
      hts: '1201900010',
      standard: 'NOP',
      lines: [{ product, lot, quantity: kilograms('1000') }],
    }),
  },
  { command: 'askForInformation', by: 'EXPORTERS_CERTIFIER', input: (known) => ({ ...certificateOf(known), question: 'Which silo?' }) },
  { command: 'answerInformation', by: 'EXPORTER', input: (known) => ({ ...certificateOf(known), answer: 'Our own.' }) },
  { command: 'approveImportCertificate', by: 'EXPORTERS_CERTIFIER', input: (known) => ({ ...certificateOf(known), reason: 'seen' }) },
  { command: 'issueImportCertificate', by: 'EXPORTERS_CERTIFIER', input: certificateOf, tells: 'OID', down: true },
  {
    command: 'reviseImportCertificate',
    by: 'EXPORTERS_CERTIFIER',
    input: (known) => ({ ...certificateOf(known), quantity: kilograms('990'), reason: 'weighed again' }),
    tells: 'OID',
  },
  {
    command: 'handOverImportCertificate',
    by: 'EXPORTER',
    input: (known) => ({ ...certificateOf(known), recipient: known.importer, on: TODAY }),
  },
  {
    command: 'bookShipment',
    by: 'EXPORTER',
    makes: 'shipment',
    input: ({ exporter, importer, lot, walk }) => ({
      reference: `K-SEA-${walk}`,
      shipper: exporter,
      consignee: importer,
      bookedOn: TODAY,
      lots: [{ lot, quantity: kilograms('990') }],
    }),
  },
  {
    command: 'recordDeparture',
    by: 'EXPORTER',
    input: ({ shipment, now }) => ({ shipment, mode: 'MARITIME', fromPlace: 'TRIZM Izmir', toPlace: 'USOAK Oakland', departed: now }),
  },
  { command: 'recordArrival', by: 'IMPORTER', input: ({ shipment, now }) => ({ shipment, arrived: now }) },
  {
    command: 'recordCustomsEntry',
    by: 'IMPORTER',
    makes: 'customsEntry',
    input: (known) => ({ importer: known.importer, number: known.entry, filedOn: TODAY, lines: entryLines(known, '980') }),
    tells: 'ACE',
    down: true,
  },
  {
    command: 'amendCustomsEntry',
    by: 'IMPORTER',
    input: (known) => ({ customsEntry: known.customsEntry, lines: entryLines(known, '985.5'), reason: 'weighed again' }),
    tells: 'ACE',
  },
  {
    command: 'recordEmergencyActionNotification',
    by: 'IMPORTER',
    makes: 'emergencyAction',
    input: ({ importer, shipment, walk }) => ({
      operation: importer,
      shipment,
      number: `K-EAN-${walk}`,
      on: TODAY,
      ordered: 'Fumigation',
      treatment: 'FUMIGATION',
    }),
  },
  { command: 'notifyCertifier', by: 'IMPORTER', input: actionOf },
  { command: 'recordDisposition', by: 'IMPORTER', input: (known) => ({ ...actionOf(known), kind: 'RELEASED_ORGANIC', on: TODAY }) },
  {
    command: 'verifyArrival',
    by: 'IMPORTER',
    input: (known) => ({
      ...certificateOf(known),
      operation: known.importer,
      shipment: known.shipment,
      on: TODAY,
      answers: CHECKS.map((check) => ({ check, verdict: 'YES', words: `seen: ${check}` })),
    }),
  },
];

const choices = choicesOf(SEED);
let postgres: OwnPostgres;
let server: ServerProcess;
let database: Database;
let oid: IntegrityDatabase;
let ace: CustomsEnvironment;
let tokens: Record<Role, string>;
const ids: Known = {};
const met: Record<Moment, number> = { COMMAND: 0, ASKED: 0, DONE: 0 };
const down = { OID: 0, ACE: 0 };

/** Kills the server at a moment, and starts another one. */
let strike: Moment | null = null;
let struck: Promise<void> = Promise.resolve();

async function killed(): Promise<void> {
  await server.end('SIGKILL');
  await server.start();
}

/** A moment has come: where it is the one, it does not pass before the server is dead. */
async function come(moment: Moment): Promise<void> {
  if (strike !== moment) return;
  strike = null;
  met[moment]++;
  let dead = () => {};
  const gone = new Promise<void>((done) => {
    dead = done;
  });
  struck = server.end('SIGKILL').then(() => {
    dead();
    return server.start();
  });
  await gone;
}

const meanwhile =
  (system: 'OID' | 'ACE') =>
  async (moment: Moment): Promise<void> => {
    await come(moment);
    if (moment === 'ASKED' && down[system] > 0) {
      down[system]--;
      throw new Error('it is down');
    }
  };

beforeAll(async () => {
  postgres = await OwnPostgres.start();
  database = await Database.open(postgres.url);
  const folder = writeFolder({
    'certifiers.csv': csv(['ZZ1', 'ZZ2'].map((code) => ({ certifier: code, name: `Certifier ${code} (invented)`, scheme: 'NOP' }))),
    'operations.csv': csv([EXPORTER, IMPORTER].map((operation) => ({ operation, name: operation, country: 'TR', roles: 'handler' }))),
    'products.csv': csv([{ product: 'Organic soybeans', hts: '1201900010', organic: 'yes' }]),
    'operation_certificates.csv': csv([
      { operation: EXPORTER, certifier: 'ZZ1', status: 'CERTIFIED', effective_from: '2020-01-01' },
      { operation: IMPORTER, certifier: 'ZZ2', status: 'CERTIFIED', effective_from: '2020-01-01' },
    ]),
  });
  await importFolder(new Runner(database), ADMINISTRATOR, folder);
  rmSync(folder, { recursive: true, force: true });
  for (const [name, type, table, where] of [
    ['exporter', 'Operation', 'operation', `identifier = '${EXPORTER}'`],
    ['importer', 'Operation', 'operation', `identifier = '${IMPORTER}'`],
    ['certifier', 'Certifier', 'certifier', `code = 'ZZ1'`],
    ['product', 'Product', 'product', 'true'],
  ] as const) {
    const [row] = await database.query<{ id: string }>(`select id from ${table} where ${where}`);
    ids[name] = toGlobalId(type, row!.id);
  }
  const tokenOf = async (role: string) => mintToken(await viewerInRole(database, role), database.installation.tokenKey);
  tokens = {
    EXPORTER: await tokenOf(`operation:${EXPORTER}`),
    EXPORTERS_CERTIFIER: await tokenOf('certifier:ZZ1'),
    IMPORTER: await tokenOf(`operation:${IMPORTER}`),
  };
  oid = await new IntegrityDatabase({ mischief: { meanwhile: meanwhile('OID') } }).start();
  ace = await new CustomsEnvironment({ mischief: { meanwhile: meanwhile('ACE') } }).start();
  server = new ServerProcess(postgres.url, { OID_URL: oid.url, ACE_URL: ace.url });
  await server.start();
});
afterAll(async () => {
  await server?.close();
  await oid?.stop();
  await ace?.stop();
  await database?.close();
  await postgres?.close();
});

async function ask(by: Role, query: string, variables: object): Promise<any> {
  if (!server.running) throw new Error('it is not there');
  const response = await fetch(`http://127.0.0.1:${server.port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${tokens[by]}` },
    body: JSON.stringify({ query, variables }),
  });
  return response.json();
}

/** Gives a command until it is acknowledged: what became of one that was cut off is known by its key. */
async function give({ command, by, input, makes }: Step, known: Known, walk: number): Promise<void> {
  const type = `${command[0]!.toUpperCase()}${command.slice(1)}Input!`;
  const query = `mutation ($input: ${type}) { done: ${command}(input: $input) { cursor ${makes ? `made: ${makes} { id }` : ''} } }`;
  const variables = { input: { idempotencyKey: `${command} ${walk}`, ...input(known) } };
  for (;;) {
    try {
      const answering = ask(by, query, variables);
      if (strike === 'COMMAND') await sleep(choices.between(0, MOST_DELAY));
      const [{ data, errors }] = await Promise.all([answering, come('COMMAND')]);
      if (errors) throw Object.assign(new Error(`${command} was answered by ${JSON.stringify(errors)}`), { isAnswer: true });
      if (makes) known[makes] = data.done.made.id;
      return;
    } catch (error) {
      if ((error as { isAnswer?: true }).isAnswer) throw error;
      await struck;
    }
    await sleep(PAUSE);
  }
}

const CERTIFICATE = `query ($id: ID!) { node(id: $id) { ... on ImportCertificate {
  number status kilograms drawn remaining history { status } arrivals { nodes { on } } effects { what state message }
  customsEntries { nodes { number lines { nodes { kilograms } } effects { what state message } } } } } }`;

async function seen(known: Known): Promise<any> {
  for (;;) {
    const node = await ask('IMPORTER', CERTIFICATE, { id: known.importCertificate }).then(
      ({ data }) => data?.node ?? null,
      () => undefined,
    );
    if (node !== undefined) return node;
    await sleep(PAUSE);
  }
}

/** Until all that was to be told outside is done. */
async function settled(known: Known): Promise<void> {
  for (;;) {
    // Nobody waits for the time at which something is tried again.
    await database.query(
      `update graphile_worker._private_jobs set run_at = now() where (key like 'oid %' or key like 'ace %') and locked_at is null and run_at > now()`,
    );
    const { data } = await ask(
      'EXPORTER',
      'query ($id: ID!) { node(id: $id) { ... on ImportCertificate { effects { state message } } } }',
      {
        id: known.importCertificate,
      },
    ).catch(() => ({ data: null }));
    const entry = known.customsEntry
      ? await ask('IMPORTER', 'query ($id: ID!) { node(id: $id) { ... on CustomsEntry { effects { state message } } } }', {
          id: known.customsEntry,
        }).catch(() => ({ data: null }))
      : { data: { node: { effects: [] } } };
    const effects: { state: string; message: string }[] = [
      ...(data?.node?.effects ?? [{ state: '?' }]),
      ...(entry.data?.node?.effects ?? [{ state: '?' }]),
    ];
    if (effects.every(({ state }) => state === 'DONE')) return;
    const failed = effects.find(({ state }) => state === 'FAILED');
    if (failed) throw new Error(failed.message);
    await sleep(PAUSE);
  }
}

const bodies = (system: IntegrityDatabase | CustomsEnvironment, id: string) => {
  const key = Buffer.from(id, 'base64url').toString().split(':')[1]!;
  return system.memory.paths.filter((path) => path.includes(key)).map((path) => path.split('/')[3] ?? 'first');
};

/** Takes one lot of beans along the whole road; at every step the server is killed once. */
async function walk(serial: number): Promise<Known> {
  const known: Known = { ...ids, walk: String(serial), entry: entryNumber(700 + serial), now: new Date().toISOString() };
  for (const step of ROAD) {
    strike = step.tells ? choices.one<Moment>(['COMMAND', 'ASKED', 'DONE']) : 'COMMAND';
    if (step.down) down[step.tells!] = DOWN;
    await give(step, known, serial);
    await struck;
    if (step.tells) await settled(known);
    await struck;
    // And once it is acknowledged, in whatever it does by itself.
    if (choices.fraction() < 0.2) await killed();
  }
  return known;
}

test(
  'killed at every step, with both systems down in the middle: one certificate number, one filing, the right kilograms',
  async () => {
    for (let serial = 1; serial <= WALKS; serial++) {
      const known = await walk(serial);
      const { effects, ...certificate } = await seen(known);
      const number = (
        oid.memory.answered(`/certificates/${Buffer.from(known.importCertificate!, 'base64url').toString().split(':')[1]}`)!.body as any
      ).number;
      expect(certificate).toEqual({
        number,
        status: 'VERIFIED',
        kilograms: '990',
        drawn: '985.5',
        remaining: '4.5',
        history: [
          'REQUESTED',
          'INFORMATION_ASKED',
          'REQUESTED',
          'APPROVED',
          'ISSUED',
          'HANDED_OVER',
          'ENTERED',
          'HELD',
          'ENTERED',
          'VERIFIED',
        ].map((status) => ({ status })),
        arrivals: { nodes: [{ on: TODAY }] },
        customsEntries: {
          nodes: [
            {
              number: known.entry,
              lines: { nodes: [{ kilograms: '985.5' }] },
              effects: ['FILE', 'AMEND'].map((what) => ({ what, state: 'DONE', message: null })),
            },
          ],
        },
      });
      expect(effects).toEqual(['ISSUE', 'REVISE'].map((what) => ({ what, state: 'DONE', message: null })));
      expect(bodies(oid, known.importCertificate!)).toEqual(['first', 'revision']);
      expect(bodies(ace, known.customsEntry!)).toEqual(['first', 'amendment']);
      expect(ace.asked.at(-1)!.body).toMatchObject({
        filing: { entry: known.entry, lines: [{ certificate: number, kilograms: '985.5', lots: [`K-${serial}`] }] },
      });
    }
    process.stderr.write(
      `DOCUMENT_KILLED_SEED=${SEED}: ${WALKS} walks of ${ROAD.length} steps, killed as ${Object.entries(met).map(([moment, many]) => `${many} ${moment}`)}; OID asked ${oid.asked.length} times, ACE ${ace.asked.length}\n`,
    );
    expect(met.COMMAND + met.ASKED + met.DONE).toBe(WALKS * ROAD.length);
    expect(server.crashes).toEqual([]);
    expect(oid.memory.paths).toHaveLength(2 * WALKS);
    expect(ace.memory.paths).toHaveLength(2 * WALKS);
    const [once] = await database.query(
      `select (select count(*)::int from import_certificate) as certificates, (select count(distinct number)::int from import_certificate) as numbers,
         (select count(*)::int from customs_entry) as entries, (select count(*)::int from lot) as lots, (select count(*)::int from shipment) as shipments,
         (select count(*)::int from emergency_action) as actions, (select count(*)::int from arrival) as arrivals,
         (select count(*)::int from graphile_worker.jobs where attempts >= max_attempts) as dead`,
    );
    const each = WALKS;
    expect(once).toEqual({
      certificates: each,
      numbers: each,
      entries: each,
      lots: each,
      shipments: each,
      actions: each,
      arrivals: each,
      dead: 0,
    });
  },
  60_000 + WALKS * 180_000,
);
