import { answerOf, askGraph } from './ask';
import { type Root, rootsAhead, rootsWith } from './behind';
import { inChild } from './child';
import type { ClosureTask } from './children/closure-floor';
import type { ServerPlace, ServerTask } from './children/trace-server';
import { against, type Figure } from './figures';
import type { FloorPlace, FloorTask } from './floor';
import { type Ask, inTurn } from './load';
import type { Network } from './network';

/** Lots behind the lot whose origin is asked, and lots that are recalled, of a network of 100,000. */
const BEHIND = 1200;
const RECALLED = 28_000;
const FULL = 100_000;
/** Most lots that one recall names. */
const MOST_ROOTS = 1000;
const TIMES = 11;
const FLOOR = 'pg fetching the closure with its masses';

const ORIGIN = `query ($code: String!) { lot(code: $code) {
  origin { unknown countries { country kilograms } farms(first: 500) { nodes { operation { name } kilograms share lots } } } } }`;
const BEHIND_IT = 'query ($code: String!) { lot(code: $code) { trace(direction: BACK) { summary { lots } } } }';
const RECALL =
  'query ($lots: [ID!]!) { recall(lots: $lots) { lots kilograms holders(first: 500) { totalCount nodes { operation { name } held fromRoot } } } }';
const IDS = 'query ($codes: [String!]) { lots(filter: { codes: $codes }, first: 500) { nodes { id } } }';

/** Origin of a blend and recall of a harvest, to the gram, beside the statement that fetches what they are computed from. */
export async function massesVersusClosure(url: string, network: Network, say: (line: string) => void): Promise<Figure[]> {
  const server = await inChild<ServerTask, ServerPlace>('trace-server', { url });
  const floor = await inChild<FloorTask, FloorPlace>('closure-floor', { url });
  try {
    const ask = (query: string, variables: object) => askGraph(server.answer.token, query, variables);
    const askFloor = (task: ClosureTask): Ask => ({ method: 'POST', path: '/', body: JSON.stringify(task) });
    const [blend] = rootsWith(network, [BEHIND]) as [Root];
    const wanted = Math.round((RECALLED * network.lots) / FULL);
    const recalled = rootsAhead(network, wanted, MOST_ROOTS);
    const ids: string[] = [];
    for (let at = 0; at < recalled.length; at += 500) {
      const { lots } = await dataOf(server.answer.url, ask(IDS, { codes: recalled.slice(at, at + 500) }));
      ids.push(...lots.nodes.map(({ id }: { id: string }) => id));
    }

    const behind = (await dataOf(server.answer.url, ask(BEHIND_IT, { code: blend.code }))).lot.trace.summary.lots;
    const { recall } = await dataOf(server.answer.url, ask(RECALL, { lots: ids }));
    const comparisons = [
      {
        name: `origin of a lot with ${behind} behind it`,
        lots: behind + 1,
        ours: ask(ORIGIN, { code: blend.code }),
        floor: askFloor({ direction: 'BACK', codes: [blend.code] }),
      },
      {
        name: `recall of ${recalled.length} lots, ${recall.lots} with what they became`,
        lots: recall.lots,
        ours: ask(RECALL, { lots: ids }),
        floor: askFloor({ direction: 'FORWARD', codes: recalled }),
      },
    ];
    const figures: Figure[] = [];
    for (const { name, lots, ...asks } of comparisons) {
      const fetched = (await answerOf(floor.answer.url, asks.floor)) as { lots: number };
      if (fetched.lots !== lots) throw new Error(`${name}: the floor fetches ${fetched.lots} lots, the server follows ${lots}`);
      const ours = await inTurn(server.answer.url, asks.ours, TIMES);
      const peer = await inTurn(floor.answer.url, asks.floor, TIMES);
      say(`${name}: ${ours.toFixed(0)} ms, floor ${peer.toFixed(0)} ms`);
      figures.push(against(`${name}, median of ${TIMES}`, 'ms', ours, FLOOR, peer));
    }
    return figures;
  } finally {
    await Promise.all([server.stop(), floor.stop()]);
  }
}

// biome-ignore lint/suspicious/noExplicitAny: the answers of four documents, each checked by what is read of it
async function dataOf(url: string, ask: Ask): Promise<any> {
  const { data, errors } = (await answerOf(url, ask)) as { data: unknown; errors?: unknown };
  if (errors) throw new Error(`${ask.body?.slice(0, 200)} answered ${JSON.stringify(errors).slice(0, 500)}`);
  return data;
}
