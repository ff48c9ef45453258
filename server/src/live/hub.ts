import { Refusal } from '@lotline/schema';
import { isAway, type Position, type Reader } from '../database';
import type { Pass } from '../limits';
import { commandsOf, type Follower, type LoggedCommand, type Place, PlaceLost, presentPlace, readLog, recallPlace } from '../log';
import type { Meters } from '../telemetry';
import { at } from './at';
import { fill, type Template } from './message';
import type { LiveRequest } from './request';
import { Stream, StreamEnded, type StreamLimits } from './stream';
import { NoRoom, Teller, type TellerOptions, toldOf } from './telling';
import { Turns } from './turns';

export interface HubOptions extends Omit<TellerOptions, 'limits'> {
  /** Between one heartbeat and the next, milliseconds. */
  heartbeatMs: number;
  /** How long a cursor can be resumed from, days. */
  retentionDays: number;
  limits?: Partial<StreamLimits>;
  meters: Pick<Meters, 'replayed'>;
}

const LIMITS: StreamLimits = { messages: 1000, bytes: 4 * 1024 * 1024 };
/** Commands that a replay reads at once. */
const REPLAYED = 200;
/**
 * Replays that read at a time, and as many whose messages are laborious, which no other waits for: what each holds in memory may be a large
 * import, and the database has others to answer.
 */
const REPLAYS_AT_ONCE = 2;

/** Most that the messages of one viewer about a change may cost together which others wait for. */
const MOST_COST_OF_VIEWER = 2500;
/** Less than any message costs: what is left over of sums of fractions. */
const LEAST_COST = 0.01;

/** Streams that have the same bytes for a change. */
interface Alike {
  streams: number;
  /** Of a heartbeat, once it is written. */
  message: Promise<Template> | null;
  laborious: boolean;
  /** What of it is counted among what others wait for: streams that are alike may have filters that cost more or less. */
  shared: number;
  /** Of whom: who opened the first of them. */
  payer: string;
}

/** Ends a stream whose server goes away: the client reconnects and resumes. */
export class Restarting extends Error {}

/**
 * Every stream of this instance. A stream first replays what came after its place, then joins those that are live, at a moment when it has
 * come as far as they. One whose messages are laborious never joins them, so that they need not wait for it: it replays what there is
 * whenever there is more.
 */
export class Hub implements Follower {
  private readonly live = new Set<Stream>();
  /** Laborious streams that have come as far as there is. */
  private readonly resting = new Set<Stream>();
  private readonly open = new Set<Stream>();
  /** Those that have come as far as there was once: from then on their hearts beat, whatever they are being told. */
  private readonly begun = new Set<Stream>();
  /** By what streams are alike in, for as long as there are such. */
  private readonly alike = new Map<string, Alike>();
  /** What the messages cost that others wait for, by who pays. */
  private readonly shared = new Map<string, number>();
  private readonly beating: NodeJS.Timeout;
  private readonly limits: StreamLimits;
  private readonly teller: Teller;
  private readonly replays = new Turns(REPLAYS_AT_ONCE);
  private readonly laborious = new Turns(REPLAYS_AT_ONCE);
  /** How far those that are live are being told: whoever joins must have come as far. */
  private reach = 0n as Position;
  private stopped = false;

