import type { Day, DocumentType, MarkedOrganic } from '@lotline/schema';
import { Parties, record, type Work } from '../commands';
import { type Columns, groupBy } from '../database';

// Papers, and what each is about, as rows of any number, each with its parties. Whether they may be recorded has been decided before.

export interface NewDocument {
  id: string;
  type: DocumentType;
  number: string;
  issuerId: string;
  /** In whose records it is: it vouches for it. */
  keeperId: string;
  issuedOn: Day;
  markedOrganic: MarkedOrganic;
  file: string | null;
  sha256: string | null;
  /** Are the bytes of that hash stored? */
  stored: boolean;
  attributes: Record<string, string> | null;
}

/** What a document may be about: nouns, and facts, by the lists that name them. */
export const LISTS_OF_LINKS = {
  lots: 'lot',
  shipments: 'shipment',
  importCertificates: 'import_certificate',
  operations: 'operation',
  operationCertificates: 'operation_certificate',
  customsEntries: 'customs_entry',
  emergencyActions: 'emergency_action',
  transfers: 'transfer',
  losses: 'lot_adjustment',
  treatments: 'treatment',
} as const;
type ListOfLinks = keyof typeof LISTS_OF_LINKS;
export type LinkedNoun = (typeof LISTS_OF_LINKS)[ListOfLinks];
const LISTS = Object.keys(LISTS_OF_LINKS) as ListOfLinks[];

/** What a link `k` leads to, as SQL. */
export const NOUN_OF_LINK = `coalesce(${Object.values(LISTS_OF_LINKS)
  .map((noun) => `k.${noun}`)
  .join(', ')})`;

/** A document is about a noun. */
export interface NewDocumentLink {
  id: string;
  documentId: string;
  issuedOn: Day;
  noun: LinkedNoun;
  nounId: string;
  /** Who sees the document by this link: for whom the shipment moves, parties of the certificate, the operation; of a lot nobody. */
  parties: readonly (string | null)[];
  /** They see it no earlier than what it is about; null where only its own day counts. */
  since?: Day | null;
}

const DOCUMENT: Columns<NewDocument> = {
  id: ['uuid', (each) => each.id],
  type: ['text', (each) => each.type],
  number: ['text', (each) => each.number],
  issuer: ['uuid', (each) => each.issuerId],
  keeper: ['uuid', (each) => each.keeperId],
  issued_on: ['date', (each) => each.issuedOn],
  marked_organic: ['text', (each) => each.markedOrganic],
  file: ['text', (each) => each.file],
  sha256: ['text', (each) => each.sha256],
  content: ['text', (each) => (each.stored ? each.sha256 : null)],
  attributes: ['jsonb', (each) => each.attributes],
};

const linkTo = (noun: NewDocumentLink['noun']) => ['uuid', (each: NewDocumentLink) => (each.noun === noun ? each.nounId : null)] as const;

const LINK: Columns<NewDocumentLink> = {
  id: ['uuid', (each) => each.id],
  document: ['uuid', (each) => each.documentId],
  ...Object.fromEntries(Object.values(LISTS_OF_LINKS).map((noun) => [noun, linkTo(noun)])),
};

/** Facts that name papers, and who is a party to a row of each. */
const NAMING = {
  transfer: 'array[f.sender, f.receiver]',
  lot_adjustment: 'array[f.holder]',
  treatment: `coalesce((select array[s.shipper, s.consignee] from shipment s where s.id = f.shipment), array(select h.owner from holding h where h.lot = f.lot))`,
} as const;
export type FactWithPaper = keyof typeof NAMING;
const FACTS_WITH_PAPERS: ReadonlySet<string> = new Set(Object.keys(NAMING));

/** A fact that only named its paper, and the paper. */
export interface LatePaper {
  table: FactWithPaper;
  fact: string;
  documentId: string;
}

