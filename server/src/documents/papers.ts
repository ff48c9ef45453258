import type { Day, DocumentType, MarkedOrganic } from '@lotline/schema';
import type { Reader } from '../database';

/** A paper, as a trace looks at it. */
export interface Paper {
  id: string;
  type: DocumentType;
  number: string;
  markedOrganic: MarkedOrganic;
  issuedOn: Day;
}

/** Papers that exist on a day: by the noun they are about, and by their own ids. */
export interface Papers {
  about: ReadonlyMap<string, readonly Paper[]>;
  byId: ReadonlyMap<string, Paper>;
}

/**
 * Papers about lots, shipments and import certificates, and others by their ids.
 * @param asOf null for all; else those issued by the end of that day
 */
export async function papersOf(
  reader: Reader,
  nouns: { lots: readonly string[]; shipments: readonly string[]; importCertificates: readonly string[]; documents: readonly string[] },
  asOf: Day | null,
): Promise<Papers> {
  const rows = await reader.query<Paper & { noun: string | null }>(
    `select k.noun, d.id, d.type, d.number, d.marked_organic as "markedOrganic", d.issued_on as "issuedOn" from (
       select document, lot as noun from document_link where lot = any($1) and retracted_by is null
       union all select document, shipment from document_link where shipment = any($2) and retracted_by is null
       union all select document, import_certificate from document_link where import_certificate = any($3) and retracted_by is null
       union all select id, null from document where id = any($4)
     ) k join document d on d.id = k.document where $5::date is null or d.issued_on <= $5::date order by d.type, d.number, d.id`,
    [nouns.lots, nouns.shipments, nouns.importCertificates, nouns.documents, asOf],
  );
  const about = new Map<string, Paper[]>();
  const byId = new Map<string, Paper>();
  for (const { noun, ...paper } of rows) {
    byId.set(paper.id, paper);
    if (noun === null) continue;
    const known = about.get(noun);
    if (known) known.push(paper);
    else about.set(noun, [paper]);
  }
  return { about, byId };
}
