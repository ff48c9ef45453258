import { setTimeout as sleep } from 'node:timers/promises';
import type { Refusal } from '@lotline/schema';
import type { GraphQLSchema } from 'graphql';
import { v7 as uuidv7 } from 'uuid';
import { letInBy } from '../access';
import type { Runner } from '../commands';
import { type Database, Deadline, isAway, isLate, Reader } from '../database';
import { type Caller, type Journal, Notes } from '../journal';
import type { Cursors, LoggedCommand, Place } from '../log';
import type { Question } from '../questions';
import { inSpan } from '../telemetry';
import { type Change, changesIn, type Feed } from './feed';
import { fill, type Template, write } from './message';
import { FEEDS, type LiveRequest } from './request';
import type { Stream, StreamLimits } from './stream';
import { type Wanted, wantedOf } from './wanted';

export interface TellerOptions {
  graph: GraphQLSchema;
  database: Database;
  runner: Runner;
  cursors: Cursors;
  journal: Journal;
  /** Key of the refs that name lots within one trace. */
  refKey: Buffer;
  /** Longest a question may work in the database, milliseconds. */
  questionTimeout: number;
  /** What may wait for one client. */
  limits: StreamLimits;
  /** Hears of streams that ended by a fault of ours. */
  warn: (error: unknown, what: string) => void;
}

/** Changes that are told together, before it is seen to that the clients keep up. */
const TOLD_AT_ONCE = 100;
/** Messages that are written together, at least those of one change. */
const WRITTEN_AT_ONCE = 200;
/** Changes, times viewers, that the database is asked about at once, whether they are in sight. */
const LOOKED_AT_ONCE = 100_000;
/** How long all wait for a live stream that falls behind, and how long a replay keeps its turn for its client, milliseconds. */
const ROOM_WITHIN_MS = { live: 100, replay: 250 };
/** How long a laborious replay keeps its turn while others wait for one, milliseconds. */
const ALONE_FOR_MS = 1000;
/** How often the telling of commands is tried, while the database is well, before the streams that it fails for are given up. */
const TRIES = 3;
const TRY_AGAIN_MS = 50;
/** Where in a cursor's count the number of the feed stands. */
const PER_FEED = 2 ** 28;

/** Live streams are told together and wait for nobody long; a replay is told alone, and stops where its client has no room. */
export type Lane = keyof typeof ROOM_WITHIN_MS;

/**
 * Thrown in a replay whose client reads no further, or cannot pay, or that gives way to others: what was read for it is given up, and read
 * again when there is room.
 */
export class NoRoom extends Error {}

/**
 * Tells streams what commands of the log hold for them. Each change is looked up once for all streams of its kind, and written once for all
 * that are alike; a stream's own cursor and sequence are put in afterwards.
 */
export class Teller {
  private readonly readers = new Set<Reader>();
  private stopped = false;

  constructor(private readonly options: TellerOptions) {}

  /** One view of the database, which ends when the teller is stopped. @param inTime is all of it to be over in the time of a question? */
  async reading<Value>(read: (reader: Reader) => Promise<Value>, inTime = false): Promise<Value> {
    const reader = this.open(inTime);
    try {
      return await read(reader);
    } finally {
      await this.close(reader);
    }
  }

  /** The message of a heartbeat, written for all that are alike. */
  heartbeat(request: LiveRequest): Promise<Template> {
    return this.reading((reader) => this.write(request, reader, null));
  }

  /** A cursor keeps with its count of changes of which kind they are. */
  cursorOf({ position, command, told }: Place, { feed, viewer }: LiveRequest): string {
    const kept = told === null ? null : FEEDS.indexOf(feed) * PER_FEED + told;
    return this.options.cursors.encode({ position, command, told: kept }, viewer.name);
  }

