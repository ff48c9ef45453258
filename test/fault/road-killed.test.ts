import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { toGlobalId } from '@lotline/schema';
import { ADMINISTRATOR, mintToken, viewerInRole } from '@lotline/server/access';
import { Runner } from '@lotline/server/commands';
import { Database } from '@lotline/server/database';
import { importFolder } from '@lotline/server/import';
import { csv, writeFolder } from '../support/lotline';
import { OwnPostgres } from '../support/own-postgres';
import { choicesOf } from '../support/random';
import { ServerProcess } from '../support/server-process';
import { certificateNumber } from '../support/world';

// A server is killed with -9 while certificates are walked along their road, and started again: what it acknowledged is there once, what it
// did not is there once or not at all, and by its key every step is taken in the end. KILLS makes it longer, ROAD_KILLED_SEED takes the
// choices of a run before.

const KILLS = Number(process.env.KILLS ?? 5);
const SEED = Number(process.env.ROAD_KILLED_SEED ?? Math.floor(Math.random() * 2 ** 31));
/** Certificates that are on their way at once. */
const WALKERS = 6;
/** Between the one step at which a server is to be killed and the kill, so that it may hit anything of it, milliseconds. */
const MOST_DELAY = 15;
/** What a walker waits for a server that is not there, milliseconds. */
const PAUSE = 20;
const [EXPORTER, IMPORTER] = ['K:EXPORTER', 'K:IMPORTER'] as const;

type Role = 'EXPORTER' | 'CERTIFIER';

interface Walked {
  walker: number;
  /** Counted by walker. */
  number: number;
  /** Known once its request is acknowledged. */
  id: string | null;
}

interface Step {
  command: string;
  by: Role;
  input(certificate: Walked): object;
  /** How it reads in the history. */
  leaves: { status: string; reason: string | null };
}

const choices = choicesOf(SEED);
let postgres: OwnPostgres;
let server: ServerProcess;
let database: Database;
let id: Record<string, string>;
let tokens: Record<Role, string>;

const ROAD: readonly Step[] = [
  {
    command: 'requestImportCertificate',
    by: 'EXPORTER',
    input: ({ walker }) => ({
      exporter: id[EXPORTER],
      importer: id[IMPORTER],
      certifier: id.ZZ1,
      kind: 'SHIPMENT',
      origin: 'TR',
      destination: 'US',
      hts: '1201900010',
      standard: 'NOP',
      lines: [{ product: id.product, lot: id[`K-${walker}`], quantity: { value: '1', unit: 'KGM' } }],
    }),
    leaves: { status: 'REQUESTED', reason: null },
  },
  {
    command: 'askForInformation',
    by: 'CERTIFIER',
    input: () => ({ question: 'What did it weigh?' }),
    leaves: { status: 'INFORMATION_ASKED', reason: 'What did it weigh?' },
  },
  {
    command: 'answerInformation',
    by: 'EXPORTER',
    input: () => ({ answer: 'See the scale.' }),
    leaves: { status: 'REQUESTED', reason: 'See the scale.' },
  },
  {
    command: 'approveImportCertificate',
    by: 'CERTIFIER',
    input: () => ({ reason: 'all is there' }),
    leaves: { status: 'APPROVED', reason: 'all is there' },
  },
  {
    command: 'issueImportCertificate',
    by: 'CERTIFIER',
    input: ({ walker, number }) => ({ number: certificateNumber(walker, number) }),
    leaves: { status: 'ISSUED', reason: null },
  },
  {
    command: 'handOverImportCertificate',
    by: 'EXPORTER',
    input: () => ({ recipient: id[IMPORTER], on: handedOverOn }),
    leaves: { status: 'HANDED_OVER', reason: null },
  },
];
/** The same under the same key, on whatever day it is repeated; not before the steps before it. */
const handedOverOn = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);

