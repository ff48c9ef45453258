import { byteOrder, Document, StoredFile } from '@lotline/schema';
import { type BatchOf, nounById } from '../database';
import { type Question, seenLinks, visibleNoun } from '../questions';
import type { FactWithPaper, LinkedNoun } from './record';

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
const documentsAbout = (noun: LinkedNoun) =>
  seenLinks(
    `select k.${noun} as of, k.document as subject, k.recorded_by as "recordedBy" from document_link k where k.${noun} = any($1) and k.retracted_by is null`,
  );

export const documentsOfLots = documentsAbout('lot');
export const documentsOfShipments = documentsAbout('shipment');
export const documentsOfImportCertificates = documentsAbout('import_certificate');
export const documentsOfOperations = documentsAbout('operation');
export const documentsOfOperationCertificates = documentsAbout('operation_certificate');
export const documentsOfCustomsEntries = documentsAbout('customs_entry');
export const documentsOfEmergencyActions = documentsAbout('emergency_action');

/** Documents about facts of a kind: their own, and those that were attached to them. */
const documentsOfFacts = (table: FactWithPaper) =>
  seenLinks(
    `select f.id as of, f.document as subject, f.recorded_by as "recordedBy" from ${table} f where f.id = any($1) and f.document is not null
     union all select k.${table}, k.document, k.recorded_by from document_link k where k.${table} = any($1) and k.retracted_by is null`,
  );

export const documentsOfTransfers = documentsOfFacts('transfer');
export const documentsOfLosses = documentsOfFacts('lot_adjustment');
export const documentsOfTreatments = documentsOfFacts('treatment');

/** Where documents lead, of nouns of a kind. */
export const nounsOfDocuments = (noun: 'lot' | 'shipment' | 'import_certificate' | 'customs_entry' | 'emergency_action') =>
  seenLinks(
    `select k.document as of, k.${noun} as subject, k.recorded_by as "recordedBy" from document_link k where k.document = any($1) and k.${noun} is not null and k.retracted_by is null`,
  );

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
