import { setTimeout as sleep } from 'node:timers/promises';
import { Connection, LotlineError, TypedDocument } from '@lotline/client';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

// Subscribers that come back whatever happens to them, each time behind the last message that they were given.

export const TRANSPORTS = ['WebSocket', 'server-sent events', 'our own client'] as const;
export type Transport = (typeof TRANSPORTS)[number];

export interface Following {
  transport: Transport;
  /** Where the server, or the way to it, listens. */
  port: number;
  /** Asks for cursor, sequence and change. */
  query: string;
  filter: object;
  /** Where to begin. */
  after: string;
  token: string | null;
  /** A change as a line of text. */
  lineOf(change: any): string;
  /** Has the stream come to its end behind this cursor? */
  isDone(cursor: string): boolean;
}

/** How long a server may be silent, whose heartbeats come many times as often, milliseconds. */
const SILENT_MS = 4000;
/** How often a WebSocket client asks whether its server is there, and how long it waits for the answer, milliseconds. */
const [PING_EVERY_MS, PONG_WITHIN_MS] = [1000, 3000];

/** A black hole on the way swallows the handshake, too. */
class ImpatientWebSocket extends WebSocket {
  constructor(url: string, protocols: string[]) {
    super(url, protocols, { handshakeTimeout: SILENT_MS });
  }
}

export class Follower {
  /** Changes heard, in their order. */
  readonly heard: string[] = [];
  /** What a server must not have said. */
  readonly wrong: string[] = [];
  /** How many times a stream was opened. */
  opened = 0;
  /** How many times nothing came any more, though nothing had closed. */
  silences = 0;
  done = false;
  private last: string;
  private sequence = 0;
  private giveUp: () => void = () => {};

  constructor(private readonly asked: Following) {
    this.last = asked.after;
  }

  /** Resolved when it has heard everything, or has been stopped. */
  async follow(): Promise<void> {
    while (!this.done) {
      this.sequence = 0;
      if (this.asked.transport === 'WebSocket') await this.followWebSocket();
      else if (this.asked.transport === 'server-sent events') await this.followEventStream();
      else await this.followClient();
      if (!this.done) await sleep(30 + Math.random() * 40);
    }
  }

  stop(): void {
    this.done = true;
    this.giveUp();
  }

  /** Looks whether it is at the end already: nothing need come any more. */
  look(): void {
    if (this.asked.isDone(this.last)) this.stop();
  }

  private take({ cursor, sequence, change }: { cursor: string; sequence: number; change: unknown }): void {
    if (this.done) return;
    if (change !== null) this.heard.push(this.asked.lineOf(change));
    this.sequence += change === null ? 0 : 1;
    if (sequence !== this.sequence)
      this.wrong.push(`sequence ${sequence} instead of ${this.sequence} with ${change === null ? 'a heartbeat' : this.heard.at(-1)}`);
    this.last = cursor;
    this.look();
  }

  /** What may be tried again is; anything else is the server's fault, or ours. */
  private refused(errors: readonly { message: string; extensions?: any }[]): void {
    const extensions = errors[0]?.extensions;
    if (extensions?.resumeAfter) this.last = extensions.resumeAfter;
    if (extensions?.retryable && extensions.code !== 'INTERNAL_SERVER_ERROR') return;
    this.wrong.push(JSON.stringify(errors));
    this.stop();
  }

