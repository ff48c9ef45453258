import { setTimeout as sleep } from 'node:timers/promises';
import { Refusal } from '@lotline/schema';
import type { GraphQLSchema } from 'graphql';
import { v7 as uuidv7 } from 'uuid';
import { SEEN_BY_MANY, seesAll, type Viewer } from '../access';
import type { Runner } from '../commands';
import { type Database, groupBy, type Position, Reader } from '../database';
import {
  type Cursors,
  commandsOf,
  type Follower,
  type LoggedCommand,
  type Place,
  PlaceLost,
  presentPlace,
  readLog,
  recallPlace,
} from '../log';
import type { Question } from '../questions';
import { at } from './at';
import { type Change, changesIn, type Feed } from './feed';
import { fill, type Template, write } from './message';
import { FEEDS, type LiveRequest } from './request';
import { Stream, StreamEnded, type StreamLimits } from './stream';

export interface HubOptions {
  graph: GraphQLSchema;
  database: Database;
  runner: Runner;
  cursors: Cursors;
  /** Key of the refs that name lots within one trace. */
  refKey: Buffer;
  /** Longest a question may work in the database, milliseconds. */
  questionTimeout: number;
  /** Between one heartbeat and the next, milliseconds. */
  heartbeatMs: number;
  /** How long a cursor can be resumed from, days. */
  retentionDays: number;
  limits?: Partial<StreamLimits>;
  /** Hears of streams that ended by a fault of ours. */
  warn: (error: unknown, what: string) => void;
}

const LIMITS: StreamLimits = { messages: 1000, bytes: 4 * 1024 * 1024 };
/** Commands that a replay reads at once. */
const REPLAYED = 200;
/** Changes that are told together, before it is seen to that the clients keep up. */
const TOLD_AT_ONCE = 100;
/** Messages that are written together, at least those of one change. */
const WRITTEN_AT_ONCE = 200;
/** How long all wait for a live stream that falls behind, milliseconds. */
const ROOM_WITHIN_MS = 100;
/** How often the telling of commands is tried, while the database is well, before the streams that it fails for are given up. */
const TRIES = 3;
const TRY_AGAIN_MS = 50;
/** Where in a cursor's count the number of the feed stands. */
const PER_FEED = 2 ** 28;

/** Ends a stream whose server goes away: the client reconnects and resumes. */
export class Restarting extends Error {}

/**
 * Tells every stream of this instance what the log tells. A stream first replays what came after its place, then joins those that are
 * live, at a moment when it has come as far as they. Each change is looked up once for all streams of its kind, and written once for all
 * that are alike; a stream's own cursor and sequence are put in afterwards.
 */
export class Hub implements Follower {
  private readonly live = new Set<Stream>();
  private readonly open = new Set<Stream>();
  private readonly heartbeats = new Map<string, Promise<Template>>();
  private readonly beating: NodeJS.Timeout;
  private readonly limits: StreamLimits;
  /** How far those that are live are being told: whoever joins must have come as far. */
  private reach = 0n as Position;
  private stopped = false;

  constructor(private readonly options: HubOptions) {
    this.limits = { ...LIMITS, ...options.limits };
    this.beating = setInterval(
      () => void this.beat().catch((error) => options.warn(error, 'a heartbeat failed')),
      options.heartbeatMs,
    ).unref();
  }

  /** Streams that are open. */
  get size(): number {
    return this.open.size;
  }

  /**
   * Opens a stream; it replays and goes live while it is read.
   * @throws StreamEnded CURSOR_EXPIRED or CURSOR_FOREIGN with the place to resume from
   */
  async subscribe(request: LiveRequest, onEnd: () => void = () => {}): Promise<Stream> {
    const reader = this.reader();
    let place: Place;
    try {
      place = await this.startOf(request, reader);
    } finally {
      await reader.close();
    }
    if (this.stopped)
      throw new Refusal({ code: 'UNAVAILABLE', message: 'the server is stopping', remedy: 'try again' }, { retryable: true });
    const stream = new Stream(request, place, this.cursorOf(place, request), this.limits, (ended) => {
      this.open.delete(ended);
      this.live.delete(ended);
      forget();
      onEnd();
    });
    const forget = at(request.until, () => stream.expire());
    this.open.add(stream);
    void this.catchUp(stream).catch((error) => {
      this.options.warn(error, 'a stream could not be replayed');
      stream.fail(new Restarting());
    });
    return stream;
  }

