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

/** Does the viewer see every fact of an operation? It itself does, and who certifies it now. */
export async function seesWhole({ viewer, reader }: { viewer: Viewer; reader: Reader }, operation: string): Promise<boolean> {
  if (seesAll(viewer) || viewer.operationId === operation) return true;
  return viewer.certifierId !== null && reader.loader(overseenNow).load({ certifier: viewer.certifierId, operation });
}