beforeAll(async () => {
  postgres = await OwnPostgres.start();
  database = await Database.open(postgres.url);
  const folder = writeFolder({
    'certifiers.csv': csv([{ certifier: 'ZZ1', name: 'Certifier ZZ1 (invented)', scheme: 'NOP' }]),
    'operations.csv': csv([EXPORTER, IMPORTER].map((operation) => ({ operation, name: operation, country: 'TR', roles: 'handler' }))),
    'products.csv': csv([{ product: 'Organic soybeans', hts: '1201900010', organic: 'yes' }]),
    'operation_certificates.csv': csv(
      [EXPORTER, IMPORTER].map((operation) => ({
        operation,
        certifier: 'ZZ1',
        status: 'CERTIFIED',
        effective_from: '2020-01-01',
        standard: 'NOP',
      })),
    ),
    'lots.csv': csv(
      Array.from({ length: WALKERS }, (_, walker) => ({
        code: `K-${walker}`,
        producer: EXPORTER,
        product: 'Organic soybeans',
        kind: 'harvest',
        quantity: 1000,
        unit: 'TNE',
        produced_on: '2025-01-10',
      })),
    ),
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
  server = new ServerProcess(postgres.url);
  await server.start();
});
afterAll(async () => {
  await server?.close();
  await database?.close();
  await postgres?.close();
});

/** Keys of the steps that were sent, and of those that were acknowledged. */
const sent = new Set<string>();
const acknowledged = new Set<string>();
const wrong: string[] = [];
let isOver = false;
/** Kills at the step after so many. */
let strike: { after: number; now(): void } | null = null;

async function ask(by: Role, query: string, variables: object): Promise<any> {
  const response = await fetch(`http://127.0.0.1:${server.port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${tokens[by]}` },
    body: JSON.stringify({ query, variables }),
  });
  return response.json();
}

/** Takes a step until it is acknowledged: what became of one that was cut off is known by its key. */
async function take({ command, by, input }: Step, certificate: Walked): Promise<void> {
  const idempotencyKey = `${certificate.walker}-${certificate.number} ${command}`;
  const type = `${command[0]!.toUpperCase()}${command.slice(1)}Input!`;
  const query = `mutation ($input: ${type}) { ${command}(input: $input) { importCertificate { id } } }`;
  const given = { idempotencyKey, ...(certificate.id && { importCertificate: certificate.id }), ...input(certificate) };
  for (;;) {
    let answer: any;
    try {
      const answering = server.running ? ask(by, query, { input: given }) : Promise.reject(new Error('it is not there'));
      if (server.running) sent.add(idempotencyKey);
      if (server.running && strike && --strike.after === 0) strike.now();
      answer = await answering;
    } catch {
      // Cut off, or nobody there.
      await sleep(PAUSE);
      continue;
    }
    if (answer.data?.[command]) {
      certificate.id ??= answer.data[command].importCertificate.id;
      acknowledged.add(idempotencyKey);
      return;
    }
    // It may say that it cannot now; never that the step was refused, nor that it does not know what happened.
    if (!answer.errors?.every(({ extensions }: any) => extensions.retryable && extensions.code !== 'INTERNAL_SERVER_ERROR')) {
      wrong.push(`${idempotencyKey} was answered by ${JSON.stringify(answer)}`);
      return;
    }
    await sleep(PAUSE);
  }
}

/** Walks one certificate after the other to its hand-over, until all is over. */
async function walk(walker: number): Promise<Walked[]> {
  const walked: Walked[] = [];
  while (!isOver && wrong.length === 0) {
    const certificate: Walked = { walker, number: walked.length + 1, id: null };
    walked.push(certificate);
    for (const step of ROAD) if (wrong.length === 0) await take(step, certificate);
  }
  return walked;
}

interface Kept {
  key: string;
  type: string;
  events: number;
  steps: number;
}

