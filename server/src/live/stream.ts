import { Refusal } from '@lotline/schema';
import type { Pass } from '../limits';
import type { Place } from '../log';
import type { Change } from './feed';
import type { LiveRequest } from './request';

/** One message on its way to a client: the execution result as JSON, and where it leaves the stream. */
export interface Sent {
  text: string;
  cursor: string;
  /** The noun that it is about, whether that is for everybody to see, and when it was recorded; null of a heartbeat. */
  about: { subject: string; isPublic: boolean; at: Date } | null;
}

/** Most messages, and bytes of them, that wait for a client. */
export interface StreamLimits {
  messages: number;
  bytes: number;
}

/** A stream that ended for a reason that its client should know, and where to resume from. */
export class StreamEnded extends Refusal {
  constructor(
    refusal: Refusal,
    readonly resumeAfter: string,
  ) {
    super(refusal.reasons, { retryable: refusal.retryable, cause: refusal });
  }
}

/** One subscription of one client: what waits for it, and how far it has come. Read as an async generator. */
export class Stream implements AsyncGenerator<Sent, void, void> {
  /** Changes told so far. */
  sequence = 0;
  private readonly waiting: Sent[] = [];
  private bytes = 0;
  private failure: Error | null = null;
  private done = false;
  private isOver = false;
  private wake: () => void = () => {};
  private roomy: () => void = () => {};
  /** The last cursor that the client was given. */
  private given: string;

  constructor(
    readonly request: LiveRequest,
    /** What it may use: where its messages are laborious each is paid for. */
    readonly pass: Pass,
    /** Everything up to here has been told, or did not fit. */
    public place: Place,
    start: string,
    private readonly limits: StreamLimits,
    private readonly onEnd: (stream: Stream) => void,
  ) {
    this.given = start;
  }

  get ended(): boolean {
    return this.done || this.failure !== null;
  }

  /** Is a change still to be told? */
  wants({ position, before }: Change, told: number | null): boolean {
    return position > this.place.position || (position === this.place.position && told !== null && before >= told);
  }

  /** Queues a message; a client that does not read fast enough is ended, and told where to resume. */
  offer(message: Sent): void {
    if (this.ended) return;
    // Where nothing waits a message fits, however large: it would be as large after every resumption.
    const isTooMuch = this.bytes > 0 && this.bytes + message.text.length > this.limits.bytes;
    if (this.waiting.length >= this.limits.messages || isTooMuch) {
      const refusal = new Refusal(
        {
          code: 'LAGGED',
          message: 'the client did not read fast enough',
          remedy: 'subscribe again with resumeAfter, and read faster, filter more or select less',
        },
        { retryable: true },
      );
      this.fail(new StreamEnded(refusal, this.given));
      return;
    }
    this.waiting.push(message);
    this.bytes += message.text.length;
    this.wake();
  }

  /** Ends the stream where the token that it was opened with has expired. */
  expire(now = Date.now()): void {
    if (this.request.until !== null && now >= this.request.until) this.signOut('the token has expired');
  }

  /** Ends the stream since the key that it was opened with was revoked. */
  revoke(): void {
    this.signOut('the key was revoked');
  }

  private signOut(message: string): void {
    const remedy = 'subscribe again with another token, after resumeAfter';
    this.fail(new StreamEnded(new Refusal({ code: 'UNAUTHENTICATED', message, remedy }, { retryable: false }), this.given));
  }

  /** Is the client abreast, so that a heartbeat says something? */
  get idle(): boolean {
    return this.waiting.length === 0;
  }

  /** Does less than half of what may wait? */
  get hasRoom(): boolean {
    return this.ended || (this.waiting.length * 2 < this.limits.messages && this.bytes * 2 < this.limits.bytes);
  }

  /** Waits until there is room for more. */
  async room(): Promise<void> {
    while (!this.hasRoom)
      await new Promise<void>((done) => {
        this.roomy = done;
      });
  }

  /** Waits until its next message can be paid for. */
  async means(): Promise<void> {
    for (let wait = this.pass.wait; wait > 0 && !this.ended; wait = this.pass.wait)
      await new Promise<void>((done) => {
        const timer = setTimeout(done, wait);
        this.roomy = () => {
          clearTimeout(timer);
          done();
        };
      });
  }

  /** Ends the stream with an error; what waits is not sent any more. */
  fail(error: Error): void {
    if (this.ended) return;
    this.failure = error;
    this.waiting.length = 0;
    this.finish();
  }

  async next(): Promise<IteratorResult<Sent, void>> {
    for (;;) {
      const message = this.waiting.shift();
      if (message) {
        this.bytes -= message.text.length;
        this.given = message.cursor;
        this.roomy();
        return { done: false, value: message };
      }
      if (this.failure) {
        const error = this.failure;
        this.failure = null;
        this.done = true;
        throw error;
      }
      if (this.done) return { done: true, value: undefined };
      await new Promise<void>((done) => {
        this.wake = done;
      });
    }
  }

  async return(): Promise<IteratorResult<Sent, void>> {
    this.done = true;
    this.waiting.length = 0;
    this.finish();
    return { done: true, value: undefined };
  }

  async throw(error: Error): Promise<IteratorResult<Sent, void>> {
    await this.return();
    throw error;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private finish(): void {
    // One that has failed is returned from as well.
    if (!this.isOver) this.onEnd(this);
    this.isOver = true;
    this.wake();
    this.roomy();
  }
}
