import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ADMINISTRATOR, ANALYST, certifierViewer, mintToken, NOBODY, operationViewer, type Viewer } from '@lotline/server/access';
import { Runner } from '@lotline/server/commands';
import { Database } from '@lotline/server/database';
import { importFolder } from '@lotline/server/import';
import { Cursors } from '@lotline/server/log';
import { Follower, TRANSPORTS, type Transport } from '../support/follower';
import { csv, writeFolder } from '../support/lotline';
import { OwnPostgres } from '../support/own-postgres';
import { type ProxiedConnection, type SpoilableProxy, startProxy } from '../support/proxy';
import { choicesOf } from '../support/random';
import { ServerProcess } from '../support/server-process';

// Two servers on one database, all of it ended and spoilt again and again while many write: every subscriber hears the committed history
// that fits its filter and that it may see, no more, no less, in commit order. Writers and subscribers come through a proxy that cuts,
// delays, half-closes and swallows; the servers are stopped and killed, the database is restarted and killed, and so are the connections
// between them. LIVE_CHAOS_SECONDS makes it longer, LIVE_CHAOS_SEED takes the choices of a run before.

const SECONDS = Number(process.env.LIVE_CHAOS_SECONDS ?? 25);
const SEED = Number(process.env.LIVE_CHAOS_SEED ?? Math.floor(Math.random() * 2 ** 31));
const WRITERS = 16;
const SUBSCRIBERS = 50;
/** How long the last of the history may take to reach everybody, once nothing is spoilt any more, milliseconds. */
const HEARD_WITHIN_MS = 60_000;
const STATUSES = ['SUSPENDED', 'CERTIFIED'] as const;
const CERTIFIERS = ['ZZ1', 'ZZ2'] as const;
const PRODUCTS = ['Wheat', 'Barley', 'Oats'] as const;

const choices = choicesOf(SEED);
const globalId = (type: string, id: string) => Buffer.from(`${type}:${id}`).toString('base64url');

/** What is written once: the standing of a certificate, or a lot. */
interface Written {
  kind: 'standing' | 'lot';
  operation: string;
  certifier: string;
  /** Of a standing. */
  to: string | null;
  /** Of a lot. */
  product: string | null;
  line: string;
}

/** A subscriber's filter in the words of the test, and as it is sent. */
interface Subscription {
  kind: Written['kind'];
  transport: Transport;
  viewer: Viewer;
  operations: string[] | null;
  certifiers: string[] | null;
  statuses: string[] | null;
  products: string[] | null;
}

const QUERIES = {
  standing: `subscription ($filter: OperationCertificateFilter, $after: Cursor) { operationCertificateStatusChanged(filter: $filter, after: $after) {
    cursor sequence change { to effectiveFrom operationCertificate { operation { name } } } } }`,
  lot: `subscription ($filter: LotFilter, $after: Cursor) { lotEvents(filter: $filter, after: $after) {
    cursor sequence change { kind lot { code producer { name } product { name } } } } }`,
};
const LINES = {
  standing: ({ to, effectiveFrom, operationCertificate }: any) => `${operationCertificate.operation.name} ${to} ${effectiveFrom}`,
  lot: ({ kind, lot }: any) => `${lot.producer.name} ${kind} ${lot.code} of ${lot.product.name}`,
};

/** The oracle: slow and plain. */
function hears(subscription: Subscription, { kind, operation, certifier, to, product }: Written): boolean {
  if (kind !== subscription.kind) return false;
  const { operations, certifiers, statuses, products, viewer } = subscription;
  if (operations && !operations.includes(operation)) return false;
  if (certifiers && !certifiers.includes(certifier)) return false;
  if (statuses && !statuses.includes(to!)) return false;
  if (products && !products.includes(product!)) return false;
  // Standings are public; of a lot that was harvested its producer knows, and who certifies it.
  if (kind === 'standing' || viewer.kind === 'ANALYST' || viewer.kind === 'ADMINISTRATOR') return true;
  return viewer.operationId === operation || viewer.certifierId === certifier;
}

let postgres: OwnPostgres;
let servers: ServerProcess[];
let proxy: SpoilableProxy;
/** Ids of the operations that certificates belong to, of those that harvest, of certifiers and products. */
let handlers: { id: string; certificate: string; certifier: string }[];
let farms: { id: string; certifier: string }[];
let certifiers: string[];
let products: string[];
let tokenOf: (viewer: Viewer) => Promise<string | null>;
let cursors: Cursors;
let begin: { position: string; command: string };

