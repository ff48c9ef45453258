import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { parse } from 'csv-parse';
import type { FileFormat, Row } from './columns';
import { isUtf16, lineOfByte, Utf8Check } from './encoding';
import type { Mistake, Mistakes } from './errors';
import { meant } from './neutral';
import { columnName, type Header, readHeader, readRow } from './read-row';

export interface ReadOptions {
  /** Most rows to take. */
  most: number;
  bytes(chunk: Buffer): void;
  rows(count: number): void;
}

/** Of a row with a mistake, what could be read. */
export interface BrokenRow {
  line: number;
  values: Record<string, unknown>;
}

/** A file as far as it could be read. */
export interface ReadFile {
  rows: Row<FileFormat>[];
  broken: BrokenRow[];
  /** False where rows are missing because the file itself is broken. */
  whole: boolean;
  /** Rows of any kind. */
  count: number;
}

/** Longest row, bytes. */
const LONGEST_ROW = 1024 * 1024;
const DELIMITERS = [',', ';', '\t'] as const;
const HEAD = 64 * 1024;
const TELL_EVERY = 20_000;

function headOf(path: string): Buffer {
  const descriptor = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(HEAD);
    return buffer.subarray(0, readSync(descriptor, buffer, 0, HEAD, 0));
  } finally {
    closeSync(descriptor);
  }
}

/** The delimiter under which the header row names the most columns that we know. */
function delimiterOf(head: Buffer, format: FileFormat): string {
  const lines = head
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .split(/[\r\n]+/);
  const header = lines.find((line) => /[^\s,;]/.test(line)) ?? '';
  const known = (delimiter: string) =>
    header.split(delimiter).filter((cell) => Object.hasOwn(format.columns, columnName(cell.trim().replace(/^"|"$/g, '')))).length;
  return DELIMITERS.reduce((best, each) => (known(each) > known(best) ? each : best));
}

class NotUtf8 extends Error {}
/** The folder has more rows than an import takes. */
export class TooManyRows extends Error {}
/** The header cannot be used: the rest of the file means nothing. */
class NoHeader extends Error {}

/** Line breaks inside the cells of a row; a pair of CR and LF is one. */
function innerBreaks(cells: readonly string[]): number {
  let breaks = 0;
  for (const cell of cells) if (cell.includes('\n') || cell.includes('\r')) breaks += cell.match(/\r\n|\n|\r/g)!.length;
  return breaks;
}

/**
 * Reads a file row by row, each cell by its column's parser; what cannot be read is noted with its place.
 * @throws TooManyRows after noting it
 */
export async function readCsv(path: string, file: string, format: FileFormat, mistakes: Mistakes, options: ReadOptions): Promise<ReadFile> {
  const note = (line: number | null, column: string | null, wrong: string, remedy: string) =>
    mistakes.add({ file, line, column, code: 'BAD_USER_INPUT', wrong, remedy });
  const read: ReadFile = { rows: [], broken: [], whole: true, count: 0 };
  let header: Header | null = null;
  // Where the next row begins. Counted here: the parser counts a pair of CR and LF in a quoted cell as two lines.
  let next = 1;

  /** Rows are read as the parser meets them, so that none is left unread in a buffer when a later one breaks the file. */
  const take = (written: string[]): null => {
    const line = next;
    next += 1 + innerBreaks(written);
    const cells = written.map(meant);
    if (cells.every((cell) => cell.trim() === '')) return null;
    const at = (column: string | null, wrong: string, remedy: string) => note(line, column, wrong, remedy);
    if (header === null) {
      header = readHeader(cells, format, at);
      if (header === null) throw new NoHeader();
      return null;
    }
    if (read.count >= options.most) {
      at(
        null,
        'the folder has more rows than an import takes',
        'split it into folders of at most 1,000,000 rows and import one after the other',
      );
      throw new TooManyRows();
    }
    read.count++;
    const row = readRow(cells, line, header, at);
    if (row.fine) read.rows.push(row.row);
    else read.broken.push({ line, values: row.values });
    if (read.count % TELL_EVERY === 0) options.rows(read.count);
    return null;
  };

  const utf8 = new Utf8Check();
  async function* checked(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      options.bytes(chunk);
      if (!utf8.take(chunk)) throw new NotUtf8();
      yield chunk;
    }
    if (!utf8.end()) throw new NotUtf8();
  }

  try {
    const head = headOf(path);
    if (isUtf16(head)) {
      note(1, null, 'it is UTF-16', 'save it as "CSV UTF-8"');
      return { ...read, whole: false };
    }
    const parser = parse({
      delimiter: delimiterOf(head, format),
      record_delimiter: ['\r\n', '\n', '\r'],
      bom: true,
      relax_column_count: true,
      max_record_size: LONGEST_ROW,
      on_record: take as unknown as (record: string[]) => string[],
    });
    parser.resume();
    await pipeline(createReadStream(path), checked, parser);
    if (header === null) {
      note(1, null, 'it is empty', `begin with the header row: ${Object.keys(format.columns).join(',')}`);
      read.whole = false;
    }
  } catch (error) {
    if (error instanceof TooManyRows) throw error;
    read.whole = false;
    if (error instanceof NotUtf8)
      note(await lineOfByte(path, utf8.brokenAt!), null, 'it is not UTF-8, the bytes are of another encoding', 'save it as "CSV UTF-8"');
    else if (!(error instanceof NoHeader)) mistakes.add({ file, code: 'BAD_USER_INPUT', ...brokenFile(error as CsvFault, next, header) });
  }
  return read;
}

interface CsvFault extends Error {
  code?: string;
  /** Set where the operating system refused. */
  syscall?: string;
  /** The cell, from 0. */
  column?: number;
}

/** What the parser of CSV stumbled over: the row that began at `line`, and the cell in it. */
function brokenFile(error: CsvFault, line: number, header: Header | null): Pick<Mistake, 'line' | 'column' | 'wrong' | 'remedy'> {
  const column = (typeof error.column === 'number' && header?.names[error.column]) || null;
  const at = (wrong: string, remedy: string) => ({ line, column, wrong, remedy });
  switch (error.code) {
    case 'CSV_MAX_RECORD_SIZE':
      return at('the row is longer than 1 MiB', 'look for a quotation mark that is not closed, or shorten the cell');
    case 'CSV_QUOTE_NOT_CLOSED':
      return at('a quotation mark is not closed', 'close it, or double a quotation mark inside a quoted cell');
    case 'INVALID_OPENING_QUOTE':
    case 'CSV_INVALID_CLOSING_QUOTE':
      return at('a quotation mark stands inside a cell', 'quote the whole cell and double the quotation marks in it');
    default:
      if (error.syscall === undefined) throw error;
      return { line: null, column: null, wrong: 'it cannot be read', remedy: 'check that the file exists and may be read' };
  }
}
