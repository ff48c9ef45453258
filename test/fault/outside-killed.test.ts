import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { toGlobalId } from '@lotline/schema';
import { ADMINISTRATOR, mintToken, viewerInRole } from '@lotline/server/access';
import { Runner } from '@lotline/server/commands';
import { Database } from '@lotline/server/database';
import { importFolder } from '@lotline/server/import';
import { IntegrityDatabase } from '@lotline/server/outside/stand-ins';
import { csv, writeFolder } from '../support/lotline';
import { OwnPostgres } from '../support/own-postgres';
import { choicesOf } from '../support/random';
import { ServerProcess } from '../support/server-process';

// A server is killed with -9 while the Organic Integrity Database issues, revises and voids certificates for it: as a command is given, as the
// other side is asked, as it has done it and nobody knows yet, and while it is down. In the end each certificate has one number, there and
// here, and nothing was done twice or out of its order. KILLS makes it longer, OUTSIDE_KILLED_SEED takes the choices of a run before.

const KILLS = Number(process.env.KILLS ?? 5);
const SEED = Number(process.env.OUTSIDE_KILLED_SEED ?? Math.floor(Math.random() * 2 ** 31));
/** Certificates that are on their way at once. */
const WALKERS = 3;
/** What a walker waits for a server that is not there, or for the other side, milliseconds. */
const PAUSE = 25;
/** Calls in a row that the other side does not answer while it is down: fewer than open the circuit. */
const MOST_DOWN = 3;
const [EXPORTER, IMPORTER] = ['K:EXPORTER', 'K:IMPORTER'] as const;

type Role = 'EXPORTER' | 'CERTIFIER';
/** When the server is killed: as a command was sent, as the OID was asked, or as it had done what it was asked. */
const MOMENTS = ['COMMAND', 'ASKED', 'DONE'] as const;
type Moment = (typeof MOMENTS)[number];

const choices = choicesOf(SEED);
let postgres: OwnPostgres;
let server: ServerProcess;
let database: Database;
let oid: IntegrityDatabase;
let id: Record<string, string>;
let tokens: Record<Role, string>;

const wrong: string[] = [];
let isOver = false;
/** Kills at a moment, after so many of its kind. */
let strike: { moment: Moment; after: number; now(): void } | null = null;
/** Resolves once the server that a moment belongs to is gone. */
let struck: Promise<void> = Promise.resolve();
let down = 0;
const met: Record<Moment, number> = { COMMAND: 0, ASKED: 0, DONE: 0 };

/** A moment has come: where it is the one, it does not pass before the server is dead. */
async function come(moment: Moment): Promise<void> {
  if (strike?.moment !== moment || --strike.after > 0) return;
  met[moment]++;
  strike.now();
  strike = null;
  await struck;
}

