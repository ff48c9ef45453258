import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type FileFormat, FORMATS, NOT_READ_YET, type Row } from './columns';
import { FolderRefused, Mistakes } from './errors';
import { readCsv } from './read-csv';

/** The rows of a folder, read and parsed, not yet joined with what the database knows. */
export interface Folder {
  /** SHA-256 over all files: the same folder is the same command. */
  digest: string;
  rows<F extends FileFormat>(format: F): readonly Row<F>[];
}

/** Most rows of a folder, over all its files: bounds memory. */
export const MOST_ROWS = 1_000_000;

/** Tells somebody who waits what goes on. */
export interface Progress {
  /** A phase, and how far it is: rows so far, and of how many where that is known. */
  step(what: string, done?: number, of?: number): void;
  note(line: string): void;
}

/** A file name that is almost one of ours: two letters off at most. */
function meantName(name: string): string | null {
  for (const known of [...FORMATS.map((format) => format.name), ...NOT_READ_YET]) if (distance(name, known) <= 2) return known;
  return null;
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    row = next;
  }
  return row[b.length]!;
}

/**
 * Reads every file of a folder.
 * @throws FolderRefused with the place of every cell that cannot be read
 */
export async function readFolder(directory: string, progress: Progress): Promise<Folder> {
  const mistakes = new Mistakes();
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

  const found = new Map<FileFormat, string>();
  for (const name of names) {
    const lower = name.toLowerCase();
    if (!lower.endsWith('.csv') || !statSync(join(directory, name)).isFile()) continue;
    const format = FORMATS.find((each) => each.name === lower);
    if (format && found.has(format)) whole(name, `there is a ${found.get(format)} too`, 'keep one of them');
    else if (format) found.set(format, name);
    else if (NOT_READ_YET.includes(lower)) progress.note(`${name}: not read by this version`);
    else {
      const meant = meantName(lower);
      if (meant) whole(name, 'no file of this name is read', `rename it to ${meant}, or move it away`);
      else progress.note(`${name}: not a file of the format, passed over`);
    }
  }
  if (found.size === 0 && mistakes.count === 0)
    whole(directory, 'it holds none of the files', `give at least one of ${FORMATS.map((format) => format.name).join(' ')}`);

  const hash = createHash('sha256');
  const rows = new Map<FileFormat, Row<FileFormat>[]>();
  let total = 0;
  for (const format of FORMATS) {
    const name = found.get(format);
    if (name === undefined) continue;
    hash.update(`\0${format.name}\0`);
    const read = await readCsv(join(directory, name), name, format, mistakes, {
      most: MOST_ROWS - total,
      bytes: (chunk) => hash.update(chunk),
      rows: (count) => progress.step(`reading ${name}`, count),
    });
    total += read.length;
    rows.set(format, read);
    progress.step(`reading ${name}`, read.length, read.length);
  }
  mistakes.check();
  return {
    digest: hash.digest('hex'),
    rows: <F extends FileFormat>(format: F) => (rows.get(format) ?? []) as unknown as Row<F>[],
  };
}

export { FolderRefused };
