import { ADMINISTRATOR } from '@lotline/server/dist/access';
import { Runner } from '@lotline/server/dist/commands';
import { Database } from '@lotline/server/dist/database';
import { startWorker } from '@lotline/server/dist/jobs';
import { followOf, tasksOf } from '@lotline/server/dist/later';
import { changeOperationCertificateStatus } from '@lotline/server/dist/operations';
import { NOBODY_OUTSIDE } from '@lotline/server/dist/outside';
import { WebSocket } from 'ws';
import { answerOf, askGraph } from './ask';
import { inChild } from './child';
import type { ServerPlace, ServerTask } from './children/trace-server';
import { withClient } from './cluster';
import { against, type Figure, median, part } from './figures';

const SUBSCRIBE = 'subscription { noticeGiven { cursor sequence change { kind message lot { code } shipment { reference } } } }';
/** No message for so long, and no job: all have been told. */
const QUIET_MS = 1500;
const LOST_SINCE = '2020-01-02';

interface Producer {
  certificate: string;
  operation: string;
  lots: number;
}

/** Farms of a network that harvested most, and so many more spread over all. */
const PRODUCERS = `select distinct on (c.operation) c.id as certificate, c.operation, (select count(*)::int from lot l where l.producer = c.operation) as lots
  from operation_certificate c where exists (select from lot l where l.producer = c.operation and l.kind = 'HARVEST') order by c.operation`;

/** The same lots by a bare walk, with their holders. */
const FLOOR = `with recursive reached(lot) as (
    select l.id from lot l where l.producer = $1 union select u.output from reached r join lot_input u on u.input = r.lot and u.retracted_by is null
  ) select count(*) from reached r join holding h on h.lot = r.lot and h.grams > 0`;

const IMPACT = 'query ($id: ID!) { node(id: $id) { ... on OperationCertificate { impact { lots } } } }';

/** The lots that hang on a producer, by a bare walk. */
const HANGING = `with recursive reached(lot) as (
    select l.id from lot l join product p on p.id = l.product and p.organic where l.producer = $1
    union select u.output from reached r join lot_input u on u.input = r.lot and u.retracted_by is null
  ) select count(*)::int as lots from reached`;

/**
 * How long it takes to say what hangs on a certificate, beside a bare walk, milliseconds.
 * @throws Error where the two do not find the same
 */
async function impactVersusWalk(
  url: string,
  { url: server, token }: ServerPlace,
  { certificate, operation }: Producer,
): Promise<[number, number]> {
  const id = Buffer.from(`OperationCertificate:${certificate}`).toString('base64url');
  const asked = performance.now();
  const answer = (await answerOf(server, askGraph(token, IMPACT, { id }))) as { data: { node: { impact: { lots: number } } } };
  const answered = performance.now();
  const walked = await withClient(url, (client) => client.query<{ lots: number }>(HANGING, [operation]));
  const ours = answer.data.node.impact.lots;
  const theirs = walked.rows[0]!.lots;
  if (ours !== theirs) throw new Error(`${ours} lots hang on ${certificate}, and a bare walk finds ${theirs}`);
  return [answered - asked, performance.now() - answered];
}

/** Follows notices as an analyst: how many came, and when the last did. */
async function follow({ url, token }: ServerPlace): Promise<{ socket: WebSocket; told: { count: number; last: number } }> {
  const told = { count: 0, last: 0 };
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  await new Promise<void>((done, failed) => {
    socket.once('error', failed);
    socket.once('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: token } })));
    socket.on('message', (data: Buffer) => {
      const text = data.toString();
      if (text.startsWith('{"type":"connection_ack"'))
        socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: SUBSCRIBE } }));
      else if (text.includes('"change":null')) done();
      else if (text.includes('"errors"')) failed(new Error(text));
      else {
        told.count++;
        told.last = performance.now();
      }
    });
  });
  return { socket, told };
}

/** From the commit that suspends a producer to the last message about what it hits, beside a bare walk of the same lots. */
export async function standingVersusClosure(url: string, times: number, say: (line: string) => void): Promise<Figure[]> {
  const database = await Database.open(url);
  const runner = new Runner(database, followOf(NOBODY_OUTSIDE, false));
  const worker = await startWorker(database, tasksOf(runner), {
    info: () => {},
    error: (what, words) => say(`${words} ${JSON.stringify(what)}`),
  });
  const server = await inChild<ServerTask, ServerPlace>('trace-server', { url });
  try {
    const all = await database.query<Producer>(PRODUCERS);
    const largest = [...all].sort((a, b) => b.lots - a.lots)[0]!;
    const every = Math.max(1, Math.floor(all.length / times));
    const producers = [largest, ...all.filter((each, index) => index % every === 0 && each !== largest)].slice(0, times);
    const { socket, told } = await follow(server.answer);
    const delays: number[] = [];
    const floors: number[] = [];
    const counts: number[] = [];
    const impacts: [number, number][] = [];
    for (const producer of producers) {
      const { certificate, operation } = producer;
      impacts.push(await impactVersusWalk(url, server.answer, producer));
      const floor = performance.now();
      await withClient(url, (client) => client.query(FLOOR, [operation]));
      floors.push(performance.now() - floor);
      const before = told.count;
      const input = {
        idempotencyKey: `suspend ${certificate}`,
        operationCertificate: Buffer.from(`OperationCertificate:${certificate}`).toString('base64url'),
        status: 'SUSPENDED',
        effectiveFrom: LOST_SINCE,
        reason: 'a benchmark',
      };
      await runner.execute(changeOperationCertificateStatus, ADMINISTRATOR, [input], input.idempotencyKey);
      const committed = performance.now();
      for (let quiet = committed; performance.now() - Math.max(quiet, told.last) < QUIET_MS; ) {
        await new Promise((done) => setTimeout(done, 50));
        const [waiting] = await database.query("select from graphile_worker.jobs where task_identifier = 'lost-standing'");
        if (waiting) quiet = performance.now();
      }
      if (told.count === before) continue;
      counts.push(told.count - before);
      delays.push(told.last - committed);
    }
    socket.terminate();
    const sorted = [...delays].sort((a, b) => a - b);
    const p99 = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))]!;
    const most = Math.max(...counts);
    say(
      `${delays.length} producers suspended: ${median(counts)} notices, at most ${most}; last after ${median(delays).toFixed(0)} ms, p99 ${p99.toFixed(0)} ms`,
    );
    const name = `a suspended producer, commit to last notice (${median(counts)} of them, at most ${most})`;
    return [
      against(`${name}, p50`, 'ms', median(delays), 'a bare walk of its lots with their holders', median(floors)),
      part('the same, p99', 'ms', p99),
      against(
        'what hangs on a certificate, to the lot as a bare walk finds it, p50',
        'ms',
        median(impacts.map(([ours]) => ours)),
        'the bare walk',
        median(impacts.map(([, walk]) => walk)),
      ),
    ];
  } finally {
    await worker.stop();
    await server.stop();
    await database.close();
  }
}