beforeAll(async () => {
  postgres = await OwnPostgres.start();
  const database = await Database.open(postgres.url);
  try {
    const names = (before: string) => Array.from({ length: WRITERS }, (_, index) => `${before}:${String(index).padStart(2, '0')}`);
    const operations = [...names('HANDLER'), ...names('FARM')];
    const folder = writeFolder({
      'certifiers.csv': csv(CERTIFIERS.map((certifier) => ({ certifier, name: `Certifier ${certifier} (invented)`, scheme: 'NOP' }))),
      'operations.csv': csv(operations.map((operation) => ({ operation, name: operation, country: 'TR', roles: 'producer' }))),
      'products.csv': csv(PRODUCTS.map((product) => ({ product, hts: '1001990000', organic: 'yes' }))),
      'operation_certificates.csv': csv(
        operations.map((operation, index) => ({
          operation,
          certifier: CERTIFIERS[index % CERTIFIERS.length],
          status: 'CERTIFIED',
          effective_from: '1990-01-01',
          scope: 'Crops',
          standard: 'NOP',
        })),
      ),
    });
    await importFolder(new Runner(database), ADMINISTRATOR, folder);
    rmSync(folder, { recursive: true, force: true });
    const certified = await database.query<{ id: string; certificate: string; certifier: string; identifier: string }>(
      'select o.id, c.id as certificate, c.certifier, o.identifier from operation o join operation_certificate c on c.operation = o.id order by o.identifier',
    );
    handlers = certified.filter(({ identifier }) => identifier.startsWith('HANDLER'));
    farms = certified.filter(({ identifier }) => identifier.startsWith('FARM'));
    const idsIn = async (table: string) =>
      (await database.query<{ id: string }>(`select id from ${table} order by id`)).map(({ id }) => id);
    [certifiers, products] = [await idsIn('certifier'), await idsIn('product')];
    [begin] = (await database.query<typeof begin>('select position, command from log_counter')) as [typeof begin];
    cursors = new Cursors(database.installation);
    const { tokenKey } = database.installation;
    tokenOf = async (viewer) => (viewer === NOBODY ? null : mintToken(viewer, tokenKey));
  } finally {
    await database.close();
  }
  servers = [0, 1].map(() => new ServerProcess(postgres.url, { HEARTBEAT_MS: '250' }));
  await Promise.all(servers.map((server) => server.start()));
  let next = 0;
  proxy = await startProxy(() => servers[next++ % servers.length]!.port);
});
afterAll(async () => {
  await proxy?.close();
  await Promise.all((servers ?? []).map((server) => server.close()));
  await postgres?.close();
});

/** Fifty that ask differently: by two kinds of subscription, by each transport and by our own client, for viewers who see all, some or nothing. */
function subscriptionsOf(): Subscription[] {
  const seen = new Set<string>();
  const subscriptions: Subscription[] = [];
  while (subscriptions.length < SUBSCRIBERS) {
    const index = subscriptions.length;
    const kind = index % 2 === 0 ? 'standing' : 'lot';
    const own = kind === 'standing' ? handlers : farms;
    const viewer = [ANALYST, operationViewer(choices.one(own).id), certifierViewer(choices.one(certifiers)), NOBODY, ADMINISTRATOR][
      Math.floor(index / 4) % 5
    ]!;
    const ids = choices.some(
      own.map(({ id }) => id),
      choices.one([0.3, 0.6, 0.9]),
    );
    // Who sees one operation only must not be left without a line by the filter.
    if (viewer.operationId !== null && !ids.includes(viewer.operationId)) ids.push(viewer.operationId);
    const maybe = <Value>(of: readonly Value[]): Value[] | null => (choices.fraction() < 0.3 ? choices.some(of) : null);
    const subscription: Subscription = {
      kind,
      transport: TRANSPORTS[Math.floor(index / 2) % TRANSPORTS.length]!,
      viewer,
      operations: ids,
      certifiers: kind === 'standing' && viewer.certifierId === null ? maybe(certifiers) : null,
      statuses: kind === 'standing' ? maybe(STATUSES) : null,
      products: kind === 'lot' ? maybe(products) : null,
    };
    const filter = JSON.stringify(filterOf(subscription));
    if (seen.has(filter)) continue;
    seen.add(filter);
    subscriptions.push(subscription);
  }
  return subscriptions;
}

