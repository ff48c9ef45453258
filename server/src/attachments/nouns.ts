import { onBehalfOf, subjectVisible } from '../access';
import { noSuch, type Work } from '../commands';
import type { NewDocumentLink } from '../documents';

// What a document is about, as its keeper sees it.

/** A noun that a document is about, and who sees the document by that. */
export interface About {
  noun: NewDocumentLink['noun'];
  nounId: string;
  parties: readonly string[];
}

/** What an input names, by the lists that name it. */
export const LIST_NAMES = ['lots', 'shipments', 'importCertificates', 'operations'] as const;
export type Lists = Readonly<Record<(typeof LIST_NAMES)[number], readonly string[]>>;

/**
 * Nouns by the list that names them, and who sees a paper about one: as of a folder that is imported, nobody by a lot, both sides of a
 * shipment, who asked for a certificate and who issues it.
 */
const LISTS = {
  lots: { noun: 'lot', words: 'lot', parties: `'{}'::uuid[]` },
  shipments: { noun: 'shipment', words: 'shipment', parties: 'array[n.shipper, n.consignee]' },
  importCertificates: { noun: 'import_certificate', words: 'import certificate', parties: 'array[n.exporter, n.certifier]' },
} as const;

/** The nouns that lists name; refuses those that the keeper is no party to. An operation attaches papers to no other. */
export async function aboutWhat(work: Work, row: number, keeper: string, lists: Lists): Promise<About[]> {
  const found: About[] = [];
  for (const [list, { noun, words, parties }] of Object.entries(LISTS)) {
    const ids = lists[list as keyof typeof LISTS];
    const rows = await work.tx.query<{ id: string; parties: string[] }>(
      `select n.id, ${parties} as parties from ${noun} n where n.id = any($1) and ${subjectVisible(onBehalfOf(work.viewer, keeper), 'n.id')}`,
      [ids],
    );
    const known = new Map(rows.map((each) => [each.id, each.parties]));
    for (const [place, id] of ids.entries()) {
      const who = known.get(id);
      if (who) found.push({ noun, nounId: id, parties: who });
      else work.refuse(row, noSuch(words, list, place));
    }
  }
  for (const [place, id] of lists.operations.entries()) {
    if (id === keeper) found.push({ noun: 'operation', nounId: id, parties: [id] });
    else work.refuse(row, noSuch('operation of yours', 'operations', place));
  }
  refuseTwice(work, row, lists);
  return found;
}

function refuseTwice(work: Work, row: number, lists: Lists): void {
  for (const list of LIST_NAMES)
    for (const [place, id] of lists[list].entries())
      if (lists[list].indexOf(id) < place)
        work.refuse(row, { code: 'CONFLICT', message: 'this is given twice', path: [list, place], remedy: 'give it once' });
}