  /**
   * Tells streams what commands hold for them, in order. Called again with the same after a failure: what has been told is not told twice.
   * Where that fails again and again though the database is well, the streams of that kind end with an error, so that the others are told on.
   * @param isWanted do others wait for the turn of a laborious replay?
   * @throws what the database threw, where it is not there; NoRoom in a replay
   */
  async tell(streams: readonly Stream[], commands: readonly LoggedCommand[], lane: Lane, isWanted = () => false): Promise<void> {
    for (const feed of FEEDS) {
      const own = streams.filter(({ request, ended }) => request.feed === feed && !ended);
      if (own.length === 0 || !commands.some(({ events }) => events.some(({ type }) => feed.reads.has(type)))) continue;
      for (let tried = 1; ; tried++) {
        try {
          const attributes = { 'lotline.subscription': feed.field, 'lotline.streams': own.length, 'lotline.lane': lane };
          await inSpan('deliver', { attributes }, () => this.tellKind(feed, own, commands, lane, isWanted));
          break;
        } catch (error) {
          if (error instanceof NoRoom || this.stopped || !(await this.isWell())) throw error;
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

  /** Ends what is being read: nobody waits for it any more. */
  stop(): void {
    this.stopped = true;
    for (const reader of this.readers) reader.end();
  }

  private open(inTime: boolean): Reader {
    const { database, questionTimeout: timeout } = this.options;
    const reader = new Reader(database, inTime ? { deadline: new Deadline(timeout) } : { timeout });
    if (this.stopped) reader.end();
    this.readers.add(reader);
    return reader;
  }

  private async close(reader: Reader): Promise<void> {
    this.readers.delete(reader);
    await reader.close();
  }

  /** Tells streams of one kind, as fast as they are read. */
  private async tellKind(
    feed: Feed,
    streams: readonly Stream[],
    commands: readonly LoggedCommand[],
    lane: Lane,
    isWanted: () => boolean,
  ): Promise<void> {
    // A laborious message is written by itself, in its time, where it can be paid for; its stream is told alone.
    const [alone] = streams.filter(({ request }) => request.laborious);
    const most = alone ? 1 : Math.max(1, Math.min(TOLD_AT_ONCE, Math.floor(this.options.limits.messages / 2)));
    const costly = streams.some(({ request }) => request.costly);
    const find = (part: readonly LoggedCommand[]) => this.reading((reader) => feed.find(reader, part, costly));
    let began: number | null = null;
    for await (const changes of changesIn(feed, find, commands)) {
      for (let at = 0; at < changes.length; ) {
        const viewers = new Set(streams.map(({ request }) => request.viewer.name)).size;
        const looked = changes.slice(at, at + Math.max(most, Math.floor(LOOKED_AT_ONCE / viewers)));
        at += looked.length;
        const wanted = await this.reading((reader) => wantedOf(streams, looked, reader));
        for (let first = 0; first < wanted.length; first += most) {
          await this.roomIn(streams, lane, ROOM_WITHIN_MS[lane]);
          if (streams.every(({ ended }) => ended)) return;
          if (alone) {
            began ??= Date.now();
            if (alone.pass.wait > 0 || (Date.now() - began > ALONE_FOR_MS && isWanted())) throw new NoRoom();
            alone.pass.pay();
          }
          await this.reading((reader) => this.tellSome(wanted.slice(first, first + most), lane, reader), alone !== undefined);
        }
      }
      if (streams.every(({ ended }) => ended)) return;
    }
  }

  /** Waits a moment for those that have no room. @throws NoRoom in a replay, where there is none then either */
  private async roomIn(streams: readonly Stream[], lane: Lane, within: number): Promise<void> {
    const full = streams.filter(({ hasRoom }) => !hasRoom);
    if (full.length === 0) return;
    await Promise.race([Promise.all(full.map((stream) => stream.room())), sleep(within, undefined, { ref: false })]);
    if (lane === 'replay' && full.some(({ hasRoom }) => !hasRoom)) throw new NoRoom();
  }

  private isWell(): Promise<boolean> {
    return this.options.database.query('select 1').then(
      () => true,
      () => false,
    );
  }

  private async tellSome(wanted: readonly Wanted[], lane: Lane, reader: Reader): Promise<void> {
    const patience = Date.now() + ROOM_WITHIN_MS[lane];
    for (let from = 0; from < wanted.length; ) {
      const together: { requests: Map<string, LiveRequest>; change: object }[] = [];
      for (let count = 0; from + together.length < wanted.length && count < WRITTEN_AT_ONCE; ) {
        const { change, streams } = wanted[from + together.length]!;
        const requests = new Map(streams.map(({ request }) => [request.likeness, request]));
        together.push({ requests, change: change.answer });
        count += requests.size;
      }
      for (const templates of await this.writeAll(together, reader)) {
        const { change, streams } = wanted[from++]!;
        if (streams.some(({ hasRoom }) => !hasRoom)) {
          // However long a client takes, no transaction waits for it.
          await reader.renew();
          await this.roomIn(streams, lane, Math.max(0, patience - Date.now()));
        }
        this.offer(streams, change, templates);
      }
    }
  }

  /**
   * Writes changes for all that are alike, together: what they have in common is looked up at once. A document that a change cannot be
   * written for is nobody's concern but of those who sent it.
   * @throws what the database threw, where it is not there
   */
  private async writeAll(
    changes: readonly { requests: ReadonlyMap<string, LiveRequest>; change: object }[],
    reader: Reader,
  ): Promise<Map<string, Template | Error>[]> {
    const templates = changes.map(() => new Map<string, Template | Error>());
    let away: unknown;
    await Promise.all(
      changes.flatMap(({ requests, change }, index) =>
        [...requests].map(async ([likeness, request]) => {
          try {
            templates[index]!.set(likeness, await this.write(request, reader, change));
          } catch (error) {
            if (isAway(error)) away = error;
            templates[index]!.set(likeness, error as Error);
          }
        }),
      ),
    );
    if (away) throw away;
    return templates;
  }

  /** Gives a change to the streams that it is for, each with its own cursor and sequence. */
  private offer(streams: readonly Stream[], change: Change, templates: ReadonlyMap<string, Template | Error>): void {
    const { position, command, before } = change;
    const place: Place = { position, command, told: before + 1 };
    const [right] = change.rights;
    const about = { subject: right?.subject ?? change.subject ?? command, isPublic: !right, at: (change.answer as { at: Date }).at };
    const cursors = new Map<string, string>();
    const readers = new Map<string, { by: Caller; shown: Template['shown'] }>();
    for (const stream of streams) {
      const { viewer, key, likeness } = stream.request;
      stream.expire();
      if (stream.ended) continue;
      const template = templates.get(likeness)!;
      if (template instanceof Error) {
        stream.fail(template);
        continue;
      }
      let cursor = cursors.get(viewer.name);
      if (!cursor) {
        cursor = this.cursorOf(place, stream.request);
        cursors.set(viewer.name, cursor);
      }
      stream.sequence++;
      stream.place = place;
      stream.offer({ text: fill(template, cursor, stream.sequence), cursor, about });
      if (template.shown.length > 0) readers.set(`${viewer.name} ${key} ${likeness}`, { by: { viewer, key }, shown: template.shown });
    }
    for (const { by, shown } of readers.values()) this.options.journal.take(by, shown);
  }

  /** Writes a message; of a laborious one that is too late it is told that it is. */
  private async write(request: LiveRequest, reader: Reader, change: object | null): Promise<Template> {
    if (change === null || !request.laborious) return this.writeAsSeen(request, reader, change);
    try {
      return await reader.whole(() => this.writeAsSeen(request, reader, change));
    } catch (error) {
      if (!isLate(error)) throw error;
      return this.writeAsSeen(request, reader, null, error);
    }
  }

  /** Writes a message, as far as its viewers see by now what it is about. */
  private async writeAsSeen(request: LiveRequest, reader: Reader, change: object | null, refused?: Refusal): Promise<Template> {
    const { graph, cursors, runner, refKey } = this.options;
    const viewer = change === null ? request.viewer : await letInBy(request.viewer, reader);
    const notes = new Notes({ viewer, key: request.key });
    const question: Question = { viewer, reader, cursors, runner, refKey, notes, requestId: uuidv7() };
    return write(graph, question, request, change, refused);
  }
}

/** How many changes of its own kind a cursor has behind it; of another kind it has none: that command is told whole. */
export function toldOf(told: number | null, feed: Feed): number | null {
  if (told === null) return null;
  return Math.floor(told / PER_FEED) === FEEDS.indexOf(feed) ? told % PER_FEED : 0;
}
