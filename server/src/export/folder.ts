import { once } from 'node:events';
import { createWriteStream, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { byteOrder, type Day, quote, Refusal } from '@lotline/schema';
import type { Reader } from '../database';
import { columnName, FORMATS, type Progress } from '../import';
import type { Notes } from '../journal';
import { type FileSource, SOURCES, UNSAID } from './files';
import { written } from './moment';
import type { Cell } from './table';
import { csvCell } from './write';

// Everything as a folder that can be imported: into an empty database it makes another whose folder has the same bytes.

/** Rows that are read at once. */
const PAGE = 2000;

export interface Exporting {
  reader: Reader;
  notes: Notes;
  /** Takes what was noted to the access journal. */
  keep(): void;
  progress: Progress;
}

/**
 * Writes the files of the spreadsheet format, those that would be empty left out.
 * @returns rows by file
 * @throws Refusal where one of them is in the folder already
 */
export async function exportFolder(directory: string, { reader, notes, keep, progress }: Exporting): Promise<Record<string, number>> {
  const names = FORMATS.map(({ name }) => name);
  mkdirSync(directory, { recursive: true });
  const there = readdirSync(directory).find((name) => names.includes(name.toLowerCase()));
  if (there !== undefined)
    throw new Refusal({
      code: 'BAD_USER_INPUT',
      message: `there is a ${there} in the folder`,
      remedy: 'name an empty folder, or one to be made',
    });
  const counts: Record<string, number> = {};
  try {
    for (const source of SOURCES) {
      const { name } = source.format;
      const rows = await writeFile(join(directory, name), source, { reader, notes, keep, progress });
      if (rows > 0) counts[name] = rows;
    }
    await tellUnsaid(reader, progress);
    return counts;
  } catch (error) {
    for (const name of names) rmSync(join(directory, name), { force: true });
    throw error;
  }
}

/** Nouns whose owners are told who was shown them. */
const READ: Readonly<Record<string, 'Document' | 'ImportCertificate'>> = {
  'documents.csv': 'Document',
  'import_certificates.csv': 'ImportCertificate',
};

type Found = Record<string, unknown> & { id: string; attributes: Record<string, string> | null };

/** Writes one file, page by page; none where there are no rows. @returns how many */
async function writeFile(path: string, source: FileSource, { reader, notes, keep, progress }: Exporting): Promise<number> {
  const { name, columns } = source.format;
  const known = Object.keys(columns);
  const further = await furtherColumns(reader, source, progress);
  const order = known.map((column) => `"${column}" nulls first`).join(', ');
  await reader.query(
    `declare rows no scroll cursor for select * from (${source.sql}) f order by ${order}, attributes::text nulls first, id`,
  );
  let rows = 0;
  const unlisted = new Set<string>();
  const line = (found: Found): string => {
    const { id, attributes } = found;
    if (READ[name]) notes.read(READ[name], id);
    const cells = known.map((column) => cellOf(found, column, unlisted));
    const more = further.map((names) => names.flatMap((each) => attributes?.[each] ?? [])[0] ?? null);
    return `${[...cells, ...more].map(csvCell).join(',')}\r\n`;
  };
  let file: ReturnType<typeof createWriteStream> | null = null;
  try {
    for (;;) {
      const page = await reader.query<Found>(`fetch ${PAGE} from rows`);
      if (page.length > 0 && file === null) {
        file = createWriteStream(path, { flags: 'wx' });
        file.write(`${[...known, ...further.map(([each]) => each!)].map(csvCell).join(',')}\r\n`);
      }
      rows += page.length;
      if (page.length > 0 && !file!.write(page.map(line).join(''))) await once(file!, 'drain');
      keep();
      progress.step(`writing ${name}`, rows);
      if (page.length < PAGE) break;
    }
  } finally {
    file?.end();
    if (file) await finished(file);
  }
  await reader.query('close rows');
  if (unlisted.size > 0)
    progress.note(
      `${name}: ${unlisted.size} ${unlisted.size === 1 ? 'name is' : 'names are'} left out of lists, for a semicolon in ${unlisted.size === 1 ? 'it' : 'them'}: ${quote([...unlisted][0]!)}`,
    );
  return rows;
}

/** A value as its column is read: a moment with the offset of its day, a list by semicolons. */
function cellOf(found: Found, column: string, unlisted: Set<string>): Cell {
  const value = found[column];
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) {
    const names = value.filter((each) => each !== null) as string[];
    for (const each of names) if (each.includes(';')) unlisted.add(each);
    return names.filter((each) => !each.includes(';')).join(';') || null;
  }
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number') return plainNumber(value);
  const at = found[`${column} at`];
  return at instanceof Date ? written(value as Day, at) : String(value);
}

/** JavaScript writes small numbers with an exponent, which no column takes. */
function plainNumber(value: number): Cell {
  const [, sign, whole, part = '', exponent] = /^(-?)(\d)(?:\.(\d+))?e-(\d+)$/.exec(String(value)) ?? [];
  return exponent === undefined ? value : `${sign}0.${'0'.repeat(Number(exponent) - 1)}${whole}${part}`;
}

/** Columns that the product does not know, in byte order; those that differ in case or blanks are one. */
async function furtherColumns(reader: Reader, { format, sql }: FileSource, progress: Progress): Promise<string[][]> {
  const rows = await reader.query<{ key: string }>(
    `select distinct jsonb_object_keys(f.attributes) as key from (${sql}) f where f.attributes is not null`,
  );
  const keys = rows.map(({ key }) => key).sort(byteOrder);
  const byName = new Map<string, string[]>();
  for (const key of keys) {
    const name = columnName(key);
    if (Object.hasOwn(format.columns, name))
      progress.note(`${format.name}: the further column ${quote(key)} is left out, for there is one of that name`);
    else byName.set(name, [...(byName.get(name) ?? []), key]);
  }
  return [...byName.values()];
}

async function tellUnsaid(reader: Reader, progress: Progress): Promise<void> {
  for (const { what, sql } of UNSAID) {
    const [row] = await reader.query<{ count: string }>(sql);
    if (row!.count !== '0') progress.note(`the files have no column for ${what}: ${row!.count}`);
  }
}
