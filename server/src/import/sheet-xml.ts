import { StringDecoder } from 'node:string_decoder';
import { parser as saxParser } from 'sax';
import type { NumberFormat, RawCell } from './sheet-cell';

// The parts of a workbook (ECMA-376, SpreadsheetML) that hold what an import reads, each read as a stream.

/** The XML is not what a spreadsheet writes. */
export class BrokenXml extends Error {}

/** Longest text of a cell: what a spreadsheet takes (32,767), and some for its escapes. */
const LONGEST_TEXT = 65_536;

interface Handlers {
  open?(name: string, attributes: Record<string, string>): void;
  text?(text: string): void;
  close?(name: string): void;
}

/** Reads XML as it comes; names without their prefixes. No document type is read, so no entity of somebody's own. */
async function readXml(stream: AsyncIterable<Buffer>, { open, text, close }: Handlers): Promise<void> {
  const parser = saxParser(true, { trim: false, normalize: false });
  const local = (name: string) => name.slice(name.indexOf(':') + 1);
  let broken: Error | null = null;
  parser.onerror = (error) => {
    broken ??= error;
    parser.resume();
  };
  parser.ondoctype = () => {
    broken ??= new Error('it has a document type');
  };
  parser.onopentag = ({ name, attributes }) => open?.(local(name), attributes as Record<string, string>);
  parser.ontext = (read) => text?.(read);
  parser.oncdata = (read) => text?.(read);
  parser.onclosetag = (name) => close?.(local(name));
  const decoder = new StringDecoder('utf8');
  for await (const chunk of stream) {
    parser.write(decoder.write(chunk));
    if (broken) break;
  }
  if (!broken) parser.write(decoder.end()).close();
  if (broken) throw new BrokenXml((broken as Error).message.split('\n')[0]);
}

/** `_x000D_` is how a workbook writes a carriage return. */
const unescaped = (text: string): string =>
  text.replace(/_x([0-9A-Fa-f]{4})_/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));

/** Gathers a text, as far as texts go. */
class Text {
  private parts = '';

  add(text: string): void {
    if (this.parts.length <= LONGEST_TEXT) this.parts += text;
    if (this.parts.length > LONGEST_TEXT) throw new BrokenXml('a cell is longer than any spreadsheet writes');
  }

  take(): string {
    const { parts } = this;
    this.parts = '';
    return parts;
  }
}

/** Texts that cells name by their number. */
export async function readSharedStrings(stream: AsyncIterable<Buffer>): Promise<string[]> {
  const strings: string[] = [];
  const text = new Text();
  let [inText, spoken] = [false, 0];
  await readXml(stream, {
    open: (name) => {
      if (name === 'rPh') spoken++;
      inText = name === 't' && spoken === 0;
    },
    text: (read) => inText && text.add(read),
    close: (name) => {
      if (name === 'rPh') spoken--;
      if (name === 't') inText = false;
      if (name === 'si') strings.push(unescaped(text.take()));
    },
  });
  return strings;
}

/** Number formats that every workbook has: those of dates and times, and of percentages. */
const DATES = new Set([
  14, 15, 16, 17, 18, 19, 20, 21, 22, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 45, 46, 47, 50, 51, 52, 53, 54, 55, 56, 57, 58,
]);
const PERCENTS = new Set([9, 10]);

function formatOf(id: number, code: string | undefined): NumberFormat {
  if (code === undefined) return DATES.has(id) ? { is: 'DATE' } : PERCENTS.has(id) ? { is: 'PERCENT' } : { is: 'PLAIN' };
  // What stands in quotes or brackets, or behind a backslash, is shown as it is.
  const bare = code.replace(/"[^"]*"|\[[^\]]*\]|\\.|_./g, '').split(';')[0]!;
  if (/^0{2,}$/.test(bare)) return { is: 'DIGITS', digits: bare.length };
  if (bare.includes('%')) return { is: 'PERCENT' };
  return /[ymdhs]/i.test(bare.replace(/General|E[+-]/gi, '')) ? { is: 'DATE' } : { is: 'PLAIN' };
}

/** What the number format of each style shows a number as. */
export async function readStyles(stream: AsyncIterable<Buffer>): Promise<NumberFormat[]> {
  const codes = new Map<number, string>();
  const formats: NumberFormat[] = [];
  let inCells = false;
  await readXml(stream, {
    open: (name, attributes) => {
      if (name === 'numFmt') codes.set(Number(attributes.numFmtId), attributes.formatCode ?? '');
      if (name === 'cellXfs') inCells = true;
      const id = Number(attributes.numFmtId ?? 0);
      if (name === 'xf' && inCells) formats.push(formatOf(id, codes.get(id)));
    },
    close: (name) => {
      if (name === 'cellXfs') inCells = false;
    },
  });
  return formats;
}