/** What is on record of the steps, once nothing of a killed server works in the database any more. */
async function kept(): Promise<Kept[]> {
  const busy = `select from pg_stat_activity where application_name like 'lotline%' and datname = current_database() and state <> 'idle' and pid <> pg_backend_pid()`;
  while (!server.running && (await database.query(busy)).length > 0) await sleep(PAUSE);
  return database.query<Kept>(
    `select c.key, c.type, (select count(*)::int from event e where e.command = c.id) as events,
       (select count(*)::int from import_certificate_status s where s.recorded_by = c.id) as steps
     from command c where c.key like '%ImportCertificate' or c.key like '%Information' order by c.position`,
  );
}

/** What is wrong with what is on record: lost, there twice, half, or of nobody. */
function faults(record: readonly Kept[]): string[] {
  const keys = record.map(({ key }) => key);
  const here = new Set(keys);
  return [
    ...[...acknowledged].filter((key) => !here.has(key)).map((key) => `${key} was acknowledged and is lost`),
    ...keys.filter((key, index) => keys.indexOf(key) !== index).map((key) => `${key} is there twice`),
    ...keys.filter((key) => !sent.has(key)).map((key) => `${key} was never sent`),
    ...record
      .filter(
        ({ key, type, events, steps }) =>
          !key.endsWith(` ${type}`) || steps !== 1 || events !== (type === 'requestImportCertificate' ? 2 : 1),
      )
      .map((each) => `there is half of ${JSON.stringify(each)}`),
  ];
}

test(
  `killed ${KILLS} times, every step that was acknowledged is there once, and every certificate comes to its importer`,
  async () => {
    const walking = Promise.all(Array.from({ length: WALKERS }, (_, walker) => walk(walker)));
    /** Steps that were under way when it was killed: done, and not. */
    const cut = { done: 0, undone: 0 };
    for (let kills = 0; kills < KILLS && wrong.length === 0; kills++) {
      const struck = new Promise<void>((now) => {
        strike = { after: choices.between(1, 3 * ROAD.length), now };
      });
      // They stop walking where something is wrong.
      await Promise.race([struck, walking]);
      strike = null;
      await sleep(choices.fraction() * MOST_DELAY);
      await server.end('SIGKILL');
      const record = await kept();
      wrong.push(...faults(record));
      const here = new Set(record.map(({ key }) => key));
      for (const key of sent) if (!acknowledged.has(key)) cut[here.has(key) ? 'done' : 'undone']++;
      await server.start();
    }
    isOver = true;
    const certificates = (await walking).flat();
    wrong.push(...faults(await kept()), ...server.crashes);
    process.stderr.write(
      `ROAD_KILLED_SEED=${SEED}: ${KILLS} kills, ${certificates.length} certificates, ${acknowledged.size} steps; cut off: ${cut.done} done, ${cut.undone} not\n`,
    );
    expect(wrong).toEqual([]);
    expect(cut.done + cut.undone).toBeGreaterThan(0);
    expect(acknowledged.size).toBe(certificates.length * ROAD.length);

    for (const certificate of certificates) {
      const query = 'query ($id: ID!) { node(id: $id) { ... on ImportCertificate { number history { status reason } } } }';
      const { data } = await ask('EXPORTER', query, { id: certificate.id });
      expect(data.node).toEqual({
        number: certificateNumber(certificate.walker, certificate.number),
        history: ROAD.map(({ leaves }) => leaves),
      });
    }
    for (let walker = 0; walker < WALKERS; walker++) {
      const query = 'query ($id: ID!) { node(id: $id) { ... on Lot { balance { claimed } } } }';
      const { data } = await ask('EXPORTER', query, { id: id[`K-${walker}`] });
      expect(data.node.balance.claimed).toBe(String(certificates.filter((each) => each.walker === walker).length));
    }
    const [log] = await database.query<{ commands: string; position: string }>(
      'select (select count(*) from command) as commands, position from log_counter',
    );
    expect(log!.commands).toBe(log!.position);
  },
  60_000 + KILLS * 60_000,
);