function filterOf({ kind, operations, certifiers: by, statuses, products: of }: Subscription): object {
  const ids = (type: string, all: string[] | null) => all?.map((id) => globalId(type, id));
  if (kind === 'standing')
    return { operations: ids('Operation', operations), certifiers: ids('Certifier', by), statuses: statuses ?? undefined };
  return { producers: ids('Operation', operations), products: ids('Product', of) };
}

/** A subscription for a person to read: operations by their places in the order of names. */
function described({ kind, transport, viewer, operations, certifiers: by, statuses, products: of }: Subscription): string {
  const own = kind === 'standing' ? handlers : farms;
  const places = (all: string[] | null, among: readonly string[]) => all?.map((id) => among.indexOf(id)).join(' ') ?? 'any';
  const ids = own.map(({ id }) => id);
  return `${transport}, ${viewer.kind} ${places([viewer.operationId ?? viewer.certifierId ?? ''], [...ids, ...certifiers])}, ${kind} of operations ${places(operations, ids)}, certifiers ${places(by, certifiers)}, products ${places(of, products)}, statuses ${statuses ?? 'any'}`;
}

/** Gives a command through the proxy until it is acknowledged: what became of one that was cut off is known by its key. */
async function give(mutation: string, type: string, input: object, token: string, wrong: string[]): Promise<void> {
  for (const last = Date.now() + HEARD_WITHIN_MS; ; await sleep(50 + Math.random() * 100)) {
    if (Date.now() > last) throw new Error(`not acknowledged within ${HEARD_WITHIN_MS} ms: ${JSON.stringify(input)}`);
    try {
      const response = await fetch(`http://127.0.0.1:${proxy.port}/graphql`, {
        method: 'POST',
        signal: AbortSignal.timeout(2500),
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({ query: `mutation ($input: ${type}!) { ${mutation}(input: $input) { cursor } }`, variables: { input } }),
      });
      const { data, errors } = (await response.json()) as any;
      if (data?.[mutation]) return;
      const { extensions } = errors[0];
      if (!extensions.retryable || extensions.code === 'INTERNAL_SERVER_ERROR') {
        wrong.push(`${mutation} was answered by ${JSON.stringify(errors)}`);
        if (!extensions.retryable) return;
      }
    } catch (error) {
      // Cut off, timed out or nobody there; but an answer has errors where it has no data.
      if (String(error).includes('of undefined')) wrong.push(`${mutation} was answered without data or errors`);
    }
  }
}

/** What goes wrong: each kind as often as it happened. */
function faultsOf(happened: Map<string, number>) {
  const happens = (what: string) => happened.set(what, (happened.get(what) ?? 0) + 1);
  const pause = (least: number, most: number) => sleep(choices.between(least, most));
  const ended = (what: string, signal: 'SIGTERM' | 'SIGKILL', which: () => ServerProcess[]) => async () => {
    const those = which();
    await Promise.all(those.map((server) => server.end(signal)));
    happens(what);
    await pause(100, 600);
    await Promise.all(those.map((server) => server.start()));
  };
  const restarted = (what: string, signal: 'SIGINT' | 'SIGQUIT' | 'SIGKILL') => async () => {
    await postgres.restart(signal, choices.between(0, 800));
    happens(what);
  };
  const terminated = (what: string, name: string) => async () => {
    if ((await postgres.terminate(name)) > 0) happens(what);
  };
  /** To some of the connections that have been there for a moment. */
  const toSome = (what: string, share: number, fault: (connection: ProxiedConnection) => void) => async () => {
    const some = choices.some(proxy.connections, share);
    for (const connection of some) fault(connection);
    if (some.length > 0) happens(what);
  };
  return {
    ofServers: [
      ended('a server is killed with -9', 'SIGKILL', () => [choices.one(servers)]),
      ended('a server is stopped with TERM', 'SIGTERM', () => [choices.one(servers)]),
      ended('both servers are killed with -9', 'SIGKILL', () => servers),
      restarted('the database is restarted at once (immediate)', 'SIGQUIT'),
      restarted('the database is restarted in order (fast)', 'SIGINT'),
      restarted('the database is killed with -9', 'SIGKILL'),
      terminated('the connections that listen are ended', 'lotline tail'),
      terminated('the connections of the pools are ended', 'lotline'),
      async () => {
        postgres.way.cut();
        happens('the way to the database is cut');
      },
    ],
    ofConnections: [
      toSome('connections are cut', 0.4, (connection) => connection.cut()),
      toSome('bytes to the server are delayed', 0.3, (connection) => connection.delay('server', choices.between(20, 400))),
      toSome('bytes to the client are delayed', 0.3, (connection) => connection.delay('client', choices.between(20, 400))),
      toSome('the direction to the server is closed', 0.2, (connection) => connection.halfClose('server')),
      toSome('the direction to the client is closed', 0.2, (connection) => connection.halfClose('client')),
      toSome('bytes are swallowed', 0.05, (connection) => connection.swallow()),
    ],
  };
}

