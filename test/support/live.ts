import type { As, Lotline } from './lotline';

// Subscribers over server-sent events, read by hand: what a test sees is what was on the wire.

export interface Message {
  /** The id of the event. */
  id: string;
  cursor: string;
  sequence: number;
  change: any;
}

export interface Subscriber {
  /** Every message so far. */
  readonly messages: Message[];
  /** Changes so far, heartbeats left out. */
  readonly changes: any[];
  /** Errors that ended the stream, if any did. */
  readonly errors: any[];
  /** Has the stream said that it is complete? */
  readonly complete: boolean;
  /** Resolved when the stream has ended, by whichever side. */
  readonly ended: Promise<void>;
  /** Waits for a heartbeat at or behind everything that is committed now, so that nothing more is to come. */
  abreast(): Promise<void>;
  close(): Promise<void>;
}

export interface Asking {
  query: string;
  variables?: Record<string, unknown>;
  as?: As;
  /** Sent as Last-Event-ID. */
  lastEventId?: string;
}

/** Subscribes over server-sent events. The query's message must ask for cursor, sequence and change. */
export async function subscribe(lotline: Lotline, { query, variables = {}, as = 'analyst', lastEventId }: Asking): Promise<Subscriber> {
  const aborting = new AbortController();
  const response = await fetch(`${lotline.url}/graphql/stream`, {
    method: 'POST',
    signal: aborting.signal,
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      ...(as !== 'nobody' && { authorization: `Bearer ${await lotline.token(as)}` }),
      ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
    },
    body: JSON.stringify({ query, variables }),
  });
  if (!response.ok)
    throw Object.assign(new Error(`HTTP ${response.status}: ${await response.clone().text()}`), {
      status: response.status,
      body: await response.json(),
    });
  const messages: Message[] = [];
  const errors: any[] = [];
  let complete = false;
  let heard = () => {};
  const take = (event: string) => {
    const fields = new Map(event.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]));
    if (fields.get('event') === 'complete') complete = true;
    if (fields.get('event') !== 'next') return;
    const result = JSON.parse(fields.get('data')!);
    if (result.errors) errors.push(...result.errors);
    if (result.data) messages.push({ id: fields.get('id'), ...(Object.values(result.data)[0] as any) });
  };
  const reading = (async () => {
    let text = '';
    const decoder = new TextDecoder();
    try {
      for await (const chunk of response.body!) {
        const events = (text + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n\n');
        text = events.pop()!;
        events.forEach(take);
        heard();
      }
    } catch {
      // Cut, by either side.
    }
    heard();
  })();
  return {
    messages,
    errors,
    get changes() {
      return messages.flatMap(({ change }) => (change === null ? [] : [change]));
    },
    get complete() {
      return complete;
    },
    ended: reading,
    abreast: async () => {
      const [now] = await lotline.database.query<{ position: string }>('select position from log_counter');
      const viewer = (await lotline.viewer(as)).name;
      // In the middle of a large command a heartbeat is at that command, but not behind all of it.
      const isBehind = ({ position, told }: { position: bigint; told: number | null }) =>
        told === null && position >= BigInt(now!.position);
      const isAbreast = () => messages.some(({ change, cursor }) => change === null && isBehind(lotline.cursors.decode(cursor, viewer)));
      for (const until = Date.now() + 20_000; !isAbreast(); ) {
        if (errors.length > 0 || Date.now() > until) throw new Error(`not abreast: ${JSON.stringify(errors)}`);
        await Promise.race([
          new Promise<void>((done) => {
            heard = done;
          }),
          new Promise((done) => setTimeout(done, 100)),
        ]);
      }
    },
    close: async () => {
      aborting.abort();
      await reading;
    },
  };
}
