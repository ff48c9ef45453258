import type { IncomingMessage } from 'node:http';
import type { Refusal } from '@lotline/schema';
import type { FastifyInstance } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import type { SignedIn, SignIn } from '../access';
import type { Runner } from '../commands';
import type { Database, Position } from '../database';
import type { Journal } from '../journal';
import type { Limits, TrustedDocuments } from '../limits';
import { type Cursors, type Follower, Tail } from '../log';
import type { Meters, Transport } from '../telemetry';
import { serveEventStream } from './event-stream';
import { Hub } from './hub';
import { type Asked, readRequest } from './request';
import type { Stream, StreamLimits } from './stream';
import { serveWebSocket } from './web-socket';

export interface LiveSettings {
  /** How long a cursor can be resumed from, days. */
  retentionDays: number;
  /** Between one heartbeat of a stream and the next, milliseconds. */
  heartbeatMs: number;
  /** Most connections that subscribe, WebSockets and event streams together. */
  mostConnections: number;
  /** How often the log is looked at where nothing wakes its tail, milliseconds. */
  pollMs?: number;
  /** What may wait for one client. */
  streamLimits?: Partial<StreamLimits>;
}

export interface LiveParts extends LiveSettings {
  /** Are there ways in for clients? Without them there is `subscribe` only. */
  answers: boolean;
  graph: GraphQLSchema;
  database: Database;
  runner: Runner;
  cursors: Cursors;
  journal: Journal;
  refKey: Buffer;
  questionTimeout: number;
  signIn: SignIn;
  limits: Limits;
  /** The only documents that are answered; null where all are. */
  trusted: TrustedDocuments | null;
  /** The address that a request came from. */
  addressOf(request: IncomingMessage): string;
  meters: Meters;
  /** Why a request is not let in; null where it is. */
  refusalOf(request: IncomingMessage): Refusal | null;
  /** Headers of every answer to it. */
  headersOf(request: IncomingMessage): Record<string, string>;
}

/** The ways to subscribe, and what feeds them. */
export interface Live {
  /** Connections and streams that are open. */
  readonly connections: Record<Transport, number>;
  readonly streams: Record<Transport, number>;
  /** Everything up to here has been told. */
  readonly position: Position;
  /** Opens a stream without a connection; it is read as an async generator. @throws what `readRequest` throws, StreamEnded, and TOO_COSTLY */
  subscribe(by: SignedIn, asked: Asked, after: string | null): Promise<Stream>;
  /** Tells every client to come back, and ends their streams. */
  stop(): Promise<void>;
}

/** Opens the ways to subscribe on a server, and follows the log for them. */
export async function openLive(app: FastifyInstance, parts: LiveParts): Promise<Live> {
  const warn = (error: unknown, what: string) => app.log.error({ err: error }, what);
  const hub = new Hub({ ...parts, limits: parts.streamLimits, warn });
  const follower: Follower = {
    follow: async (commands, upTo) => {
      // Before anything more is told: what was revoked hears nothing of what came with it.
      const revoked = new Set(
        commands.flatMap(({ events }) => events.flatMap(({ type, subject }) => (type === 'key.revoked' ? [subject] : []))),
      );
      if (revoked.size > 0) {
        hub.revoke(revoked);
        webSocket?.revoke(revoked);
      }
      await hub.follow(commands, upTo);
      parts.meters.tailed(commands[0]!.at);
    },
    begins: (position) => hub.begins(position),
    rewound: (position) => hub.rewound(position),
  };
  const mayOpen = () => (webSocket?.size ?? 0) + (eventStream?.size ?? 0) < parts.mostConnections;
  const options = { ...parts, hub, mayOpen, warn };
  const webSocket = parts.answers ? serveWebSocket(app.server, options) : null;
  const eventStream = parts.answers ? serveEventStream(app, options) : null;
  const tail = await Tail.start(parts.database, follower, { pollMs: parts.pollMs, warn });
  return {
    get connections() {
      return { websocket: webSocket?.size ?? 0, sse: eventStream?.size ?? 0 };
    },
    get streams() {
      return { websocket: webSocket?.streams ?? 0, sse: eventStream?.streams ?? 0 };
    },
    get position() {
      return tail.position;
    },
    subscribe: async (by, asked, after) => {
      const request = { ...readRequest(parts, by, asked), after };
      return hub.subscribe(request, parts.limits.follow(by.viewer.name, { graph: parts.graph, ...request }));
    },
    stop: async () => {
      hub.stop();
      await Promise.all([eventStream?.stop(), webSocket?.stop()]);
      await tail.stop();
    },
  };
}
