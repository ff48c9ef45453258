import { askGraph } from './ask';
import { inChild } from './child';
import type { ServerPlace, ServerTask } from './children/trace-server';
import { against, type Figure } from './figures';
import { inTurn } from './load';
import type { Network } from './network';
import { workOf } from './work';

/** A question of one lot, and one of a page of lots with what stands around each. */
const QUESTIONS = {
  'the look-up of a lot':
    'query ($code: String!) { lot(code: $code) { code kind quantity { kilograms } product { name } producer { name } } }',
  'a page of 50 lots': `query ($code: String!) {
    lot(code: $code) { code }
    lots(first: 50) { nodes { code quantity { kilograms } product { name } producer { name country } inputs { nodes { kilograms input { code } } } } }
  }`,
} as const;
const ROUNDS = 5;
/** Questions of the second kind are so much dearer, and asked so much less. */
const FEWER = 5;

/**
 * What a server works for an answer whose cost is counted, charged and told, beside one that sets no budget. Both look at the size and the shape of
 * a document, and at the time. Measured in turns, so that whatever else the machine does befalls both.
 */
export async function limitsOnVersusOff(url: string, network: Network, answers: number, say: (line: string) => void): Promise<Figure[]> {
  const code = network.files.get('lots.csv')![0]!.code!;
  const servers = await Promise.all([false, true].map((limited) => inChild<ServerTask, ServerPlace>('trace-server', { url, limited })));
  const figures: Figure[] = [];
  try {
    for (const [index, [name, query]] of Object.entries(QUESTIONS).entries()) {
      const asked = Math.ceil(answers / (index === 0 ? 1 : FEWER));
      const taken = [0, 0];
      // The first round warms them up.
      for (let round = 0; round <= ROUNDS; round++)
        for (const [which, { answer, pid }] of servers.entries()) {
          const before = workOf(pid);
          await inTurn(answer.url, askGraph(answer.token, query, { code }), Math.ceil(asked / ROUNDS));
          if (round > 0) taken[which]! += workOf(pid) - before;
        }
      const [off, on] = taken.map((ms) => ms / asked) as [number, number];
      say(`work for ${name}: ${on.toFixed(2)} ms with limits, ${off.toFixed(2)} ms without`);
      figures.push(against(`work for ${name}, limits on`, 'ms', on, 'limits off', off));
    }
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
  return figures;
}
