import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { startWorker } from '@lotline/server/jobs';
import { webhookTasks } from '@lotline/server/later';
import { Keeping } from '@lotline/server/webhooks';
import { type As, csv, type GraphQLAnswer, type Lotline, startLotline } from '../support/lotline';
import { type Received, Receiver } from '../support/receiver';

// What happens is sent to whoever cannot hold a socket: signed, in the order of each noun, again for three days, and under the rights of who asked.

const [FARM, MILL, STRANGER] = ['W:FARM', 'W:MILL', 'W:STRANGER'] as const;
const farm: As = { operation: FARM };
const mill: As = { operation: MILL };
const SILENT = { info: () => {}, error: () => {} };
const QUERY = 'subscription ($filter: LotFilter) { lotEvents(filter: $filter) { change { kind kilograms lot { code } } } }';
const TIMEOUT_MS = 500;

let lotline: Lotline;
let receiver: Receiver;
let keeping: Keeping;
let sender: { stop(): Promise<void> };
let given = 0;
const ids: Record<string, string> = {};
const faults: unknown[] = [];

const ask = (command: string, input: object, as: As, answer = ''): Promise<GraphQLAnswer> => {
  const type = `${command[0]!.toUpperCase()}${command.slice(1)}Input`;
  return lotline.ask(
    `mutation ($input: ${type}!) { done: ${command}(input: $input) { cursor ${answer} } }`,
    { input: { idempotencyKey: `w-${++given}`, ...input } },
    as,
  );
};
const give = async (command: string, input: object, as: As, answer = ''): Promise<any> => {
  const { data, errors } = await ask(command, input, as, answer);
  if (errors) throw new Error(JSON.stringify(errors, null, 2));
  return data.done;
};
const reasonsOf = ({ errors }: GraphQLAnswer): string[] =>
  errors
    ?.flatMap(({ extensions }) => extensions.reasons ?? [extensions])
    .map(({ code, path }: any) => `${code} ${path?.slice(1).join('.') ?? ''}`.trim()) ?? [];

interface Created {
  id: string;
  secret: string;
  path: string;
}
let paths = 0;
async function create(as: As = farm, more: object = {}): Promise<Created> {
  const path = `/${++paths}`;
  const { webhook, secret } = await give('createWebhook', { url: receiver.url + path, query: QUERY, ...more }, as, 'webhook { id } secret');
  return { id: webhook.id, secret, path };
}
const harvest = async (code: string, quantity = 10): Promise<string> =>
  (
    await give(
      'recordHarvest',
      {
        producer: ids[FARM],
        product: ids.product,
        code,
        quantity: { value: String(quantity), unit: 'KGM' },
        producedOn: '2025-01-01',
        country: 'TR',
      },
      farm,
      'lot { id }',
    )
  ).lot.id;
const lose = (lot: string, quantity: number) =>
  give(
    'recordLoss',
    { lot, holder: ids[FARM], kind: 'MOISTURE', quantity: { value: String(quantity), unit: 'KGM' }, on: '2025-01-02' },
    farm,
  );
const at = ({ path }: Created): Received[] => receiver.received.filter((each) => each.path === path);
/** What was received, in short. */
const told = (webhook: Created): string[] =>
  at(webhook).map(({ body }) => {
    const { type, data } = JSON.parse(body);
    return type === 'lotEvents' ? `${data.change.lot.code} ${data.change.kind} ${data.change.kilograms}` : type;
  });
async function until(fits: () => boolean | Promise<boolean>, what: () => unknown = () => ''): Promise<void> {
  for (const end = Date.now() + 15_000; !(await fits()); await sleep(20))
    if (Date.now() > end) throw new Error(`not so: ${JSON.stringify(what())}`);
}
const heard = (webhook: Created, count: number) =>
  until(
    () => at(webhook).length >= count,
    () => told(webhook),
  );
