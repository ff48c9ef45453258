import { alike, type BatchOf, type Reader } from '../database';
import { seesAll, type Viewer } from './viewer';
import { NOUNS, type NounWithParties, nounsOf, scopeOfNoun, scopesFor } from './visible';

/** Nouns whose facts move grams. */
export const OF_LOTS: readonly NounWithParties[] = ['lot', 'transfer_offer'];

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

/**
 * Does the viewer see every fact of an operation? It itself does, who certifies it now, and a key of it or a broker whose scopes leave no noun out.
 * @param nouns of facts about these only, e.g. the lots that a sum runs over
 */
export async function seesWhole(
  { viewer, reader }: { viewer: Viewer; reader: Reader },
  operation: string,
  nouns: readonly NounWithParties[] = NOUNS,
): Promise<boolean> {
  if (seesAll(viewer) || (viewer.operationId === operation && viewer.kind !== 'PARTNER')) return true;
  if (viewer.operationId === operation) return nouns.every((noun) => scopesFor(viewer, operation).has(scopeOfNoun(noun)));
  const seen = viewer.assignedBy.filter((each) => each.operationId === operation).flatMap(nounsOf);
  if (nouns.every((noun) => seen.includes(noun))) return true;
  return viewer.certifierId !== null && reader.loader(overseenNow).load({ certifier: viewer.certifierId, operation });
}
