import { isDeepStrictEqual } from 'node:util';
import { askGraph, traceOf } from './ask';
import { type Root, rootsWith } from './behind';
import { inChild } from './child';
import type { ServerPlace, ServerTask } from './children/trace-server';
import { against, type Figure } from './figures';
import type { FloorPlace, FloorTask } from './floor';
import { type Ask, load } from './load';
import type { Network } from './network';

/** Longest page of a list. */
const PAGE = 500;
/** Lots behind the roots that are traced. */
const SIZES = [100, 1000];
const FLOOR = 'json_agg of pg behind node:http';

const QUESTION = (links: boolean) => `query Back($code: String!, $first: Int!, $after: String) {
  lot(code: $code) {
    trace(direction: BACK) {
      lots(first: $first, after: $after) {
        nodes { depth lot { code kind quantity { kilograms } product { name } producer { name } } }
        pageInfo { hasNextPage endCursor }
      }
      ${links ? 'links(first: $first) { nodes { from to kilograms } }' : ''}
    }
  }
}`;

interface Connection<Node> {
  nodes: Node[];
  pageInfo?: { hasNextPage: boolean; endCursor: string };
}

interface TraceAnswer {
  lots: Connection<unknown>;
  links?: Connection<{ kilograms: string }>;
}

/** One question, as both sides are asked it. */
interface Comparison {
  name: string;
  ours: Ask[];
  floor: Ask[];
}

/**
 * A trace back over HTTP beside the least that could answer it, six fields a lot, in the same order and pages of the same length; the
 * answers are compared before either is timed. Both run in a process of their own, over one database.
 */
export async function traceVersusJson(url: string, network: Network, seconds: number, say: (line: string) => void): Promise<Figure[]> {
  const [small, large] = rootsWith(network, SIZES) as [Root, Root];
  const server = await inChild<ServerTask, ServerPlace>('trace-server', { url });
  const floor = await inChild<FloorTask, FloorPlace>('json-floor', { url });
  try {
    const sides: Sides = { server: server.answer, floor: floor.answer };
    const comparisons = [
      await pages(sides, `trace of ${small.behind} lots, whole`, small.code),
      await pages(sides, `trace of ${large.behind} lots, paged to its end, a page`, large.code),
      await firstPage(sides, `trace of ${large.behind} lots, first page of lots`, large.code, false),
      await firstPage(sides, `trace of ${large.behind} lots, first pages of lots and links`, large.code, true),
    ];
    const figures: Figure[] = [];
    for (const { name, ...asks } of comparisons) {
      const ours = await load(sides.server.url, asks.ours, seconds);
      const peer = await load(sides.floor.url, asks.floor, seconds);
      say(`${name}: ${ours.perSecond.toFixed(0)} requests/s, floor ${peer.perSecond.toFixed(0)}`);
      figures.push(against(`${name}, p50`, 'ms', ours.p50, FLOOR, peer.p50));
      figures.push(against(`${name}, rate`, 'requests/s', ours.perSecond, FLOOR, peer.perSecond));
    }
    return figures;
  } finally {
    await Promise.all([server.stop(), floor.stop()]);
  }
}

interface Sides {
  server: ServerPlace;
  floor: FloorPlace;
}

const askServer = ({ server }: Sides, code: string, links: boolean, after: string | null): Ask =>
  askGraph(server.token, QUESTION(links), { code, first: PAGE, after });

const askFloor = (code: string, links: boolean, after: number): Ask => ({
  method: 'GET',
  path: `/?code=${encodeURIComponent(code)}&first=${PAGE}&after=${after}${links ? `&links=${PAGE}` : ''}`,
});

async function firstPage(sides: Sides, name: string, code: string, links: boolean): Promise<Comparison> {
  const [ours, floor] = [askServer(sides, code, links, null), askFloor(code, links, 0)];
  await answerAlike(sides, ours, floor);
  return { name, ours: [ours], floor: [floor] };
}

/** Every page of a trace, from the first to the last. */
async function pages(sides: Sides, name: string, code: string): Promise<Comparison> {
  const comparison: Comparison = { name, ours: [], floor: [] };
  for (let after: string | null = null; ; ) {
    const ours: Ask = askServer(sides, code, false, after);
    const floor = askFloor(code, false, comparison.floor.length * PAGE);
    const { lots }: TraceAnswer = await answerAlike(sides, ours, floor);
    const { pageInfo } = lots;
    comparison.ours.push(ours);
    comparison.floor.push(floor);
    if (!pageInfo!.hasNextPage) return comparison;
    after = pageInfo!.endCursor;
  }
}

/**
 * Asks both sides once.
 * @throws Error unless they answer the same lots and masses; the floor has no refs, so it names links by codes
 */
async function answerAlike(sides: Sides, ours: Ask, floor: Ask): Promise<TraceAnswer> {
  const [answer, peer] = await Promise.all([traceOf<TraceAnswer>(sides.server.url, ours), traceOf<TraceAnswer>(sides.floor.url, floor)]);
  const masses = ({ links }: TraceAnswer) => links?.nodes.map(({ kilograms }) => kilograms);
  if (!isDeepStrictEqual(answer.lots.nodes, peer.lots.nodes) || !isDeepStrictEqual(masses(answer), masses(peer)))
    throw new Error(`the server and the floor answer differently: ${ours.body}`);
  return answer;
}
