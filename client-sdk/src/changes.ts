import { nameOf, TypedDocument, textOf } from './document.ts';
import {
  errorOf,
  InternalServerError,
  Lagged,
  LotlineError,
  NetworkError,
  ProtocolError,
  Unauthenticated,
  type WrittenError,
} from './errors.ts';
import { EventReader, type ServerEvent } from './events.ts';
import { withMasses } from './masses.ts';
import { isWorthWaiting, sleep, waitAfter } from './patience.ts';
import { answerIn, post } from './post.ts';
import type { RequestOptions, Settings } from './settings.ts';
import type { Tokens } from './tokens.ts';

/** What a subscription's document asks of each message. */
export type MessageOf<Data> = Data[keyof Data];

interface Following {
  /** The present state of the log. */
  present: () => Promise<string>;
  settings: Settings;
  tokens: Tokens;
  document: object;
  variables: unknown;
  options: RequestOptions | undefined;
}

interface Message {
  readonly sequence?: number;
  readonly change?: unknown;
}

/** How long to wait for a stream to come back where it does not say, milliseconds. */
const COME_BACK_MS = 1000;

/**
 * The messages of a subscription, each once and in order. A stream that breaks, is silent for too long, or was read too slowly (`LAGGED`)
 * is opened again after the last message, with growing random waits, for as long as it takes: what is committed meanwhile is kept for it.
 * Until it has stood for the first time, and against faults of the server, it is tried as often as a question is.
 */
export class Changes<T> implements AsyncIterable<T> {
  private place: string | null;
  private isFollowed = false;

  constructor(
    private readonly following: Following,
    private readonly give: (message: unknown) => T = (message) => message as T,
  ) {
    this.place = (following.variables as { after?: string | null } | undefined)?.after ?? null;
  }

  /**
   * Behind the last message that was given: store it, and give it as `after` to go on there. Null before the stream has begun, where no
   * `after` was given.
   */
  get cursor(): string | null {
    return this.place;
  }

  /** The same stream, of which something of each message is given. */
  map<U>(give: (message: T) => U): Changes<U> {
    return new Changes(this.following, (message) => give(this.give(message)));
  }

  /**
   * @throws CursorExpired, CursorForeign, and other errors that do not pass; each has `resumeAfter` where there is a place to go on from.
   *   The reason of the signal, when that is given.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    if (this.isFollowed) throw new TypeError('this stream is followed already: subscribe once more for another');
    this.isFollowed = true;
    const { present, settings, options } = this.following;
    const state = { failures: 0, faults: 0, stood: false, comeBackMs: COME_BACK_MS };
    try {
      // What is committed while the first connection fails is not to be lost.
      this.place ??= await present();
      for (;;) {
        let asked: number | null = null;
        try {
          for await (const message of this.once(state)) {
            if (message !== null) yield this.give(message);
          }
        } catch (error) {
          if (!mayComeBack(error)) throw error;
          if (FAULTS.some((each) => error instanceof each) && ++state.faults > settings.retries) throw error;
          if (!state.stood && state.failures >= settings.retries) throw error;
          asked = error.retryAfterMs;
        }
        await sleep(waitAfter(++state.failures, asked, state.comeBackMs), options?.signal);
      }
    } finally {
      this.isFollowed = false;
    }
  }

  /** One connection: its messages, null for a heartbeat. */
  private async *once(state: { failures: number; faults: number; stood: boolean; comeBackMs: number }): AsyncGenerator<unknown> {
    const { document, settings } = this.following;
    const masses = document instanceof TypedDocument ? document.masses : undefined;
    const reader = new EventReader();
    let sequence = 0;
    for await (const events of this.open(state.failures + 1, reader)) {
      state.stood = true;
      state.comeBackMs = reader.retryMs ?? COME_BACK_MS;
      for (const { event, id, data } of events) {
        if (event === 'complete') return;
        if (event !== 'next') continue;
        const result = readJson(data) as { data?: Record<string, Message | null> | null; errors?: WrittenError[] };
        const message = Object.values(result.data ?? {})[0] ?? null;
        if (result.errors?.length) throw this.failed(result.errors, result.data ?? null, id);
        if (message === null) throw new ProtocolError('a message says nothing', { retryable: true });
        const isHeartbeat = message.change === null;
        // Whoever asks for no change cannot tell a heartbeat, whose number is that of the last.
        const isNext =
          message.change === undefined || message.sequence === undefined || message.sequence === sequence + (isHeartbeat ? 0 : 1);
        if (!isNext) throw new ProtocolError(`message ${message.sequence} came after ${sequence}`, { retryable: true });
        sequence = message.sequence ?? 0;
        this.place = id ?? this.place;
        Object.assign(state, { failures: 0, faults: 0 });
        yield isHeartbeat ? null : masses ? withMasses(message, masses) : message;
      }
    }
    throw new NetworkError(`${settings.url} ended the stream`);
  }

