import type { Book, KnownLot, KnownShipment, Noun } from './book';
import { unknown } from './book';
import type { CodeReferences } from './code-references';
import {
  type FileFormat,
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
  { format: LOT_ADJUSTMENTS, column: 'lot', noun: 'lot' },
  { format: LOT_ADJUSTMENTS, column: 'holder', noun: 'operation' },
  { format: SHIPMENTS, column: 'shipper', noun: 'operation' },
  { format: SHIPMENTS, column: 'consignee', noun: 'operation' },
  { format: SHIPMENT_LEGS, column: 'shipment', noun: 'shipment' },
  { format: SHIPMENT_LOTS, column: 'shipment', noun: 'shipment' },
  { format: SHIPMENT_LOTS, column: 'lot', noun: 'lot' },
  { format: TREATMENTS, column: 'lot', noun: 'lot' },
  { format: TREATMENTS, column: 'shipment', noun: 'shipment' },
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

/** Rows with a mistake go no further, but what they name is looked up, so that every mistake of theirs is told at once. */
export function lookUpBroken(book: Book, coded: { lot: CodeReferences<KnownLot>; shipment: CodeReferences<KnownShipment> }): void {
  const known = { certifier: book.certifiers, operation: book.operations, product: book.products };
  for (const { format, column, noun } of REFERENCES) {
    for (const { line, values } of book.folder.broken(format)) {
      for (const name of namesIn(values, column)) {
        if (noun === 'lot' || noun === 'shipment') coded[noun].resolve(book, format, line, column, name);
        else if (!known[noun].has(name)) unknown(book, format, line, column, noun, name);
      }
    }
  }
}
