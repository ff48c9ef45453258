import { byteOrder, Document, StoredFile } from '@lotline/schema';
import { type BatchOf, nounById } from '../database';
import { type Question, seenLinks, visibleNoun } from '../questions';

export const documentById = nounById(Document);

/** What is stored of bytes, by their hashes. */
export const storedFiles: BatchOf<string, StoredFile> = async (reader, hashes) => {
  const rows = await reader.query<StoredFile>('select sha256, bytes, type from stored_file where sha256 = any($1)', [hashes]);
  const found = new Map(rows.map((row) => [row.sha256, row]));
  return hashes.map((hash) => found.get(hash)!);
};

/** A document by id; null where there is none, or the viewer may not see it. */
export const visibleDocument = (question: Question, id: string): Promise<Document | null> =>
  visibleNoun(question, 'document', documentById, id);

/** Documents about nouns of a kind. */
const documentsAbout = (noun: 'lot' | 'shipment' | 'import_certificate') =>
  seenLinks(
    `select k.${noun} as of, k.document as subject, k.recorded_by as "recordedBy" from document_link k where k.${noun} = any($1) and k.retracted_by is null`,
  );

export const documentsOfLots = documentsAbout('lot');
export const documentsOfShipments = documentsAbout('shipment');
export const documentsOfImportCertificates = documentsAbout('import_certificate');

/** Documents by ids in the order of their numbers, for the papers of one step. */
export const inNumberOrder: BatchOf<string, Document[]> = async (reader, keys) => {
  const wanted = keys.map((key) => key.split(' '));
  const found = new Map((await reader.nouns(Document, [...new Set(wanted.flat())])).map((document) => [document.id, document]));
  return wanted.map((ids) =>
    ids
      .flatMap((id) => found.get(id) ?? [])
      .sort((a, b) => byteOrder(a.type, b.type) || byteOrder(a.number, b.number) || byteOrder(a.id, b.id)),
  );
};
