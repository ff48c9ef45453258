import { Client } from 'pg';
import { hostsIn } from '../database';
import type { FileStore } from '../files';
import { files, issuer, node, outside, room, tls } from './around';
import { databaseItself, EMPTY } from './database';
import { type Finding, fail, look, warn, wordsOf } from './finding';
import { invariants } from './invariants';
import { combined, misspelt, type Settled } from './settings';
import { jobs, replication, webhooks } from './work';

export type { Finding } from './finding';

/** A server that is looked at, by its settings. */
export interface Patient {
  env: NodeJS.ProcessEnv;
  /** Names of all settings. */
  known: readonly string[];
  config: Settled & {
    poolSize: number;
    filesDir: string;
    outside: Readonly<Record<string, { url: string; token: string | null } | null>>;
  };
  /** Where its database is. */
  url: string;
  /** Where the bytes of a database's documents are. */
  filesOf(database: string): FileStore;
  /** Is what reads every fact left out? */
  quick: boolean;
}

/** How long one statement may work, milliseconds: some read every fact. */
const PATIENT_MS = 600_000;
const CONNECTED_WITHIN_MS = 5000;

/**
 * Looks at everything that an operator could have wrong. Nothing is changed: the database is asked by a connection that cannot write, and it
 * is not migrated.
 */
export async function examine(patient: Patient): Promise<Finding[]> {
  const { env, known, config } = patient;
  return [
    node(),
    ...misspelt(env, known),
    ...combined(config),
    ...(await tls(config.tls, config.door.publicUrl)),
    await room(config.filesDir),
    ...(await issuer(config.oidc)),
    ...(await outside(config.outside)),
    ...(await ofDatabase(patient)),
  ];
}

const UNREACHED = 'see DATABASE_URL, and whether this machine and this role are let in';

/** A connection to the server of the database that can be written to, or to one of the others, and what is wrong with any of them. */
async function reach(url: string): Promise<{ client: Client | null; found: Finding[] }> {
  const reached: { client: Client; standby: boolean }[] = [];
  const found: Finding[] = [];
  let servers: string[];
  try {
    servers = hostsIn(url);
  } catch (error) {
    return { client: null, found: [fail('database', wordsOf(error), UNREACHED)] };
  }
  for (const connectionString of servers) {
    const client = new Client({
      connectionString,
      application_name: 'lotline doctor',
      connectionTimeoutMillis: CONNECTED_WITHIN_MS,
      options: `-c default_transaction_read_only=on -c statement_timeout=${PATIENT_MS} -c TimeZone=UTC -c jit=off`,
    });
    client.on('error', () => {});
    try {
      await client.connect();
      const { rows } = await client.query<{ standby: boolean }>('select pg_is_in_recovery() as standby');
      reached.push({ client, standby: rows[0]!.standby });
    } catch (error) {
      const which = servers.length > 1 ? `${new URL(connectionString).host}: ` : '';
      found.push(fail('database', `${which}it could not be looked at: ${wordsOf(error)}`, UNREACHED));
    }
  }
  const client = (reached.find(({ standby }) => !standby) ?? reached[0])?.client ?? null;
  for (const { client: other } of reached) if (other !== client) await other.end().catch(() => {});
  return { client, found: client ? found.map(({ about, says }) => warn(about, says, UNREACHED)) : found };
}

async function ofDatabase({ url, config, quick, filesOf }: Patient): Promise<Finding[]> {
  const { client, found: unreached } = await reach(url);
  if (!client) return unreached;
  try {
    const found = [...unreached, ...(await databaseItself(client, config))];
    if (found.some(({ says }) => says === EMPTY)) return found;
    const remedy = 'migrate the database first, and see that the role may read it';
    const { rows } = await client.query<{ id: string }>('select id from installation');
    return [
      ...found,
      ...(await look('jobs', remedy, () => jobs(client))),
      ...(await look('webhooks', remedy, () => webhooks(client))),
      ...(await look('replication', remedy, () => replication(client, config.demo))),
      ...(await look('files', 'see FILES_DIR, or FILES_S3_BUCKET and its keys', () => files(client, filesOf(rows[0]!.id)))),
      ...(quick ? [] : await look('facts', remedy, () => invariants(client))),
    ];
  } catch (error) {
    return [fail('database', `it was lost: ${(error as Error).message}`, 'try again')];
  } finally {
    await client.end().catch(() => {});
  }
}
