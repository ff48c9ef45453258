import { Refusal } from '@lotline/schema';
import DataLoader from 'dataloader';
import type { EntityTarget, ObjectLiteral } from 'typeorm';
import type { Connection } from './connection';
import { isLate, StatementTimer } from './deadline';
import { explain, unavailable } from './laws';
import { Pace } from './pace';
import { isOfReplica, openView, type Position, positionOf, type Snapshot, type View } from './view';

export interface ReaderOptions extends View {
  /** May the answer come from a replica, which is a little behind? */
  mayLag?: boolean;
}

/** Where views are opened: the database. */
export interface Source {
  connect(): Promise<Connection>;
  readonly replicas: { view(wanted: View): Promise<Snapshot | null> } | null;
}

/** How often long work looks at the clock, in things done. */
const LOOK_EVERY = 256;
const WAIT_FOR_POSITION_MS = 2000;
const STOPPING = new Refusal({ code: 'UNAVAILABLE', message: 'the server is stopping', remedy: 'try again' }, { retryable: true });

/**
 * One consistent view of the database for one answer: a read-only transaction whose every statement sees the same state, and the
 * position in the log that this state is. Opened at the first question, one statement at a time.
 */
export class Reader {
  private snapshot: Promise<Snapshot> | null = null;
  private turn: Promise<unknown> = Promise.resolve();
  private loaders = new Map<unknown, DataLoader<unknown, unknown>>();
  private ended = false;
  /** Is the answer told? */
  private isLeft = false;
  /** And closed: whoever is still at work on some of it opens nothing any more. */
  private isOver = false;
  private done = 0;
  private cancelling: Promise<unknown> | null = null;
  private mayLag: boolean;
  private atLeast: Position;
  /** Is something of the view told already? */
  private isRead = false;
  /** Refuses the answer as a whole; null where whoever asked for something of it is refused. */
  private refuseAll: ((why: Refusal) => void) | null = null;
  private pace: Pace;

  /** @param source where to open a view; or a connection with an open transaction, whose view and end are its own */
  constructor(
    private readonly source: Source | Connection,
    private readonly options: ReaderOptions = {},
  ) {
    this.mayLag = options.mayLag ?? false;
    this.atLeast = options.atLeast ?? (0n as Position);
    this.pace = this.newPace();
  }

  /** The answer may come from a replica, if that has come to a position; what is opened already stays. */
  allowLag(atLeast: Position = 0n as Position): void {
    this.mayLag = true;
    if (atLeast > this.atLeast) this.atLeast = atLeast;
  }