/** The time has come to send again what was sent in vain. */
const later = () =>
  lotline.database.query(
    `with due as (update webhook_delivery set next_at = now() where settled_at is null returning id)
     update graphile_worker._private_jobs set run_at = now() where key like 'webhook %' and locked_at is null`,
  );
const look = async ({ id }: Created, as: As = farm): Promise<any> =>
  (
    await lotline.data(
      '{ webhooks { id url state reason pending formerUntil deliveries { messageId state attempts status message nextAt body } } }',
      {},
      as,
    )
  ).webhooks.find((each: any) => each.id === id);
/** Does a message verify, as Standard Webhooks say? */
const verifies = ({ headers, body }: Received, secret: string): boolean => {
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const signature = createHmac('sha256', key).update(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`).digest('base64');
  return headers['webhook-signature']!.split(' ').includes(`v1,${signature}`);
};

const open = async () => {
  sender = await startWorker(
    lotline.database,
    webhookTasks(lotline.database, { privateAddresses: true, timeoutMs: TIMEOUT_MS }),
    SILENT,
    4,
  );
  keeping = new Keeping({ ...lotline, live: lotline.server.live, warn: (error) => faults.push(error) });
};
const close = async () => {
  await keeping.stop();
  await sender.stop();
};

beforeAll(async () => {
  lotline = await startLotline({ pollMs: 100, heartbeatMs: 200 });
  receiver = await new Receiver().start();
  await lotline.import({
    'certifiers.csv': csv([{ certifier: 'ZW1', name: 'Certifier of webhooks (invented)' }]),
    'operations.csv': csv([FARM, MILL, STRANGER].map((operation) => ({ operation, name: operation, country: 'TR', roles: 'handler' }))),
    'products.csv': csv([{ product: 'Wheat', hts: '1001.99.0000', organic: 'yes' }]),
    'operation_certificates.csv': csv([{ operation: FARM, certifier: 'ZW1', status: 'CERTIFIED', effective_from: '2020-01-01' }]),
  });
  const global = (type: string, id: string) => Buffer.from(`${type}:${id}`).toString('base64url');
  for (const { id, identifier } of await lotline.database.query<{ id: string; identifier: string }>('select id, identifier from operation'))
    ids[identifier] = global('Operation', id);
  ids.product = global('Product', (await lotline.database.query<{ id: string }>('select id from product'))[0]!.id);
  await open();
});
beforeEach(() => {
  receiver.answer = () => ({ status: 204 });
});
afterAll(async () => {
  await close();
  await lotline.close();
  await receiver.stop();
  expect(faults).toEqual([]);
});

test('what happens after its creation is sent, signed, and nothing that its owner does not see', async () => {
  const before = await harvest('W-BEFORE');
  const [own, theirs] = [await create(), await create(mill)];
  await harvest('W-1');
  await lose(before, 1);
  await heard(own, 2);
  // The order is that of each lot.
  expect(told(own).sort()).toEqual(['W-1 HARVESTED 10', 'W-BEFORE LOST 1']);
  for (const message of at(own)) {
    expect(verifies(message, own.secret)).toBe(true);
    expect(message.headers).toMatchObject({
      'webhook-id': expect.stringMatching(/^msg_[\w-]{27}$/),
      'content-type': 'application/json; charset=utf-8',
    });
    expect(Math.abs(Number(message.headers['webhook-timestamp']) - Date.now() / 1000)).toBeLessThan(60);
    expect(JSON.parse(message.body)).toEqual({
      type: 'lotEvents',
      timestamp: expect.any(String),
      data: { cursor: expect.any(String), change: expect.any(Object) },
    });
  }
  await sleep(300);
  expect(at(theirs)).toEqual([]);
  const seen = await look(own);
  expect(seen).toMatchObject({
    state: 'ACTIVE',
    pending: 0,
    deliveries: [{ state: 'DELIVERED', attempts: 1, status: 204 }, { state: 'DELIVERED' }],
  });
  expect(await look(own, mill)).toBeUndefined();
  expect(await look(own, 'admin')).toBeUndefined();
});

test('a filter, and a beginning of its own', async () => {
  const { cursor } = await give(
    'recordHarvest',
    {
      producer: ids[FARM],
      product: ids.product,
      code: 'W-EARLY',
      quantity: { value: '1', unit: 'KGM' },
      producedOn: '2025-01-01',
      country: 'TR',
    },
    farm,
  );
  await harvest('W-A');
  await harvest('W-B');
  const webhook = await create(farm, { after: cursor, variables: { filter: { codes: ['W-B'] } } });
  const all = await create(farm, { after: cursor });
  await heard(webhook, 1);
  await heard(all, 2);
  expect(told(webhook)).toEqual(['W-B HARVESTED 10']);
  expect(told(all).sort()).toEqual(['W-A HARVESTED 10', 'W-B HARVESTED 10']);
});

test('a receiver that fails hears each once in the end, what is about one lot in its order; about others it does not wait', async () => {
  const webhook = await create();
  const [bad, good] = [await harvest('W-BAD'), await harvest('W-GOOD')];
  await heard(webhook, 2);
  let many = 0;
  const ANSWERS = [
    { status: 500 },
    'CUT',
    'STALL',
    { status: 302, headers: { location: `${receiver.url}/elsewhere` } },
    { status: 400 },
  ] as const;
  receiver.answer = ({ path, body }) =>
    path === webhook.path && body.includes('W-BAD') && many < ANSWERS.length ? ANSWERS[many++]! : { status: 200 };
  for (const mass of [1, 2, 3]) await lose(bad, mass);
  for (const mass of [1, 2]) await lose(good, mass);
  await until(() => told(webhook).filter((each) => each.startsWith('W-GOOD LOST')).length === 2);
  const messages = new Map<number, string>();
  await until(async () => {
    const { deliveries, pending } = await look(webhook);
    const again = deliveries.find(({ state }: any) => state === 'RETRYING');
    if (again) {
      messages.set(again.attempts, again.message);
      // Its worker has put it down by then.
      await sleep(100);
      await later();
      await until(async () =>
        (await look(webhook)).deliveries.every(({ state, attempts }: any) => state !== 'RETRYING' || attempts > again.attempts),
      );
    }
    return pending === 0;
  });
  expect([...messages.values()]).toEqual([
    'it answered 500',
    'it cannot be reached (ECONNRESET)',
    'it did not answer in time',
    'it answered 302, and redirections are not followed',
    'it answered 400',
  ]);
  const bads = told(webhook).filter((each) => each.startsWith('W-BAD LOST'));
  expect(bads).toEqual([...Array(6).fill('W-BAD LOST 1'), 'W-BAD LOST 2', 'W-BAD LOST 3']);
  const first = at(webhook).filter(({ body }) => body.includes('"kilograms":"1"') && body.includes('W-BAD'));
  expect(new Set(first.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  expect(receiver.received.some(({ path }) => path === '/elsewhere')).toBe(false);
});

test('what was sent in vain for three days is given up, shown, and sent again from a cursor under the same id', async () => {
  const webhook = await create();
  const { cursor } = await give(
    'recordHarvest',
    {
      producer: ids[FARM],
      product: ids.product,
      code: 'W-START',
      quantity: { value: '5', unit: 'KGM' },
      producedOn: '2025-01-01',
      country: 'TR',
    },
    farm,
  );
  await heard(webhook, 1);
  receiver.answer = () => ({ status: 503 });
  const lot = await harvest('W-DEAD');
  await until(async () => (await look(webhook)).deliveries[0]?.state === 'RETRYING');
  await lotline.database.query(`update webhook_delivery set first_tried_at = now() - interval '3 days' where settled_at is null`);
  await later();
  await until(async () => (await look(webhook)).deliveries[0]?.state === 'FAILED');
  receiver.answer = () => ({ status: 200 });
  // What comes after it is told.
  await lose(lot, 1);
  await until(() => told(webhook).at(-1) === 'W-DEAD LOST 1');
  const count = at(webhook).length;
  await give('replayWebhook', { webhook: webhook.id, after: cursor }, farm);
  await heard(webhook, count + 2);
  expect(told(webhook).slice(count)).toEqual(['W-DEAD HARVESTED 10', 'W-DEAD LOST 1']);
  const idsOf = (words: string) =>
    new Set(
      at(webhook)
        .filter((_, place) => told(webhook)[place] === words)
        .map(({ headers }) => headers['webhook-id']),
    );
  expect(idsOf('W-DEAD HARVESTED 10').size).toBe(1);
  expect(idsOf('W-DEAD LOST 1').size).toBe(1);
  expect((await look(webhook)).deliveries.every(({ state }: any) => state === 'DELIVERED')).toBe(true);
});

test('a server that ends and another that begins lose nothing and send nothing twice', async () => {
  const webhook = await create();
  await harvest('W-R1');
  await heard(webhook, 1);
  await close();
  await harvest('W-R2');
  await open();
  const other = new Keeping({ ...lotline, live: lotline.server.live, warn: (error) => faults.push(error) });
  await harvest('W-R3');
  await heard(webhook, 3);
  await sleep(500);
  await other.stop();
  expect(told(webhook).sort()).toEqual(['W-R1 HARVESTED 10', 'W-R2 HARVESTED 10', 'W-R3 HARVESTED 10']);
});

test('a new secret signs beside the one before, which is shown once', async () => {
  const webhook = await create();
  const input = { webhook: webhook.id, idempotencyKey: `rotate ${webhook.id}` };
  const { secret } = await give('rotateWebhookSecret', input, farm, 'secret');
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(secret).not.toBe(webhook.secret);
  expect((await give('rotateWebhookSecret', input, farm, 'secret')).secret).toBeNull();
  await give('testWebhook', { webhook: webhook.id }, farm);
  await heard(webhook, 1);
  const [ping] = at(webhook);
  expect(JSON.parse(ping!.body)).toMatchObject({ type: 'test', data: {} });
  expect([webhook.secret, secret].map((each) => verifies(ping!, each))).toEqual([true, true]);
  expect((await look(webhook)).formerUntil).not.toBeNull();
  await lotline.database.query('update webhook set former_until = now() where id = $1', [webhook.id]);
  await give('testWebhook', { webhook: webhook.id }, farm);
  await heard(webhook, 2);
  expect([webhook.secret, secret].map((each) => verifies(at(webhook)[1]!, each))).toEqual([false, true]);
  const log =
    JSON.stringify(await lotline.database.query('select payload from event')) +
    JSON.stringify(await lotline.database.query('select outcome from idempotency_key'));
  for (const each of [secret, webhook.secret]) expect(log).not.toContain(each.slice(6, 30));
});

test('a key has webhooks of its own, within its scopes, as long as it is good', async () => {
  const key = async (scopes: string[]) => {
    const { key: made, secret } = await give(
      'createKey',
      { operation: ids[FARM], name: 'partner', scopes, expiresOn: new Date(Date.now() + 86_400_000).toISOString().slice(0, 10) },
      farm,
      'key { id } secret',
    );
    return { id: made.id, as: { key: secret } as As };
  };
  const [lots, papers] = [await key(['LOTS']), await key(['DOCUMENTS'])];
  expect(reasonsOf(await ask('createWebhook', { url: receiver.url, query: QUERY }, papers.as))).toEqual(['FORBIDDEN query']);
  const webhook = await create(lots.as);
  expect((await lotline.data('{ webhooks { id } }', {}, papers.as)).webhooks).toEqual([]);
  for (const as of [papers.as, farm])
    expect(reasonsOf(await ask('deleteWebhook', { webhook: webhook.id }, as))).toEqual(['NOT_FOUND webhook']);
  await harvest('W-K1');
  await heard(webhook, 1);
  await give('revokeKey', { key: lots.id }, farm);
  await harvest('W-K2');
  await until(
    async () =>
      (await lotline.database.query<{ state: string }>('select state from webhook where id = $1', [webhook.id]))[0]!.state === 'PAUSED',
  );
  expect(told(webhook)).toEqual(['W-K1 HARVESTED 10']);
});

test('what is not its owner’s to see any more is not sent, however long it has waited', async () => {
  const assignment = await give(
    'assignBroker',
    { importer: ids[FARM], broker: ids[MILL], scopes: ['LOTS'], validUntil: new Date(Date.now() + 86_400_000).toISOString() },
    farm,
    'brokerAssignment { id }',
  );
  const webhook = await create(mill);
  receiver.answer = ({ path }) => ({ status: path === webhook.path ? 503 : 204 });
  await harvest('W-B1');
  await until(async () => (await look(webhook, mill)).deliveries[0]?.state === 'RETRYING');
  await give('endBrokerAssignment', { brokerAssignment: assignment.brokerAssignment.id }, farm);
  receiver.answer = () => ({ status: 204 });
  const count = at(webhook).length;
  const kept = async () =>
    (
      await lotline.database.query<{ state: string; message: string }>('select state, message from webhook_delivery where webhook = $1', [
        webhook.id,
      ])
    )[0]!;
  await until(async () => {
    await later();
    return (await kept()).state === 'FAILED';
  });
  expect((await kept()).message).toBe('what it is about is not for its owner to see any more');
  // Nor does the graph show what it said.
  expect((await look(webhook, mill)).deliveries).toEqual([]);
  expect(at(webhook)).toHaveLength(count);
});

test('a URL that is gone pauses it; it goes on where it stood', async () => {
  const webhook = await create();
  receiver.answer = () => ({ status: 410 });
  await harvest('W-G1');
  await until(async () => (await look(webhook)).state === 'PAUSED');
  expect((await look(webhook)).reason).toContain('410');
  await harvest('W-G2');
  receiver.answer = () => ({ status: 200 });
  await give('replayWebhook', { webhook: webhook.id }, farm);
  await until(
    () => ['W-G1', 'W-G2'].every((code) => told(webhook).filter((each) => each === `${code} HARVESTED 10`).length > 0),
    () => told(webhook),
  );
  await until(async () => (await look(webhook)).pending === 0);
});

test('a receiver that stalls, or answers another protocol, holds up no other', async () => {
  const [slow, quick] = [await create(), await create()];
  let answered = 0;
  receiver.answer = ({ path }) => {
    if (path !== slow.path) return { status: 204 };
    return answered++ % 2 === 0 ? 'STALL' : 'UPGRADE';
  };
  for (let each = 0; each < 12; each++) await harvest(`W-S${each}`);
  const begun = Date.now();
  await heard(quick, 12);
  expect(Date.now() - begun).toBeLessThan(10 * TIMEOUT_MS);
  receiver.answer = () => ({ status: 204 });
  await until(async () => {
    await later();
    return (await look(slow)).pending === 0;
  });
  expect(new Set(told(slow)).size).toBe(12);
});

test('what is replayed while it is being sent is sent again', async () => {
  const webhook = await create();
  const { cursor } = await give(
    'recordHarvest',
    {
      producer: ids[FARM],
      product: ids.product,
      code: 'W-F0',
      quantity: { value: '5', unit: 'KGM' },
      producedOn: '2025-01-01',
      country: 'TR',
    },
    farm,
  );
  await heard(webhook, 1);
  let release = () => {};
  const held = new Promise<void>((done) => {
    release = done;
  });
  receiver.hold = ({ body }) => (body.includes('W-F1') ? held : null);
  await harvest('W-F1');
  await heard(webhook, 2);
  await give('replayWebhook', { webhook: webhook.id, after: cursor }, farm);
  await until(async () => (await look(webhook)).deliveries[0].state === 'WAITING');
  receiver.hold = () => null;
  release();
  await until(
    () => told(webhook).filter((each) => each === 'W-F1 HARVESTED 10').length === 2,
    () => told(webhook),
  );
  await until(async () => (await look(webhook)).pending === 0);
});

test('what cannot be sent to is refused, with the place and the remedy', async () => {
  const wrong = async (input: object, as: As = farm) =>
    reasonsOf(await ask('createWebhook', { url: receiver.url, query: QUERY, ...input }, as));
  expect(await wrong({ url: 'ftp://example.com' })).toEqual(['BAD_USER_INPUT url']);
  expect(await wrong({ url: 'https://user:pass@example.com' })).toEqual(['BAD_USER_INPUT url']);
  expect(await wrong({ url: 'nowhere' })).toEqual(['BAD_USER_INPUT url']);
  expect(await wrong({ query: '{ viewer { kind } }' })).toEqual(['BAD_USER_INPUT query']);
  expect(await wrong({ query: 'subscription { lotEvents { cursor } }' })).toEqual(['BAD_USER_INPUT query']);
  expect(await wrong({ query: 'subscription { nothing { change { kind } } }' })).toEqual(['BAD_USER_INPUT query']);
  expect(await wrong({ query: 'subscription {' })).toEqual(['BAD_USER_INPUT query']);
  expect(await wrong({ variables: { filter: { colour: 'red' } } })).toEqual(['BAD_USER_INPUT query']);
  const deep = 'inputs(first: 500) { nodes { input { '.repeat(4);
  const costly = `subscription { lotEvents { change { lot { ${deep} code ${'} } }'.repeat(4)} } } } }`;
  expect(await wrong({ query: costly })).toEqual(['TOO_COSTLY query']);
  expect(await wrong({ variables: { filter: { codes: ['\ud800'] } } })).toEqual(['BAD_USER_INPUT variables']);
  expect(await wrong({ after: 'AAAA' })).toEqual(['BAD_USER_INPUT after']);
  const theirs = (await lotline.ask('{ viewer { kind } }', {}, mill)) as any;
  expect(await wrong({ after: theirs.extensions.cursor })).toEqual(['CURSOR_FOREIGN after']);
  expect(await wrong({}, 'nobody')).toEqual(['UNAUTHENTICATED']);
  expect(reasonsOf(await ask('testWebhook', { webhook: '01920000-0000-7000-8000-000000000000' }, farm))).toEqual(['NOT_FOUND webhook']);
  expect(reasonsOf(await ask('testWebhook', { webhook: 'x' }, farm))).toEqual(['BAD_USER_INPUT webhook']);
});

test('where no operator has allowed it, nothing is sent to the house', async () => {
  const strict = await startLotline({ privateWebhooks: false });
  const create = (url: string) =>
    strict.ask(
      'mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { webhook { id } } }',
      { input: { idempotencyKey: url, url, query: QUERY } },
      'admin',
    );
  for (const url of ['http://example.com/', 'https://127.0.0.1/', 'https://localhost/', 'https://[::1]/', 'https://10.0.0.1/'])
    expect(reasonsOf(await create(url))).toEqual(['REFUSED url']);
  expect((await create('https://hooks.example.com/in')).errors).toBeUndefined();
  await strict.close();
});

test('one that is deleted is told nothing, and is nobody’s any more', async () => {
  const webhook = await create();
  await harvest('W-D1');
  await heard(webhook, 1);
  expect((await give('deleteWebhook', { webhook: webhook.id }, farm, 'webhook { id }')).webhook).toBeNull();
  await harvest('W-D2');
  await sleep(300);
  expect(told(webhook)).toEqual(['W-D1 HARVESTED 10']);
  expect(await look(webhook)).toBeUndefined();
});
