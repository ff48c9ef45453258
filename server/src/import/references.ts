import type { Book, KnownDocument, KnownLot, KnownShipment, Noun } from './book';
import { unknown } from './book';
import type { CodeReferences } from './code-references';
import {
  CUSTOMS_ENTRIES,
  DOCUMENTS,
  EMERGENCY_ACTIONS,
  type FileFormat,
  IMPORT_CERTIFICATE_LINES,
  IMPORT_CERTIFICATES,
  LOT_ADJUSTMENTS,
  LOT_INPUTS,
  LOTS,
  OPERATION_CERTIFICATES,
  SHIPMENT_LEGS,
  SHIPMENT_LOTS,
  SHIPMENTS,
  TRANSFERS,
  TREATMENTS,
} from './columns';

/** Columns that name a row of another file. */
const REFERENCES: readonly { format: FileFormat; column: string; noun: Noun }[] = [
  { format: OPERATION_CERTIFICATES, column: 'operation', noun: 'operation' },
  { format: OPERATION_CERTIFICATES, column: 'certifier', noun: 'certifier' },
  { format: OPERATION_CERTIFICATES, column: 'products', noun: 'product' },
  { format: LOTS, column: 'producer', noun: 'operation' },
  { format: LOTS, column: 'product', noun: 'product' },
  { format: LOT_INPUTS, column: 'output', noun: 'lot' },
  { format: LOT_INPUTS, column: 'input', noun: 'lot' },
  { format: TRANSFERS, column: 'lot', noun: 'lot' },
  { format: TRANSFERS, column: 'from', noun: 'operation' },
  { format: TRANSFERS, column: 'to', noun: 'operation' },
  { format: TRANSFERS, column: 'document', noun: 'document' },
  { format: TRANSFERS, column: 'document_awaited', noun: 'document' },
  { format: LOT_ADJUSTMENTS, column: 'lot', noun: 'lot' },
  { format: LOT_ADJUSTMENTS, column: 'holder', noun: 'operation' },
  { format: LOT_ADJUSTMENTS, column: 'document', noun: 'document' },
  { format: LOT_ADJUSTMENTS, column: 'document_awaited', noun: 'document' },
  { format: SHIPMENTS, column: 'shipper', noun: 'operation' },
  { format: SHIPMENTS, column: 'consignee', noun: 'operation' },
  { format: SHIPMENT_LEGS, column: 'shipment', noun: 'shipment' },
  { format: SHIPMENT_LOTS, column: 'shipment', noun: 'shipment' },
  { format: SHIPMENT_LOTS, column: 'lot', noun: 'lot' },
  { format: TREATMENTS, column: 'lot', noun: 'lot' },
  { format: TREATMENTS, column: 'shipment', noun: 'shipment' },
  { format: TREATMENTS, column: 'document', noun: 'document' },
  { format: TREATMENTS, column: 'document_awaited', noun: 'document' },
  { format: DOCUMENTS, column: 'issuer', noun: 'operation' },
  { format: DOCUMENTS, column: 'lots', noun: 'lot' },
  { format: DOCUMENTS, column: 'shipments', noun: 'shipment' },
  { format: DOCUMENTS, column: 'certificates', noun: 'import certificate' },
  { format: DOCUMENTS, column: 'operations', noun: 'operation' },
  { format: IMPORT_CERTIFICATES, column: 'exporter', noun: 'operation' },
  { format: IMPORT_CERTIFICATES, column: 'importer', noun: 'operation' },
  { format: IMPORT_CERTIFICATES, column: 'final_handler', noun: 'operation' },
  { format: IMPORT_CERTIFICATES, column: 'consignee', noun: 'operation' },
  { format: IMPORT_CERTIFICATES, column: 'certifier', noun: 'certifier' },
  { format: IMPORT_CERTIFICATE_LINES, column: 'certificate', noun: 'import certificate' },
  { format: IMPORT_CERTIFICATE_LINES, column: 'product', noun: 'product' },
  { format: IMPORT_CERTIFICATE_LINES, column: 'lot', noun: 'lot' },
  { format: CUSTOMS_ENTRIES, column: 'certificate', noun: 'import certificate' },
  { format: CUSTOMS_ENTRIES, column: 'filer', noun: 'operation' },
  { format: CUSTOMS_ENTRIES, column: 'lots', noun: 'lot' },
  { format: EMERGENCY_ACTIONS, column: 'lot', noun: 'lot' },
  { format: EMERGENCY_ACTIONS, column: 'shipment', noun: 'shipment' },
];

const namesIn = (values: object, column: string): readonly string[] => {
  const value = (values as Record<string, unknown>)[column];
  return Array.isArray(value) ? value : typeof value === 'string' ? [value] : [];
};

/** Every name by which the rows of a folder refer to a noun, rows with a mistake included. */
export function* namesOf({ folder }: Book, noun: Noun): Generator<string> {
  for (const { format, column } of REFERENCES.filter((each) => each.noun === noun)) {
    for (const { values } of folder.rows(format)) yield* namesIn(values, column);
    for (const { values } of folder.broken(format)) yield* namesIn(values, column);
  }
}

/** Nouns by the names that spreadsheets give them. */
export interface Coded {
  lot: CodeReferences<KnownLot>;
  shipment: CodeReferences<KnownShipment>;
  document: CodeReferences<KnownDocument>;
}

/** Rows with a mistake go no further, but what they name is looked up, so that every mistake of theirs is told at once. */
export function lookUpBroken(book: Book, coded: Coded): void {
  const known = {
    certifier: book.certifiers,
    operation: book.operations,
    product: book.products,
    'import certificate': book.importCertificates,
  };
  for (const { format, column, noun } of REFERENCES) {
    for (const { line, values } of book.folder.broken(format)) {
      for (const name of namesIn(values, column)) {
        // A paper that is not on record is no mistake where it is awaited, nor in a folder without documents.csv.
        const late = noun === 'document' && !book.folder.has(DOCUMENTS) && coded.document.find(name).length === 0;
        if (late || column === 'document_awaited') continue;
        if (noun === 'lot' || noun === 'shipment' || noun === 'document') coded[noun].resolve(book, format, line, column, name);
        else if (!known[noun].has(name)) unknown(book, format, line, column, noun, name);
      }
    }
  }
}
