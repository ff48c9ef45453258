import { Refusal } from '@lotline/schema';
import Fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
  type preHandlerAsyncHookHandler,
} from 'fastify';
import { v7 as uuidv7 } from 'uuid';
import { credentialsIn, SignIn, type SignInSettings, type Viewer } from '../access';
import type { Runner } from '../commands';
import { type Database, Deadline, type Position, Reader } from '../database';
import { type Caller, Notes } from '../journal';
import { type Enter, type LimitSettings, Limits, type Ticket } from '../limits';
import type { LiveParts } from '../live';
import type { Cursors } from '../log';
import type { Question } from '../questions';
import type { Meters } from '../telemetry';
import { answerBroken, answerExpectations } from './broken';
import { type Certificate, HANDSHAKE_WITHIN_MS } from './certificate';
import { boundConnections } from './connections';
import { Door, type DoorSettings, OPEN_DOOR } from './door';
import { BAD_TARGET, sendError } from './errors';
import { safetyHeaders } from './headers';
import { tellError } from './log';
import { UPLOAD_WITHIN_MS, withinTime } from './time';
import { seenOf, watchRequests } from './watch';

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

export interface EntranceSettings extends SignInSettings {
  database: Database;
  runner: Runner;
  cursors: Cursors;
  logLevel: string;
  questionTimeout: number;
  /** What questions may cost, and how many may be under way; null for no limits. */
  limits: LimitSettings | null;
  /** Who is let in; where it is left out, whoever comes, but from pages of other origins. */
  door?: DoorSettings;
  /** Takes secrets out of what is logged. */
  hide?(line: string): string;
}

interface EntranceParts {
  meters: Meters;
  /** Key of the refs that name lots within one trace. */
  refKey: Buffer;
  /** Of HTTPS; null for HTTP. */
  certificate: Certificate | null;
  /** How far the stop has come: whoever asks next should do so elsewhere, or must. */
  ending: { readonly stopping: boolean; readonly closing: boolean };
}

export interface Entrance {
  /** A server that bounds, watches and answers for every request, and serves nothing yet. */
  app: FastifyInstance;
  /** Lets in who asks beside the graph. */
  enter: Enter;
  /** Finds out who asks a question, and lets it in within its limits. */
  identify: preHandlerAsyncHookHandler;
  admit: preHandlerAsyncHookHandler;
  /** The question of a request that was let in. */
  questionOf(request: FastifyRequest): Question;
  /** The same for those who subscribe. */
  forLive: Pick<LiveParts, 'signIn' | 'limits' | 'addressOf' | 'refusalOf' | 'headersOf'>;
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

const kindOf = (request: FastifyRequest) => askers.get(request)?.by.viewer.kind;

/** Who is let in, and within which bounds: its connection, its request, its door, its sign-in, its limits, in this order. */
export function openEntrance(settings: EntranceSettings, { meters, refKey, certificate, ending }: EntranceParts): Entrance {
  const door = new Door(settings.door ?? OPEN_DOOR, settings.demo);
  const forLive = {
    signIn: new SignIn(settings.database, settings),
    limits: new Limits(settings.limits, settings.demo),
    addressOf: (request) => door.proxies.peerOf(request).address,
    refusalOf: (request) => door.refusalOf(request),
    headersOf: (request) => ({ ...safetyHeaders(door.isSecure(request)), ...door.corsOf(request) }),
  } satisfies Entrance['forLive'];
  const app = openServer(settings, door, meters, certificate);
  guard(app, door, meters, ending);
  return { app, ...admission(settings, forLive, refKey), forLive };
}

const headersOf = (door: Door, { raw, id }: FastifyRequest) => ({
  ...safetyHeaders(door.isSecure(raw)),
  ...door.corsOf(raw),
  'x-request-id': id,
});

function tellAnswered(request: FastifyRequest, reply: FastifyReply): void {
  const { method, url } = request;
  const [path] = url.split('?', 1);
  const ms = Math.round(reply.elapsedTime * 10) / 10;
  request.log.info({ method, path, status: reply.statusCode, ms, viewer: kindOf(request), ...seenOf(request) }, 'answered');
}

/** A server that bounds connections and requests, and answers what no route can read. */
function openServer({ logLevel, hide }: EntranceSettings, door: Door, meters: Meters, certificate: Certificate | null): FastifyInstance {
  const http = {
    headersTimeout: HEADERS_WITHIN_MS,
    connectionsCheckingInterval: LOOK_EVERY_MS,
    maxHeaderSize: LARGEST_HEADERS,
    requireHostHeader: false,
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
      return sendError(refusal, request, reply.headers(headersOf(door, request)), (code) => meters.refused(code));
    },
    // The answer to that is ours, in the shape of all others.
    return503OnClosing: false,
    logger: {
      level: logLevel,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      serializers: { err: (error) => tellError(error) as never },
      ...(hide && { hooks: { streamWrite: hide } }),
    },
  });
  // Node forgets those beyond its own bound; ours are counted.
  app.server.maxHeadersCount = 0;
  answerExpectations(app.server, (request) => ({ ...safetyHeaders(door.isSecure(request)), ...door.corsOf(request) }));
  boundConnections(app.server, (address) => door.proxies.trusts(address));

  // Fastify would read it, and nothing here takes it.
  app.removeContentTypeParser('text/plain');
  return app;
}

/** Holds every request against the door, and has it answered in time, in one shape. */
function guard(app: FastifyInstance, door: Door, meters: Meters, ending: EntranceParts['ending']): void {
  watchRequests(app, meters, kindOf);
  app.addHook('onRequest', async (request, reply) => {
    const { raw } = request;
    reply.headers(headersOf(door, request));
    // Whoever asks next does so over a connection of its own, which a proxy opens elsewhere.
    if (ending.stopping) reply.header('connection', 'close');
    if (ending.closing) {
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
}

/** Finds out who sends a request, and lets it in within its limits. */
function admission(
  { database, runner, cursors, questionTimeout }: EntranceSettings,
  { signIn, limits, addressOf }: Entrance['forLive'],
  refKey: Buffer,
): Pick<Entrance, 'enter' | 'identify' | 'admit' | 'questionOf'> {
  const ticketOf = ({ raw }: FastifyRequest, { kind, name }: Viewer): Ticket =>
    limits.begin({ viewer: kind === 'NOBODY' ? null : name, address: addressOf(raw) });
  return {
    enter: async (request, reply, price) => {
      const signedIn = await signIn.by(credentialsIn(request.raw.rawHeaders));
      const ticket = ticketOf(request, signedIn.viewer);
      reply.raw.once('close', () => ticket.abandon());
      ticket.pay(price);
      return signedIn;
    },
    identify: async (request) => {
      const { viewer, key } = await signIn.by(credentialsIn(request.raw.rawHeaders));
      const wanted = request.headers['lotline-at-least'];
      const atLeast = typeof wanted === 'string' ? cursors.decode(wanted, viewer.name).position : null;
      askers.set(request, { by: { viewer, key }, atLeast, ticket: null, reader: null });
    },
    admit: async (request, reply) => {
      const asker = askers.get(request)!;
      const ticket = ticketOf(request, asker.by.viewer);
      asker.ticket = ticket;
      reply.raw.once('close', () => {
        ticket.abandon();
        // Nobody waits for it any more.
        if (!reply.raw.writableFinished) void asker.reader?.cancel();
      });
    },
    questionOf: (request) => {
      const asker = askers.get(request)!;
      const { by, atLeast, ticket } = asker;
      const deadline = new Deadline(questionTimeout);
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
    },
  };
}
