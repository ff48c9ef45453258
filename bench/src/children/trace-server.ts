import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ANALYST, mintToken, viewerInRole } from '@lotline/server/dist/access';
import { Runner } from '@lotline/server/dist/commands';
import { Database } from '@lotline/server/dist/database';
import { FileDirectory } from '@lotline/server/dist/files';
import { buildGraph } from '@lotline/server/dist/graph';
import { startServer } from '@lotline/server/dist/http';
import { Cursors } from '@lotline/server/dist/log';
import { Meters, startTracing } from '@lotline/server/dist/telemetry';
import { answerParent } from '../child';

export interface ServerTask {
  url: string;
  /** Roles to mint tokens for, e.g. `operation:ID`. */
  roles?: string[];
  /** What is counted and traced; everything is counted and nothing traced where it is left out. */
  watching?: Watching;
  /** Has each viewer a budget? None where it is left out. */
  limited?: boolean;
}

export interface Watching {
  counts: boolean;
  /** The part of requests that is traced; null for no tracing. */
  sampled: number | null;
  /** Where spans are sent. */
  collector: string;
}

/** A budget that is counted and never used up. */
const PLENTY = { budget: 1e9, restoreRate: 1e9, concurrent: 1000, streams: 1000 };

/** Counts nothing. */
const silent = (): Meters =>
  new Proxy(new Meters(), {
    get: (meters, name) => (typeof Reflect.get(meters, name) === 'function' ? () => {} : Reflect.get(meters, name)),
  });

/** Where a server listens, the token of an analyst there, and those of roles in their order. */
export interface ServerPlace {
  url: string;
  token: string;
  tokens: string[];
}

answerParent<ServerTask, ServerPlace>(async ({ url, roles = [], watching, limited = false }) => {
  const meters = watching?.counts === false ? silent() : new Meters();
  const sampled = watching?.sampled ?? null;
  const endTracing = await startTracing(
    {
      endpoint: sampled === null ? null : watching!.collector,
      headers: null,
      serviceName: 'bench',
      sampler: 'traceidratio',
      ratio: sampled ?? 0,
    },
    'bench',
  );
  const database = await Database.open(url, { meters });
  const server = await startServer({
    graph: buildGraph(),
    database,
    runner: new Runner(database),
    cursors: new Cursors(database.installation),
    port: 0,
    host: '127.0.0.1',
    logLevel: 'warn',
    questionTimeout: 15_000,
    limits: limited ? { viewer: PLENTY, nobody: PLENTY } : null,
    trusted: null,
    answers: true,
    drainMs: 0,
    demo: true,
    oidc: null,
    graphiqlToken: null,
    files: new FileDirectory(join(tmpdir(), 'lotline-bench-files')),
    largestFile: 1,
    retentionDays: 90,
    journalDays: 400,
    heartbeatMs: 15_000,
    mostConnections: 10_000,
    meters,
  });
  const { tokenKey } = database.installation;
  const token = await mintToken(ANALYST, tokenKey);
  const tokens = await Promise.all(roles.map(async (role) => mintToken(await viewerInRole(database, role), tokenKey)));
  const close = async () => {
    await server.stop();
    await database.close();
    await endTracing();
  };
  return { answer: { url: server.url, token, tokens }, close };
});
