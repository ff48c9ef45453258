import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { toGlobalId } from '@lotline/schema';
import { Database } from '@lotline/server/database';
import { createDatabase, csv, startLotline } from '../support/lotline';

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

test('a connection whose server can only be read from any more is dropped, and the command told to try again', async () => {
  const lotline = await startLotline({ poolSize: 2 });
  try {
    await lotline.import({
      'operations.csv': csv([{ operation: 'R:FARM', name: 'Farm', country: 'UA', roles: 'producer' }]),
      'products.csv': csv([{ product: 'Wheat', hts: '1001990000', organic: 'yes' }]),
    });
    const [row] = await lotline.database.query<{ farm: string; wheat: string }>(
      'select o.id as farm, p.id as wheat from operation o, product p',
    );
    const [producer, product] = [toGlobalId('Operation', row!.farm), toGlobalId('Product', row!.wheat)];
    const input = { idempotencyKey: 'one', producer, product, code: 'ONE', quantity: { value: '1', unit: 'KGM' } };
    const give = () =>
      lotline.ask('mutation ($input: RecordHarvestInput!) { recordHarvest(input: $input) { lot { code } } }', { input }, 'admin');
    const held = await Promise.all([lotline.database.connect(), lotline.database.connect()]);
    // As a server says it that is no primary any more.
    for (const { client, release } of held) {
      await client.query('set default_transaction_read_only = on');
      await release();
    }
    const refused = await give();
    expect(refused.errors?.map(({ extensions }) => extensions)).toMatchObject([{ code: 'UNAVAILABLE', retryable: true }]);
    const answers = [await give(), await give()];
    expect(answers.at(-1)).toMatchObject({ data: { recordHarvest: { lot: { code: 'ONE' } } } });
  } finally {
    await lotline.close();
  }
});
