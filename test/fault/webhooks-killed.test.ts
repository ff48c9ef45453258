import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Lotline } from '@lotline/client';
import { LotEventsDocument } from '@lotline/client/documents';
import { verifyWebhook } from '@lotline/client/webhooks';
import { toGlobalId } from '@lotline/schema';
import { ADMINISTRATOR, mintToken, viewerInRole } from '@lotline/server/access';
import { Runner } from '@lotline/server/commands';
import { Database } from '@lotline/server/database';
import { importFolder } from '@lotline/server/import';
import { csv, writeFolder } from '../support/lotline';
import { OwnPostgres } from '../support/own-postgres';
import { choicesOf } from '../support/random';
import { type Answer, Receiver } from '../support/receiver';
import { ServerProcess } from '../support/server-process';

// Two servers are killed and stopped in turn while many write, and the receiver of webhooks fails, stalls and cuts: in the end it has every
// change once by its id, in the order of each lot, and every message verifies. WEBHOOK_CHAOS_SECONDS makes it longer,
// WEBHOOK_CHAOS_SEED takes the choices of a run before.

/** Of so many messages some are not taken, also where the servers were ended too often to send any before. */
const SPOILT_AT_LEAST = 50;
const SECONDS = Number(process.env.WEBHOOK_CHAOS_SECONDS ?? 12);
const SEED = Number(process.env.WEBHOOK_CHAOS_SEED ?? Math.floor(Math.random() * 2 ** 31));
const WRITERS = 6;
/** How long the last may take to arrive once nothing is spoilt any more, milliseconds. */
const HEARD_WITHIN_MS = 60_000;

const choices = choicesOf(SEED);
let postgres: OwnPostgres;
let database: Database;
let servers: ServerProcess[];
let receiver: Receiver;
let farms: string[];
let product: string;
let tokens: string[];
let certifierToken: string;

beforeAll(async () => {
  postgres = await OwnPostgres.start();
  database = await Database.open(postgres.url);
  const names = Array.from({ length: WRITERS }, (_, index) => `H:FARM-${index}`);
  const folder = writeFolder({
    'certifiers.csv': csv([{ certifier: 'ZH1', name: 'Certifier ZH1 (invented)', scheme: 'NOP' }]),
    'operations.csv': csv(names.map((operation) => ({ operation, name: operation, country: 'TR', roles: 'producer' }))),
    'products.csv': csv([{ product: 'Wheat', hts: '1001990000', organic: 'yes' }]),
    'operation_certificates.csv': csv(
      names.map((operation) => ({ operation, certifier: 'ZH1', status: 'CERTIFIED', effective_from: '2020-01-01' })),
    ),
  });
  await importFolder(new Runner(database), ADMINISTRATOR, folder);
  rmSync(folder, { recursive: true, force: true });
  const rows = await database.query<{ id: string }>('select id from operation order by identifier');
  farms = rows.map(({ id }) => toGlobalId('Operation', id));
  product = toGlobalId('Product', (await database.query<{ id: string }>('select id from product'))[0]!.id);
  const tokenOf = async (role: string) => mintToken(await viewerInRole(database, role), database.installation.tokenKey);
  tokens = await Promise.all(names.map((name) => tokenOf(`operation:${name}`)));
  certifierToken = await tokenOf('certifier:ZH1');
  receiver = await new Receiver().start();
  servers = [0, 1].map(() => new ServerProcess(postgres.url, { HEARTBEAT_MS: '250', WEBHOOK_TIMEOUT_MS: '500' }));
  await Promise.all(servers.map((server) => server.start()));
});
afterAll(async () => {
  await Promise.all((servers ?? []).map((server) => server.close()));
  await receiver?.stop();
  await database?.close();
  await postgres?.close();
});

/** Whichever server is there. */
async function clientOf(token: string): Promise<Lotline> {
  for (;;) {
    const server = servers.find(({ running }) => running);
    if (server) return new Lotline({ url: `http://127.0.0.1:${server.port}`, token, retries: 0 });
    await sleep(20);
  }
}

/** Gives a command until it is acknowledged: the same key does it once. */
async function give(token: string, act: (client: Lotline) => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await act(await clientOf(token));
      return;
    } catch (error) {
      const { code, retryable } = error as { code?: string; retryable?: boolean };
      if (code !== undefined && !retryable && code !== 'NETWORK') throw error;
      await sleep(20);
    }
  }
}

