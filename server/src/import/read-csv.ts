import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { quote } from '@lotline/schema';
import { parse } from 'csv-parse';
import type { Column, FileFormat, Row } from './columns';
import type { Mistakes } from './errors';

export interface ReadOptions {
  /** Most rows to take. */
  most: number;
  bytes(chunk: Buffer): void;
  rows(count: number): void;
}

/** Longest row, bytes. */
const LONGEST_ROW = 1024 * 1024;
const DELIMITERS = [',', ';', '\t'] as const;
const HEAD = 64 * 1024;
const TELL_EVERY = 20_000;

/** How a header cell is looked up: letter case and blanks do not matter. */
const columnName = (text: string): string =>
  text
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, '_');

/** The delimiter under which the header row names the most columns that we know. */
function delimiterOf(path: string, format: FileFormat): string {
  const descriptor = openSync(path, 'r');
  const buffer = Buffer.alloc(HEAD);
  const length = readSync(descriptor, buffer, 0, HEAD, 0);
  closeSync(descriptor);
  const header =
    buffer
      .subarray(0, length)
      .toString('utf8')
      .replace(/^\ufeff/, '')
      .trimStart()
      .split(/\r?\n|\r/, 1)[0] ?? '';
  const known = (delimiter: string) =>
    header.split(delimiter).filter((cell) => Object.hasOwn(format.columns, columnName(cell.replace(/^"|"$/g, '')))).length;
  return DELIMITERS.reduce((best, each) => (known(each) > known(best) ? each : best));
}

class NotUtf8 extends Error {}
class TooManyRows extends Error {}

/** Bytes to text, refusing what is no UTF-8. */
function decode(bytes: (chunk: Buffer) => void): Transform {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let lines = 1;
  const attempt = (work: () => string): string => {
    try {
      return work();
    } catch {
      throw new NotUtf8(String(lines));
    }
  };
  return new Transform({
    readableObjectMode: false,
    decodeStrings: true,
    transform(chunk: Buffer, _encoding, done) {
      try {
        bytes(chunk);
        // Line by line where a chunk is broken, so that the place is told.
        const text = attempt(() => decoder.decode(chunk, { stream: true }));
        for (let index = text.indexOf('\n'); index >= 0; index = text.indexOf('\n', index + 1)) lines++;
        done(null, text);
      } catch (error) {
        done(new NotUtf8(String(lines + lineOfBadByte(chunk))));
        void error;
      }
    },
    flush(done) {
      try {
        done(
          null,
          attempt(() => decoder.decode()),
        );
      } catch (error) {
        done(error as Error);
      }
    },
  });
}

/** Lines before the first byte of a chunk that is no UTF-8. */
function lineOfBadByte(chunk: Buffer): number {
  let start = 0;
  for (let line = 0; ; line++) {
    const end = chunk.indexOf(10, start);
    const part = chunk.subarray(start, end < 0 ? chunk.length : end);
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(part);
    } catch {
      return line;
    }
    if (end < 0) return line;
    start = end + 1;
  }
}

/** Reads a file row by row, each cell by its column's parser; what cannot be read is noted with its place. */
export async function readCsv(
  path: string,
  file: string,
  format: FileFormat,
  mistakes: Mistakes,
  options: ReadOptions,
): Promise<Row<FileFormat>[]> {
  const note = (line: number | null, column: string | null, wrong: string, remedy: string) =>
    mistakes.add({ file, line, column, code: 'BAD_USER_INPUT', wrong, remedy });
  const rows: Row<FileFormat>[] = [];
  let header: Header | null = null;
  let headerBroken = false;

  const parser = parse({
    delimiter: delimiterOf(path, format),
    bom: true,
    info: true,
    relax_column_count: true,
    max_record_size: LONGEST_ROW,
  });
  parser.on('readable', () => {
    for (;;) {
      const record = parser.read() as { record: string[]; info: { lines: number } } | null;
      if (record === null || headerBroken) return;
      const cells = record.record;
      if (cells.length === 1 && cells[0]!.trim() === '') continue;
      if (cells.every((cell) => cell === '')) continue;
      const line = record.info.lines - innerBreaks(cells);
      if (header === null) {
        header = readHeader(cells, format, (column, wrong, remedy) => note(line, column, wrong, remedy));
        headerBroken = header === null;
        continue;
      }
      if (rows.length >= options.most) {
        parser.destroy(new TooManyRows());
        return;
      }
      const row = readRow(cells, line, header, (column, wrong, remedy) => note(line, column, wrong, remedy));
      if (row) rows.push(row);
      if (rows.length % TELL_EVERY === 0) options.rows(rows.length);
    }
  });

  try {
    await pipeline(createReadStream(path), decode(options.bytes), parser);
  } catch (error) {
    if (error instanceof NotUtf8) note(Number(error.message), null, 'it is not UTF-8', 'save it as "CSV UTF-8"');
    else if (error instanceof TooManyRows)
      note(
        null,
        null,
        `the folder has more than ${rows.length} rows left to take`,
        'import at most 1,000,000 rows at a time: split the folder',
      );
    else note(...broken(error as CsvFault));
    return rows;
  }
  if (header === null && !headerBroken) note(1, null, 'it is empty', `begin with the header row: ${Object.keys(format.columns).join(',')}`);
  return rows;
}

