import type { Day, DocumentType, MarkedOrganic } from '@lotline/schema';
import { Parties, record, type Work } from '../commands';
import type { Columns } from '../database';

// Papers, and what each is about, as rows of any number, each with its parties. Whether they may be recorded has been decided before.

export interface NewDocument {
  id: string;
  type: DocumentType;
  number: string;
  issuerId: string;
  issuedOn: Day;
  markedOrganic: MarkedOrganic;
  file: string | null;
  sha256: string | null;
  attributes: Record<string, string> | null;
}

/** A document is about a noun. */
export interface NewDocumentLink {
  id: string;
  documentId: string;
  issuedOn: Day;
  noun: 'lot' | 'shipment' | 'import_certificate' | 'operation';
  nounId: string;
  /** Who sees the document by this link: for whom the shipment moves, parties of the certificate, the operation; of a lot nobody. */
  parties: readonly (string | null)[];
}

const DOCUMENT: Columns<NewDocument> = {
  id: ['uuid', (each) => each.id],
  type: ['text', (each) => each.type],
  number: ['text', (each) => each.number],
  issuer: ['uuid', (each) => each.issuerId],
  issued_on: ['date', (each) => each.issuedOn],
  marked_organic: ['text', (each) => each.markedOrganic],
  file: ['text', (each) => each.file],
  sha256: ['text', (each) => each.sha256],
  attributes: ['jsonb', (each) => each.attributes],
};

const linkTo = (noun: NewDocumentLink['noun']) => ['uuid', (each: NewDocumentLink) => (each.noun === noun ? each.nounId : null)] as const;

const LINK: Columns<NewDocumentLink> = {
  id: ['uuid', (each) => each.id],
  document: ['uuid', (each) => each.documentId],
  lot: linkTo('lot'),
  shipment: linkTo('shipment'),
  import_certificate: linkTo('import_certificate'),
  operation: linkTo('operation'),
};

/** Facts that name papers: the table, and who is a party to a fact. */
const NAMING = [
  { table: 'transfer', parties: 'array[f.sender, f.receiver]' },
  { table: 'lot_adjustment', parties: 'array[f.holder]' },
  {
    table: 'treatment',
    parties: `coalesce((select array[s.shipper, s.consignee] from shipment s where s.id = f.shipment), array(select h.owner from holding h where h.lot = f.lot))`,
  },
];

/** Papers arrive late: facts that named one of these before it was on record, and to which its issuer is a party, have it now. */
async function bindToFacts(work: Work, documents: readonly NewDocument[], parties: Parties): Promise<void> {
  for (const { table, parties: of } of NAMING) {
    const bound = await work.tx.query<{ fact: string; document: string; parties: string[]; on: Day }>(
      `update ${table} x set document = n.document from (
         select f.id, min(d.id::text)::uuid as document, ${of} as parties from ${table} f
           join (document d join operation o on o.id = d.issuer)
             on f.document_named in (d.number, d.type || '/' || d.number, o.identifier || '/' || d.type || '/' || d.number) and d.id = any($1) and d.issuer = any(${of})
         where f.document is null and f.document_named is not null and f.retracted_by is null group by f.id having count(*) = 1
       ) n where n.id = x.id returning x.id as fact, n.document, n.parties, x.on_day as "on"`,
      [documents.map(({ id }) => id)],
    );
    for (const { fact, document, parties: who, on } of bound) parties.add(who, document, fact, on);
  }
}

/** Records documents: rows, parties, events. The issuer is a party to each. */
export async function recordDocuments(work: Work, documents: readonly NewDocument[]): Promise<void> {
  await record(work, 'document', DOCUMENT, documents);
  const parties = new Parties();
  for (const { id, issuerId, issuedOn } of documents) parties.add([issuerId], id, id, issuedOn);
  await bindToFacts(work, documents, parties);
  await parties.record(work);
  for (const { id, issuerId: issuer, type, number, issuedOn, markedOrganic } of documents)
    work.emit({ type: 'document.recorded', subject: id, payload: { type, number, issuer, issuedOn, markedOrganic } });
}

/** Records what documents are about. */
export async function recordDocumentLinks(work: Work, links: readonly NewDocumentLink[]): Promise<void> {
  await record(work, 'document_link', LINK, links);
  const parties = new Parties();
  const about = new Map<string, { lots: string[]; shipments: string[]; importCertificates: string[]; operations: string[] }>();
  const LISTS = { lot: 'lots', shipment: 'shipments', import_certificate: 'importCertificates', operation: 'operations' } as const;
  for (const { id, documentId, issuedOn, noun, nounId, parties: who } of links) {
    parties.add(who, documentId, id, issuedOn);
    const lists = about.get(documentId) ?? { lots: [], shipments: [], importCertificates: [], operations: [] };
    lists[LISTS[noun]].push(nounId);
    about.set(documentId, lists);
  }
  await parties.record(work);
  for (const [subject, payload] of about) work.emit({ type: 'document.linked', subject, payload });
}
