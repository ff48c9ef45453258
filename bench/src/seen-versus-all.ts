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
import { load } from './load';
import type { Network } from './network';

const FEW = 'SIGHT:FEW';
const ALL = 'SIGHT:ALL';
/** Lots that the one party sees; the other sees every lot of the network. */
const FEW_LOTS = 10;
/** Lots behind the lot that is traced. */
const BEHIND = 1000;
const PEER = 'the same by an analyst, without rights';

const TRACE = `query ($code: String!) { lot(code: $code) { trace(direction: BACK) {
  summary { lots gaps { kind count } }
  lots(first: 500) { totalCount nodes { ref depth kilograms share lot { code } withheld { productClass country } } }
  links(first: 500) { nodes { from to kilograms } }
  steps(first: 100) { nodes { kind on lot { lot { code } } owner { name } } }
  gaps(first: 100) { nodes { kind on message } } } } }`;

/** A trace by operations that see few of its lots and all of them, and by their certifiers, beside the same by an analyst. */
export async function seenVersusAll(url: string, network: Network, seconds: number, say: (line: string) => void): Promise<Figure[]> {
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
    const peer = await load(server.answer.url, [askGraph(server.answer.token, TRACE, variables)], seconds);
    for (const [index, who] of Object.keys(roles).entries()) {
      const ask = askGraph(server.answer.tokens[index]!, TRACE, variables);
      const { lots } = await traceOf<{ lots: { nodes: { lot: unknown }[] } }>(server.answer.url, ask);
      const ours = await load(server.answer.url, [ask], seconds);
      const seen = lots.nodes.filter(({ lot }) => lot !== null).length;
      say(
        `${name} by ${who}: p50 ${ours.p50.toFixed(1)} ms, without rights ${peer.p50.toFixed(1)} ms; ${seen} of ${lots.nodes.length} lots seen`,
      );
      figures.push(against(`${name} by ${who}, p50`, 'ms', ours.p50, PEER, peer.p50));
    }
    return figures;
  } finally {
    await server.stop();
  }
}

/** Two operations with a certifier each: one is a party to the births of some lots, the root among them, the other to those of all. */
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
    const party = (lots: string) => `insert into party (operation, subject, fact, on_day, recorded_by)
      select o.id, l.id, l.id, l.produced_on, l.recorded_by from operation o, (${lots}) l where o.identifier = $1`;
    const few = 'select * from lot where code = $2 union all (select * from lot where code <> $2 order by id limit $3)';
    await client.query(party(few), [FEW, root, FEW_LOTS - 1]);
    await client.query(party('select * from lot'), [ALL]);
    await client.query('vacuum analyze party');
  });
}
