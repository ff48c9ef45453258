import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ADMINISTRATOR } from '@lotline/server/dist/access';
import { Runner } from '@lotline/server/dist/commands';
import { Database } from '@lotline/server/dist/database';
import { importFolder } from '@lotline/server/dist/import';
import { askGraph, traceOf } from './ask';
import { rootsWith } from './behind';
import { inChild } from './child';
import type { ServerPlace, ServerTask } from './children/trace-server';
import { withClient } from './cluster';
import { against, type Figure } from './figures';
import { writeRows } from './folder';
import { inTurn } from './load';
import type { Network } from './network';

const FEW = 'SIGHT:FEW';
const ALL = 'SIGHT:ALL';
/** Lots that the one party sees; the other sees every lot of the network. */
const FEW_LOTS = 10;
/** Lots behind the lot that is traced. */
const BEHIND = 1000;
const TIMES = 11;
const PEER = 'the same by an analyst, without rights';

const TRACE = `query ($code: String!) { lot(code: $code) { trace(direction: BACK) {
  summary { lots gaps { kind count } }
  lots(first: 500) { totalCount nodes { ref depth kilograms share lot { code } withheld { productClass country } } }
  links(first: 500) { nodes { from to kilograms } }
  steps(first: 100) { nodes { kind on lot { lot { code } } owner { name } } }
  gaps(first: 100) { nodes { kind on message } } } } }`;

/** A trace by operations that see few of its lots and all of them, and by their certifiers, beside the same by an analyst. */
export async function seenVersusAll(url: string, network: Network, say: (line: string) => void): Promise<Figure[]> {
  const [root] = rootsWith(network, [BEHIND], 'IMP');
  await letIn(url, root!.code);
  const roles = {
    [`an operation with ${FEW_LOTS} lots`]: `operation:${FEW}`,
    [`an operation with ${network.lots} lots`]: `operation:${ALL}`,
    [`a certifier with ${FEW_LOTS} lots`]: 'certifier:FEW',
    [`a certifier with ${network.lots} lots`]: 'certifier:ALL',
  };
  const server = await inChild<ServerTask, ServerPlace>('trace-server', { url, roles: Object.values(roles) });
  try {
    const figures: Figure[] = [];
    const name = `trace back over ${root!.behind} lots`;
    const variables = { code: root!.code };
    const asks = Object.keys(roles).map((who, index) => ({ who, ask: askGraph(server.answer.tokens[index]!, TRACE, variables) }));
    const seen = new Map<string, number>();
    for (const { who, ask } of asks) {
      const { lots } = await traceOf<{ lots: { nodes: { lot: unknown }[] } }>(server.answer.url, ask);
      seen.set(who, lots.nodes.filter(({ lot }) => lot !== null).length);
    }
    const peer = await inTurn(server.answer.url, askGraph(server.answer.token, TRACE, variables), TIMES);
    for (const { who, ask } of asks) {
      const ours = await inTurn(server.answer.url, ask, TIMES);
      say(`${name} by ${who}: ${ours.toFixed(0)} ms, without rights ${peer.toFixed(0)} ms; ${seen.get(who)} of the first lots seen`);
      const goal = who.startsWith('a certifier') ? 1.5 : 1.3;
      figures.push(against(`${name} by ${who}, median of ${TIMES}`, 'ms', ours, PEER, peer, goal));
    }
    return figures;
  } finally {
    await server.stop();
  }
}

/** Two operations with a certifier each: one is a party to every fact about some lots, the root among them, the other to every fact there is. */
async function letIn(url: string, root: string): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'lotline-sight-'));
  const database = await Database.open(url);
  try {
    writeRows(directory, [
      ['certifiers.csv', ['FEW', 'ALL'].map((certifier) => ({ certifier, name: `Certifier of ${certifier}` }))],
      ['operations.csv', [FEW, ALL].map((operation) => ({ operation, name: `Warehouse ${operation}`, country: 'US', roles: 'warehouse' }))],
      [
        'operation_certificates.csv',
        [FEW, ALL].map((operation) => ({ operation, certifier: operation.slice(-3), status: 'certified', effective_from: '2020-01-01' })),
      ],
    ]);
    await importFolder(new Runner(database), ADMINISTRATOR, directory);
  } finally {
    await database.close();
    rmSync(directory, { recursive: true, force: true });
  }
  await withClient(url, async (client) => {
    const party = (facts: string) => `insert into party (operation, subject, noun, fact, on_day, recorded_by)
      select distinct on (p.subject, p.fact) o.id, p.subject, p.noun, p.fact, p.on_day, p.recorded_by
      from operation o, party p where o.identifier = $1 and ${facts}`;
    const few = '(select id from lot where code = $2 union all (select id from lot where code <> $2 order by id limit $3))';
    await client.query(party(`p.subject in ${few}`), [FEW, root, FEW_LOTS - 1]);
    await client.query(party('true'), [ALL]);
    await client.query('vacuum analyze party');
  });
}
