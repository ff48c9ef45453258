import { randomBytes } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { Refusal } from '@lotline/schema';
import { GraphQLError, type GraphQLFormattedError, type GraphQLSchema } from 'graphql';
import { CloseCode, type Context, handleProtocols, makeServer } from 'graphql-ws';
import { v7 as uuidv7 } from 'uuid';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Credentials, credentialsIn, type SignedIn, type SignIn } from '../access';
import type { Journal } from '../journal';
import type { Limits, TrustedDocuments } from '../limits';
import type { Meters } from '../telemetry';
import { at } from './at';
import { counted, errorsOf, isExpected, TOO_MANY } from './errors';
import { Frames, MOST_SUBSCRIPTIONS } from './frames';
import { type Hub, Restarting } from './hub';
import { openStream } from './open';
import type { Sent, Stream } from './stream';

/** What both ways to subscribe share. */
export interface LiveOptions {
  graph: GraphQLSchema;
  journal: Journal;
  hub: Hub;
  signIn: SignIn;
  limits: Limits;
  /** The only documents that are answered; null where all are. */
  trusted: TrustedDocuments | null;
  /** The address that a request came from. */
  addressOf(request: IncomingMessage): string;
  /** Is another connection to be taken? */
  mayOpen(): boolean;
  /** Why a request is not let in; null where it is. */
  refusalOf(request: IncomingMessage): Refusal | null;
  /** Headers of every answer to it. */
  headersOf(request: IncomingMessage): Record<string, string>;
  warn(error: unknown, what: string): void;
  meters: Pick<Meters, 'sent' | 'refused'>;
}

/** Largest frame of a client, bytes. */
const LARGEST_FRAME = 64 * 1024;
/** How long a client may take to say who it is, milliseconds. */
const INIT_WITHIN_MS = 10_000;
/** Bytes that may wait to leave for the network before a client is waited for. */
const MOST_UNSENT = 64 * 1024;
/** How long a client may take to read what waits for it, milliseconds. */
const READ_WITHIN_MS = 30_000;
const PING_EVERY_MS = 15_000;
/** The server goes away: come back, here or elsewhere (RFC 6455 registry, Service Restart). */
const SERVICE_RESTART = 1012;
/** Whoever knows the token cannot be asked now (RFC 6455 registry). */
const TRY_AGAIN_LATER = 1013;
/** Characters of a reason for closing: a control frame holds 125 bytes. */
const LONGEST_REASON = 100;
/** How long a connection stays after its token has expired, so that its streams can say where to resume from, milliseconds. */
const LAST_WORDS_MS = 100;

/** A connection, as the protocol's own library keeps it. */
interface Extra {
  socket: WebSocket;
  request: IncomingMessage;
  signedIn: SignedIn | null;
  /** Messages written already, by the marks that stand for them in a frame. */
  written: Map<string, string>;
  /** Marks given so far. */
  marks: number;
  frames: Frames;
  /** Its streams that are open. */
  streams: Set<Stream>;
  /** Calls off what is to happen when its token expires. */
  forget(): void;
}
type Connection = Context<Record<string, unknown>, Extra>;

/** Who a client says it is, in the payload of connection_init or, where that says nothing, in the headers. @throws Refusal */
function credentialsOf({ connectionParams, extra }: Connection): Credentials {
  const headers = credentialsIn(extra.request.rawHeaders);
  const given = Object.entries(connectionParams ?? {}).flatMap(([key, value]) => {
    const name = { authorization: 'authorization', actingfor: 'lotline-acting-for' }[key.toLowerCase()];
    if (name === undefined || value === null || value === undefined) return [];
    if (typeof value !== 'string')
      throw new Refusal({ code: 'UNAUTHENTICATED', message: `${key} in connection_init is no text`, remedy: 'send the token as a text' });
    return name === 'authorization' && !/^bearer /i.test(value) ? [name, `Bearer ${value}`] : [name, value];
  });
  const { authorization, actingFor } = credentialsIn(given);
  if (authorization !== null && headers.authorization !== null && authorization !== headers.authorization)
    throw new Refusal({ code: 'UNAUTHENTICATED', message: 'there is more than one token', remedy: 'send it in connection_init alone' });
  return { authorization: authorization ?? headers.authorization, actingFor: actingFor ?? headers.actingFor };
}

/** Closes a connection whose token is not good any more, once its streams have told where to resume from. */
const endSoon = (socket: WebSocket, reason: string): void =>
  void setTimeout(() => socket.close(CloseCode.Forbidden, reason), LAST_WORDS_MS).unref();

/** Errors as the library takes them: what they say has been decided. */
const asGraphQL = (errors: readonly GraphQLFormattedError[]): GraphQLError[] =>
  errors.map(({ message, locations, extensions }) => Object.assign(new GraphQLError(message, { extensions }), { locations }));

