import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { EXPLANATIONS, FORMATS } from '../import';
import type { Line } from './table';
import { type Sheet, workbook } from './workbook';

async function* rows(lines: readonly Line[]): AsyncGenerator<readonly Line[]> {
  yield lines;
}

const nameOf = (file: string): string => file.replace(/\.csv$/, '');

function* sheets(): Generator<Sheet> {
  const explained = FORMATS.flatMap(({ name, columns }) =>
    Object.entries(columns).map(([column, { required, about }]): Line => [nameOf(name), column, required ? 'required' : 'optional', about]),
  );
  yield { name: EXPLANATIONS, columns: ['sheet', 'column', 'needed', 'what stands in it'], pages: rows(explained) };
  for (const { name, columns } of FORMATS) yield { name: nameOf(name), columns: Object.keys(columns), pages: rows([]) };
}

/** Writes an empty workbook for the import: a sheet for each file, and one that explains every column. An older file stays as it is. */
export const writeTemplate = (path: string): Promise<void> =>
  pipeline(Readable.from(workbook(sheets()), { objectMode: false }), createWriteStream(path, { flags: 'wx' }));