  /** Tells the live streams of commands. Called again with the same after a failure: what has been told is not told twice. */
  async follow(commands: readonly LoggedCommand[], upTo: Position): Promise<void> {
    this.reach = upTo;
    const streams = [...this.live];
    if (streams.length === 0) return;
    await this.tell(streams, commands);
    const last = commands.at(-1)!;
    // One that has just joined may be further already.
    for (const stream of streams) if (upTo >= stream.place.position) stream.place = { position: upTo, command: last.id, told: null };
  }

  /** Streams replay by themselves what lies before. */
  begins(position: Position): void {
    this.reach = position;
  }

  /** What was told of the database may never have been: clients come back, and their cursors are looked at. */
  rewound(position: Position): void {
    this.reach = position;
    for (const stream of [...this.open]) stream.fail(new Restarting());
  }

  /** Ends the streams of keys that were revoked. */
  revoke(keys: ReadonlySet<string>): void {
    for (const stream of [...this.open]) if (stream.request.key !== null && keys.has(stream.request.key)) stream.revoke();
  }

  /** Ends every stream; their clients come back. */
  stop(): void {
    this.stopped = true;
    clearInterval(this.beating);
    for (const stream of [...this.open]) stream.fail(new Restarting());
  }

  private async startOf({ after, viewer, feed }: LiveRequest, reader: Reader): Promise<Place> {
    const { cursors, retentionDays } = this.options;
    if (after === null) return presentPlace(reader);
    try {
      const place = await recallPlace(reader, cursors.decode(after, viewer.name), retentionDays);
      return { ...place, told: toldOf(place.told, feed) };
    } catch (error) {
      if (error instanceof PlaceLost) throw new StreamEnded(error, cursors.encode(error.resumeAfter, viewer.name));
      if (error instanceof Refusal && error.reasons[0].code === 'CURSOR_FOREIGN') {
        const [reason] = error.reasons;
        throw new StreamEnded(new Refusal({ ...reason, path: ['after'] }), cursors.encode(await presentPlace(reader), viewer.name));
      }
      // That the database is away is not the cursor's fault, and may be tried again.
      const isOfCursor = error instanceof Refusal && error.reasons[0].code === 'BAD_USER_INPUT';
      throw isOfCursor ? new Refusal({ ...error.reasons[0], path: ['after'] }) : error;
    }
  }

  /** Replays the log for one stream until it has come as far as the live ones, and lets it join them. */
  private async catchUp(stream: Stream): Promise<void> {
    const { database } = this.options;
    for (;;) {
      await stream.room();
      if (stream.ended) return;
      const { position, told } = stream.place;
      if (told === null && position >= this.reach) break;
      const from = (told === null ? position : position - 1n) as Position;
      const commands = commandsOf(await readLog((sql, parameters) => database.query(sql, parameters), from, REPLAYED));
      const last = commands.at(-1);
      if (!last) break;
      await this.tell([stream], commands);
      stream.place = { position: last.position, command: last.id, told: null };
    }
    this.live.add(stream);
    await this.heartbeat(stream);
  }

  /**
   * Tells streams what commands hold for them, in order. Where that fails again and again though the database is well, the streams of
   * that kind end with an error, so that the others are told on.
   * @throws what the database threw, where it is not there
   */
  private async tell(streams: readonly Stream[], commands: readonly LoggedCommand[]): Promise<void> {
    for (const feed of FEEDS) {
      const own = streams.filter(({ request, ended }) => request.feed === feed && !ended);
      if (own.length === 0 || !commands.some(({ events }) => events.some(({ type }) => feed.reads.has(type)))) continue;
      for (let tried = 1; ; tried++) {
        try {
          await this.tellKind(feed, own, commands);
          break;
        } catch (error) {
          if (!(await this.isWell())) throw error;
          this.options.warn(error, `changes of ${feed.field} could not be told`);
          if (tried === TRIES) {
            for (const stream of own) stream.fail(error as Error);
            break;
          }
          await sleep(TRY_AGAIN_MS);
        }
      }
    }
  }