/** Serves `graphql-transport-ws` at `/graphql` of an HTTP server. */
export function serveWebSocket(
  server: Server,
  options: LiveOptions,
): { readonly size: number; readonly streams: number; revoke(keys: ReadonlySet<string>): void; stop(): Promise<void> } {
  const protocol = makeServer<Record<string, unknown>, Extra>({
    connectionInitWaitTimeout: INIT_WITHIN_MS,
    async onConnect(connection) {
      try {
        const { extra } = connection;
        extra.signedIn = await options.signIn.by(credentialsOf(connection));
        if (extra.socket.readyState !== extra.socket.OPEN) return false;
        extra.forget = at(extra.signedIn.until, () => {
          for (const stream of extra.streams) stream.expire();
          endSoon(extra.socket, 'the token has expired');
        });
        return true;
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        connection.extra.socket.close(error.retryable ? TRY_AGAIN_LATER : CloseCode.Forbidden, error.message.slice(0, LONGEST_REASON));
        return false;
      }
    },
    async onSubscribe({ extra }, _id, payload) {
      try {
        if (extra.frames.isFull)
          throw new Refusal({
            code: 'RATE_LIMITED',
            message: `a connection has at most ${MOST_SUBSCRIPTIONS} subscriptions`,
            remedy: 'complete one, or open another connection',
          });
        const { request, stream } = await openStream(options, extra.signedIn!, options.addressOf(extra.request), payload, (ended) =>
          extra.streams.delete(ended),
        );
        if (!stream.ended) extra.streams.add(stream);
        stream.expire();
        // It may have been revoked between its sign-in and this subscription.
        await options.signIn.again(extra.signedIn!).catch((error) => {
          stream.fail(error);
          throw error;
        });
        return { schema: options.graph, document: request.document, operationName: request.operationName, contextValue: stream };
      } catch (error) {
        if (!isExpected(error)) options.warn(error, 'a subscription failed');
        return asGraphQL(counted(errorsOf(error, uuidv7()), options.meters));
      }
    },
    subscribe: async ({ contextValue }) => contextValue as unknown as Stream as never,
    onNext({ extra }, _id, _payload, _args, result) {
      const mark = String(++extra.marks);
      extra.written.set(mark, (result as unknown as Sent).text);
      options.meters.sent('websocket');
      // The library takes nothing but an object for a message.
      return { written: mark } as never;
    },
    onError({ extra }, _id, _payload, errors) {
      const [first] = errors;
      const original = (first as GraphQLError | undefined)?.originalError;
      if (!original) return undefined;
      if (original instanceof Restarting) extra.socket.close(SERVICE_RESTART, 'Service restart');
      else if (!isExpected(original)) options.warn(original, 'a stream failed');
      return counted(errorsOf(original, uuidv7()), options.meters);
    },
  });

  const connections = new Set<Extra>();
  const sockets = new WebSocketServer({ noServer: true, maxPayload: LARGEST_FRAME, autoPong: false, handleProtocols });
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const answer = (status: string, refusal: Refusal) => refuse(socket, status, refusal, options.headersOf(request));
    const refused = options.refusalOf(request);
    if (refused) return answer(refused.reasons[0].code === 'FORBIDDEN' ? '403 Forbidden' : '400 Bad Request', refused);
    if (request.url?.split('?', 1)[0] !== '/graphql') return answer('404 Not Found', NOTHING_HERE);
    if (!options.mayOpen()) return answer('503 Service Unavailable', TOO_MANY);
    sockets.handleUpgrade(request, socket, head, (opened) =>
      serve(protocol, { socket: opened, wire: socket, request }, connections, options),
    );
  };
  server.on('upgrade', upgrade);
  sockets.on('wsClientError', (_error, socket, request) => refuse(socket, '400 Bad Request', NO_WEB_SOCKET, options.headersOf(request)));
  return {
    get size() {
      return sockets.clients.size;
    },
    get streams() {
      let open = 0;
      for (const { streams } of connections) open += streams.size;
      return open;
    },
    revoke: (keys) => {
      for (const { signedIn, socket } of connections)
        if (signedIn?.key != null && keys.has(signedIn.key)) endSoon(socket, 'the key was revoked');
    },
    stop: async () => {
      server.off('upgrade', upgrade);
      server.on('upgrade', (request, socket: Duplex) => refuse(socket, '503 Service Unavailable', STOPPING, options.headersOf(request)));
      const closed = [...sockets.clients].map((client) => new Promise<void>((done) => client.once('close', () => done())));
      for (const client of sockets.clients) client.close(SERVICE_RESTART, 'Service restart');
      const cut = setTimeout(() => {
        for (const client of sockets.clients) client.terminate();
      }, 2000);
      await Promise.all(closed);
      clearTimeout(cut);
      sockets.close();
    },
  };
}