/** Papers arrive late: facts that only named theirs have it now. */
export async function bindPapers(work: Work, papers: readonly LatePaper[]): Promise<void> {
  const parties = new Parties();
  for (const table of Object.keys(NAMING) as FactWithPaper[]) {
    const of = papers.filter((each) => each.table === table);
    if (of.length === 0) continue;
    const bound = await work.tx.query<{ fact: string; document: string; parties: string[]; on: Day }>(
      `update ${table} f set document = b.document from unnest($1::uuid[], $2::uuid[]) as b(fact, document)
       where f.id = b.fact and f.document is null returning f.id as fact, f.document, ${NAMING[table]} as parties, f.on_day as "on"`,
      [of.map(({ fact }) => fact), of.map(({ documentId }) => documentId)],
    );
    for (const { fact, document, parties: who, on } of bound) {
      parties.add(who, 'document', document, fact, on);
      work.emit({ type: 'document.bound', subject: document, payload: { fact } });
    }
  }
  await parties.record(work);
}

/** Facts that named one of these documents before it was on record, and to which its keeper is a party. */
async function factsNaming(work: Work, documents: readonly NewDocument[]): Promise<LatePaper[]> {
  const found: LatePaper[] = [];
  for (const table of Object.keys(NAMING) as FactWithPaper[]) {
    const rows = await work.tx.query<{ fact: string; documentId: string }>(
      `select f.id as fact, min(d.id::text)::uuid as "documentId" from ${table} f
         join (document d join operation o on o.id = d.issuer)
           on f.document_named in (d.number, d.type || '/' || d.number, o.identifier || '/' || d.type || '/' || d.number) and d.id = any($1) and d.keeper = any(${NAMING[table]})
       where f.document is null and f.document_named is not null and f.retracted_by is null group by f.id having count(*) = 1`,
      [documents.map(({ id }) => id)],
    );
    found.push(...rows.map((row) => ({ table, ...row })));
  }
  return found;
}

/** Records documents: rows, parties, events. Issuer and keeper are parties to each. */
export async function recordDocuments(work: Work, documents: readonly NewDocument[]): Promise<void> {
  await record(work, 'document', DOCUMENT, documents);
  const parties = new Parties();
  for (const { id, issuerId, keeperId, issuedOn } of documents) parties.add([issuerId, keeperId], 'document', id, id, issuedOn);
  await parties.record(work);
  await bindPapers(work, await factsNaming(work, documents));
  for (const { id, issuerId: issuer, keeperId: keeper, type, number, issuedOn, markedOrganic, sha256, stored } of documents) {
    work.emit({ type: 'document.recorded', subject: id, payload: { type, number, issuer, keeper, issuedOn, markedOrganic } });
    if (stored) work.emit({ type: 'document.stored', subject: id, payload: { sha256: sha256! } });
  }
}

/** Bytes arrive for documents that were recorded without. */
export async function storeContents(work: Work, contents: readonly { documentId: string; sha256: string }[]): Promise<void> {
  await work.tx.query(
    `update document d set sha256 = c.sha256, content = c.sha256 from unnest($1::uuid[], $2::text[]) as c(document, sha256) where d.id = c.document`,
    [contents.map(({ documentId }) => documentId), contents.map(({ sha256 }) => sha256)],
  );
  for (const { documentId, sha256 } of contents) work.emit({ type: 'document.stored', subject: documentId, payload: { sha256 } });
}

/** Records what documents are about. */
export async function recordDocumentLinks(work: Work, links: readonly NewDocumentLink[]): Promise<void> {
  await record(work, 'document_link', LINK, links);
  const parties = new Parties();
  for (const { id, documentId, issuedOn, noun, nounId, parties: who, since = null } of links) {
    // By a fact they see it as long as that stands.
    const fact = FACTS_WITH_PAPERS.has(noun) ? nounId : id;
    parties.add(who, 'document', documentId, fact, since !== null && since > issuedOn ? since : issuedOn);
  }
  await parties.record(work);
  for (const [subject, of] of groupBy(links, ({ documentId }) => documentId)) {
    const list = (name: ListOfLinks) => of.filter(({ noun }) => noun === LISTS_OF_LINKS[name]).map(({ nounId }) => nounId);
    const payload = Object.fromEntries(LISTS.map((name) => [name, list(name)])) as Record<ListOfLinks, string[]>;
    work.emit({ type: 'document.linked', subject, payload });
  }
}
