import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Row } from './facts';
import type { Network } from './network';

const csv = (rows: readonly Row[]): string => {
  const columns = Object.keys(rows[0]!);
  const cell = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return `${[columns.join(','), ...rows.map((row) => columns.map((column) => cell(row[column]!)).join(','))].join('\n')}\n`;
};

/** Writes rows as a folder of CSV files. */
export function writeRows(directory: string, files: Iterable<readonly [string, readonly Row[]]>): string {
  mkdirSync(directory, { recursive: true });
  for (const [name, rows] of files) if (rows.length > 0) writeFileSync(join(directory, name), csv(rows));
  return directory;
}

/** Writes a network as a folder of CSV files. */
export const writeFolder = (network: Network, directory: string): string => writeRows(directory, network.files);
