import { quote } from '@lotline/schema';
import type { Column, FileFormat, Row } from './columns';

/** Notes what is wrong with a column of the row at hand, or with the row as a whole. */
export type Note = (column: string | null, wrong: string, remedy: string) => void;

/** What the header row says: which cell is which column. */
export interface Header {
  length: number;
  /** Every cell as a mistake names it. */
  names: string[];
  known: { name: string; at: number; column: Column }[];
  extra: { name: string; at: number }[];
  extraNames: readonly string[];
}

/** How a header cell is looked up: letter case and blanks do not matter. */
export const columnName = (text: string): string =>
  text
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, '_');

const headerOf = (format: FileFormat): string => Object.keys(format.columns).join(',');

/** Reads the header row; null if the rows cannot be read by it. */
export function readHeader(cells: readonly string[], format: FileFormat, note: Note): Header | null {
  const known: Header['known'] = [];
  const extra: Header['extra'] = [];
  const names = cells.map(columnName);
  const seen = new Set<string>();
  let fine = true;
  if (!names.some((name) => Object.hasOwn(format.columns, name))) {
    note(null, 'the first row names none of the columns', `begin with the header row: ${headerOf(format)}`);
    return null;
  }
  cells.forEach((cell, at) => {
    const name = names[at]!;
    if (name === '') return;
    if (seen.has(name)) {
      note(name, 'the column stands twice in the header', 'keep one of them');
      fine = false;
    }
    seen.add(name);
    if (name.includes('\0')) {
      note(null, `the column ${quote(cell)} holds a NUL character`, 'remove it');
      fine = false;
    }
    const column = Object.hasOwn(format.columns, name) ? format.columns[name] : undefined;
    if (column) known.push({ name, at, column });
    else extra.push({ name: cell.trim().slice(0, 200), at });
  });
  for (const name of Object.keys(format.columns)) {
    if (seen.has(name) || !format.columns[name]!.required) continue;
    note(name, 'the column is missing', `add it; the header is ${headerOf(format)}`);
    fine = false;
  }
  return fine ? { length: cells.length, names, known, extra, extraNames: extra.map(({ name }) => name) } : null;
}

/** A row whose every cell could be read, or what could be read of it. */
export type ReadRow = { fine: true; row: Row<FileFormat> } | { fine: false; values: Record<string, unknown> };

/** Reads a row, each cell by its column's parser. @param spoiled cells of which is noted already that they cannot be read */
export function readRow(cells: readonly string[], line: number, header: Header, note: Note, spoiled: ReadonlySet<number>): ReadRow {
  if (cells.length < header.length || cells.slice(header.length).some((cell) => cell.trim() !== '')) {
    note(
      null,
      `the row has ${cells.length} cells, the header ${header.length}`,
      'leave no cell out, and quote a cell that holds the delimiter, such as a decimal comma',
    );
    return { fine: false, values: {} };
  }
  const values: Record<string, unknown> = {};
  let fine = spoiled.size === 0;
  const wrong: Note = (...mistake) => {
    note(...mistake);
    fine = false;
  };
  for (const { name, at, column } of header.known) {
    const text = cells[at]!;
    if (spoiled.has(at)) continue;
    if (text.trim() === '') {
      if (column.required) wrong(name, 'it is empty', 'give a value');
      else values[name] = null;
      continue;
    }
    const parsed = column.read(text);
    if (parsed.ok) values[name] = parsed.value;
    else wrong(name, parsed.wrong, parsed.remedy);
  }
  const attributes = readExtra(cells, header, wrong);
  header.names.forEach((name, at) => {
    if (name === '' && cells[at]!.trim() !== '')
      wrong(null, `${quote(cells[at]!)} stands under no header`, 'name its column, or clear the cell');
  });
  return fine
    ? { fine, row: { line, values: values as Row<FileFormat>['values'], attributes, extra: header.extraNames } }
    : { fine, values };
}

/** Cells of columns that the product does not know, kept as they are. */
function readExtra(cells: readonly string[], header: Header, wrong: Note): Record<string, string> | null {
  let attributes: Record<string, string> | null = null;
  for (const { name, at } of header.extra) {
    const text = cells[at]!.trim();
    if (text === '') continue;
    if (text.includes('\0')) wrong(name, `${quote(text)} holds a NUL character`, 'remove it');
    // Without a prototype, so that a column may have any name.
    attributes ??= Object.create(null) as Record<string, string>;
    attributes[name] = text;
  }
  return attributes;
}
