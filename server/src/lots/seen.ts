import type { Day } from '@lotline/schema';
import { onBehalfOf, subjectVisible } from '../access';
import type { Work } from '../commands';

/** A lot that a command takes grams out of. */
export interface SeenLot {
  id: string;
  code: string;
  producedOn: Day | null;
  kgPerBushel: string | null;
}

/** A lot and a paper, as far as they are seen on an operation's behalf; whoever names no paper has none that is missing. */
export async function seenOnBehalfOf(
  { tx, viewer }: Work,
  operation: string,
  { lot, document }: { lot: string; document: string | null },
): Promise<{ lot: SeenLot | undefined; hasDocument: boolean }> {
  const asOwner = onBehalfOf(viewer, operation);
  const [found] = await tx.query<SeenLot>(
    `select l.id, l.code, l.produced_on as "producedOn", p.kg_per_bushel as "kgPerBushel" from lot l join product p on p.id = l.product
     where l.id = $1 and ${subjectVisible(asOwner, 'l.id')}`,
    [lot],
  );
  if (document === null) return { lot: found, hasDocument: true };
  const documents = await tx.query(`select from document d where d.id = $1 and ${subjectVisible(asOwner, 'd.id')}`, [document]);
  return { lot: found, hasDocument: documents.length === 1 };
}
