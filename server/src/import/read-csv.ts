import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { parse } from 'csv-parse';
import type { FileFormat } from './columns';
import { isUtf16, lineOfByte, Utf8Check } from './encoding';
import type { Mistake, Mistakes } from './errors';
import { columnName, type Header } from './read-row';
import { NoHeader, type ReadFile, type ReadOptions, TakenRows, TooManyRows } from './take-rows';

/** Longest row, bytes. */
const LONGEST_ROW = 1024 * 1024;
const DELIMITERS = [',', ';', '\t'] as const;
const HEAD = 64 * 1024;

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
  const taken = new TakenRows(file, format, mistakes, options);
  const { read } = taken;
  // Where the next row begins. Counted here: the parser counts a pair of CR and LF in a quoted cell as two lines.
  let next = 1;

  /** Rows are read as the parser meets them, so that none is left unread in a buffer when a later one breaks the file. */
  const take = (cells: string[]): null => {
    const line = next;
    next += 1 + innerBreaks(cells);
    taken.take(cells, line);
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
      taken.note(1, null, 'it is UTF-16', 'save it as "CSV UTF-8"');
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
    taken.end();
  } catch (error) {
    if (error instanceof TooManyRows) throw error;
    read.whole = false;
    if (error instanceof NotUtf8)
      taken.note(
        await lineOfByte(path, utf8.brokenAt!),
        null,
        'it is not UTF-8, the bytes are of another encoding',
        'save it as "CSV UTF-8"',
      );
    else if (!(error instanceof NoHeader))
      mistakes.add({ file, code: 'BAD_USER_INPUT', ...brokenFile(error as CsvFault, next, taken.header) });
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