beforeAll(async () => {
  postgres = await OwnPostgres.start();
  database = await Database.open(postgres.url);
  const folder = writeFolder({
    'certifiers.csv': csv([{ certifier: 'ZZ1', name: 'Certifier ZZ1 (invented)', scheme: 'NOP' }]),
    'operations.csv': csv([EXPORTER, IMPORTER].map((operation) => ({ operation, name: operation, country: 'TR', roles: 'handler' }))),
    'products.csv': csv([{ product: 'Organic soybeans', hts: '1201900010', organic: 'yes' }]),
    'operation_certificates.csv': csv([{ operation: EXPORTER, certifier: 'ZZ1', status: 'CERTIFIED', effective_from: '2020-01-01' }]),
    'lots.csv': csv([{ code: 'K-1', producer: EXPORTER, product: 'Organic soybeans', kind: 'harvest', quantity: 1000, unit: 'TNE' }]),
  });
  await importFolder(new Runner(database), ADMINISTRATOR, folder);
  rmSync(folder, { recursive: true, force: true });
  id = {};
  for (const [type, table, name] of [
    ['Operation', 'operation', 'identifier'],
    ['Certifier', 'certifier', 'code'],
    ['Product', 'product', "'product'"],
    ['Lot', 'lot', 'code'],
  ] as const)
    for (const row of await database.query<{ id: string; name: string }>(`select id, ${name} as name from ${table}`))
      id[row.name] = toGlobalId(type, row.id);
  const tokenOf = async (role: string) => mintToken(await viewerInRole(database, role), database.installation.tokenKey);
  tokens = { EXPORTER: await tokenOf(`operation:${EXPORTER}`), CERTIFIER: await tokenOf('certifier:ZZ1') };
  oid = await new IntegrityDatabase({
    mischief: {
      meanwhile: async (moment) => {
        await come(moment);
        if (moment === 'ASKED' && down > 0) {
          down--;
          throw new Error('it is down');
        }
      },
    },
  }).start();
  server = new ServerProcess(postgres.url, { OID_URL: oid.url });
  await server.start();
});
afterAll(async () => {
  await server?.close();
  await oid?.stop();
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

let given = 0;

/** Gives a command until it is acknowledged: what became of one that was cut off is known by its key. */
async function give(command: string, by: Role, input: object): Promise<string> {
  const type = `${command[0]!.toUpperCase()}${command.slice(1)}Input!`;
  const query = `mutation ($input: ${type}) { done: ${command}(input: $input) { importCertificate { id } } }`;
  const idempotencyKey = `killed ${++given}`;
  for (;;) {
    try {
      const answering = ask(by, query, { input: { idempotencyKey, ...input } });
      const [{ data, errors }] = await Promise.all([answering, come('COMMAND')]);
      if (data?.done) return data.done.importCertificate.id;
      if (!errors.every(({ extensions }: any) => extensions.retryable && extensions.code !== 'INTERNAL_SERVER_ERROR')) {
        wrong.push(`${command} was answered by ${JSON.stringify(errors)}`);
        return '';
      }
    } catch {
      // Cut off, or nobody there.
    }
    await sleep(PAUSE);
  }
}

interface Seen {
  number: string | null;
  history: { status: string }[];
  effects: { what: string; state: string }[];
}

/** A certificate once all that was to be done outside is done, or not needed any more. */
async function settled(certificate: string): Promise<Seen> {
  const query = 'query ($id: ID!) { node(id: $id) { ... on ImportCertificate { number history { status } effects { what state } } } }';
  for (;;) {
    // Nobody waits for the time at which something is tried again.
    await database.query(
      `update graphile_worker._private_jobs set run_at = now() where key like 'oid %' and locked_at is null and run_at > now()`,
    );
    const seen: Seen | undefined = await ask('EXPORTER', query, { id: certificate }).then(
      ({ data }) => data?.node,
      () => undefined,
    );
    if (seen?.effects.every(({ state }) => state === 'DONE' || state === 'NOT_NEEDED')) return seen;
    if (seen?.effects.some(({ state }) => state === 'FAILED')) {
      wrong.push(`${certificate} is ${JSON.stringify(seen)}`);
      return seen;
    }
    await sleep(PAUSE);
  }
}

/** Walks one certificate after the other: it is issued there, then revised and voided while the other side may be anywhere. */
async function walk(): Promise<string[]> {
  const walked: string[] = [];
  while (!isOver && wrong.length === 0) {
    const importCertificate = await give('requestImportCertificate', 'EXPORTER', {
      exporter: id[EXPORTER],
      importer: id[IMPORTER],
      certifier: id.ZZ1,
      kind: 'SHIPMENT',
      origin: 'TR',
      destination: 'US',
      hts: '1201900010',
      standard: 'NOP',
      lines: [{ product: id.product, lot: id['K-1'], quantity: { value: '1', unit: 'KGM' } }],
    });
    await give('approveImportCertificate', 'CERTIFIER', { importCertificate, reason: 'all is there' });
    await give('issueImportCertificate', 'CERTIFIER', { importCertificate });
    await settled(importCertificate);
    const revised = { importCertificate, quantity: { value: '2', unit: 'KGM' }, reason: 'weighed again' };
    if (wrong.length === 0) await give('reviseImportCertificate', 'CERTIFIER', revised);
    // Of every other one the void comes while the revision may be anywhere.
    if (wrong.length === 0 && walked.length % 2 === 0) await settled(importCertificate);
    if (wrong.length === 0) await give('voidImportCertificate', 'CERTIFIER', { importCertificate, reason: 'asked for twice' });
    walked.push(importCertificate);
  }
  return walked;
}

test(
  `killed ${KILLS} times, every certificate has one number here and there, and what is done there is done once and in order`,
  async () => {
    const walking = Promise.all(Array.from({ length: WALKERS }, walk));
    for (let kills = 0; kills < KILLS && wrong.length === 0; kills++) {
      down = choices.between(0, MOST_DOWN);
      let dead = () => {};
      struck = new Promise((done) => {
        dead = done;
      });
      const now = new Promise<void>((come) => {
        strike = { moment: MOMENTS[kills % MOMENTS.length]!, after: choices.between(1, 6), now: come };
      });
      // They stop walking where something is wrong.
      await Promise.race([now, walking]);
      strike = null;
      await server.end('SIGKILL');
      dead();
      await server.start();
    }
    isOver = true;
    const certificates = (await walking).flat();
    process.stderr.write(
      `OUTSIDE_KILLED_SEED=${SEED}: ${KILLS} kills (${Object.entries(met).map(([moment, many]) => `${many} ${moment}`)}), ${certificates.length} certificates, asked ${oid.asked.length} times, done ${oid.memory.paths.length}\n`,
    );
    const numbers: (string | null)[] = [];
    let done = 0;
    for (const certificate of certificates) {
      const { number, history, effects } = await settled(certificate);
      const key = `/certificates/${Buffer.from(certificate, 'base64url').toString().split(':')[1]}`;
      const there = oid.memory.paths.filter((path) => path.startsWith(key)).map((path) => path.split('/')[3] ?? 'issue');
      done += there.length;
      // A revision that was not needed any more may have been on its way.
      const isRevised = effects[1]!.state === 'DONE' || there.includes('revision');
      expect({ number, there, history: history.map(({ status }) => status), effects: effects.map(({ what }) => what) }).toEqual({
        number: (oid.memory.answered(key)!.body as { number: string }).number,
        there: ['issue', ...(isRevised ? ['revision'] : []), 'void'],
        history: ['REQUESTED', 'APPROVED', 'ISSUED', 'VOIDED'],
        effects: ['ISSUE', 'REVISE', 'VOID'],
      });
      numbers.push(number);
    }
    expect([...wrong, ...server.crashes]).toEqual([]);
    expect(new Set(numbers).size).toBe(certificates.length);
    expect(oid.memory.paths).toHaveLength(done);
    const [left] = await database.query('select (select count(*)::int from graphile_worker.jobs where attempts >= max_attempts) as dead');
    expect(left).toEqual({ dead: 0 });
  },
  60_000 + KILLS * 60_000,
);
