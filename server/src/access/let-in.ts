import type { KeyScope } from '@lotline/schema';
import { groupBy, type Reader } from '../database';
import type { Assignment, Viewer } from './viewer';

// What others let a viewer see and do at this moment: importers their brokers, and audits a certifier. It is no part of who the viewer is:
// it is asked for each request, and for each message of a stream.

/** The database, or a reader of it. */
type Asked = Pick<Reader, 'query'>;
type Batch<Value> = (asked: Asked, ids: readonly string[]) => Promise<Value[]>;

async function assignmentsOf(asked: Asked, brokers: readonly string[]): Promise<Assignment[][]> {
  const rows = await asked.query<{ broker: string; importer: string; scopes: KeyScope[] }>(
    'select broker, importer, scopes from assignment_in_force where broker = any($1) order by importer',
    [brokers],
  );
  const byBroker = groupBy(rows, ({ broker }) => broker);
  return brokers.map((broker) => (byBroker.get(broker) ?? []).map(({ importer, scopes }) => ({ operationId: importer, scopes })));
}

async function haveAudits(asked: Asked, certifiers: readonly string[]): Promise<boolean[]> {
  const rows = await asked.query<{ certifier: string }>('select distinct certifier from audit_in_force where certifier = any($1)', [
    certifiers,
  ]);
  const found = new Set(rows.map(({ certifier }) => certifier));
  return certifiers.map((certifier) => found.has(certifier));
}

/** The viewer, with what others let it see and do by now. A broker's keys have no part in it, nor has who certifies the broker. */
async function withWhat(viewer: Viewer, find: <Value>(batch: Batch<Value>, id: string) => Promise<Value>): Promise<Viewer> {
  if (viewer.kind === 'OPERATION') return { ...viewer, assignedBy: await find(assignmentsOf, viewer.operationId!) };
  if (viewer.kind === 'CERTIFIER') return { ...viewer, audits: await find(haveAudits, viewer.certifierId!) };
  return viewer;
}

/** The viewer of a request that begins now. */
export const letIn = (viewer: Viewer, asked: Asked): Promise<Viewer> =>
  withWhat(viewer, async (batch, id) => (await batch(asked, [id]))[0]!);

/** The viewer as of what a reader sees; asked once for all whom it serves. */
export const letInBy = (viewer: Viewer, reader: Reader): Promise<Viewer> =>
  withWhat(viewer, <Value>(batch: Batch<Value>, id: string) => reader.loader<string, Value>(batch).load(id));