  /** Tells streams of one kind, as fast as they are read. */
  private async tellKind(feed: Feed, streams: readonly Stream[], commands: readonly LoggedCommand[]): Promise<void> {
    const most = Math.max(1, Math.min(TOLD_AT_ONCE, Math.floor(this.limits.messages / 2)));
    for await (const changes of changesIn(feed, () => this.reader(), commands)) {
      for (let at = 0; at < changes.length; at += most) {
        await this.roomIn(streams, ROOM_WITHIN_MS);
        const reader = this.reader();
        try {
          await this.tellOf(streams, changes.slice(at, at + most), reader);
        } finally {
          await reader.close();
        }
      }
    }
  }

  /** A replay waits for its client as long as it takes; the live streams wait for each other a moment only. */
  private async roomIn(streams: readonly Stream[], within: number): Promise<void> {
    const full = streams.filter(({ hasRoom }) => !hasRoom);
    if (full.length === 0) return;
    const room = Promise.all(full.map((stream) => stream.room()));
    await (full.every((stream) => this.live.has(stream)) ? Promise.race([room, sleep(within, undefined, { ref: false })]) : room);
  }

  private isWell(): Promise<boolean> {
    return this.options.database.query('select 1').then(
      () => true,
      () => false,
    );
  }

  private async tellOf(streams: readonly Stream[], changes: readonly Change[], reader: Reader): Promise<void> {
    const alike = [...groupBy(streams, ({ request }) => request.filter).values()];
    const wanted = changes.map((change) =>
      alike.flatMap((group) =>
        group[0]!.request.fits(change.facts) ? group.filter((stream) => stream.wants(change, stream.place.told)) : [],
      ),
    );
    const sees = await this.sightOf(changes, wanted, reader);
    const seen = wanted.map((of, index) => of.filter(({ request }) => sees(request.viewer, index)));
    const patience = Date.now() + ROOM_WITHIN_MS;
    for (let from = 0, to = 0; from < changes.length; from = to) {
      const likenesses: Map<string, LiveRequest>[] = [];
      for (let count = 0; to < changes.length && (to === from || count < WRITTEN_AT_ONCE); to++) {
        const requests = new Map(seen[to]!.map(({ request }) => [request.likeness, request]));
        likenesses.push(requests);
        count += requests.size;
      }
      const templates = await this.writeAll(
        likenesses.map((requests, ahead) => ({ requests, change: changes[from + ahead]!.answer })),
        reader,
      );
      for (let index = from; index < to; index++) {
        if (seen[index]!.some(({ hasRoom }) => !hasRoom)) {
          // However long a client takes, no transaction waits for it.
          await reader.renew();
          await this.roomIn(seen[index]!, Math.max(0, patience - Date.now()));
        }
        this.offer(seen[index]!, changes[index]!, templates[index - from]!);
      }
    }
  }

  /** Writes changes for all that are alike, together: what they have in common is looked up at once. */
  private async writeAll(
    changes: readonly { requests: ReadonlyMap<string, LiveRequest>; change: object }[],
    reader: Reader,
  ): Promise<Map<string, Template>[]> {
    const templates = changes.map(() => new Map<string, Template>());
    const written = await Promise.allSettled(
      changes.flatMap(({ requests, change }, index) =>
        [...requests].map(async ([likeness, request]) => {
          templates[index]!.set(likeness, await this.write(request, reader, change));
        }),
      ),
    );
    const failed = written.find(({ status }) => status === 'rejected');
    if (failed) throw (failed as PromiseRejectedResult).reason;
    return templates;
  }

