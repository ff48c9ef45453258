import { readFileSync } from 'node:fs';
import type { Party } from './story';

// The table of rights as people write it: a section of Markdown for each type, with a line that says of what it is asked, and a row for one
// field or several that are alike.

export interface Section {
  /** Heading: the type, and what else tells two sections of it apart. */
  name: string;
  type: string;
  party: Party;
  /** Names of the nouns it is asked of, where they are others than the usual ones. */
  of: string[];
  direction: 'BACK' | 'FORWARD';
  /** What each kind of viewer gets, by field. */
  rows: Record<string, Record<string, string>>;
}

export interface Table {
  sections: Section[];
  /** Types by the scope that a key needs for them. */
  scopes: Record<string, string[]>;
}

const cellsOf = (line: string): string[] =>
  line
    .slice(1, line.lastIndexOf('|'))
    .split('|')
    .map((cell) => cell.trim());

const listed = (cell: string): string[] => cell.split(/,\s*/).filter((each) => each !== '');

/** Rows of the table in a text, by its columns. */
function rowsOf(text: string): Record<string, string>[] {
  const [head, , ...rows] = text.split('\n').filter((line) => line.startsWith('|'));
  const columns = cellsOf(head ?? '||');
  return rows.map((row) => Object.fromEntries(cellsOf(row).map((cell, index) => [columns[index], cell])));
}

function sectionOf(name: string, text: string): Section {
  const told = (word: string) => new RegExp(`${word}: ([^.]+)\\.`).exec(text)?.[1];
  const rows: Section['rows'] = {};
  for (const { field, note: _, ...cells } of rowsOf(text))
    for (const each of listed(field!)) {
      if (rows[each]) throw new Error(`${name}.${each} has two rows`);
      rows[each] = cells;
    }
  return {
    name,
    type: name.split(',')[0]!,
    party: (told('Party') ?? 'importer') as Party,
    of: listed(told('Of') ?? ''),
    direction: (told('Direction') ?? 'BACK') as Section['direction'],
    rows,
  };
}

/** Reads the table. */
export function readTable(path: string): Table {
  const [, ...parts] = readFileSync(path, 'utf8').split(/^## /m);
  const texts = parts.map((part) => [part.slice(0, part.indexOf('\n')), part] as const);
  const scopes = texts.find(([name]) => name === 'KeyScope')![1];
  return {
    sections: texts.filter(([name]) => name !== 'KeyScope').map(([name, text]) => sectionOf(name, text)),
    scopes: Object.fromEntries(rowsOf(scopes).map(({ scope, types }) => [scope!, listed(types!)])),
  };
}