  constructor(private readonly options: HubOptions) {
    this.limits = { ...LIMITS, ...options.limits };
    this.teller = new Teller({ ...options, limits: this.limits });
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
  async subscribe(asked: LiveRequest, pass: Pass, onEnd: () => void = () => {}): Promise<Stream> {
    const place = await this.teller.reading((reader) => this.startOf(asked, reader));
    if (this.stopped)
      throw new Refusal({ code: 'UNAVAILABLE', message: 'the server is stopping', remedy: 'try again' }, { retryable: true });
    const request = { ...asked, laborious: this.join(asked, pass.payer) };
    const stream = new Stream(request, pass, place, this.teller.cursorOf(place, request), this.limits, (ended) => {
      for (const streams of [this.open, this.begun, this.live, this.resting]) streams.delete(ended);
      this.part(request);
      forget();
      onEnd();
    });
    const forget = at(request.until, () => stream.expire());
    this.open.add(stream);
    this.replay(stream, true);
    return stream;
  }

  /** Tells the live streams of commands. Called again with the same after a failure: what has been told is not told twice. */
  async follow(commands: readonly LoggedCommand[], upTo: Position): Promise<void> {
    this.reach = upTo;
    const ids = new Map(commands.map(({ position, id }) => [position, id]));
    for (const stream of [...this.live]) {
      const id = ids.get(stream.place.position);
      // It stands behind a command that the database has lost, and another has its place.
      if (id !== undefined && id !== stream.place.command) stream.fail(new Restarting());
    }
    const streams = [...this.live];
    try {
      if (streams.length > 0) await this.teller.tell(streams, commands, 'live');
    } catch (error) {
      if (this.stopped) return;
      throw error;
    }
    const last = commands.at(-1)!;
    // One that has just joined may be further already.
    for (const stream of streams) if (upTo >= stream.place.position) stream.place = { position: upTo, command: last.id, told: null };
    for (const stream of [...this.resting]) {
      this.resting.delete(stream);
      this.replay(stream, false);
    }
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
    this.teller.stop();
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

  /** Lets a stream come as far as there is. @param first is this its first time, after which it says that it is live? */
  private replay(stream: Stream, first: boolean): void {
    if (first) this.options.meters.replayed();
    void this.catchUp(stream, first).catch((error) => {
      if (stream.ended) return;
      this.options.warn(error, 'a stream could not be replayed');
      stream.fail(new Restarting());
    });
  }

  private async catchUp(stream: Stream, first: boolean): Promise<void> {
    const turns = stream.request.laborious ? this.laborious : this.replays;
    while (!(await this.isAbreast(stream))) {
      try {
        await turns.take(() => this.replaySome(stream, turns));
      } catch (error) {
        if (!(error instanceof NoRoom)) throw error;
        if (stream.request.laborious) await stream.means();
      }
    }
    if (stream.ended) return;
    (stream.request.laborious ? this.resting : this.live).add(stream);
    if (!first) return;
    this.begun.add(stream);
    await this.heartbeat(stream);
  }

  /** Has a stream come as far as those that are live? Waits for its client first. */
  private async isAbreast(stream: Stream): Promise<boolean> {
    await stream.room();
    return stream.ended || (stream.place.told === null && stream.place.position >= this.reach);
  }

  /** Reads on for one stream, from where it stands, if the log still leads there. */
  private async replaySome(stream: Stream, turns: Turns): Promise<void> {
    const { position, command, told } = stream.place;
    if (stream.ended) return;
    const from = (told === null ? position : position - 1n) as Position;
    const commands = await this.teller.reading(async (reader) => {
      const [standing] = await reader.query<{ id: string }>('select id from command where position = $1', [position]);
      if (position > 0n && standing?.id !== command) throw new Restarting('the database has lost what a stream stands behind');
      return commandsOf(await readLog((sql, parameters) => reader.query(sql, parameters), from, REPLAYED));
    });
    const last = commands.at(-1);
    if (!last) {
      // The tail is about to learn that the database went back in time.
      if (stream.place.position < this.reach) throw new Restarting('the log ends before it was told to');
      return;
    }
    await this.teller.tell([stream], commands, 'replay', () => turns.isWanted);
    stream.place = { position: last.position, command: last.id, told: null };
  }

  private async beat(): Promise<void> {
    for (const stream of [...this.begun]) if (stream.idle) await this.heartbeat(stream);
  }

  private async heartbeat(stream: Stream): Promise<void> {
    const { request } = stream;
    const alike = this.alike.get(request.likeness);
    if (!alike) return;
    alike.message ??= this.teller.heartbeat(request);
    let written: Template;
    try {
      written = await alike.message;
    } catch (error) {
      alike.message = null;
      if (isAway(error)) return;
      throw error;
    }
    const cursor = this.teller.cursorOf(stream.place, request);
    stream.offer({ text: fill(written, cursor, stream.sequence), cursor, about: null });
  }

  /** Joins a stream to those that are alike. @returns is it laborious: by itself, or beside all else that its viewer hears? */
  private join({ likeness, cost, laborious }: LiveRequest, payer: string): boolean {
    const known = this.alike.get(likeness);
    if (known) {
      known.streams++;
      return known.laborious;
    }
    const shared = (this.shared.get(payer) ?? 0) + cost;
    const isTooMuch = laborious || shared > MOST_COST_OF_VIEWER;
    if (!isTooMuch) this.shared.set(payer, shared);
    this.alike.set(likeness, { streams: 1, message: null, laborious: isTooMuch, shared: isTooMuch ? 0 : cost, payer });
    return isTooMuch;
  }

  private part({ likeness }: LiveRequest): void {
    const alike = this.alike.get(likeness)!;
    if (--alike.streams > 0) return;
    this.alike.delete(likeness);
    if (alike.laborious) return;
    const shared = this.shared.get(alike.payer)! - alike.shared;
    if (shared > LEAST_COST) this.shared.set(alike.payer, shared);
    else this.shared.delete(alike.payer);
  }
}
