import { alike, type BatchOf, type Reader } from '../database';
import { seesAll, type Viewer } from './viewer';

const overseenNow: BatchOf<{ certifier: string; operation: string }, boolean> = async (reader, keys) => {
  const found = new Set<string>();
  for (const group of alike(keys, ({ certifier }) => [certifier])) {
    const rows = await reader.query<{ operation: string }>(
      'select operation from oversight where certifier = $1 and operation = any($2) and now',
      [group[0]!.certifier, group.map(({ operation }) => operation)],
    );
    for (const { operation } of rows) found.add(group[0]!.certifier + operation);
  }
  return keys.map(({ certifier, operation }) => found.has(certifier + operation));
};

const openedTo: BatchOf<{ certifier: string; subject: string }, boolean> = async (reader, keys) => {
  const found = new Set<string>();
  for (const group of alike(keys, ({ certifier }) => [certifier])) {
    const rows = await reader.query<{ subject: string }>('select o.subject from opened_to($1) as o(subject) where o.subject = any($2)', [
      group[0]!.certifier,
      group.map(({ subject }) => subject),
    ]);
    for (const { subject } of rows) found.add(group[0]!.certifier + subject);
  }
  return keys.map(({ certifier, subject }) => found.has(certifier + subject));
};

/** Does an audit open every fact about a subject to the viewer? */
export async function isOpened({ viewer, reader }: { viewer: Viewer; reader: Reader }, subject: string): Promise<boolean> {
  return viewer.audits && viewer.certifierId !== null && reader.loader(openedTo).load({ certifier: viewer.certifierId, subject });
}

/** Does the viewer see every fact of an operation that is about lots? It itself does, its broker for lots, and who certifies it now. */
export async function seesWhole({ viewer, reader }: { viewer: Viewer; reader: Reader }, operation: string): Promise<boolean> {
  if (seesAll(viewer) || viewer.operationId === operation) return true;
  if (viewer.assignedBy.some((each) => each.operationId === operation && each.scopes.includes('LOTS'))) return true;
  return viewer.certifierId !== null && reader.loader(overseenNow).load({ certifier: viewer.certifierId, operation });
}