  /** Gives a change to the streams that it is for, each with its own cursor and sequence. */
  private offer(streams: readonly Stream[], { position, command, before }: Change, templates: ReadonlyMap<string, Template>): void {
    const place: Place = { position, command, told: before + 1 };
    const cursors = new Map<string, string>();
    for (const stream of streams) {
      const { viewer, likeness } = stream.request;
      stream.expire();
      if (stream.ended) continue;
      let cursor = cursors.get(viewer.name);
      if (!cursor) {
        cursor = this.cursorOf(place, stream.request);
        cursors.set(viewer.name, cursor);
      }
      stream.sequence++;
      stream.place = place;
      stream.offer({ text: fill(templates.get(likeness)!, cursor, stream.sequence), cursor });
    }
  }

  /** Which viewers see which of the changes, asked for all of them at once. */
  private async sightOf(
    changes: readonly Change[],
    wanted: readonly (readonly Stream[])[],
    reader: Reader,
  ): Promise<(viewer: Viewer, index: number) => boolean> {
    const viewers = new Map<string, Viewer>();
    for (const { request } of wanted.flat()) if (!seesAll(request.viewer)) viewers.set(request.viewer.name, request.viewer);
    const asked = changes.flatMap(({ rights }, index) => (wanted[index]!.length > 0 ? rights : []));
    const key = (name: string, { subject, fact }: { subject: string; fact: string | null }) => `${name} ${subject} ${fact}`;
    const seen = new Set<string>();
    if (viewers.size > 0 && asked.length > 0) {
      const all = [...viewers.values()];
      const rows = await reader.query<{ name: string; place: number }>(SEEN_BY_MANY, [
        all.map(({ name }) => name),
        all.map(({ operationId }) => operationId),
        all.map(({ certifierId }) => certifierId),
        asked.map((_, place) => place),
        asked.map(({ subject }) => subject),
        asked.map(({ fact }) => fact),
      ]);
      for (const { name, place } of rows) seen.add(key(name, asked[place]!));
    }
    return (viewer, index) => seesAll(viewer) || changes[index]!.rights.every((right) => seen.has(key(viewer.name, right)));
  }

  private write(request: LiveRequest, reader: Reader, change: object | null): Promise<Template> {
    const { graph, cursors, runner, refKey } = this.options;
    const question: Question = { viewer: request.viewer, reader, cursors, runner, refKey, requestId: uuidv7() };
    return write(graph, question, request, change);
  }

  /** A cursor keeps with its count of changes of which kind they are. */
  private cursorOf({ position, command, told }: Place, { feed, viewer }: LiveRequest): string {
    const kept = told === null ? null : FEEDS.indexOf(feed) * PER_FEED + told;
    return this.options.cursors.encode({ position, command, told: kept }, viewer.name);
  }

  private async beat(): Promise<void> {
    for (const stream of [...this.live]) if (stream.idle) await this.heartbeat(stream);
  }

  private async heartbeat(stream: Stream): Promise<void> {
    const { request } = stream;
    let template = this.heartbeats.get(request.likeness);
    if (!template) {
      if (this.heartbeats.size > 10_000) this.heartbeats.clear();
      const reader = this.reader();
      template = this.write(request, reader, null).finally(() => reader.close());
      template.catch(() => this.heartbeats.delete(request.likeness));
      this.heartbeats.set(request.likeness, template);
    }
    const written = await template;
    const cursor = this.cursorOf(stream.place, request);
    stream.offer({ text: fill(written, cursor, stream.sequence), cursor });
  }

  private reader(): Reader {
    return new Reader(this.options.database, { timeout: this.options.questionTimeout });
  }
}

/** How many changes of its own kind a cursor has behind it; of another kind it has none: that command is told whole. */
function toldOf(told: number | null, feed: Feed): number | null {
  if (told === null) return null;
  return Math.floor(told / PER_FEED) === FEEDS.indexOf(feed) ? told % PER_FEED : 0;
}
