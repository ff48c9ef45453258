import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginCacheControlDisabled, ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import { Refusal } from '@lotline/schema';
import Fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
  type preHandlerAsyncHookHandler,
} from 'fastify';
import type { GraphQLSchema } from 'graphql';
import { v7 as uuidv7 } from 'uuid';
import { credentialsIn, SignIn, type SignInSettings, type Viewer } from '../access';
import type { Runner } from '../commands';
import { type Database, Deadline, type Position, Reader } from '../database';
import { serveExports } from '../export';
import type { FileStore } from '../files';
import { serveImport } from '../import';
import { type Caller, Journal, type JournalSettings, Notes } from '../journal';
import { type Enter, LIMIT_RULES, type LimitSettings, Limits, MOST_TOKENS, type Ticket, type TrustedDocuments } from '../limits';
import { type Live, type LiveSettings, openLive } from '../live';
import type { Cursors } from '../log';
import { formatError, type Question, refusalBody } from '../questions';
import { Meters, type MetricsPlace, Probe, type Readiness, serveMetrics } from '../telemetry';
import { begin } from './begin';
import { answerBroken, answerExpectations } from './broken';
import { HANDSHAKE_WITHIN_MS, readCertificate, renewCertificate, type TlsSettings } from './certificate';
import { serveClient } from './client';
import { boundConnections } from './connections';
import { boundedAnswer, costOfAnswer } from './cost';
import { Door, type DoorSettings, OPEN_DOOR } from './door';
import { BAD_TARGET, sendError } from './errors';
import { serveFiles } from './files';
import { serveGraphiql } from './graphiql';
import { safetyHeaders } from './headers';
import { answerFromReplicas } from './lag';
import { tellError } from './log';
import { ParsedDocuments } from './parsed';
import { keepJournal, legacyStatus, stateOfAnswer, tellFaults } from './plugins';
import { servePrint } from './print';
import { silentConnections } from './silent';
import { UPLOAD_WITHIN_MS, withinTime } from './time';
import { seenOf, watchOperations, watchRequests } from './watch';

/** Largest request, bytes. */
const LARGEST_BODY = 1024 * 1024;
/** Largest headers of a request together with its address, bytes. */
const LARGEST_HEADERS = 16 * 1024;
/** Requests that one connection serves before another is opened, so that no client stays with one instance for ever. */
const MOST_OF_CONNECTION = 10_000;
/** How long a client may take for the headers of a request, milliseconds. */
const HEADERS_WITHIN_MS = 10_000;
/** How often it is looked for those who take longer, milliseconds. */
const LOOK_EVERY_MS = 2000;
/** How long a stop waits for a connection that was opened to ask something, milliseconds. */
const ASKED_WITHIN_MS = 500;
/** How long a stop waits for what is in flight, milliseconds. */
const STOP_WITHIN_MS = 20_000;

/** How long a start waits for its port, milliseconds. */
const PORT_WITHIN_MS = 3000;
const PORT_RETRY_MS = 100;

