import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ADMINISTRATOR } from '@lotline/server/access';
import { changeOperationCertificateStatus } from '@lotline/server/operations';
import { csv, type Lotline, startLotline } from '../support/lotline';
import { type CuttableProxy, startProxy } from '../support/proxy';

// Two servers on one database, stopped and killed and started again behind a way that is cut, while many write: every subscriber hears the
// committed history that fits its filter, no more, no less, in commit order. LIVE_CHAOS_SECONDS makes it longer.

const SECONDS = Number(process.env.LIVE_CHAOS_SECONDS ?? 10);
const WRITERS = 16;
const SUBSCRIBERS = 50;
const MAIN = resolve(__dirname, '..', '..', 'server', 'dist', 'main.js');
const STATUSES = ['SUSPENDED', 'CERTIFIED'] as const;

let lotline: Lotline;
let proxy: CuttableProxy;
let servers: ServerProcess[];

/** A server in a process of its own, on a port that stays. */
class ServerProcess {
  child: ChildProcess | null = null;
  constructor(readonly port: number) {}

  async start(): Promise<void> {
    this.child = spawn(process.execPath, [MAIN], {
      env: {
        ...process.env,
        DATABASE_URL: lotline.databaseUrl,
        HOST: '127.0.0.1',
        PORT: String(this.port),
        LOTLINE_SAMPLES: 'none',
        LOG_LEVEL: 'fatal',
        HEARTBEAT_MS: '200',
      },
      stdio: 'ignore',
    });
    for (const until = Date.now() + 20_000; Date.now() < until; await sleep(50))
      if (
        await fetch(`http://127.0.0.1:${this.port}/readyz`).then(
          ({ ok }) => ok,
          () => false,
        )
      )
        return;
    throw new Error('the server did not start');
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const ended = once(this.child!, 'exit');
    this.child!.kill(signal);
    await ended;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

beforeAll(async () => {
  lotline = await startLotline({ poolSize: WRITERS + 4 });
  const operations = Array.from({ length: WRITERS }, (_, index) => `9990${String(index).padStart(6, '0')}`);
  await lotline.import({
    'certifiers.csv': csv([{ certifier: 'ZZ1', name: 'Certifier ZZ1 (invented)', scheme: 'NOP' }]),
    'operations.csv': csv(operations.map((operation) => ({ operation, name: operation, country: 'TR', roles: 'producer' }))),
    'operation_certificates.csv': csv(
      operations.map((operation) => ({
        operation,
        certifier: 'ZZ1',
        status: 'CERTIFIED',
        effective_from: '1990-01-01',
        scope: 'Crops',
        standard: 'NOP',
      })),
    ),
  });
  servers = [new ServerProcess(await freePort()), new ServerProcess(await freePort())];
  await Promise.all(servers.map((server) => server.start()));
  let next = 0;
  proxy = await startProxy(() => servers[next++ % servers.length]!.port);
});
afterAll(async () => {
  await proxy?.close();
  for (const { child } of servers) if (child?.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  await lotline.close();
});

const QUERY = `subscription ($filter: OperationCertificateFilter) { operationCertificateStatusChanged(filter: $filter) {
  cursor sequence change { to effectiveFrom operationCertificate { operation { name } } } } }`;

/** Follows changes through every cut, each time from behind the last event that it was given; says which way it was ended how often. */
async function follow(
  filter: object,
  after: string,
  isDone: (heard: readonly string[]) => boolean,
): Promise<{ heard: string[]; opened: number }> {
  const heard: string[] = [];
  let [last, opened] = [after, 0];
  while (!isDone(heard)) {
    const giveUp = new AbortController();
    const checking = setInterval(() => isDone(heard) && giveUp.abort(), 100);
    try {
      const response = await fetch(`http://127.0.0.1:${proxy.port}/graphql/stream`, {
        method: 'POST',
        signal: giveUp.signal,
        headers: { 'content-type': 'application/json', accept: 'text/event-stream', 'last-event-id': last },
        body: JSON.stringify({ query: QUERY, variables: { filter } }),
      });
      if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
      opened++;
      let text = '';
      const decoder = new TextDecoder();
      for await (const chunk of response.body!) {
        const events = (text + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n\n');
        text = events.pop()!;
        for (const event of events) {
          const id = /^id: (.*)$/m.exec(event)?.[1];
          const data = /^data: (\{.*)$/m.exec(event)?.[1];
          if (data === undefined) continue;
          const { data: answer, errors } = JSON.parse(data);
          if (errors) throw new Error(JSON.stringify(errors));
          const { change } = answer.operationCertificateStatusChanged;
          if (change) heard.push(`${change.operationCertificate.operation.name} ${change.to} ${change.effectiveFrom}`);
          last = id!;
        }
      }
    } catch (error) {
      // Cut, down, or busy: again, from behind what was heard last. What the server refuses is no accident.
      if (/^Error: (?:4|\[)/.test(String(error))) throw error;
    } finally {
      clearInterval(checking);
    }
    await sleep(30);
  }
  return { heard, opened };
}

test(
  'every subscriber hears the committed history once and in order, whatever ends beneath it',
  async () => {
    const certificates = await lotline.database.query<{ id: string; operation: string; identifier: string }>(
      'select c.id, c.operation, o.identifier from operation_certificate c join operation o on o.id = c.operation order by o.identifier',
    );
    const globalId = (type: string, id: string) => Buffer.from(`${type}:${id}`).toString('base64url');
    const position = async () =>
      (await lotline.database.query<{ position: string; command: string }>('select position, command from log_counter'))[0]!;
    const begin = await position();
    const after = lotline.cursors.encode({ position: BigInt(begin.position) as never, command: begin.command, told: null }, 'nobody');

    // Distinct filters: every so many-th operation, and of some only one status.
    const filters = Array.from({ length: SUBSCRIBERS }, (_, index) => ({
      operations: certificates
        .filter((_, place) => place % ((index % 8) + 1) === 0)
        .map(({ operation }) => globalId('Operation', operation)),
      ...(index % 3 === 0 && { statuses: [STATUSES[index % 2]] }),
    }));
    const identifierOf = new Map(certificates.map(({ operation, identifier }) => [globalId('Operation', operation), identifier]));
    let history: string[] | null = null;
    const fitting = ({ operations, statuses }: (typeof filters)[number]) =>
      history!.filter((line) => {
        const [identifier, status] = line.split(' ');
        return operations.some((each) => identifierOf.get(each) === identifier) && (!statuses || statuses.includes(status as never));
      });
    let giveUp = false;
    const following = filters.map((filter) =>
      follow(filter, after, (heard) => giveUp || (history !== null && heard.length >= fitting(filter).length)),
    );

    const until = Date.now() + SECONDS * 1000;
    const writing = certificates.map(async ({ id }, writer) => {
      for (let count = 0; Date.now() < until; count++) {
        const day = new Date(Date.UTC(1995, 0, 1) + count * 86_400_000).toISOString().slice(0, 10);
        const input = {
          idempotencyKey: `w${writer}-${count}`,
          operationCertificate: globalId('OperationCertificate', id),
          status: STATUSES[count % 2],
          effectiveFrom: day,
          reason: 'to be heard of',
        };
        await lotline.runner.execute(changeOperationCertificateStatus, ADMINISTRATOR, [input], input.idempotencyKey);
        await sleep(20);
      }
    });
    const ending = (async () => {
      for (let round = 0; Date.now() < until; round++) {
        const server = servers[round % 2]!;
        await server.end(round % 4 < 2 ? 'SIGKILL' : 'SIGTERM');
        await sleep(200);
        await server.start();
        proxy.cut();
        await sleep(300);
      }
      return true;
    })();
    await Promise.all([...writing, ending]);

    const rows = await lotline.database.query<{ line: string }>(
      `select o.identifier || ' ' || (e.payload->>'to') || ' ' || (e.payload->>'effectiveFrom') as line
       from command c join event e on e.command = c.id join operation o on o.id = (e.payload->>'operation')::uuid
       where e.type = 'operation-certificate.status-changed' and c.position > $1 order by c.position, e.ordinal`,
      [begin.position],
    );
    history = rows.map(({ line }) => line);
    expect(history.length).toBeGreaterThan(WRITERS * SECONDS);
    const late = setTimeout(() => {
      giveUp = true;
    }, 30_000);
    const all = await Promise.all(following);
    clearTimeout(late);
    for (const [index, { heard, opened }] of all.entries()) {
      expect(heard).toEqual(fitting(filters[index]!));
      expect(opened).toBeGreaterThan(1);
    }
  },
  (SECONDS + 90) * 1000,
);