  /** Text of events as it comes, for as long as it does. */
  private async *open(attempt: number, reader: EventReader): AsyncGenerator<ServerEvent[]> {
    const { settings, tokens, document, variables, options } = this.following;
    const query = textOf(document);
    const { body, end } = await tokens.use((token) =>
      post(
        settings,
        {
          path: '/graphql/stream',
          query,
          operationName: nameOf(query),
          variables,
          token,
          headers: { accept: 'text/event-stream', ...(this.place !== null && { 'last-event-id': this.place }) },
          attempt,
          timeoutMs: options?.timeoutMs ?? settings.timeoutMs,
          signal: options?.signal,
        },
        opened,
      ),
    );
    const stop = () => end.abort(options!.signal!.reason);
    options?.signal?.addEventListener('abort', stop, { once: true });
    const bytes = body.getReader();
    const decoder = new TextDecoder();
    try {
      if (options?.signal?.aborted) stop();
      for (;;) {
        const { done, value } = await within(settings.silentMs, end, bytes.read());
        if (done) return;
        yield reader.take(decoder.decode(value, { stream: true }));
      }
    } catch (error) {
      if (end.signal.aborted) throw end.signal.reason;
      throw error instanceof LotlineError ? error : new NetworkError('the stream broke', error);
    } finally {
      options?.signal?.removeEventListener('abort', stop);
      end.abort();
    }
  }

  /** The errors of a message: of the stream, where no change came with them. */
  private failed(errors: readonly WrittenError[], data: unknown, id: string | null): LotlineError {
    const error = errorOf(errors, { data });
    if (error.resumeAfter !== null) return error;
    const [first, ...rest] = errors;
    // Sent again it would say the same: whoever goes on goes on behind it.
    const resumeAfter = data === null ? this.place : id;
    return errorOf([{ ...first!, extensions: { ...first!.extensions, resumeAfter } }, ...rest], { data });
  }
}

/** What the server ends a stream for; without a message in between, coming back does not help for ever. */
const FAULTS = [Lagged, InternalServerError, Unauthenticated];

/** Is a stream worth opening again? One whose token ran out is: with the next token, or to be told that there is none. */
const mayComeBack = (error: unknown): error is LotlineError =>
  isWorthWaiting(error) || (error instanceof Unauthenticated && error.status === null);

async function opened(response: Response, end: AbortController): Promise<{ body: ReadableStream<Uint8Array>; end: AbortController }> {
  const type = response.headers.get('content-type') ?? '';
  if (response.ok && response.body && type.startsWith('text/event-stream')) return { body: response.body, end };
  await answerIn(response);
  throw new ProtocolError(`${type || 'nothing'} came in place of events`);
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ProtocolError('a message is no JSON', { retryable: true, cause });
  }
}

/** Waits for something as long as may be, and ends its connection after that. */
async function within<T>(milliseconds: number, end: AbortController, what: Promise<T>): Promise<T> {
  const lost = setTimeout(() => end.abort(new NetworkError(`the stream was silent for ${milliseconds} ms`)), milliseconds);
  try {
    return await what;
  } finally {
    clearTimeout(lost);
  }
}
