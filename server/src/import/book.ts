import { type Day, type DocumentType, type Grams, quote, type WrittenPlace } from '@lotline/schema';
import type { CertificateParties } from '../certificates';
import type { Work } from '../commands';
import type { LatePaper } from '../documents';
import { CERTIFIERS, DOCUMENTS, type FileFormat, IMPORT_CERTIFICATES, LOTS, OPERATIONS, PRODUCTS, SHIPMENTS } from './columns';
import type { Mistakes } from './errors';
import type { Folder } from './folder';
import type { Progress } from './progress';
import { columnName } from './read-row';

export interface KnownCertifier {
  id: string;
  schemes: readonly string[];
}

export interface KnownOperation {
  id: string;
  country: string;
}

export interface KnownProduct {
  id: string;
  name: string;
  kgPerBushel: string | null;
}

export interface KnownLot {
  id: string;
  code: string;
  producerId: string;
  /** Identifier of its producer. */
  owner: string;
  product: KnownProduct;
  grams: Grams;
  producedOn: Day | null;
  /** Recorded before this folder. */
  stored: boolean;
}

export interface KnownShipment {
  id: string;
  code: string;
  /** Identifier of its shipper. */
  owner: string;
  shipperId: string;
  consigneeId: string;
  bookedOn: Day | null;
  /** First departure that is known. */
  departedOn: Day | null;
  /** Recorded before this folder. */
  stored: boolean;
}

export interface KnownDocument {
  id: string;
  /** Its number. */
  code: string;
  type: DocumentType;
  /** Identifier of its issuer. */
  owner: string;
  issuedOn: Day;
  /** Recorded before this folder. */
  stored: boolean;
}

export interface KnownImportCertificate extends CertificateParties {
  number: string;
  voided: boolean;
  /** Recorded before this folder. */
  stored: boolean;
}

/** Counts for the person who imports: rows that are new, and rows that were known with the same values. */
export interface Count {
  recorded: number;
  unchanged: number;
}

/** What an import knows while it joins a folder with the database: every noun by the name that spreadsheets give it. */
export interface Book {
  work: Work;
  folder: Folder;
  mistakes: Mistakes;
  progress: Progress;
  certifiers: Map<string, KnownCertifier>;
  operations: Map<string, KnownOperation>;
  products: Map<string, KnownProduct>;
  importCertificates: Map<string, KnownImportCertificate>;
  counts: Record<string, Count>;
  /** Known facts whose paper, only named before, is on record now. */
  latePapers: LatePaper[];
  /** By file, how many rows name a paper that is not on record. */
  papersNamed: Map<string, number>;
}

/** What a row may name. */
export type Noun = 'certifier' | 'operation' | 'product' | 'import certificate' | CodedNoun;
/** Nouns that are named by a code which is unique within its owner only. */
export type CodedNoun = 'lot' | 'shipment' | 'document';
export const NOUNS: Record<Noun, { among: FileFormat; what: string; cell: string }> = {
  certifier: { among: CERTIFIERS, what: 'certifier', cell: 'code' },
  operation: { among: OPERATIONS, what: 'operation', cell: 'identifier' },
  product: { among: PRODUCTS, what: 'product', cell: 'name' },
  lot: { among: LOTS, what: 'lot', cell: 'code' },
  shipment: { among: SHIPMENTS, what: 'shipment', cell: 'reference' },
  document: { among: DOCUMENTS, what: 'document', cell: 'number' },
  'import certificate': { among: IMPORT_CERTIFICATES, what: 'import certificate', cell: 'number' },
};

/** Notes what is wrong with a cell. */
export function wrong(book: Book, format: FileFormat, line: number, column: string | null, what: string, remedy: string): void {
  book.mistakes.add({ file: format.name, line, column, code: 'BAD_USER_INPUT', wrong: what, remedy });
}

/** Notes that a row names something that is not known, unless the folder gives it in a row that has a mistake of its own. */
export function unknown(book: Book, format: FileFormat, line: number, column: string, noun: Noun, name: string): void {
  const { among, what, cell } = NOUNS[noun];
  if (book.folder.doubts.has(among, name)) return;
  wrong(book, format, line, column, `there is no ${what} ${quote(name)}`, `add it to ${among.name}, or correct the ${cell}`);
}

/** The operation of an identifier; notes it where there is none. */
export function operationOf(book: Book, format: FileFormat, line: number, column: string, identifier: string): KnownOperation | null {
  const operation = book.operations.get(identifier);
  if (!operation) unknown(book, format, line, column, 'operation', identifier);
  return operation ?? null;
}

