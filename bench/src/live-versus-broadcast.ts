import { readFileSync } from 'node:fs';
import { ADMINISTRATOR } from '@lotline/server/dist/access';
import { Runner } from '@lotline/server/dist/commands';
import { Database } from '@lotline/server/dist/database';
import { importFolder } from '@lotline/server/dist/import';
import { WebSocket } from 'ws';
import { inChild } from './child';
import type { BroadcastPlace, BroadcastTask } from './children/broadcast-floor';
import type { ServerPlace, ServerTask } from './children/trace-server';
import { against, type Figure, median, part } from './figures';
import { writeRows } from './folder';

/** How many subscribe, and how much they are told. */
export interface LiveShape {
  subscribers: number;
  /** Producers, each followed by its share of the subscribers. */
  filters: number;
  /** Lots of every producer in one command, for the rate. */
  burst: number;
  /** Commands one after the other, for the delay. */
  single: number;
}

const SUBSCRIBE = `subscription ($filter: LotFilter) { lotEvents(filter: $filter) { cursor sequence change { at kind on kilograms lot { code producer { name } product { name } } } } }`;
/** Connections that are being opened at a time. */
const OPENING = 100;

/** What the clients of one server have received. */
class Receipts {
  count = 0;
  bytes = 0;
  last = 0;
  readonly delays: number[] = [];
  private waiting: { count: number; done: () => void } | null = null;

  take(bytes: number): void {
    this.count++;
    this.bytes += bytes;
    this.last = performance.now();
    if (this.waiting && this.count >= this.waiting.count) this.waiting.done();
  }

  async reach(count: number): Promise<void> {
    if (this.count >= count) return;
    await new Promise<void>((done, failed) => {
      const late = setTimeout(() => failed(new Error(`${this.count} of ${count} messages came within two minutes`)), 120_000);
      this.waiting = {
        count,
        done: () => {
          clearTimeout(late);
          done();
        },
      };
    });
  }
}

async function openAll(count: number, open: (index: number) => Promise<WebSocket>): Promise<WebSocket[]> {
  const sockets: WebSocket[] = [];
  for (let from = 0; from < count; from += OPENING)
    sockets.push(...(await Promise.all(Array.from({ length: Math.min(OPENING, count - from) }, (_, index) => open(from + index)))));
  return sockets;
}

