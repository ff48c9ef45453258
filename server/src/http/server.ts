import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginCacheControlDisabled, ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import { Refusal } from '@lotline/schema';
import type { FastifyInstance } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import { serveExports } from '../export';
import type { FileStore } from '../files';
import { serveImport } from '../import';
import { Journal, type JournalSettings } from '../journal';
import { LIMIT_RULES, MOST_TOKENS, type TrustedDocuments } from '../limits';
import { type Live, type LiveSettings, openLive } from '../live';
import { formatError, type Question, refusalBody } from '../questions';
import { Meters, type MetricsPlace, Probe, type Readiness, serveMetrics } from '../telemetry';
import { begin } from './begin';
import { readCertificate, renewCertificate, type TlsSettings } from './certificate';
import { serveClient } from './client';
import { boundedAnswer, costOfAnswer, namesOfAnswer } from './cost';
import { type EntranceSettings, openEntrance } from './entrance';
import { serveFiles } from './files';
import { serveGraphiql } from './graphiql';
import { answerFromReplicas } from './lag';
import { ParsedDocuments } from './parsed';
import { keepJournal, legacyStatus, stateOfAnswer, tellFaults } from './plugins';
import { servePrint } from './print';
import { silentConnections } from './silent';
import { watchOperations } from './watch';
import { wholeAnswers } from './whole';

/** How long a stop waits for a connection that was opened to ask something, milliseconds. */
const ASKED_WITHIN_MS = 500;
/** How long a stop waits for what is in flight, milliseconds. */
const STOP_WITHIN_MS = 20_000;

/** How long a start waits for its port, milliseconds. */
const PORT_WITHIN_MS = 3000;
const PORT_RETRY_MS = 100;

export interface ServerOptions extends EntranceSettings, LiveSettings, JournalSettings {
  graph: GraphQLSchema;
  port: number;
  host: string;
  /** The only documents that are answered; null where all are. */
  trusted: TrustedDocuments | null;
  /** Does it answer questions and commands, or only whether it lives? */
  answers: boolean;
  /** How long it goes on answering once it is to stop, milliseconds. */
  drainMs: number;
  /** Demo mode: its own tokens are good, and only loopback names are served. */
  demo: boolean;
  /** Where the bytes of documents are, and most bytes of one file. */
  files: FileStore;
  largestFile: number;
  /** Token that GraphiQL is signed in with. */
  graphiqlToken: string | null;
  /** What counts and times; its own where none is given. */
  meters?: Meters;
  /** Where metrics are read. On no port of their own they are on the server's in demo mode, and nowhere outside of it. */
  metrics?: MetricsPlace;
  /** Serves HTTPS by these files; HTTP where they are left out. */
  tls?: TlsSettings | null;
}

export interface RunningServer {
  url: string;
  port: number;
  log: FastifyInstance['log'];
  live: Live;
  /** Where metrics are read; null for nowhere. */
  metricsUrl: string | null;
  /** Says that it is not ready, answers for a while yet, finishes what is in flight, refuses what is new. */
  stop(): Promise<void>;
}