/** The import certificate of a number; notes it where there is none. */
export function importCertificateOf(
  book: Book,
  format: FileFormat,
  line: number,
  column: string,
  number: string,
): KnownImportCertificate | null {
  const certificate = book.importCertificates.get(number);
  if (!certificate) unknown(book, format, line, column, 'import certificate', number);
  return certificate ?? null;
}

/** How facts without a natural key are told apart: by all their columns. */
export const keyOf = (...columns: unknown[]): string =>
  JSON.stringify(columns.map((each) => (each instanceof Date ? each.toISOString() : (each ?? null))));

/** Notes that two rows of a file cannot be told apart. */
export function equalRow(book: Book, format: FileFormat, line: number, earlier: number): void {
  const remedy = 'if both happened, tell them apart by a column "reference"; otherwise remove one';
  wrong(book, format, line, null, `the row equals line ${earlier}`, remedy);
}

/** Notes that a row says something else than what is known. */
export function conflict(
  book: Book,
  format: FileFormat,
  line: number,
  column: string | null,
  what: string,
  remedy = 'facts are never edited: repeat the known values, or give the row another key',
): void {
  book.mistakes.add({ file: format.name, line, column, code: 'CONFLICT', wrong: what, remedy });
}

/** Longest text of a conflict that is shown whole: a hash, a number, most names. */
const LONGEST_SHOWN = 200;
const whole = (text: string): string => (text.length > LONGEST_SHOWN ? quote(text) : JSON.stringify(text));

/** A value as a person wrote it: a day, an instant, a list; of a long list what the other one lacks. */
function shown(value: unknown, other: unknown): string {
  if (value === null || value === undefined || (Array.isArray(value) && value.length === 0)) return 'nothing';
  if (Array.isArray(value)) {
    const all = value.join('; ');
    if (all.length <= LONGEST_SHOWN || !Array.isArray(other)) return whole(all);
    const own = value.filter((each) => !other.includes(each));
    return `${value.length} of them${own.length > 0 ? `, among them ${whole(own.join('; '))}` : ''}`;
  }
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'object' && 'on' in value) {
    const { on, at } = value as { on: Day; at: Date | null };
    return at ? `${on} (${at.toISOString()})` : on;
  }
  if (typeof value === 'object' && 'unLocode' in value) {
    const { name, unLocode } = value as WrittenPlace;
    return quote(unLocode ? `${unLocode} ${name}` : name);
  }
  return typeof value === 'string' ? whole(value) : String(value);
}

/** Equal, with objects and lists compared by their content in any order of keys or elements. */
function same(a: unknown, b: unknown): boolean {
  if (a === b || ((a ?? null) === null && (b ?? null) === null)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && [...a].sort().every((each, index) => same(each, [...b].sort()[index]));
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime();
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  return Object.keys(left).length === Object.keys(right).length && Object.keys(left).every((key) => same(left[key], right[key]));
}

/** Columns that the product does not know, as they were stored or as a row gives them. */
export type Attributes = Record<string, string> | null;

/**
 * Compares a row with what is known under its key: values that the file does not state (`undefined`) are not compared, nor are further
 * columns that it does not have. Notes a CONFLICT that shows both.
 */
export function compare(
  book: Book,
  format: FileFormat,
  row: { line: number; attributes: Attributes; extra: readonly string[] },
  what: string,
  known: Record<string, unknown> & { attributes: object | null },
  stated: Record<string, unknown>,
): void {
  const differs = (column: string, before: unknown, now: unknown) =>
    conflict(book, format, row.line, column, `${what} is known with ${column} ${shown(before, now)}, this row says ${shown(now, before)}`);
  for (const [column, value] of Object.entries(stated)) {
    if (value !== undefined && !same(known[column], value)) differs(column, known[column], value);
  }
  if (row.extra.length === 0) return;
  const before = new Map(Object.entries(known.attributes ?? {}).map(([column, value]) => [columnName(column), value]));
  for (const column of row.extra) {
    const [was, is] = [before.get(columnName(column)), row.attributes?.[column]];
    if (was !== is) differs(column, was, is);
  }
}

/** A row's own place and what its key means, to tell a repeated key. */
export class Repeats<T> {
  private readonly first = new Map<string, { line: number; row: T }>();

  /** The earlier row with this key; null for the first, which is remembered. */
  earlier(key: unknown[], line: number, row: T): { line: number; row: T } | null {
    const text = JSON.stringify(key);
    const earlier = this.first.get(text);
    if (earlier) return earlier;
    this.first.set(text, { line, row });
    return null;
  }
}