/** One subscriber of the server: resolved when its stream is live, which its first heartbeat says. */
const subscriber = (place: ServerPlace, producer: string, receipts: Receipts): Promise<WebSocket> =>
  new Promise((done, failed) => {
    const socket = new WebSocket(`${place.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    socket.once('error', failed);
    socket.once('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: place.token } })));
    socket.on('message', (data: Buffer) => {
      const text = data.toString();
      if (text.startsWith('{"type":"connection_ack"')) {
        const variables = { filter: { producers: [producer] } };
        socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: SUBSCRIBE, variables } }));
        return;
      }
      if (text.includes('"change":null')) return done(socket);
      const at = /"at":"([^"]+)"/.exec(text)?.[1];
      if (at === undefined) return failed(new Error(text));
      receipts.delays.push(Date.now() - Date.parse(at));
      receipts.take(data.length);
    });
  });

const plain = (url: string, receipts: Receipts): Promise<WebSocket> =>
  new Promise((done, failed) => {
    const socket = new WebSocket(url);
    socket.once('error', failed).once('open', () => done(socket));
    socket.on('message', (data: Buffer) => receipts.take(data.length));
  });

/** Resident memory of a process, bytes; null where the system does not tell. */
function memoryOf(pid: number): number | null {
  try {
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;
  } catch {
    return null;
  }
}

const percentile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))]!;

/** Subscribers beside a bare WebSocket server that sends as many messages of the same size to as many clients. */
export async function liveVersusBroadcast(
  url: string,
  directory: string,
  shape: LiveShape,
  say: (line: string) => void,
): Promise<Figure[]> {
  const { subscribers, filters, burst, single } = shape;
  const database = await Database.open(url);
  const runner = new Runner(database);
  const names = Array.from({ length: filters }, (_, index) => `9990${String(index).padStart(6, '0')}`);
  const harvests = (code: string, count: number) =>
    names.flatMap((producer) =>
      Array.from({ length: count }, (_, index) => ({
        code: `${code}-${index}`,
        product: 'Organic soybeans',
        producer,
        kind: 'harvest',
        quantity: '1000',
        unit: 'KGM',
        produced_on: '2026-01-10',
      })),
    );
  const recordAll = (name: string, files: Record<string, readonly Record<string, string>[]>) =>
    importFolder(runner, ADMINISTRATOR, writeRows(`${directory}/${name}`, Object.entries(files)));
  await recordAll('first', {
    'operations.csv': names.map((operation) => ({ operation, name: `Farm ${operation} (invented)`, country: 'TR', roles: 'producer' })),
    'products.csv': [{ product: 'Organic soybeans', hts: '1201900010', organic: 'yes' }],
  });
  const ids = await database.query<{ identifier: string; id: string }>('select identifier, id from operation');
  const producerOf = new Map(ids.map(({ identifier, id }) => [identifier, Buffer.from(`Operation:${id}`).toString('base64url')]));

  const server = await inChild<ServerTask, ServerPlace>('trace-server', { url });
  const receipts = new Receipts();
  const before = memoryOf(server.pid);
  const sockets = await openAll(subscribers, (index) => subscriber(server.answer, producerOf.get(names[index % filters]!)!, receipts));
  const after = memoryOf(server.pid);
  say(`${subscribers} subscribers with ${filters} filters`);
  try {
    // The delay: one command after the other, each of one lot of every producer in turn.
    const each = Math.floor(subscribers / filters);
    for (let index = 0; index < single; index++) {
      const [lot] = harvests(`S${index}`, 1).slice(index % filters, (index % filters) + 1);
      const expected = receipts.count + each;
      await recordAll(`single-${index}`, { 'lots.csv': [lot!] });
      await receipts.reach(expected);
    }
    const delays = receipts.delays.splice(0);

    // The rate: one command of many lots, from the moment it is committed to the last message of it.
    const messages = burst * subscribers;
    const [countBefore, bytesBefore] = [receipts.count, receipts.bytes];
    await recordAll('burst', { 'lots.csv': harvests('B', burst) });
    const committed = performance.now();
    await receipts.reach(countBefore + messages);
    const rate = messages / ((receipts.last - committed) / 1000);
    const size = Math.round((receipts.bytes - bytesBefore) / messages);
    for (const socket of sockets) socket.terminate();

    const floor = await inChild<BroadcastTask, BroadcastPlace>('broadcast-floor', { messages: burst, bytes: size, clients: subscribers });
    const plainReceipts = new Receipts();
    const bare = await openAll(subscribers, () => plain(floor.answer.url, plainReceipts));
    const started = performance.now();
    bare[0]!.send('go');
    await plainReceipts.reach(messages);
    const bareRate = messages / ((plainReceipts.last - started) / 1000);
    for (const socket of bare) socket.terminate();
    await floor.stop();
    say(`${messages} messages of ${size} bytes: ${Math.round(rate)} a second, bare ${Math.round(bareRate)} a second`);

    const perSubscriber = before !== null && after !== null ? (after - before) / subscribers / 1024 : null;
    return [
      against(`messages to ${subscribers} subscribers`, 'messages/s', rate, 'the same bytes by a bare ws server', bareRate, 0.5),
      part('recorded to received, p50', 'ms', median(delays)),
      part('recorded to received, p99', 'ms', percentile(delays, 0.99)),
      ...(perSubscriber === null ? [] : [part('memory of an idle subscriber', 'KiB', perSubscriber)]),
    ];
  } finally {
    for (const socket of sockets) socket.terminate();
    await server.stop();
    await database.close();
  }
}