const NOTHING_HERE = new Refusal({ code: 'NOT_FOUND', message: 'there is nothing here', remedy: 'subscriptions are at /graphql' });
const NO_WEB_SOCKET = new Refusal({
  code: 'BAD_USER_INPUT',
  message: 'this is no WebSocket that can be opened',
  remedy: 'send a GET with Sec-WebSocket-Version: 13 and a key',
});
const STOPPING = new Refusal({ code: 'UNAVAILABLE', message: 'the server is stopping', remedy: 'try again' }, { retryable: true });

/** Answers in place of an upgrade, in the shape of every other error; who does not hang up then is not waited for. */
function refuse(socket: Duplex, status: string, refusal: Refusal, safety: Record<string, string>): void {
  const id = uuidv7();
  const body = JSON.stringify({ errors: errorsOf(refusal, id) });
  socket.once('error', () => {});
  socket.once('finish', () => socket.destroy());
  const always = {
    ...safety,
    'x-request-id': id,
    connection: 'close',
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  };
  const headers = Object.entries(always).map(([name, value]) => `${name}: ${value}`);
  if (refusal.retryable) headers.push('Retry-After: 5');
  socket.end([`HTTP/1.1 ${status}`, ...headers, '', body].join('\r\n'));
}

/** A connection, and what lies beneath it. */
interface Opened {
  socket: WebSocket;
  wire: Duplex;
  request: IncomingMessage;
}

/** One connection, from its opening to its end. */
function serve(
  protocol: ReturnType<typeof makeServer<Record<string, unknown>, Extra>>,
  { socket, wire, request }: Opened,
  connections: Set<Extra>,
  { warn }: LiveOptions,
): void {
  const written = new Map<string, string>();
  // What was sent with a ping that has not been answered: only who has read it can.
  let unanswered: string | null = null;
  const pinging = setInterval(() => {
    // Its pong may wait among what is not read of it now.
    if (socket.isPaused) return;
    if (unanswered !== null) return socket.terminate();
    unanswered = randomBytes(8).toString('hex');
    socket.ping(unanswered);
  }, PING_EVERY_MS);
  socket.on('pong', (payload) => {
    if (String(payload) === unanswered) unanswered = null;
  });
  let corked = false;
  // What is sent in one turn leaves in one piece: a message costs little beside the call that sends it.
  const together = () => {
    if (corked) return;
    corked = true;
    wire.cork();
    process.nextTick(() => {
      corked = false;
      wire.uncork();
    });
  };
  let leaving: Promise<void> | undefined;
  /** Sends; once enough waits, resolved when it has left for the network, so that a client which does not read is not written to. */
  const sent = (send: (done: () => void) => void): Promise<void> | undefined => {
    together();
    let left = () => {};
    send(() => left());
    if (socket.bufferedAmount < MOST_UNSENT) return undefined;
    leaving = new Promise((done) => {
      const cut = setTimeout(() => socket.terminate(), READ_WITHIN_MS);
      left = () => {
        clearTimeout(cut);
        done();
      };
    });
    return leaving;
  };
  // A frame that is too large or broken: the library closes with the code that says so.
  socket.on('error', () => {});
  const frames = new Frames(socket, {
    room: () => (socket.bufferedAmount < MOST_UNSENT ? undefined : leaving),
    pong: (payload) => sent((done) => socket.pong(payload, false, done)),
    warn,
  });
  const extra: Extra = { socket, request, signedIn: null, written, marks: 0, frames, streams: new Set(), forget: () => {} };
  connections.add(extra);
  const closed = protocol.opened(
    {
      protocol: socket.protocol,
      send: (frame) => (socket.readyState === socket.OPEN ? sent((done) => socket.send(spliced(frame, written), done)) : undefined),
      close: (code, reason) => socket.close(code, reason),
      onMessage: (listen) => frames.handTo(listen),
    },
    extra,
  );
  socket.once('close', (code, reason) => {
    clearInterval(pinging);
    extra.forget();
    connections.delete(extra);
    void closed(code, String(reason));
  });
}

const MARKED = /\{"written":"(\d+)"\}\}$/;

/** Puts a message that was written before in the place of its mark. */
function spliced(frame: string, written: Map<string, string>): string {
  const mark = MARKED.exec(frame)?.[1];
  const text = mark === undefined ? undefined : written.get(mark);
  if (mark === undefined || text === undefined) return frame;
  written.delete(mark);
  return `${frame.slice(0, -`{"written":"${mark}"}}`.length)}${text}}`;
}