  /** Rows of a statement of our own. */
  async query<Row>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
    return this.inTurn(async ({ connection }) => (await connection.client.query(sql, parameters)).rows as Row[]);
  }

  /** Nouns by their ids, in no order; unknown ids are left out. */
  async nouns<Noun extends ObjectLiteral>(noun: EntityTarget<Noun>, ids: readonly string[]): Promise<Noun[]> {
    return this.inTurn(({ connection }) =>
      connection.runner.manager.createQueryBuilder(noun, 'noun').where('noun.id = any(:ids)', { ids }).getMany(),
    );
  }

  /** The state of the log that this reader sees. */
  async position(): Promise<Position> {
    return (await this.state()).position;
  }

  /** The same, with the command that led to it. */
  async state(): Promise<{ position: Position; command: string | null }> {
    if (this.isOver) return new Promise(() => {});
    const { position, command } = await this.open();
    this.isRead = true;
    return { position, command };
  }

  /**
   * The loader of a kind of edge, one per reader, so that equal questions of one answer are asked once.
   * @param name what tells the kind from others, where the batch is made anew each time
   */
  loader<Key, Value>(batch: BatchOf<Key, Value>, name: unknown = batch): DataLoader<Key, Value, string> {
    let loader = this.loaders.get(name) as DataLoader<Key, Value, string> | undefined;
    if (!loader) {
      loader = new DataLoader<Key, Value, string>((keys) => batch(this, keys), {
        cacheKeyFn: (key) => (typeof key === 'string' ? key : JSON.stringify(key)),
      });
      this.loaders.set(name, loader as unknown as DataLoader<unknown, unknown>);
    }
    return loader;
  }

  /** Called for each thing done in long work between statements. @throws Refusal TIMED_OUT once the deadline has passed */
  readonly inTime = (): void => {
    const late = ++this.done % LOOK_EVERY === 0 ? this.late : null;
    if (!late) return;
    this.refuseAll?.(late);
    throw late;
  };

  /**
   * Has an answer put together by this view in time, or refused as a whole: at the first thing in it that is too late the rest is let go of.
   * Otherwise each of thousands of its lists would have an error of its own.
   * @throws Refusal TIMED_OUT; UNAVAILABLE where nobody waits for it any more
   */
  whole<Answer>(answer: () => Answer | Promise<Answer>): Promise<Answer> {
    return new Promise((done, fail) => {
      this.refuseAll = (why) => {
        this.letGo();
        fail(why);
      };
      Promise.resolve(answer()).then(done, fail);
    });
  }

  /**
   * Called for each list of an answer, and each object of one. @param objects as how many it counts
   * @returns when it may be written; null at once. Fails with TIMED_OUT, and where nobody waits for the answer any more
   */
  whenInTurn(objects: number): Promise<void> | null {
    return this.pace.turn(objects);
  }

  /** Keeps nothing of what was loaded: an answer that goes on for long must not hold all of it. */
  forget(): void {
    this.loaders.clear();
  }

  /** Lets the next question see what was committed since. */
  async renew(): Promise<void> {
    await this.close();
    this.pace = this.newPace();
    this.mayLag = false;
    this.loaders.clear();
  }

  /** Nobody waits for the answer any more: what is asked from now on is refused. It must still be closed. */
  end(): void {
    this.ended = true;
  }

  /** The same, and the statement at hand is cancelled. */
  async cancel(): Promise<void> {
    this.end();
    const { source, snapshot } = this;
    if (snapshot === null || 'client' in source) return;
    this.cancelling = snapshot.then(({ connection }) => connection.cancel()).catch(() => {});
    await this.cancelling;
  }

  /** The answer is told: what was still asked for, and what waits for its turn, hears nothing any more. It must still be closed. */
  letGo(): void {
    this.isLeft = true;
    this.end();
    this.pace.leave();
  }

  async close(): Promise<void> {
    this.pace.leave();
    this.isOver = this.isLeft;
    const opened = this.snapshot;
    this.snapshot = null;
    if (!opened) return;
    // The connection is another's as soon as it is given back.
    await this.cancelling;
    await this.turn.catch(() => {});
    const snapshot = await opened.catch(() => null);
    if (!snapshot || snapshot.connection === this.source) return;
    const broken = await snapshot.connection.client.query('commit').then(
      () => undefined,
      (error: Error) => error,
    );
    await snapshot.connection.release(broken);
  }

  /** What is refused from now on, once the deadline has passed. */
  private get late(): Refusal | null {
    const { deadline } = this.options;
    return deadline && deadline.left <= 0 ? deadline.passed : null;
  }

  private newPace(): Pace {
    const goOn = async (): Promise<void> => {
      const why = this.ended ? STOPPING : this.late;
      if (why) await this.refuse(why);
    };
    return new Pace(() => this.turn, goOn);
  }

  private inTurn<T>(work: (snapshot: Snapshot) => Promise<T>): Promise<T> {
    if (this.ended) return this.refuse(STOPPING);
    if (this.late) return this.refuse(this.late);
    const opened = this.open();
    // Where the reader has ended meanwhile nobody waits for it.
    opened.catch(() => {});
    const mine = this.turn
      .then(async () => {
        if (this.ended) throw STOPPING;
        const snapshot = await opened;
        if (this.ended) throw STOPPING;
        return this.answered(snapshot, work);
      })
      .catch((error) => Promise.reject(explain(error)));
    this.turn = mine.catch(() => {});
    return mine.catch((error) => this.refuse(error));
  }

  /** Where the answer is told, whoever is still at work on some of it would not hear a refusal, and nobody else is to. */
  private refuse(error: unknown): Promise<never> {
    if (error === STOPPING || isLate(error)) this.refuseAll?.(error as Refusal);
    return this.isLeft ? new Promise(() => {}) : Promise.reject(error);
  }

  private open(): Promise<Snapshot> {
    this.snapshot ??= this.begin();
    return this.snapshot;
  }

  private async answered<T>(snapshot: Snapshot, work: (snapshot: Snapshot) => Promise<T>): Promise<T> {
    try {
      await snapshot.timer?.before();
      const answer = await work(snapshot);
      this.isRead = true;
      return answer;
    } catch (error) {
      if (!snapshot.rest || this.ended || !isOfReplica(error)) throw error;
      snapshot.rest();
      await this.leave(snapshot, error as Error);
      return work(snapshot);
    }
  }

  /** Goes on at the primary, where nothing was read yet or it is in the same state. @throws Refusal UNAVAILABLE where it is not */
  private async leave(snapshot: Snapshot, error: Error): Promise<void> {
    const { connection, position, command } = snapshot;
    const instead = await this.atPrimary(this.source as Source);
    if (this.isRead && (instead.position !== position || instead.command !== command)) {
      await instead.connection.release(error);
      throw unavailable(error);
    }
    delete snapshot.rest;
    Object.assign(snapshot, instead);
    await connection.release(error);
  }

  private async begin(): Promise<Snapshot> {
    this.isRead = false;
    const { source } = this;
    const { deadline, timeout } = this.options;
    if ('client' in source) {
      const timer = deadline && new StatementTimer(source.client, deadline);
      await timer?.before();
      return { connection: source, timer, ...(await positionOf(source)) };
    }
    const near = this.mayLag ? await source.replicas?.view({ timeout, deadline, atLeast: this.atLeast }) : null;
    return near ?? this.atPrimary(source);
  }

  private async atPrimary(source: Source): Promise<Snapshot> {
    const { deadline } = this.options;
    const last = Date.now() + WAIT_FOR_POSITION_MS;
    const connecting = source.connect();
    const connection = await (deadline ? deadline.during(connecting, (late) => late.release()) : connecting);
    try {
      for (;;) {
        const { commandThere, follows, ...snapshot } = await openView(connection, this.options);
        if (snapshot.position >= this.atLeast) return snapshot;
        await connection.client.query('rollback');
        if (Date.now() > last) {
          throw new Refusal(
            { code: 'UNAVAILABLE', message: 'this server has not yet seen the state asked for', remedy: 'try again in a moment' },
            { retryable: true },
          );
        }
        await new Promise((done) => setTimeout(done, 25));
      }
    } catch (error) {
      await connection.release(error as Error);
      throw explain(error);
    }
  }
}

/** Answers many keys at once, in their order. */
export type BatchOf<Key, Value> = (reader: Reader, keys: readonly Key[]) => Promise<Value[]>;