const innerBreaks = (cells: readonly string[]): number => cells.reduce((sum, cell) => sum + (cell.match(/\r\n|\n|\r/g)?.length ?? 0), 0);

interface CsvFault extends Error {
  code?: string;
  lines?: number;
}

function broken(error: CsvFault): [number | null, string | null, string, string] {
  const line = error.lines ?? null;
  switch (error.code) {
    case 'CSV_MAX_RECORD_SIZE':
      return [line, null, 'a row is longer than 1 MiB', 'look for a quotation mark that is not closed'];
    case 'CSV_QUOTE_NOT_CLOSED':
      return [line, null, 'a quotation mark is not closed', 'close it, or double a quotation mark inside a quoted cell'];
    case 'INVALID_OPENING_QUOTE':
    case 'CSV_INVALID_CLOSING_QUOTE':
    case 'CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE':
      return [line, null, 'a quotation mark stands inside a cell', 'quote the whole cell and double the quotation marks in it'];
    default:
      if (error.code?.startsWith('E')) return [null, null, 'it cannot be read', 'check that the file exists and may be read'];
      throw error;
  }
}

type Note = (column: string | null, wrong: string, remedy: string) => void;

interface Header {
  length: number;
  known: { name: string; at: number; column: Column }[];
  absent: string[];
  extra: { name: string; at: number }[];
}

function readHeader(cells: readonly string[], format: FileFormat, note: Note): Header | null {
  const known: Header['known'] = [];
  const extra: Header['extra'] = [];
  const seen = new Set<string>();
  let fine = true;
  cells.forEach((cell, at) => {
    const name = columnName(cell);
    if (name === '') return;
    if (seen.has(name)) {
      note(name, 'the column stands twice in the header', 'keep one of them');
      fine = false;
    }
    seen.add(name);
    const column = Object.hasOwn(format.columns, name) ? format.columns[name] : undefined;
    if (column) known.push({ name, at, column });
    else extra.push({ name: cell.trim().slice(0, 200), at });
  });
  const absent = Object.keys(format.columns).filter((name) => !seen.has(name));
  for (const name of absent.filter((each) => format.columns[each]!.required)) {
    note(name, 'the column is missing', `add it; the header is ${Object.keys(format.columns).join(',')}`);
    fine = false;
  }
  return fine ? { length: cells.length, known, absent, extra } : null;
}

function readRow(cells: readonly string[], line: number, header: Header, note: Note): Row<FileFormat> | null {
  if (cells.length !== header.length && (cells.length < header.length || cells.slice(header.length).some((cell) => cell.trim() !== ''))) {
    note(
      null,
      `the row has ${cells.length} cells, the header ${header.length}`,
      'quote cells that hold the delimiter, and leave no cell out',
    );
    return null;
  }
  const values: Record<string, unknown> = {};
  let fine = true;
  for (const { name, at, column } of header.known) {
    const text = cells[at]!;
    if (text.trim() === '') {
      if (column.required) {
        note(name, 'it is empty', 'give a value');
        fine = false;
      }
      values[name] = null;
      continue;
    }
    const parsed = column.read(text);
    if (parsed.ok) values[name] = parsed.value;
    else {
      note(name, parsed.wrong, parsed.remedy);
      fine = false;
    }
  }
  let attributes: Record<string, string> | null = null;
  for (const { name, at } of header.extra) {
    const text = cells[at]!.trim();
    if (text === '') continue;
    if (text.includes('\0')) {
      note(name, `${quote(text)} holds a NUL character`, 'remove it');
      fine = false;
    }
    attributes ??= {};
    attributes[name] = text;
  }
  return fine ? { line, values: values as Row<FileFormat>['values'], attributes } : null;
}
