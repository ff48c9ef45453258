import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { posix } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { quote } from '@lotline/schema';
import { type FileFormat, FORMATS } from './columns';
import type { Mistakes } from './errors';
import { meantName } from './names';
import type { Progress } from './progress';
import { columnName } from './read-row';
import { type Epoch, type RawCell, textOf } from './sheet-cell';
import {
  BrokenXml,
  columnAt,
  lettersOf,
  readRelations,
  readSharedStrings,
  readSheet,
  readStyles,
  readWorkbookPart,
  type SheetEntry,
  type SheetParts,
  type SheetRow,
} from './sheet-xml';
import { NoHeader, type ReadFile, TakenRows, TooManyRows } from './take-rows';
import { Archive, BrokenZip } from './zip';

export interface Workbook {
  /** The sheets that were read, by the files they stand for; one without a row is as one that is not there. */
  files: Map<FileFormat, ReadFile>;
  /** Files that a sheet may mean that was not read. */
  doubted: FileFormat[];
  digest: string;
}

/** Most bytes of a workbook, unpacked, where nothing else is said. */
export const MOST_UNPACKED = 2 ** 31;
/** The sheet of a template that says what the columns of the others are. */
export const EXPLANATIONS = 'explanations';

interface ReadingWorkbook {
  mistakes: Mistakes;
  progress: Progress;
  mostRows: number;
}

