import { ADMINISTRATOR } from '@lotline/server/dist/access';
import { Runner } from '@lotline/server/dist/commands';
import { Database } from '@lotline/server/dist/database';
import { importFolder } from '@lotline/server/dist/import';
import { answerOf, askGraph } from './ask';
import { rootsWith } from './behind';
import { inChild } from './child';
import type { ServerPlace, ServerTask } from './children/trace-server';
import { against, type Figure } from './figures';
import { writeRows } from './folder';
import { inTurn } from './load';
import type { Network } from './network';

/** Lots behind the lot that is asked for. */
const BEHIND = 1000;
const TIMES = 11;
const [CERTIFIER, IMPORTER] = ['RVW', 'REVIEW:IMPORTER'];

const GAPS =
  'query ($code: String!) { lot(code: $code) { trace(direction: BACK) { gaps(first: 100) { totalCount nodes { kind on message } } } } }';
const REVIEW =
  'query ($id: ID!) { node(id: $id) { ... on ImportCertificate { review { blocking findings { check rule verdict message evidence { says } } } } } }';
const REQUEST = `mutation ($input: RequestImportCertificateInput!) { requestImportCertificate(input: $input) { importCertificate { id } } }`;

interface Requested {
  data?: { requestImportCertificate?: { importCertificate: { id: string } } };
}
interface Reviewed {
  data?: { node?: { review: object | null } };
}

/** The work sheet of a request for a lot with a long story, in the eyes of the exporter's certifier, beside the gaps of that lot's trace in the same eyes. */
export async function reviewVersusGaps(url: string, directory: string, network: Network, say: (line: string) => void): Promise<Figure[]> {
  const [root] = rootsWith(network, [BEHIND], 'IMP');
  const database = await Database.open(url);
  let input: object;
  try {
    const [lot] = await database.query<{ producer: string; identifier: string; id: string; product: string; hts: string }>(
      `select l.id, l.producer, o.identifier, l.product, p.hts from lot l join operation o on o.id = l.producer join product p on p.id = l.product where l.code = '${root!.code}'`,
    );
    await importFolder(
      new Runner(database),
      ADMINISTRATOR,
      writeRows(directory, [
        ['certifiers.csv', [{ certifier: CERTIFIER, name: 'Certifier of the review (invented)' }]],
        ['operations.csv', [{ operation: IMPORTER, name: 'Importer of the review (invented)', country: 'US', roles: 'importer' }]],
        [
          'operation_certificates.csv',
          [{ operation: lot!.identifier, certifier: CERTIFIER, status: 'certified', effective_from: '2020-01-01' }],
        ],
      ]),
    );
    const [ids] = await database.query<{ importer: string; certifier: string }>(
      `select (select id from operation where identifier = '${IMPORTER}') as importer, (select id from certifier where code = '${CERTIFIER}') as certifier`,
    );
    const global = (type: string, id: string) => Buffer.from(`${type}:${id}`).toString('base64url');
    input = {
      exporter: global('Operation', lot!.producer),
      importer: global('Operation', ids!.importer),
      certifier: global('Certifier', ids!.certifier),
      kind: 'SHIPMENT',
      origin: 'TR',
      destination: 'US',
      hts: lot!.hts,
      standard: 'NOP',
      lines: [{ product: global('Product', lot!.product), lot: global('Lot', lot!.id), quantity: { value: '1', unit: 'KGM' } }],
      idempotencyKey: 'review',
    };
  } finally {
    await database.close();
  }
  const server = await inChild<ServerTask, ServerPlace>('trace-server', { url, roles: ['administrator', `certifier:${CERTIFIER}`] });
  try {
    const [admin, certifier] = server.answer.tokens as [string, string];
    const asked = (await answerOf(server.answer.url, askGraph(admin, REQUEST, { input }))) as Requested;
    const id = asked.data?.requestImportCertificate?.importCertificate.id;
    if (!id) throw new Error(`the request was refused: ${JSON.stringify(asked).slice(0, 500)}`);
    const sheet = (await answerOf(server.answer.url, askGraph(certifier, REVIEW, { id }))) as Reviewed;
    if (!sheet.data?.node?.review) throw new Error(`no review: ${JSON.stringify(sheet).slice(0, 500)}`);
    const peer = await inTurn(server.answer.url, askGraph(certifier, GAPS, { code: root!.code }), TIMES);
    const ours = await inTurn(server.answer.url, askGraph(certifier, REVIEW, { id }), TIMES);
    say(`review over ${root!.behind} lots: ${ours.toFixed(0)} ms, the gaps of the trace ${peer.toFixed(0)} ms`);
    return [against(`review over ${root!.behind} lots behind, median of ${TIMES}`, 'ms', ours, 'the gaps of its trace, by the same', peer)];
  } finally {
    await server.stop();
  }
}
