import { CloseCode, MessageType, parseMessage } from 'graphql-ws';
import type { WebSocket } from 'ws';

/** Most subscriptions of one connection. */
export const MOST_SUBSCRIPTIONS = 100;

/** What becomes of a client's frames. */
interface FrameOptions {
  /** Waits for what has been written to leave, where so much waits that nothing should come on top. */
  room(): Promise<void> | undefined;
  /** Answers a ping of the WebSocket itself. */
  pong(payload: Buffer): Promise<void> | undefined;
  warn(error: unknown, what: string): void;
}

/** Messages that only a server sends. */
const OURS: ReadonlySet<string> = new Set([MessageType.ConnectionAck, MessageType.Next, MessageType.Error]);

/**
 * The frames of one client, handed to the protocol's library one after the other. No more are read while one waits, until its answer has
 * left: a client that sends and does not read is held up by TCP, and fills no memory here.
 *
 * The library knows a subscription by its id alone and forgets the id at `complete`, however long the stream still takes to open or to
 * close; another under the same id would be taken for it. So a subscription is handed on once all that were completed before it are over.
 */
export class Frames {
  /** Subscriptions that are being opened or are open; each resolved when it is over. */
  private readonly open = new Map<string, Promise<void>>();
  /** Those that were completed and are not over. */
  private readonly ending = new Set<Promise<void>>();
  private readonly waiting: (() => Promise<void> | undefined)[] = [];
  private busy = false;
  private listen: (frame: string) => Promise<void> = async () => {};

  constructor(
    private readonly socket: WebSocket,
    private readonly options: FrameOptions,
  ) {}

  /** Are there as many subscriptions as may be? Those that are being opened count. */
  get isFull(): boolean {
    return this.open.size >= MOST_SUBSCRIPTIONS;
  }

  /** Begins to hand frames on. */
  handTo(listen: (frame: string) => Promise<void>): void {
    this.listen = listen;
    this.socket.on('message', (data) => this.take(() => this.handle(String(data))));
    this.socket.on('ping', (payload) => this.take(() => this.options.pong(payload)));
  }

  private take(frame: () => Promise<void> | undefined): void {
    this.waiting.push(frame);
    if (this.busy) this.socket.pause();
    else void this.handleAll();
  }

  private async handleAll(): Promise<void> {
    this.busy = true;
    for (let frame = this.waiting.shift(); frame; frame = this.waiting.shift()) {
      if (this.isOpen) await frame()?.catch((error) => this.fail(error));
    }
    this.busy = false;
    this.socket.resume();
  }

  private async handle(frame: string): Promise<void> {
    const message = read(frame);
    if (message && OURS.has(message.type)) return this.socket.close(CloseCode.BadRequest, 'Invalid message received');
    if (message?.type === MessageType.Subscribe) return this.subscribe(message.id, frame);
    if (message?.type === MessageType.Complete) return this.complete(message.id, frame);
    const handled = this.listen(frame);
    // Not waited for: what comes before the acknowledgement is refused, not put off.
    if (message?.type === MessageType.ConnectionInit) void handled.catch((error) => this.fail(error));
    else await handled;
  }

  private async subscribe(id: string, frame: string): Promise<void> {
    if (this.ending.size > 0) await Promise.all(this.ending);
    await this.options.room();
    if (!this.isOpen) return;
    const refused = this.isFull;
    const over = this.listen(frame)
      .catch((error) => this.fail(error))
      .then(() => {
        this.ending.delete(over);
        if (this.open.get(id) === over) this.open.delete(id);
      });
    if (refused) await over;
    // Where the id is in use the library closes the connection.
    else if (!this.open.has(id)) this.open.set(id, over);
  }

  private async complete(id: string, frame: string): Promise<void> {
    const over = this.open.get(id);
    if (over) {
      this.open.delete(id);
      this.ending.add(over);
    }
    await this.listen(frame);
  }

  private get isOpen(): boolean {
    return this.socket.readyState === this.socket.OPEN;
  }

  private fail(error: unknown): void {
    this.options.warn(error, 'a frame could not be handled');
    this.socket.close(1011, 'Internal server error');
  }
}

/** A frame as a message of the protocol; null where it is none. */
function read(frame: string): ReturnType<typeof parseMessage> | null {
  try {
    return parseMessage(frame);
  } catch {
    return null;
  }
}