/** Deals from a deck that is shuffled anew each time it is through; the first time to its end, however slow the machine is. */
async function deal(deck: readonly (() => Promise<void>)[], until: number, rest: () => number): Promise<void> {
  for (let time = 1; ; time++)
    for (const fault of choices.shuffled(deck)) {
      if (time > 1 && Date.now() > until) return;
      await fault();
      await sleep(rest());
    }
}

/** What was heard beside what should have been, so that a person sees where they part. */
function difference(heard: readonly string[], expected: readonly string[]): string {
  const times = (lines: readonly string[], line: string) => lines.filter((each) => each === line).length;
  const lost = expected.filter((line) => !heard.includes(line));
  const strange = heard.filter((line) => !expected.includes(line));
  const doubled = [...new Set(heard)].filter((line) => times(heard, line) > times(expected, line) && times(expected, line) > 0);
  const first = expected.findIndex((line, index) => line !== heard[index]);
  const some = (name: string, lines: string[]) => (lines.length > 0 ? ` ${lines.length} ${name}: ${lines.slice(0, 5).join(', ')};` : '');
  return (
    `heard ${heard.length} of ${expected.length};${some('lost', lost)}${some('heard twice', doubled)}${some('not its own', strange)}` +
    ` first at place ${first < 0 ? expected.length : first}: heard ${heard[first < 0 ? expected.length : first]}, not ${expected[first]}`
  );
}