export interface ServerOptions extends LiveSettings, SignInSettings, JournalSettings {
  graph: GraphQLSchema;
  database: Database;
  runner: Runner;
  cursors: Cursors;
  port: number;
  host: string;
  logLevel: string;
  questionTimeout: number;
  /** What questions may cost, and how many may be under way; null for no limits. */
  limits: LimitSettings | null;
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
  /** Who is let in; where it is left out, whoever comes, but from pages of other origins. */
  door?: DoorSettings;
  /** Serves HTTPS by these files; HTTP where they are left out. */
  tls?: TlsSettings | null;
  /** Takes secrets out of what is logged. */
  hide?(line: string): string;
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

/** Who asks, and the state the answer must at least reflect: read from the headers, before GraphQL begins. */
interface Asker {
  by: Caller;
  atLeast: Position | null;
  /** Its limits. */
  ticket: Ticket | null;
  /** What it is read by, once it is. */
  reader: Reader | null;
}

const askers = new WeakMap<FastifyRequest, Asker>();

/** Starts the HTTP server. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { database, runner, cursors, graph, meters = new Meters(), metrics = { port: null, host: '127.0.0.1' } } = options;
  let stopping = false;
  let closing = false;
  const door = new Door(options.door ?? OPEN_DOOR, options.demo);
  const certificate = options.tls ? readCertificate(options.tls) : null;
  const http = {
    headersTimeout: HEADERS_WITHIN_MS,
    connectionsCheckingInterval: LOOK_EVERY_MS,
    maxHeaderSize: LARGEST_HEADERS,
    requireHostHeader: false,
  };
  const kindOf = (request: FastifyRequest) => askers.get(request)?.by.viewer.kind;
  const headersOf = ({ raw, id }: FastifyRequest) => ({
    ...safetyHeaders(door.isSecure(raw)),
    ...door.corsOf(raw),
    'x-request-id': id,
  });
  const tellAnswered = (request: FastifyRequest, reply: FastifyReply) => {
    const { method, url } = request;
    const [path] = url.split('?', 1);
    const ms = Math.round(reply.elapsedTime * 10) / 10;
    request.log.info({ method, path, status: reply.statusCode, ms, viewer: kindOf(request), ...seenOf(request) }, 'answered');
  };
  const app = Fastify({
    bodyLimit: LARGEST_BODY,
    genReqId: () => uuidv7(),
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: 'idle',
    // Fastify waits for ever unless told; all but files have less.
    requestTimeout: UPLOAD_WITHIN_MS,
    http,
    // The types have one server or the other.
    ...(certificate && ({ https: { ...http, ...certificate, handshakeTimeout: HANDSHAKE_WITHIN_MS } } as object)),
    maxRequestsPerSocket: MOST_OF_CONNECTION,
    trustProxy: (address) => door.proxies.trusts(address),
    clientErrorHandler: answerBroken,
    // No hook is called for what no route can read.
    frameworkErrors: (_error, request, reply) => {
      reply.raw.once('close', () => {
        meters.answered({ route: 'none', status: reply.statusCode, viewer: 'none', seconds: null });
        tellAnswered(request, reply);
      });
      const refusal = door.refusalOf(request.raw) ?? BAD_TARGET;
      return sendError(refusal, request, reply.headers(headersOf(request)), (code) => meters.refused(code));
    },
    // The answer to that is ours, in the shape of all others.
    return503OnClosing: false,
    logger: {
      level: options.logLevel,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      serializers: { err: (error) => tellError(error) as never },
      ...(options.hide && { hooks: { streamWrite: options.hide } }),
    },
  });
  // Node forgets those beyond its own bound; ours are counted.
  app.server.maxHeadersCount = 0;
  answerExpectations(app.server, (request) => ({ ...safetyHeaders(door.isSecure(request)), ...door.corsOf(request) }));
  boundConnections(app.server, (address) => door.proxies.trusts(address));

  // Fastify would read it, and nothing here takes it.
  app.removeContentTypeParser('text/plain');

  const journal = new Journal(database, options, (error, what) => app.log.warn({ err: error }, what));
  const apollo = new ApolloServer<Question>({
    schema: graph,
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      tellFaults(app.log),
      boundedAnswer,
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

  watchRequests(app, meters, kindOf);
  app.addHook('onRequest', async (request, reply) => {
    const { raw } = request;
    reply.headers(headersOf(request));
    // Whoever asks next does so over a connection of its own, which a proxy opens elsewhere.
    if (stopping) reply.header('connection', 'close');
    if (closing) {
      throw new Refusal({ code: 'UNAVAILABLE', message: 'the server is stopping', remedy: 'try again' }, { retryable: true });
    }
    const refused = door.refusalOf(raw);
    if (refused) throw refused;
    const preflight = door.preflightOf(raw);
    if (preflight) return reply.code(204).headers(preflight).send();
    return undefined;
  });
  app.addHook('onSend', async (_request, reply) => {
    const vary = String(reply.getHeader('vary') ?? '');
    if (!/\borigin\b/i.test(vary)) reply.header('vary', vary ? `${vary}, Origin` : 'Origin');
  });
  app.addHook('onResponse', async (request, reply) => {
    tellAnswered(request, reply);
  });
  withinTime(app);
  app.setErrorHandler((error, request, reply) => sendError(error, request, reply, (code) => meters.refused(code)));
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
    if (stopping) return { status: 'stopping' };
    const answers = database.isOpen && (await probe.answers());
    return { status: stopping ? 'stopping' : answers ? 'ready' : 'no database' };
  };
  app.get('/readyz', async (_request, reply) => {
    const ready = await readiness();
    return reply.code(ready.status === 'ready' ? 200 : 503).send(ready);
  });
  // Counts are secrets of the house: outside of demo mode they are not on the port that strangers are led to.
  if (options.demo && metrics.port === null)
    app.get('/metrics', async (_request, reply) => reply.header('content-type', meters.contentType).send(await meters.text()));

  const limits = new Limits(options.limits);
  const signIn = new SignIn(database, options);
  const refKey = createHmac('sha256', database.installation.cursorKey).update('refs').digest();
  const ticketOf = ({ raw }: FastifyRequest, { kind, name }: Viewer): Ticket =>
    limits.begin({ viewer: kind === 'NOBODY' ? null : name, address: door.proxies.peerOf(raw).address });
  const enter: Enter = async (request, reply, price) => {
    const signedIn = await signIn.by(credentialsIn(request.raw.rawHeaders));
    const ticket = ticketOf(request, signedIn.viewer);
    reply.raw.once('close', () => ticket.abandon());
    ticket.pay(price);
    return signedIn;
  };
  const identify = async (request: FastifyRequest): Promise<void> => {
    const { viewer, key } = await signIn.by(credentialsIn(request.raw.rawHeaders));
    const wanted = request.headers['lotline-at-least'];
    const atLeast = typeof wanted === 'string' ? cursors.decode(wanted, viewer.name).position : null;
    askers.set(request, { by: { viewer, key }, atLeast, ticket: null, reader: null });
  };
  const admit: preHandlerAsyncHookHandler = async (request, reply) => {
    const asker = askers.get(request)!;
    const ticket = ticketOf(request, asker.by.viewer);
    asker.ticket = ticket;
    reply.raw.once('close', () => {
      ticket.abandon();
      // Nobody waits for it any more.
      if (!reply.raw.writableFinished) void asker.reader?.cancel();
    });
  };
  const questionOf = (request: FastifyRequest): Question => {
    const asker = askers.get(request)!;
    const { by, atLeast, ticket } = asker;
    const deadline = new Deadline(options.questionTimeout);
    const reader = new Reader(database, { deadline, atLeast });
    asker.reader = reader;
    return {
      viewer: by.viewer,
      cursors,
      runner: runner.within(deadline),
      refKey,
      notes: new Notes(by),
      requestId: request.id,
      ticket: ticket!,
      reader,
    };
  };
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
    refusalOf: (request) => door.refusalOf(request),
    headersOf: (request) => ({ ...safetyHeaders(door.isSecure(request)), ...door.corsOf(request) }),
    signIn,
    limits,
    addressOf: (request) => door.proxies.peerOf(request).address,
  });

  const endSilent = silentConnections(app.server, certificate !== null);
  const watch = () => ({
    pool: database.pool,
    connections: live.connections,
    streams: live.streams,
    journalWaiting: journal.size,
    ready: !stopping,
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
      stopping = true;
      stopFiles();
      await sleep(options.answers ? options.drainMs : 0);
      endRenewal();
      await live.stop();
      // A client that keeps its connection would hold the stop up after its last answer.
      const idle = setInterval(() => app.server.closeIdleConnections(), 50);
      const silent = setTimeout(endSilent, ASKED_WITHIN_MS);
      const cut = setTimeout(() => app.server.closeAllConnections(), STOP_WITHIN_MS);
      closing = true;
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
      await app.listen({ port, host });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      if (waited >= PORT_WITHIN_MS) throw new Error(`port ${port} is in use: stop what listens there, or set PORT`);
      await new Promise((done) => setTimeout(done, PORT_RETRY_MS));
    }
  }
}