/** Starts the HTTP server. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { database, graph, meters = new Meters(), metrics = { port: null, host: '127.0.0.1' } } = options;
  const ending = { stopping: false, closing: false };
  const certificate = options.tls ? readCertificate(options.tls) : null;
  const refKey = createHmac('sha256', database.installation.cursorKey).update('refs').digest();
  const { app, enter, identify, admit, questionOf, forLive } = openEntrance(options, { meters, refKey, certificate, ending });
  const journal = new Journal(database, options, (error, what) => app.log.warn({ err: error }, what));
  const apollo = new ApolloServer<Question>({
    gateway: wholeAnswers(graph),
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      tellFaults(app.log),
      boundedAnswer,
      namesOfAnswer,
      costOfAnswer,
      watchOperations(meters),
      ...(database.replicas ? [answerFromReplicas] : []),
      stateOfAnswer,
      keepJournal(journal),
      legacyStatus,
    ],
    formatError,
    introspection: true,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    persistedQueries: false,
    documentStore: new ParsedDocuments(),
    parseOptions: { maxTokens: MOST_TOKENS },
    validationRules: [...LIMIT_RULES],
    logger: app.log,
  });
  await apollo.start();

  const nothingHere = new Refusal({ code: 'NOT_FOUND', message: 'there is nothing here', remedy: 'GraphQL is at /graphql, GraphiQL at /' });
  app.setNotFoundHandler((request, reply) => {
    meters.refused('NOT_FOUND');
    return reply.code(404).send(refusalBody(nothingHere, request.id));
  });

  app.get('/healthz', async () => ({ status: 'alive' }));
  const probe = new Probe(
    (config) => database.ownClient(config),
    () => live.position,
  );
  const readiness = async (): Promise<Readiness> => {
    if (ending.stopping) return { status: 'stopping' };
    const answers = database.isOpen && (await probe.answers());
    return { status: ending.stopping ? 'stopping' : answers ? 'ready' : 'no database' };
  };
  app.get('/readyz', async (_request, reply) => {
    const ready = await readiness();
    return reply.code(ready.status === 'ready' ? 200 : 503).send(ready);
  });
  // Counts are secrets of the house: outside of demo mode they are not on the port that strangers are led to.
  if (options.demo && metrics.port === null)
    app.get('/metrics', async (_request, reply) => reply.header('content-type', meters.contentType).send(await meters.text()));

  let stopFiles = () => {};
  if (options.answers) {
    app.route({
      url: '/graphql',
      method: ['GET', 'POST'],
      preHandler: [identify, admit, begin(options.trusted)],
      handler: fastifyApolloHandler<Question>(apollo, { context: async (request) => questionOf(request) }),
    });
    servePrint(app, { graph, journal, preHandler: [identify, admit], questionOf });
    serveExports(app, { ...options, enter, journal, refKey });
    serveImport(app, { ...options, enter });
    stopFiles = serveFiles(app, { ...options, enter, journal });
    serveClient(app);
    serveGraphiql(app, options.graphiqlToken);
  }
  const live: Live = await openLive(app, {
    ...options,
    meters,
    journal,
    refKey,
    ...forLive,
  });

  const endSilent = silentConnections(app.server, certificate !== null);
  const watch = () => ({
    pool: database.pool,
    connections: live.connections,
    streams: live.streams,
    journalWaiting: journal.size,
    ready: !ending.stopping,
  });
  meters.watch(watch, () => probe.ofDatabase());
  const { port: metricsPort } = metrics;
  const metricsServer = metricsPort === null ? null : await serveMetrics(meters, { ...metrics, port: metricsPort }, readiness);
  const endRenewal = options.tls && certificate ? renewCertificate(app, options.tls, certificate) : () => {};
  await listen(app, options.port, options.host);
  const { port } = app.server.address() as { port: number };
  const url = `${certificate ? 'https' : 'http'}://${nameOf(options.host)}:${port}`;
  return {
    port,
    url,
    metricsUrl: metricsServer ? `${metricsServer.url}/metrics` : options.demo ? `${url}/metrics` : null,
    log: app.log,
    live,
    stop: async () => {
      ending.stopping = true;
      stopFiles();
      await sleep(options.answers ? options.drainMs : 0);
      endRenewal();
      await live.stop();
      // A client that keeps its connection would hold the stop up after its last answer.
      const idle = setInterval(() => app.server.closeIdleConnections(), 50);
      const silent = setTimeout(endSilent, ASKED_WITHIN_MS);
      const cut = setTimeout(() => app.server.closeAllConnections(), STOP_WITHIN_MS);
      ending.closing = true;
      await app.close();
      clearInterval(idle);
      clearTimeout(silent);
      clearTimeout(cut);
      await apollo.stop();
      await journal.close();
      await metricsServer?.stop();
      probe.close();
    },
  };
}

/** What an address to listen on is called in a URL. */
const nameOf = (host: string): string => (['0.0.0.0', '::'].includes(host) ? 'localhost' : host.includes(':') ? `[${host}]` : host);

/** Listens, waiting a little for a server that is just stopping. */
async function listen(app: FastifyInstance, port: number, host: string): Promise<void> {
  for (let waited = 0; ; waited += PORT_RETRY_MS) {
    try {
      await app.listen({ port, host, listenTextResolver: () => 'listening' });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      if (waited >= PORT_WITHIN_MS) throw new Error(`port ${port} is in use: stop what listens there, or set PORT`);
      await new Promise((done) => setTimeout(done, PORT_RETRY_MS));
    }
  }
}
