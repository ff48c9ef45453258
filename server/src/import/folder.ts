import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, parse } from 'node:path';
import {
  CERTIFIERS,
  DOCUMENTS,
  type FileFormat,
  FORMATS,
  IMPORT_CERTIFICATES,
  LOTS,
  OPERATIONS,
  PRODUCTS,
  type Row,
  SHIPMENTS,
} from './columns';
import { Doubts } from './doubts';
import { Mistakes } from './errors';
import { meantName } from './names';
import type { Progress } from './progress';
import { readCsv } from './read-csv';
import { type BrokenRow, type ReadFile, TooManyRows } from './take-rows';
import { readWorkbook } from './workbook';

/** The rows of a folder, read and parsed, not yet joined with what the database knows. */
export interface Folder {
  /** Where it is. */
  directory: string;
  /** SHA-256 over all files: the same folder is the same command. */
  digest: string;
  /** What could not be read. */
  mistakes: Mistakes;
  doubts: Doubts;
  /** Is the file in the folder? */
  has(format: FileFormat): boolean;
  rows<F extends FileFormat>(format: F): readonly Row<F>[];
  broken(format: FileFormat): readonly BrokenRow[];
  /** False where rows of the file are missing because the file is broken. */
  whole(format: FileFormat): boolean;
}

/** Most rows of a folder, over all its files: bounds memory. */
export const MOST_ROWS = 1_000_000;

/** The column by which other rows name a row of these files. */
const NAMED_BY = new Map<FileFormat, string>([
  [CERTIFIERS, 'certifier'],
  [OPERATIONS, 'operation'],
  [PRODUCTS, 'product'],
  [LOTS, 'code'],
  [SHIPMENTS, 'reference'],
  [DOCUMENTS, 'number'],
  [IMPORT_CERTIFICATES, 'number'],
]);

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;

/** Other kinds of file that somebody may take for ours. */
const OTHER_TABLES = ['.xlsx', '.xls', '.ods', '.tsv', '.txt', '.numbers'];

/** The files of a folder by their format; what is not read is said. */
function findFiles(directory: string, mistakes: Mistakes, doubts: Doubts, progress: Progress): Map<FileFormat, string> {
  const whole = (file: string, wrong: string, remedy: string) =>
    mistakes.add({ file, line: null, column: null, code: 'BAD_USER_INPUT', wrong, remedy });
  let names: string[];
  try {
    names = readdirSync(directory).sort();
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    whole(directory, missing ? 'there is no such folder' : 'it is not a folder that can be read', 'name a folder of CSV files');
    mistakes.check();
    throw error;
  }
  const formatOf = (name: string | null) => FORMATS.find((each) => each.name === name);
  const found = new Map<FileFormat, string>();
  for (const name of names.filter((each) => isFile(join(directory, each)))) {
    const lower = name.toLowerCase();
    const { name: stem, ext } = parse(lower);
    const format = formatOf(lower);
    const meant = ext === '.csv' ? meantName(lower) : OTHER_TABLES.includes(ext) && formatOf(`${stem}.csv`) ? `${stem}.csv` : null;
    if (format && found.has(format)) whole(name, `there is a ${found.get(format)} too`, 'keep one of them');
    else if (format) found.set(format, name);
    else if (meant === null) progress.note(`${name}: not a file of the format, passed over`);
    else {
      const there = names.some((each) => each.toLowerCase() === meant);
      if (there && ext !== '.csv') {
        progress.note(`${name}: passed over for ${meant}`);
        continue;
      }
      const repair = there
        ? `move its rows to ${meant}`
        : ext === '.csv'
          ? `rename it to ${meant}`
          : `save it as "CSV UTF-8" named ${meant}`;
      whole(name, 'no file of this name is read', `${repair}, or move it away`);
      const doubted = formatOf(meant);
      if (doubted) doubts.addAll(doubted);
    }
  }
  if (found.size === 0 && mistakes.count === 0)
    whole(directory, 'it holds none of the files', `give at least one of ${FORMATS.map((format) => format.name).join(' ')}`);
  return found;
}

/**
 * Reads every file of a folder, or every sheet of a workbook.
 * @param mostRows over all files
 * @throws FolderRefused where there is nothing to go on with
 */
export const readFolder = (path: string, progress: Progress, mostRows: number = MOST_ROWS): Promise<Folder> =>
  isFile(path) && path.toLowerCase().endsWith('.xlsx') ? readSheets(path, progress, mostRows) : readFiles(path, progress, mostRows);

async function readSheets(path: string, progress: Progress, mostRows: number): Promise<Folder> {
  const mistakes = new Mistakes(undefined, 'workbook');
  const doubts = new Doubts();
  const { files, doubted, digest } = await readWorkbook(path, basename(path), { mistakes, progress, mostRows });
  for (const format of doubted) doubts.addAll(format);
  if (files.size === 0) {
    if (mistakes.count === 0)
      mistakes.add({
        file: basename(path),
        line: null,
        column: null,
        code: 'BAD_USER_INPUT',
        wrong: 'none of its sheets has a row',
        remedy: 'fill in at least one',
      });
    mistakes.check();
  }
  for (const [format, read] of files) doubt(doubts, format, read);
  return folderOf(dirname(path), digest, mistakes, doubts, files);
}

async function readFiles(directory: string, progress: Progress, mostRows: number): Promise<Folder> {
  const mistakes = new Mistakes();
  const doubts = new Doubts();
  const found = findFiles(directory, mistakes, doubts, progress);
  if (found.size === 0) mistakes.check();

  const hash = createHash('sha256');
  const files = new Map<FileFormat, ReadFile>();
  let total = 0;
  for (const format of FORMATS) {
    const name = found.get(format);
    if (name === undefined) continue;
    hash.update(`\0${format.name}\0`);
    let read: ReadFile;
    try {
      read = await readCsv(join(directory, name), name, format, mistakes, {
        most: mostRows - total,
        bytes: (chunk) => hash.update(chunk),
        rows: (count) => progress.step(`reading ${name}`, count),
      });
    } catch (error) {
      if (error instanceof TooManyRows) mistakes.check();
      throw error;
    }
    total += read.count;
    files.set(format, read);
    progress.step(`reading ${name}`, read.count, read.count);
    doubt(doubts, format, read);
  }
  return folderOf(directory, hash.digest('hex'), mistakes, doubts, files);
}

const folderOf = (
  directory: string,
  digest: string,
  mistakes: Mistakes,
  doubts: Doubts,
  files: ReadonlyMap<FileFormat, ReadFile>,
): Folder => ({
  directory,
  digest,
  mistakes,
  doubts,
  has: (format) => files.has(format),
  rows: <F extends FileFormat>(format: F) => (files.get(format)?.rows ?? []) as unknown as Row<F>[],
  broken: (format) => files.get(format)?.broken ?? [],
  whole: (format) => files.get(format)?.whole ?? true,
});

function doubt(doubts: Doubts, format: FileFormat, { whole, broken }: ReadFile): void {
  const column = NAMED_BY.get(format);
  if (column === undefined) return;
  if (!whole) doubts.addAll(format);
  for (const { values } of broken) {
    const name = values[column];
    if (typeof name === 'string') doubts.add(format, name);
    else doubts.addAll(format);
  }
}