/** What of the messages is to be had again at once, is: nobody waits for the time at which it is sent again. */
const hurry = () =>
  database.query(
    `with due as (update webhook_delivery set next_at = now() where settled_at is null returning id)
     update graphile_worker._private_jobs set run_at = now() where key like 'webhook %' and locked_at is null and run_at > now()`,
  );

test(
  'whatever ends beneath it, a receiver has every change once by its id, in the order of each lot',
  async () => {
    const client = await clientOf(certifierToken);
    const { webhook, secret } = await client.createWebhook({ url: receiver.url, query: String(LotEventsDocument) });
    let spoilt = true;
    receiver.answer = (): Answer => {
      if ((!spoilt && receiver.received.length > SPOILT_AT_LEAST) || choices.fraction() < 0.7) return { status: 204 };
      return choices.one<Answer>([{ status: 500 }, { status: 429 }, 'CUT', 'STALL']);
    };
    const lots: string[][] = [];
    let isOver = false;
    const writing = farms.map(async (producer, writer) => {
      for (let count = 0; !isOver; count++) {
        const [code, key] = [`${writer}-${count}`, `hooks ${writer} ${count}`];
        const told: string[] = [];
        lots.push(told);
        await give(tokens[writer]!, (us) =>
          us.recordHarvest({
            idempotencyKey: key,
            producer,
            product,
            code,
            quantity: { value: '10', unit: 'KGM' },
            producedOn: '2025-01-01',
          }),
        );
        told.push(`${code} HARVESTED 10`);
        const lot = toGlobalId('Lot', (await database.query<{ id: string }>('select id from lot where code = $1', [code]))[0]!.id);
        for (const mass of ['1', '2', '3'].slice(0, choices.between(0, 3))) {
          const loss = { lot, holder: producer, kind: 'MOISTURE' as const, on: '2025-02-01' };
          await give(tokens[writer]!, (us) =>
            us.recordLoss({ ...loss, idempotencyKey: `${key} ${mass}`, quantity: { value: mass, unit: 'KGM' } }),
          );
          told.push(`${code} LOST ${mass}`);
        }
        await sleep(choices.between(10, 80));
      }
    });
    for (let ended = 0, until = Date.now() + SECONDS * 1000; Date.now() < until; ended++) {
      await sleep(choices.between(300, 1200));
      await hurry();
      const server = servers[ended % servers.length]!;
      await server.end(choices.one(['SIGKILL', 'SIGKILL', 'SIGTERM']));
      await server.start();
    }
    isOver = true;
    await Promise.all(writing);
    spoilt = false;

    const expected = lots.flat();
    /** What was taken, each message where it was taken first. */
    const taken = async (): Promise<Map<string, string>> => {
      const found = new Map<string, string>();
      for (const { headers, body } of receiver.received) {
        const event = await verifyWebhook(body, headers, { secrets: secret! });
        if (event.type !== 'lotEvents') throw new Error(`a ${event.type} was received`);
        const { lot, kind, kilograms } = event.data.change;
        found.set(event.id, `${lot.code} ${kind} ${kilograms}`);
      }
      return found;
    };
    for (const end = Date.now() + HEARD_WITHIN_MS; Date.now() < end; await sleep(200)) {
      await hurry();
      const [left] = await database.query<{ pending: number }>(
        'select count(*)::int as pending from webhook_delivery where settled_at is null',
      );
      if (left!.pending === 0 && (await taken()).size >= expected.length) break;
    }
    const found = [...(await taken()).values()];
    process.stderr.write(
      `WEBHOOK_CHAOS_SEED=${SEED}: ${expected.length} changes of ${lots.length} lots, ${receiver.received.length} messages received\n`,
    );
    expect([...found].sort()).toEqual([...expected].sort());
    // In the order of each lot, each where it was received first.
    const of = (lines: readonly string[], code: string) => lines.filter((line) => line.startsWith(`${code} `));
    for (const told of lots) expect(of(found, told[0]!.split(' ')[0]!)).toEqual(told);
    expect(receiver.received.length).toBeGreaterThan(expected.length);
    expect(servers.flatMap(({ crashes }) => crashes)).toEqual([]);
    const [row] = await database.query<{ state: string }>('select state from webhook where id = $1', [webhook!.id]);
    expect(row).toEqual({ state: 'ACTIVE' });
  },
  120_000 + SECONDS * 2000,
);
