import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Database } from '@lotline/server/database';
import { createDatabase } from '../support/lotline';

// A database that goes away in the very moment in which it has taken a connection: its greeting and its farewell come in one piece.

const field = (kind: string, text: string) => Buffer.from(`${kind}${text}\0`);
const fields = Buffer.concat([
  field('S', 'FATAL'),
  field('V', 'FATAL'),
  field('C', '57P01'),
  field('M', 'terminating connection due to administrator command'),
  Buffer.from('\0'),
]);
const length = Buffer.alloc(4);
length.writeInt32BE(fields.length + 4);
const FAREWELL = Buffer.concat([Buffer.from('E'), length, fields]);
/** ReadyForQuery, outside of any transaction. */
const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

let server: Server;
let database: Database;
let drop: () => Promise<void>;
let farewell = false;
const sockets = new Set<Socket>();

beforeAll(async () => {
  const created = await createDatabase();
  drop = created.drop;
  const url = new URL(created.url);
  const { port, hostname } = new URL(created.url);
  server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        client.destroy();
        upstream.destroy();
      });
    }
    client.pipe(upstream);
    upstream.on('data', (chunk: Buffer) => {
      if (!farewell || !chunk.subarray(-READY.length).equals(READY)) return void client.write(chunk);
      farewell = false;
      client.end(Buffer.concat([chunk, FAREWELL]));
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  database = await Database.open(url.href);
});
afterAll(async () => {
  await database.close();
  for (const socket of sockets) socket.destroy();
  await new Promise<void>((done) => server.close(() => done()));
  await drop();
});

test('whoever asks then is told that it is unavailable, the process goes on, and the next question is answered', async () => {
  // While every connection that the pool has made so far is taken, another must be made.
  const held = [];
  for (const before = sockets.size; sockets.size === before; ) held.push(await database.connect());
  farewell = true;
  await expect(database.query('select 1 as one')).rejects.toMatchObject({ reasons: [{ code: 'UNAVAILABLE' }] });
  expect(farewell).toBe(false);
  expect(await database.query('select 1 as one')).toEqual([{ one: 1 }]);
  for (const connection of held) await connection.release();
});
