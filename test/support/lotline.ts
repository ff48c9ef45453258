import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ADMINISTRATOR, ANALYST, mintToken, NOBODY, readKey, type SignInSettings, type Viewer, viewerInRole } from '@lotline/server/access';
import { Runner } from '@lotline/server/commands';
import { Database } from '@lotline/server/database';
import { FileDirectory, type FileStore } from '@lotline/server/files';
import { buildGraph } from '@lotline/server/graph';
import { type DoorSettings, type RunningServer, startServer, type TlsSettings } from '@lotline/server/http';
import { FolderRefused, type ImportCounts, importFolder } from '@lotline/server/import';
import type { JournalSettings } from '@lotline/server/journal';
import { followOf } from '@lotline/server/later';
import type { LimitSettings, TrustedDocuments } from '@lotline/server/limits';
import type { LiveSettings } from '@lotline/server/live';
import { Cursors } from '@lotline/server/log';
import { NOBODY_OUTSIDE, type SystemsSettings } from '@lotline/server/outside';
import { Meters, type MetricsPlace } from '@lotline/server/telemetry';
import type { GraphQLSchema } from 'graphql';
import { Client } from 'pg';

// What every test drives: a server of its own on a database of its own, asked through HTTP like anybody would.

export interface GraphQLAnswer {
  data: any;
  errors?: { message: string; path?: (string | number)[]; extensions: any }[];
  extensions?: { cursor?: string };
}

/** Who asks: by name, by the identifier of an operation, by the code of a certifier, or by a key. */
export type As = 'admin' | 'analyst' | 'nobody' | { operation: string } | { certifier: string } | { key: string };

export interface Lotline {
  url: string;
  databaseUrl: string;
  database: Database;
  runner: Runner;
  cursors: Cursors;
  /** Where the bytes of documents are. */
  filesDir: string;
  readonly server: RunningServer;
  /** Asks over HTTP; the analyst where nobody else is named. */
  ask(query: string, variables?: Record<string, unknown>, as?: As, headers?: Record<string, string>): Promise<GraphQLAnswer>;
  /** The data of an answer that must have no errors. */
  data(query: string, variables?: Record<string, unknown>, as?: As): Promise<any>;
  /** Imports CSV files given by name and content. */
  import(files: Record<string, string | Buffer>, options?: { dryRun?: boolean }): Promise<ImportCounts>;
  token(as: Exclude<As, 'nobody'>): Promise<string>;
  viewer(as: As): Promise<Viewer>;
  /** Stops the server as an upgrade does, and starts another on the same port and database; meanwhile is done while there is none. */
  restart(meanwhile?: () => Promise<void>, changed?: { questionTimeout?: number }): Promise<void>;
  close(): Promise<void>;
}

const templateUrl = (): string => {
  const url = process.env.LOTLINE_TEST_URL;
  if (!url) throw new Error('the tests run under their own jest configuration');
  return url;
};

const inDatabase = (name: string): string => templateUrl().replace(/\/[^/]*$/, `/${name}`);

/** A migrated, empty database; give `drop` its name when done. */
export async function createDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  const admin = new Client({ connectionString: templateUrl() });
  await admin.connect();
  for (let attempt = 0; ; attempt++) {
    try {
      await admin.query(`create database ${name} template lotline_template strategy file_copy`);
      break;
    } catch (error) {
      // Another worker copies the template at this very moment.
      if (attempt === 20) throw error;
      await new Promise((done) => setTimeout(done, 50));
    }
  }
  await admin.end();
  return {
    url: inDatabase(name),
    drop: async () => {
      const client = new Client({ connectionString: templateUrl() });
      await client.connect();
      await client.query(`drop database if exists ${name} with (force)`);
      await client.end();
    },
  };
}

/** For tests that ask a thousand times as one viewer. */
const GENEROUS = { budget: 10_000_000, restoreRate: 1_000_000, concurrent: 10_000, streams: 10_000 };

let graph: GraphQLSchema | undefined;