test(
  'every subscriber hears the committed history that is its own once and in order, whatever ends beneath it',
  async () => {
    const wrong: string[] = [];
    const subscriptions = subscriptionsOf();
    expect(new Set(subscriptions.map((each) => JSON.stringify(filterOf(each)))).size).toBe(SUBSCRIBERS);
    let end: bigint | null = null;
    const start = { position: BigInt(begin.position) as never, command: begin.command, told: null };
    const followers = await Promise.all(
      subscriptions.map(
        async (subscription) =>
          new Follower({
            transport: subscription.transport,
            port: proxy.port,
            query: QUERIES[subscription.kind],
            filter: filterOf(subscription),
            after: cursors.encode(start, subscription.viewer.name),
            token: await tokenOf(subscription.viewer),
            lineOf: LINES[subscription.kind],
            isDone: (cursor) => {
              if (end === null) return false;
              const { position, told } = cursors.decode(cursor, subscription.viewer.name);
              return told === null && position >= end;
            },
          }),
      ),
    );
    const following = followers.map((follower) => follower.follow());

    const until = Date.now() + SECONDS * 1000;
    const admin = (await tokenOf(ADMINISTRATOR))!;
    const acknowledged: string[] = [];
    let isOver = false;
    const writing = handlers.map(async ({ certificate }, writer) => {
      for (let count = 0; !isOver; count++) {
        const standing = {
          idempotencyKey: `standing ${writer} ${count}`,
          operationCertificate: globalId('OperationCertificate', certificate),
          status: STATUSES[count % 2],
          effectiveFrom: new Date(Date.UTC(1995, 0, 1) + count * 86_400_000).toISOString().slice(0, 10),
          reason: 'to be heard of',
        };
        await give('changeOperationCertificateStatus', 'ChangeOperationCertificateStatusInput', standing, admin, wrong);
        acknowledged.push(standing.idempotencyKey);
        const harvest = {
          idempotencyKey: `lot ${writer} ${count}`,
          producer: globalId('Operation', farms[writer]!.id),
          product: globalId('Product', products[(writer + count) % products.length]!),
          code: `${writer}-${count}`,
          quantity: { value: '1', unit: 'KGM' },
        };
        await give('recordHarvest', 'RecordHarvestInput', harvest, admin, wrong);
        acknowledged.push(harvest.idempotencyKey);
        await sleep(40);
      }
    });
    const happened = new Map<string, number>();
    const { ofServers, ofConnections } = faultsOf(happened);
    const chaos = [deal(ofServers, until, () => choices.between(500, 1800)), deal(ofConnections, until, () => choices.between(200, 600))];
    await Promise.all(chaos);
    isOver = true;
    await Promise.all(writing);

    const database = await Database.open(postgres.url);
    const history = await database.query<Written & { key: string }>(
      `select c.key, case e.type when 'lot.born' then 'lot' else 'standing' end as kind, o.id as operation, oc.certifier,
         e.payload->>'to' as to, l.product,
         case e.type when 'lot.born' then o.identifier || ' HARVESTED ' || l.code || ' of ' || p.name
           else o.identifier || ' ' || (e.payload->>'to') || ' ' || (e.payload->>'effectiveFrom') end as line
       from command c join event e on e.command = c.id
         left join lot l on e.type = 'lot.born' and l.id = e.subject left join product p on p.id = l.product
         join operation o on o.id = coalesce(l.producer, (e.payload->>'operation')::uuid)
         join operation_certificate oc on oc.operation = o.id
       where e.type in ('lot.born', 'operation-certificate.status-changed') and c.position > $1 order by c.position, e.ordinal`,
      [begin.position],
    );
    const [last] = await database.query<{ position: string }>('select position from log_counter');
    await database.close();
    end = BigInt(last!.position);
    for (const follower of followers) follower.look();
    const late = setTimeout(() => {
      for (const follower of followers) follower.stop();
    }, HEARD_WITHIN_MS);
    await Promise.all(following);
    clearTimeout(late);

    // Every command was carried out once: neither one that was acknowledged is missing, nor one that was repeated there twice.
    const unwritten = acknowledged.filter((key) => history.filter((each) => each.key === key).length !== 1);
    const unexpected = history.filter(({ key }) => !acknowledged.includes(key));
    if (unwritten.length + unexpected.length > 0)
      wrong.push(`acknowledged, and not there once: ${unwritten}; there, and not acknowledged: ${unexpected.map(({ key }) => key)}`);
    for (const [index, follower] of followers.entries()) {
      const subscription = subscriptions[index]!;
      const expected = history.filter((each) => hears(subscription, each)).map(({ line }) => line);
      const name = `client ${index} (${described(subscription)}, opened ${follower.opened} times)`;
      if (follower.heard.join('\n') !== expected.join('\n')) wrong.push(`${name} ${difference(follower.heard, expected)}`);
      wrong.push(...follower.wrong.slice(0, 3).map((each) => `${name}: ${each}`));
      if (follower.opened < 2) wrong.push(`${name} was never disturbed`);
    }
    for (const server of servers) wrong.push(...server.crashes.map((crash) => `a server ended by itself: ${crash}`));
    const complaints = servers.flatMap((server) => server.complaints);
    const told = [...happened].map(([what, times]) => `${times} × ${what}`).join('; ');
    const silences = followers.reduce((sum, follower) => sum + follower.silences, 0);
    const summary = `LIVE_CHAOS_SEED=${SEED}: ${history.length} commands in ${SECONDS} s; ${followers.reduce((sum, { heard }) => sum + heard.length, 0)} changes heard; streams opened ${followers.reduce((sum, { opened }) => sum + opened, 0)} times, ${silences} of them after a silence; ${told}`;
    process.stderr.write(`${summary}\n`);
    if (wrong.length > 0)
      throw new Error(`${summary}\n${wrong.slice(0, 40).join('\n')}\nthe servers' last complaints:\n${complaints.join('\n')}`);

    // It was no quiet day: everything that can go wrong here has.
    expect(happened.size).toBe(ofServers.length + ofConnections.length);
    expect(silences).toBeGreaterThan(0);
    expect(history.length).toBeGreaterThan(WRITERS * 4);
    const heardOf = (wanted: (each: Subscription) => boolean) =>
      followers.reduce((sum, { heard }, index) => sum + (wanted(subscriptions[index]!) ? heard.length : 0), 0);
    for (const transport of TRANSPORTS)
      for (const kind of ['ANALYST', 'OPERATION', 'CERTIFIER'])
        expect(heardOf((each) => each.kind === 'lot' && each.transport === transport && each.viewer.kind === kind)).toBeGreaterThan(0);
  },
  (SECONDS + 150) * 1000,
);