/** Reads a workbook whose sheets are named like the files. @param file its name, as mistakes name it */
export async function readWorkbook(path: string, file: string, { mistakes, progress, mostRows }: ReadingWorkbook): Promise<Workbook> {
  const whole = (wrong: string, remedy: string) => mistakes.add({ file, line: null, column: null, code: 'BAD_USER_INPUT', wrong, remedy });
  const workbook: Workbook = { files: new Map(), doubted: [], digest: await digestOf(path) };
  let archive: Archive;
  try {
    archive = await Archive.open(path, MOST_UNPACKED);
  } catch (error) {
    if (!(error instanceof BrokenZip)) throw error;
    whole(
      'it is no .xlsx workbook that can be read',
      'save it as "Excel Workbook (.xlsx)", without a password; an older .xls or .ods file must be saved as .xlsx',
    );
    return workbook;
  }
  try {
    const parts = await partsOf(archive);
    const found = sheetsOf(parts.sheets, { mistakes, progress, file, workbook });
    let left = mostRows;
    for (const [format, sheet] of found) {
      const part = parts.partOf(sheet);
      if (part === null) throw new BrokenXml(`the sheet ${sheet.name} has no part`);
      const read = await readOne(await archive.part(part), format, sheet.name, parts, { mistakes, progress, mostRows: left });
      left -= read.count;
      if (read.count > 0 || !read.whole) workbook.files.set(format, read);
    }
  } catch (error) {
    if (error instanceof TooManyRows) mistakes.check();
    if (!(error instanceof BrokenZip || error instanceof BrokenXml)) throw error;
    whole(`it is broken: ${error.message}`, 'open it in a spreadsheet and save it as "Excel Workbook (.xlsx)"');
  } finally {
    archive.close();
  }
  return workbook;
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

interface Parts extends SheetParts {
  sheets: SheetEntry[];
  epoch: Epoch;
  partOf(sheet: SheetEntry): string | null;
}

/** Follows the relations of the package to what the sheets share. */
async function partsOf(archive: Archive): Promise<Parts> {
  const related = async (part: string) => {
    const { dir, base } = posix.parse(part);
    const relations = posix.join(dir, '_rels', `${base}.rels`);
    if (!archive.has(relations)) return [];
    const all = await readRelations(await archive.part(relations));
    return all.map((each) => ({ ...each, target: each.target.startsWith('/') ? each.target.slice(1) : posix.join(dir, each.target) }));
  };
  const main = (await related('')).find(({ kind }) => kind === 'officeDocument')?.target ?? 'xl/workbook.xml';
  const { sheets, from1904 } = await readWorkbookPart(await archive.part(main));
  const relations = await related(main);
  const shared = async <T>(kind: string, read: (stream: Awaited<ReturnType<Archive['part']>>) => Promise<T[]>): Promise<T[]> => {
    const target = relations.find((each) => each.kind === kind)?.target;
    return target !== undefined && archive.has(target) ? read(await archive.part(target)) : [];
  };
  return {
    sheets,
    epoch: from1904 ? 24_107 : 25_569,
    strings: await shared('sharedStrings', readSharedStrings),
    formats: await shared('styles', readStyles),
    partOf: ({ relation }) => relations.find(({ id, kind }) => id === relation && kind === 'worksheet')?.target ?? null,
  };
}

interface Finding {
  mistakes: Mistakes;
  progress: Progress;
  file: string;
  workbook: Workbook;
}

/** The sheets that are read, in the order of the files; what is not read is said. */
function sheetsOf(sheets: readonly SheetEntry[], { mistakes, progress, file, workbook }: Finding): Map<FileFormat, SheetEntry> {
  const wrong = (sheet: string, what: string, remedy: string) =>
    mistakes.add({ file: sheet, line: null, column: null, code: 'BAD_USER_INPUT', wrong: what, remedy });
  const formatOf = (name: string | null) => FORMATS.find((each) => each.name === name);
  const found = new Map<FileFormat, SheetEntry>();
  for (const sheet of sheets) {
    const name = `${columnName(sheet.name)}.csv`;
    const format = formatOf(name);
    const meant = format ?? formatOf(meantName(name));
    if (format && !sheet.isHidden && !found.has(format)) found.set(format, sheet);
    else if (format && found.has(format)) wrong(sheet.name, `there is a sheet ${quote(found.get(format)!.name)} too`, 'keep one of them');
    else if (meant && sheet.isHidden) {
      wrong(sheet.name, 'the sheet is hidden', 'show it, or delete it');
      workbook.doubted.push(meant);
    } else if (meant) {
      wrong(sheet.name, 'no sheet of this name is read', `rename it to ${meant.name.replace('.csv', '')}, or delete it`);
      workbook.doubted.push(meant);
    } else if (columnName(sheet.name) !== EXPLANATIONS) progress.note(`${sheet.name}: not a sheet of the format, passed over`);
  }
  for (const [format, { name }] of found) mistakes.sheets.set(format.name, { sheet: name, letters: new Map() });
  if (found.size === 0 && mistakes.count === 0) {
    const names = FORMATS.map((format) => format.name.replace('.csv', ''));
    mistakes.add({
      file,
      line: null,
      column: null,
      code: 'BAD_USER_INPUT',
      wrong: 'none of its sheets is named like a file of the format',
      remedy: `name at least one of them like one of ${names.join(' ')}`,
    });
  }
  return new Map(FORMATS.flatMap((format) => (found.has(format) ? [[format, found.get(format)!]] : [])));
}

/** Reads one sheet, each cell as its column has it. @throws TooManyRows after noting it */
async function readOne(
  stream: Awaited<ReturnType<Archive['part']>>,
  format: FileFormat,
  sheet: string,
  { strings, formats, epoch }: Parts,
  { mistakes, progress, mostRows }: ReadingWorkbook,
): Promise<ReadFile> {
  const taken = new TakenRows(format.name, format, mistakes, { most: mostRows, rows: (count) => progress.step(`reading ${sheet}`, count) });
  const letters = new Map<string, string>();
  mistakes.sheets.set(format.name, { sheet, letters });
  const hidden: number[] = [];
  const take = ({ number, isHidden, cells }: SheetRow): void => {
    const { header } = taken;
    const filled = cells.filter(({ value, isFormula }) => (value !== null && value.trim() !== '') || isFormula);
    if (filled.length === 0) return;
    if (isHidden) hidden.push(number);
    const width = header?.length ?? filled.at(-1)!.at + 1;
    const texts = Array<string>(width).fill('');
    const spoiled = new Set<number>();
    const wrong = (cell: RawCell, what: string, remedy: string) => {
      spoiled.add(cell.at);
      taken.note(number, header?.names[cell.at] || null, what, remedy, { cell: `${lettersOf(cell.at)}${number}` });
    };
    const columns = new Map(header?.known.map(({ at, column }) => [at, column]));
    for (const cell of filled) {
      if (cell.at >= width) {
        wrong(cell, `${quote(cell.value ?? '')} stands under no header`, 'name its column, or clear the cell');
        continue;
      }
      const text = textOf(cell, columns.get(cell.at) ?? null, epoch);
      if (text.ok) texts[cell.at] = text.value;
      else wrong(cell, text.wrong, text.remedy);
    }
    const isHeader = header === null;
    taken.take(texts, number, spoiled);
    if (isHeader) for (const [at, name] of (taken.header?.names ?? []).entries()) letters.set(name, lettersOf(at));
  };
  try {
    const merged = await readSheet(stream, { strings, formats }, take);
    taken.end();
    for (const range of merged) noteMerged(taken, range);
    if (hidden.length > 0)
      taken.note(
        hidden[0]!,
        null,
        hidden.length === 1 ? 'the row is hidden' : `the row is hidden, as are ${hidden.length - 1} more`,
        'clear the filter, or show the rows; delete what is not meant',
      );
  } catch (error) {
    taken.read.whole = false;
    if (!(error instanceof NoHeader)) throw error;
  }
  return taken.read;
}

/** Of merged cells only the first has a value: the others would be read as blank. */
function noteMerged(taken: TakenRows, range: string): void {
  const [from = '', to = ''] = range.split(':');
  const at = columnAt(from);
  if (taken.header === null || at >= taken.header.length || from === to) return;
  taken.note(
    Number(/\d+$/.exec(from)?.[0] ?? 1),
    taken.header.names[at] || null,
    `the cells ${range} are merged`,
    'unmerge them, and fill each',
    {
      cell: from,
    },
  );
}