export interface SheetEntry {
  name: string;
  isHidden: boolean;
  /** Names its part among the relations of the workbook. */
  relation: string;
}

/** The sheets of a workbook in order, and whether its days are counted from 1904. */
export async function readWorkbookPart(stream: AsyncIterable<Buffer>): Promise<{ sheets: SheetEntry[]; from1904: boolean }> {
  const sheets: SheetEntry[] = [];
  let from1904 = false;
  await readXml(stream, {
    open: (name, attributes) => {
      if (name === 'workbookPr') from1904 = ['1', 'true'].includes(attributes.date1904 ?? '');
      if (name !== 'sheet') return;
      const relation = Object.entries(attributes).find(([key]) => key.endsWith(':id'))?.[1] ?? '';
      sheets.push({ name: attributes.name ?? '', isHidden: (attributes.state ?? 'visible') !== 'visible', relation });
    },
  });
  return { sheets, from1904 };
}

/** Parts by the id, and by the kind, of the relation that leads to them. */
export async function readRelations(stream: AsyncIterable<Buffer>): Promise<{ id: string; kind: string; target: string }[]> {
  const relations: { id: string; kind: string; target: string }[] = [];
  await readXml(stream, {
    open: (name, { Id = '', Type = '', Target = '' }) => {
      if (name === 'Relationship') relations.push({ id: Id, kind: Type.slice(Type.lastIndexOf('/') + 1), target: Target });
    },
  });
  return relations;
}

export interface SheetRow {
  number: number;
  isHidden: boolean;
  cells: RawCell[];
}

const A = 'A'.charCodeAt(0);
/** The letters of a column, from 0: A, B, ..., Z, AA. */
export function lettersOf(at: number): string {
  let letters = '';
  for (let left = at + 1; left > 0; left = Math.floor((left - 1) / 26)) letters = String.fromCharCode(A + ((left - 1) % 26)) + letters;
  return letters;
}

/** Most columns of a sheet. */
const MOST_COLUMNS = 16_384;

/** The place of a column by its letters, from 0. */
export function columnAt(reference: string): number {
  let at = 0;
  for (const letter of /^[A-Z]*/.exec(reference)![0]) at = at * 26 + letter.charCodeAt(0) - A + 1;
  if (at < 1 || at > MOST_COLUMNS) throw new BrokenXml(`there is no cell ${reference.slice(0, 20)}`);
  return at - 1;
}

export interface SheetParts {
  strings: readonly string[];
  formats: readonly NumberFormat[];
}

/** Reads a sheet row by row. @returns its merged ranges, e.g. `A2:B3` */
export async function readSheet(
  stream: AsyncIterable<Buffer>,
  { strings, formats }: SheetParts,
  row: (row: SheetRow) => void,
): Promise<string[]> {
  const merged: string[] = [];
  let current: SheetRow | null = null;
  let cell: RawCell | null = null;
  let [number, inValue] = [0, false];
  const text = new Text();
  let spoken = 0;
  await readXml(stream, {
    open: (name, attributes) => {
      if (name === 'row') {
        number = attributes.r === undefined ? number + 1 : Number(attributes.r);
        if (!Number.isSafeInteger(number) || number < 1) throw new BrokenXml('a row has no number');
        current = { number, isHidden: ['1', 'true'].includes(attributes.hidden ?? ''), cells: [] };
      } else if (name === 'c' && current) {
        const at = attributes.r === undefined ? (current.cells.at(-1)?.at ?? -1) + 1 : columnAt(attributes.r);
        const format = formats[Number(attributes.s ?? 0)] ?? { is: 'PLAIN' };
        cell = { at, type: attributes.t ?? 'n', value: null, isFormula: false, format };
      } else if (name === 'f' && cell) cell.isFormula = true;
      else if (name === 'rPh') spoken++;
      else if (name === 'mergeCell' && attributes.ref) merged.push(attributes.ref);
      inValue = cell !== null && spoken === 0 && (name === 'v' || name === 't');
    },
    text: (read) => inValue && text.add(read),
    close: (name) => {
      if (name === 'rPh') spoken--;
      if (name === 'v' || name === 't') inValue = false;
      if (name === 'c' && cell && current) {
        const value = text.take();
        const isText = cell.type === 'inlineStr' || cell.type === 'str';
        if (cell.type === 's') cell.value = strings[Number(value)] ?? null;
        else if (isText) cell.value = unescaped(value);
        else cell.value = value === '' ? null : value;
        current.cells.push(cell);
        cell = null;
      }
      if (name === 'row' && current) {
        row(current);
        current = null;
      }
    },
  });
  return merged;
}
