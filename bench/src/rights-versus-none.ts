import { askGraph } from './ask';
import { inChild } from './child';
import type { ServerPlace, ServerTask } from './children/trace-server';
import { against, type Figure } from './figures';
import { load } from './load';
import type { Network } from './network';

const LOOK_UP =
  'query ($code: String!) { lot(code: $code) { code kind quantity { kilograms } product { name } producer { name } holdings { nodes { operation { name } kilograms } } } }';
const LIST =
  '{ lots(first: 50) { nodes { code kind quantity { kilograms } product { name } producer { name } } pageInfo { hasNextPage endCursor } } }';

/** The operation that is party to most facts of the network, and a lot of its own; the certifier of most operations. */
function busiest({ files }: Network): { operation: string; code: string; certifier: string } {
  const most = (names: readonly string[]): string => {
    const counts = new Map<string, number>();
    for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
    return [...counts].reduce((best, each) => (each[1] > best[1] ? each : best))[0];
  };
  const transfers = files.get('transfers.csv')!;
  const operation = most(transfers.map(({ to }) => to!));
  const code = transfers.findLast(({ to }) => to === operation)!.lot!;
  return { operation, code, certifier: most(files.get('operation_certificates.csv')!.map(({ certifier }) => certifier!)) };
}

/** A look-up and a list by an operation and by a certifier, who are asked for their rights, beside the same by an analyst, who is not. */
export async function rightsVersusNone(url: string, network: Network, seconds: number, say: (line: string) => void): Promise<Figure[]> {
  const { operation, code, certifier } = busiest(network);
  const server = await inChild<ServerTask, ServerPlace>('trace-server', {
    url,
    roles: [`operation:${operation}`, `certifier:${certifier}`],
  });
  try {
    const { token, tokens } = server.answer;
    const [operationToken, certifierToken] = tokens as [string, string];
    const figures: Figure[] = [];
    const compare = async (name: string, query: string, variables: object, rights: Record<string, string>) => {
      const peer = await load(server.answer.url, [askGraph(token, query, variables)], seconds);
      for (const [who, theirs] of Object.entries(rights)) {
        const ours = await load(server.answer.url, [askGraph(theirs, query, variables)], seconds);
        say(`${name} ${who}: p50 ${ours.p50.toFixed(1)} ms, without rights ${peer.p50.toFixed(1)} ms`);
        figures.push(against(`${name} ${who}, p50`, 'ms', ours.p50, 'the same by an analyst, without rights', peer.p50));
      }
    };
    await compare('look-up of a lot', LOOK_UP, { code }, { 'by an operation': operationToken, 'by a certifier': certifierToken });
    await compare('first 50 lots', LIST, {}, { 'of an operation': operationToken, 'of a certifier': certifierToken });
    return figures;
  } finally {
    await server.stop();
  }
}