  /** The stock client, in the way of its recipes: the last cursor among its variables, and an end put to a connection that is silent. */
  private followWebSocket(): Promise<void> {
    const { port, query, filter, token } = this.asked;
    let silent: NodeJS.Timeout | undefined;
    const variables: Record<string, unknown> = { filter, after: this.last };
    const client = createClient({
      url: `ws://127.0.0.1:${port}/graphql`,
      webSocketImpl: ImpatientWebSocket,
      connectionParams: token === null ? {} : { authorization: `Bearer ${token}` },
      connectionAckWaitTimeout: SILENT_MS,
      keepAlive: PING_EVERY_MS,
      retryAttempts: Number.POSITIVE_INFINITY,
      retryWait: () => sleep(30 + Math.random() * 40),
      shouldRetry: () => true,
      on: {
        connected: () => {
          this.opened++;
          this.sequence = 0;
        },
        closed: () => clearTimeout(silent),
        ping: (received) => {
          if (received) return;
          silent = setTimeout(() => {
            this.silences++;
            client.terminate();
          }, PONG_WITHIN_MS);
        },
        pong: (received) => {
          if (received) clearTimeout(silent);
        },
      },
    });
    return new Promise<void>((done) => {
      const end = () => {
        clearTimeout(silent);
        client.terminate();
        void client.dispose();
        done();
      };
      this.giveUp = end;
      client.subscribe(
        { query, variables },
        {
          next: ({ data, errors }) => {
            if (errors) this.wrong.push(JSON.stringify(errors));
            if (data) this.take(Object.values(data)[0] as never);
            variables.after = this.last;
          },
          error: (error) => {
            if (Array.isArray(error)) this.refused(error);
            else if (!this.done) this.wrong.push(`closed with ${(error as any)?.code} ${(error as any)?.reason ?? error}`);
            end();
          },
          complete: end,
        },
      );
    });
  }

  /** Read by hand: an event at a time, the last id sent along. */
  private async followEventStream(): Promise<void> {
    const { port, query, filter, token } = this.asked;
    const leaving = new AbortController();
    this.giveUp = () => leaving.abort();
    const silence = () => {
      this.silences++;
      leaving.abort();
    };
    let silent = setTimeout(silence, SILENT_MS);
    try {
      const response = await fetch(`http://127.0.0.1:${port}/graphql/stream`, {
        method: 'POST',
        signal: leaving.signal,
        headers: {
          'content-type': 'application/json',
          accept: 'text/event-stream',
          'last-event-id': this.last,
          ...(token !== null && { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify({ query, variables: { filter } }),
      });
      if (!response.ok) return this.refused(((await response.json()) as any).errors);
      this.opened++;
      let text = '';
      const decoder = new TextDecoder();
      for await (const chunk of response.body!) {
        clearTimeout(silent);
        silent = setTimeout(silence, SILENT_MS);
        const events = (text + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n\n');
        text = events.pop()!;
        for (const event of events) {
          const data = /^data: (\{.*)$/m.exec(event)?.[1];
          if (data === undefined) continue;
          const result = JSON.parse(data);
          if (result.errors && result.data) this.wrong.push(JSON.stringify(result.errors));
          else if (result.errors) return this.refused(result.errors);
          this.take(Object.values(result.data)[0] as never);
        }
      }
    } catch (error) {
      // Cut, silent, or nobody there: again, from behind what was heard last.
      if (!['TypeError', 'AbortError'].includes((error as Error).name)) this.wrong.push(String(error));
    } finally {
      clearTimeout(silent);
      leaving.abort();
    }
  }

  /** The client comes back by itself; it is left where it has given up before it ever stood. */
  private async followClient(): Promise<void> {
    const { port, query, filter, token } = this.asked;
    const leaving = new AbortController();
    this.giveUp = () => leaving.abort();
    const connection = new Connection({
      url: `http://127.0.0.1:${port}`,
      ...(token !== null && { token }),
      timeoutMs: SILENT_MS,
      silentMs: SILENT_MS,
      onRequest: () => this.opened++,
    });
    const document = new TypedDocument<Record<string, { change: unknown }>, object>(query);
    const stream = connection.subscribe(document, { filter, after: this.last }, { signal: leaving.signal });
    // Heartbeats bring it on too, and are kept from whoever listens.
    const looking = setInterval(() => {
      this.last = stream.cursor!;
      this.look();
    }, 100);
    try {
      for await (const { change } of stream) {
        if (!this.done) this.heard.push(this.asked.lineOf(change));
        this.last = stream.cursor!;
        this.look();
      }
    } catch (error) {
      if (this.done || (error instanceof LotlineError && error.retryable && error.code !== 'INTERNAL_SERVER_ERROR')) return;
      this.wrong.push(String(error));
      this.stop();
    } finally {
      clearInterval(looking);
    }
  }
}
