import type { Client } from 'pg';
import type { Database, Position } from '../database';
import { inSpan } from '../telemetry';
import { LOG_CHANNEL } from './append';
import { type LogRow, readLog } from './read';

/** A command of the log, with what it said. */
export interface LoggedCommand {
  position: Position;
  id: string;
  at: Date;
  events: LogRow[];
}

/** Who follows the log of one instance. */
export interface Follower {
  /** The commands that came, in order; the next come when this is done. */
  follow(commands: readonly LoggedCommand[], upTo: Position): Promise<void>;
  /** The log is followed from here on: what lies before is not given to the follower. */
  begins(position: Position): void;
  /** The database went back in time: what was told of it may never have been. It is followed anew from that position. */
  rewound(position: Position): void;
}

export interface TailOptions {
  /** How often the log is looked at when nothing wakes the tail, milliseconds. */
  pollMs?: number;
  /** Most commands that are read at once. */
  most?: number;
  /** Hears of what went wrong and is tried again. */
  warn?: (error: unknown, what: string) => void;
}

/** One row a command, its events in order. */
export function commandsOf(rows: readonly LogRow[]): LoggedCommand[] {
  const commands: LoggedCommand[] = [];
  for (const row of rows) {
    const last = commands.at(-1);
    if (last?.position === row.position) last.events.push(row);
    else commands.push({ position: row.position, id: row.command, at: row.at, events: [row] });
  }
  return commands;
}

const SLOWEST_RETRY_MS = 2000;

/**
 * Follows the log from the present on: one per instance. NOTIFY wakes it, a poll makes up for a lost one; it is right without either
 * arriving. What goes wrong, a lost connection or a restarted database, is tried again until it is stopped.
 */
export class Tail {
  private stopped = false;
  private wake: () => void = () => {
    this.woken = true;
  };
  private woken = false;
  private listener: Client | null = null;
  private running: Promise<void> = Promise.resolve();
  private retryMs = 50;
  private last: { position: Position; command: string | null } = { position: 0n as Position, command: null };
  /** The last command that the follower was given, whether or not it has come through: it may have told some of it already. */
  private given: { position: Position; command: string | null } = { position: 0n as Position, command: null };

  private constructor(
    private readonly database: Database,
    private readonly follower: Follower,
    private readonly options: Required<TailOptions>,
  ) {}

  static async start(
    database: Database,
    follower: Follower,
    { pollMs = 1000, most = 500, warn = () => {} }: TailOptions = {},
  ): Promise<Tail> {
    const tail = new Tail(database, follower, { pollMs, most, warn });
    tail.last = await tail.present();
    tail.given = tail.last;
    follower.begins(tail.last.position);
    await tail.listen();
    tail.running = tail.run();
    return tail;
  }

  /** Everything up to here has been given to the follower, or was there before. */
  get position(): Position {
    return this.last.position;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.wake();
    await this.running;
    await this.listener?.end().catch(() => {});
  }

  private async present(): Promise<{ position: Position; command: string | null }> {
    const [row] = await this.database.query<{ position: string; command: string | null }>('select position, command from log_counter');
    return { position: BigInt(row!.position) as Position, command: row!.command };
  }

  /** Listens on a connection of its own; without one the poll has to do. */
  private async listen(): Promise<void> {
    const client = this.database.ownClient({
      application_name: 'lotline tail',
      // Nothing is ever sent on it: without this a connection that died silently would pass for one on which nothing happens.
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    });
    const lost = (error?: Error) => {
      if (this.listener !== client) return;
      this.listener = null;
      if (error) this.options.warn(error, 'the connection that listens for commands was lost');
      this.wake();
    };
    client.on('notification', () => this.wake());
    client.on('error', lost);
    client.on('end', () => lost());
    try {
      await client.connect();
      await client.query(`listen ${LOG_CHANNEL}`);
      this.listener = client;
    } catch (error) {
      await client.end().catch(() => {});
      this.options.warn(error, 'nothing listens for commands yet');
    }
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      try {
        if (this.listener === null) await this.listen();
        while (!this.stopped && (await this.step())) this.retryMs = 50;
        await this.sleep(this.options.pollMs);
      } catch (error) {
        this.options.warn(error, 'the log could not be read');
        await this.sleep(this.retryMs);
        this.retryMs = Math.min(this.retryMs * 2, SLOWEST_RETRY_MS);
      }
    }
  }

  /** Reads on; false when there is nothing more for now. */
  private async step(): Promise<boolean> {
    this.woken = false;
    const present = await this.present();
    if (await this.isRewound(present)) {
      this.last = present;
      this.given = present;
      this.follower.rewound(present.position);
      return false;
    }
    if (present.position === this.last.position) return false;
    const rows = await readLog((sql, parameters) => this.database.query(sql, parameters), this.last.position, this.options.most);
    const commands = commandsOf(rows);
    const newest = commands.at(-1);
    if (!newest) return false;
    this.given = { position: newest.position, command: newest.id };
    const attributes = { 'lotline.commands': commands.length };
    await inSpan('tail step', { attributes, root: true }, () => this.follower.follow(commands, newest.position));
    this.last = this.given;
    return true;
  }

  private async isRewound(present: { position: Position; command: string | null }): Promise<boolean> {
    const { position, command } = this.given;
    if (position === 0n) return false;
    if (present.position < position) return true;
    if (present.position === position) return present.command !== command;
    const [row] = await this.database.query<{ id: string }>('select id from command where position = $1', [position]);
    return row?.id !== command;
  }

  private async sleep(ms: number): Promise<void> {
    if (this.woken || this.stopped) return;
    await new Promise<void>((done) => {
      const timer = setTimeout(done, ms);
      this.wake = () => {
        this.woken = true;
        clearTimeout(timer);
        done();
      };
    });
    this.wake = () => {
      this.woken = true;
    };
  }
}