/** A running server on an empty database of its own. */
export async function startLotline(
  options: {
    demo?: boolean;
    host?: string;
    door?: DoorSettings;
    tls?: TlsSettings;
    poolSize?: number;
    largestFile?: number;
    files?: FileStore;
    outside?: SystemsSettings;
    privateWebhooks?: boolean;
    limits?: LimitSettings;
    trusted?: TrustedDocuments;
    questionTimeout?: number;
    metrics?: MetricsPlace;
  } & Partial<LiveSettings & SignInSettings & JournalSettings> = {},
): Promise<Lotline> {
  const { url: databaseUrl, drop } = await createDatabase();
  const meters = new Meters();
  const database = await Database.open(databaseUrl, { poolSize: options.poolSize ?? 8, meters });
  const runner = new Runner(
    database,
    followOf(options.outside ?? NOBODY_OUTSIDE, options.privateWebhooks ?? true, options.trusted ?? null),
    meters,
  );
  const cursors = new Cursors(database.installation);
  graph ??= buildGraph();
  const filesDir = mkdtempSync(join(tmpdir(), 'lotline-files-'));
  const served = {
    graph,
    database,
    runner,
    cursors,
    host: '127.0.0.1',
    logLevel: process.env.LOG_LEVEL ?? 'silent',
    questionTimeout: 30_000,
    trusted: null,
    limits: { viewer: GENEROUS, nobody: GENEROUS },
    answers: true,
    drainMs: 0,
    demo: true,
    oidc: null,
    graphiqlToken: null,
    files: new FileDirectory(filesDir),
    largestFile: 100_000,
    retentionDays: 90,
    journalDays: 400,
    heartbeatMs: 15_000,
    mostConnections: 1000,
    meters,
    ...options,
  };
  let server = await startServer({ ...served, port: 0 });
  const viewerOf = async (as: As): Promise<Viewer> => {
    if (as === 'nobody') return NOBODY;
    if (as === 'admin') return ADMINISTRATOR;
    if (as === 'analyst') return ANALYST;
    if ('key' in as) return (await readKey(as.key, database)).viewer;
    return viewerInRole(database, 'operation' in as ? `operation:${as.operation}` : `certifier:${as.certifier}`);
  };
  const tokens = new Map<string, Promise<string>>();
  const token: Lotline['token'] = (as) => {
    if (typeof as === 'object' && 'key' in as) return Promise.resolve(as.key);
    const name = JSON.stringify(as);
    const known = tokens.get(name) ?? viewerOf(as).then((viewer) => mintToken(viewer, database.installation.tokenKey));
    tokens.set(name, known);
    return known;
  };
  const ask: Lotline['ask'] = async (query, variables = {}, as = 'analyst', headers = {}) => {
    const response = await fetchAgain(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(as !== 'nobody' && { authorization: `Bearer ${await token(as)}` }), ...headers },
      body: JSON.stringify({ query, variables }),
    });
    return (await response.json()) as GraphQLAnswer;
  };
  return {
    url: server.url,
    databaseUrl,
    database,
    runner,
    cursors,
    filesDir,
    get server() {
      return server;
    },
    ask,
    data: async (query, variables, as) => {
      const answer = await ask(query, variables, as);
      if (answer.errors) throw new Error(JSON.stringify(answer.errors, null, 2));
      return answer.data;
    },
    import: async (files, importOptions) => {
      const directory = writeFolder(files);
      try {
        return await importFolder(runner, ADMINISTRATOR, directory, importOptions);
      } catch (error) {
        if (error instanceof FolderRefused) error.cause = error.lines().join('\n');
        throw error;
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    },
    token,
    viewer: viewerOf,
    restart: async (meanwhile, changed) => {
      const { port } = server;
      await server.stop();
      await meanwhile?.();
      server = await startServer({ ...served, ...changed, port });
    },
    close: async () => {
      await server.stop();
      await database.close();
      await drop();
      rmSync(filesDir, { recursive: true, force: true });
    },
  };
}

/**
 * Fetch, and once more where the connection was one that fetch had opened in advance and the server closed, unused for too long, at that very
 * moment: nothing was read of the request.
 */
async function fetchAgain(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    const { code, socket } = ((error as Error).cause ?? {}) as { code?: string; socket?: { bytesRead: number } };
    if (code !== 'UND_ERR_SOCKET' || socket?.bytesRead !== 0) throw error;
    return fetch(url, init);
  }
}

/** A folder of files, to import. */
export function writeFolder(files: Record<string, string | Buffer>): string {
  const directory = mkdtempSync(join(tmpdir(), 'lotline-folder-'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content);
  return directory;
}

/** The mistakes that a folder is refused for. */
export async function mistakesOf(importing: Promise<unknown>): Promise<FolderRefused> {
  try {
    await importing;
  } catch (error) {
    if (error instanceof FolderRefused) return error;
    throw error;
  }
  throw new Error('the folder was imported');
}

/** Rows of CSV out of objects; the columns are all that any of them has. */
export function csv(rows: readonly Record<string, unknown>[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cell = (value: unknown) =>
    value === null || value === undefined ? '' : /[",;\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value);
  return [columns.join(','), ...rows.map((row) => columns.map((column) => cell(row[column])).join(','))].join('\n');
}

/** A number for everything in the database that a refused command must not change: the access journal tells of it. */
export async function fingerprint(database: Database): Promise<string> {
  const tables = await database.query<{ name: string }>(
    "select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE' and table_name not in ('access_record', 'access_owner') order by 1",
  );
  const rows = await database.query<{ part: string }>(
    tables
      .map(({ name }) => `select '${name}:' || md5(coalesce(string_agg(t::text, '|' order by t::text), '')) as part from ${name} t`)
      .join(' union all '),
  );
  return rows
    .map(({ part }) => part)
    .sort()
    .join('\n');
}
