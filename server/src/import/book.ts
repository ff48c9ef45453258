import type { Day, Grams } from '@lotline/schema';
import type { Work } from '../commands';
import type { FileFormat } from './columns';
import type { Mistakes } from './errors';
import type { Folder, Progress } from './folder';

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
  producer: string;
  product: KnownProduct;
  grams: Grams;
  producedOn: Day | null;
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
  counts: Record<string, Count>;
}

/** Notes what is wrong with a cell. */
export function wrong(book: Book, format: FileFormat, line: number, column: string | null, what: string, remedy: string): void {
  book.mistakes.add({ file: format.name, line, column, code: 'BAD_USER_INPUT', wrong: what, remedy });
}

/** Notes that a row says something else than what is known. */
export function conflict(book: Book, format: FileFormat, line: number, column: string | null, what: string): void {
  book.mistakes.add({
    file: format.name,
    line,
    column,
    code: 'CONFLICT',
    wrong: what,
    remedy: 'facts are never edited: repeat the known values, or give the row another key',
  });
}

const shown = (value: unknown): string =>
  value === null || value === undefined ? 'nothing' : typeof value === 'string' ? value : JSON.stringify(value);

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

/**
 * Compares a row with what is known under its key: values that the file does not state (`undefined`) are not compared. Notes a CONFLICT
 * that shows both.
 */
export function compare(
  book: Book,
  format: FileFormat,
  line: number,
  what: string,
  known: Record<string, unknown>,
  row: Record<string, unknown>,
): void {
  for (const [column, value] of Object.entries(row)) {
    if (value === undefined || same(known[column], value)) continue;
    conflict(book, format, line, column, `${what} is known with ${column} ${shown(known[column])}, this row says ${shown(value)}`);
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
