import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { askGraph } from './ask';
import { inChild } from './child';
import type { ServerPlace, ServerTask, Watching } from './children/trace-server';
import { against, type Figure } from './figures';
import { inTurn } from './load';
import type { Network } from './network';
import { workOf } from './work';

const LOOK_UP = 'query ($code: String!) { lot(code: $code) { code kind quantity { kilograms } product { name } producer { name } } }';
const ROUNDS = 5;

/** Takes whatever spans come. */
async function openCollector(): Promise<{ url: string; stop(): void }> {
  const server = createServer((request, response) => {
    request.resume();
    request.once('end', () => response.writeHead(200).end('{}'));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/**
 * The look-up of a lot by a server that counts, and is read every so many answers, beside one that does not; and where none, some or all of it
 * is traced. Measured is what the servers work, in turns, so that whatever else the machine does befalls all of them.
 */
export async function metricsOnVersusOff(url: string, network: Network, answers: number, say: (line: string) => void): Promise<Figure[]> {
  const collector = await openCollector();
  const kinds: [string, Watching][] = [
    ['nothing counted', { counts: false, sampled: null, collector: collector.url }],
    ['metrics on', { counts: true, sampled: null, collector: collector.url }],
    ['metrics on, tracing 0 %', { counts: true, sampled: 0, collector: collector.url }],
    ['metrics on, tracing 1 %', { counts: true, sampled: 0.01, collector: collector.url }],
    ['metrics on, tracing 100 %', { counts: true, sampled: 1, collector: collector.url }],
  ];
  const code = network.files.get('lots.csv')![0]!.code!;
  const servers = await Promise.all(kinds.map(([, watching]) => inChild<ServerTask, ServerPlace>('trace-server', { url, watching })));
  const taken = kinds.map(() => 0);
  try {
    // The first round warms them up.
    for (let round = 0; round <= ROUNDS; round++)
      for (const [index, { answer, pid }] of servers.entries()) {
        const before = workOf(pid);
        await inTurn(answer.url, askGraph(answer.token, LOOK_UP, { code }), Math.ceil(answers / ROUNDS));
        if (kinds[index]![1].counts) await (await fetch(`${answer.url}/metrics`)).text();
        if (round > 0) taken[index]! += workOf(pid) - before;
      }
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
    collector.stop();
  }
  const [peer, ...ours] = taken.map((ms) => ms / answers);
  say(
    `work for the look-up of a lot: ${[peer, ...ours].map((ms) => ms!.toFixed(2)).join(', ')} ms (${kinds.map(([name]) => name).join('; ')})`,
  );
  return ours.map((ms, index) =>
    against(`work for a look-up, ${kinds[index + 1]![0]}`, 'ms', ms, 'nothing counted, nothing traced', peer!),
  );
}
