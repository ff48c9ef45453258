import type { Day, DocumentType, FactType } from '@lotline/schema';
import { factVisible, onBehalfOf, operationVisible, subjectVisible } from '../access';
import { noSuch, type Work } from '../commands';
import { LISTS_OF_LINKS, type LinkedNoun } from '../documents';

// What a document is about, as its keeper sees it.

/** A noun that a document is about, and who sees the document by that. */
export interface About {
  noun: LinkedNoun;
  nounId: string;
  parties: readonly string[];
  /** They see it no earlier than what it is about; null where only its own day counts. */
  since: Day | null;
}

interface NamedFact {
  type: FactType;
  id: string;
}

/** What an input names, by the lists that name it. */
export const LIST_NAMES = [
  'lots',
  'shipments',
  'importCertificates',
  'operations',
  'operationCertificates',
  'customsEntries',
  'emergencyActions',
  'facts',
] as const;
type ListName = (typeof LIST_NAMES)[number];
export type Lists = Readonly<Record<Exclude<ListName, 'facts'>, readonly string[]>> & { readonly facts: readonly NamedFact[] };

/** Ids that a list names. */
export const idsIn = (lists: Lists, list: ListName): string[] => lists[list].map((each) => (typeof each === 'string' ? each : each.id));

const seenByKeeper = (work: Work, keeper: string, subject: string) => subjectVisible(onBehalfOf(work.viewer, keeper), subject);
/** Whoever is a party to a noun, or to a fact about one. */
const partiesTo = (subject: string, fact: string | null = null) =>
  `array(select distinct p.operation from party p where p.subject = ${subject}${fact === null ? '' : ` and p.fact = ${fact}`} and p.retracted_by is null)`;

interface NounList {
  words: string;
  /** Who sees a paper about one, as SQL over a row `n`. */
  parties: string;
  since: string;
  /** May the keeper attach a paper to one? As SQL. */
  may(work: Work, keeper: string): string;
}

const byRights = (work: Work, keeper: string) => seenByKeeper(work, keeper, 'n.id');

/**
 * Nouns by the list that names them, and who sees a paper about one: as of a folder that is imported, nobody by a lot, both sides of a
 * shipment, who asked for an import certificate and who issues it; of an operation's certificate it and its certifier; and of an entry or
 * an emergency action whoever has that.
 */
const LISTS: Record<Exclude<ListName, 'facts' | 'operations'>, NounList> = {
  lots: { words: 'lot', parties: `'{}'::uuid[]`, since: 'null::date', may: byRights },
  shipments: { words: 'shipment', parties: 'array[n.shipper, n.consignee]', since: 'null::date', may: byRights },
  importCertificates: { words: 'import certificate', parties: 'array[n.exporter, n.certifier]', since: 'null::date', may: byRights },
  operationCertificates: {
    words: 'operation certificate of yours',
    parties: 'array[n.operation, n.certifier]',
    since: 'null::date',
    may: (_, keeper) => `n.operation = '${keeper}'::uuid`,
  },
  customsEntries: { words: 'customs entry', parties: partiesTo('n.id'), since: 'n.filed_on', may: byRights },
  emergencyActions: { words: 'emergency action notification', parties: partiesTo('n.id'), since: 'n.on_day', may: byRights },
};

/** Facts that have papers, and what their rights are asked of. */
const FACTS: Partial<Record<FactType, { noun: LinkedNoun; subject: string }>> = {
  Transfer: { noun: 'transfer', subject: 'n.lot' },
  LotAdjustment: { noun: 'lot_adjustment', subject: 'n.lot' },
  Treatment: { noun: 'treatment', subject: 'coalesce(n.lot, n.shipment)' },
};

/** Papers between two sides: either may say who the other one is. */
const BETWEEN_TWO: ReadonlySet<DocumentType> = new Set(['CONTRACT', 'PURCHASE_ORDER', 'SALES_DOCUMENT', 'INVOICE']);

type Found = { id: string; parties: string[]; since: Day | null };

/**
 * The nouns that lists name; refuses those that the keeper is no party to. An operation attaches to another only what is between the two.
 * @param type of the paper; null where that is not known, and the command is refused
 */
export async function aboutWhat(work: Work, row: number, keeper: string, type: DocumentType | null, lists: Lists): Promise<About[]> {
  const found: About[] = [];
  for (const list of Object.keys(LISTS) as (keyof typeof LISTS)[]) {
    const { words, parties, since, may } = LISTS[list];
    const noun = LISTS_OF_LINKS[list];
    const rows = await work.tx.query<Found>(
      `select n.id, ${parties} as parties, ${since} as since from ${noun} n where n.id = any($1) and ${may(work, keeper)}`,
      [lists[list]],
    );
    const known = new Map(rows.map((each) => [each.id, each]));
    for (const [place, id] of lists[list].entries()) {
      const who = known.get(id);
      if (who) found.push({ noun, nounId: id, parties: who.parties, since: who.since });
      else work.refuse(row, noSuch(words, list, place));
    }
  }
  const others = await work.tx.query<{ id: string }>(
    `select o.id from operation o where o.id = any($1) and ${operationVisible(onBehalfOf(work.viewer, keeper), 'o')}`,
    [type !== null && BETWEEN_TWO.has(type) ? lists.operations : []],
  );
  for (const [place, id] of lists.operations.entries()) {
    if (id === keeper || others.some((other) => other.id === id)) found.push({ noun: 'operation', nounId: id, parties: [id], since: null });
    else
      work.refuse(row, {
        ...noSuch('operation', 'operations', place),
        remedy: 'give the operation itself; of a contract, an order, a sales document or an invoice also the other side',
      });
  }
  for (const [place, fact] of lists.facts.entries()) {
    const about = await aboutFact(work, keeper, fact);
    if (about) found.push(about);
    else
      work.refuse(row, {
        ...noSuch('fact', 'facts', place),
        remedy: 'give the fact of a transfer, a loss or a treatment, as an answer gave it',
      });
  }
  refuseTwice(work, row, lists);
  return found;
}

/** A fact that stands, and its parties; null where it has no papers or the keeper does not see it. */
async function aboutFact(work: Work, keeper: string, { type, id }: NamedFact): Promise<About | null> {
  const of = FACTS[type];
  if (!of) return null;
  const [fact] = await work.tx.query<Found>(
    `select n.id, ${partiesTo(of.subject, 'n.id')} as parties, n.on_day as since from ${of.noun} n
     where n.id = $1 and n.retracted_by is null and ${factVisible(onBehalfOf(work.viewer, keeper), of.subject, 'n.id')}`,
    [id],
  );
  return fact ? { noun: of.noun, nounId: id, parties: fact.parties, since: fact.since } : null;
}

function refuseTwice(work: Work, row: number, lists: Lists): void {
  for (const list of LIST_NAMES) {
    const ids = idsIn(lists, list);
    for (const [place, id] of ids.entries())
      if (ids.indexOf(id) < place)
        work.refuse(row, { code: 'CONFLICT', message: 'this is given twice', path: [list, place], remedy: 'give it once' });
  }
}
