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
/** Lots behind the roots whose stories are told. */
const SIZES = [100, 1000];
const FLOOR = 'json_agg of pg behind node:http, no gaps';

const STORY = `query Story($code: String!, $first: Int!, $after: String) {
  lot(code: $code) {
    trace(direction: BACK) {
      steps(first: $first, after: $after) {
        nodes {
          kind on kilograms mode
          lot { lot { code } }
          owner { name } from { name } to { name }
          fromPlace { name } toPlace { name }
          documents { number }
        }
        pageInfo { hasNextPage endCursor }
      }
      summary { lots }
      gaps(first: $first) { totalCount }
    }
  }
}`;

interface Told {
  steps: { nodes: { kind: string }[]; pageInfo?: { hasNextPage: boolean; endCursor: string } };
  summary: { lots: number };
  gaps?: { totalCount: number };
}

/** What must be in a story that is worth its name: births, sales, and a voyage with its papers. */
const KINDS = ['HARVESTED', 'TRANSFORMED', 'TRANSFERRED', 'CERTIFIED', 'DEPARTED', 'EXPORTED', 'ARRIVED', 'IMPORTED', 'ENTERED'];

/**
 * The story of an importer's lot over HTTP, from its harvests to its entry, with its gaps, beside the least that could tell the same
 * steps; all pages of both are compared before the first is timed. Both run in a process of their own, over one database.
 */
export async function storyVersusJson(url: string, network: Network, seconds: number, say: (line: string) => void): Promise<Figure[]> {
  const roots = rootsWith(network, SIZES, 'IMP');
  const server = await inChild<ServerTask, ServerPlace>('trace-server', { url });
  const floor = await inChild<FloorTask, FloorPlace>('story-floor', { url });
  try {
    const figures: Figure[] = [];
    for (const root of roots) {
      const sides: Sides = { server: server.answer, floor: floor.answer };
      const { name, gaps } = await toldAlike(sides, root);
      const ours = await load(sides.server.url, [askServer(sides, root.code, null)], seconds);
      const peer = await load(sides.floor.url, [askFloor(root.code, 0)], seconds);
      say(`${name}, ${gaps} gaps: ${ours.perSecond.toFixed(0)} requests/s, floor ${peer.perSecond.toFixed(0)}`);
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

const askServer = ({ server }: Sides, code: string, after: string | null): Ask =>
  askGraph(server.token, STORY, { code, first: PAGE, after });

const askFloor = (code: string, after: number): Ask => ({
  method: 'GET',
  path: `/?code=${encodeURIComponent(code)}&first=${PAGE}&after=${after}`,
});

/**
 * Has both sides tell a story to its end, and names it.
 * @throws Error unless they tell the same steps, of every kind that a story from harvest to entry has
 */
async function toldAlike(sides: Sides, { code, behind }: Root): Promise<{ name: string; gaps: number }> {
  const kinds = new Set<string>();
  let steps = 0;
  for (let after: string | null = null; ; ) {
    const told: Told = await traceOf(sides.server.url, askServer(sides, code, after));
    const { nodes, pageInfo } = told.steps;
    const peer = await traceOf<Told>(sides.floor.url, askFloor(code, steps));
    if (!isDeepStrictEqual([nodes, told.summary], [peer.steps.nodes, peer.summary]))
      throw new Error(`the server and the floor tell the story of ${code} differently after ${steps} steps`);
    steps += nodes.length;
    for (const { kind } of nodes) kinds.add(kind);
    if (pageInfo!.hasNextPage) {
      after = pageInfo!.endCursor;
      continue;
    }
    const missing = KINDS.filter((kind) => !kinds.has(kind));
    if (missing.length > 0) throw new Error(`the story of ${code} has no step ${missing.join(' ')}`);
    const pages = steps > PAGE ? `first ${PAGE} of ${steps} steps` : `${steps} steps`;
    return { name: `story of ${behind} lots, ${pages} and gaps`, gaps: told.gaps!.totalCount };
  }
}
