import { createHash } from 'node:crypto';

/** Part of a page: sentences, then a table. */
export interface Section {
  heading: string;
  says: readonly string[];
  /** Heads of the columns; none where the first of two columns names what is in the second. */
  columns: readonly string[];
  rows: readonly (readonly string[])[];
}

/** What is said of a noun. */
export interface PageOf {
  title: string;
  sections: readonly Section[];
}

/** What a page says, and nothing of how it looks. Its text, its hash and its HTML are made of this alone. */
export interface Page extends PageOf {
  /** Whom it was printed for: what somebody else would see may differ. */
  printedFor: string;
}

/**
 * The canonical text of a page: one JSON array of strings a line, in UTF-8. It holds neither the instant nor the cursor, so that the same
 * facts give the same text for the same viewer, however much else was recorded meanwhile.
 */
export function textOf({ title, printedFor, sections }: Page): string {
  const lines: string[][] = [
    ['page', title],
    ['printed for', printedFor],
  ];
  for (const { heading, says, columns, rows } of sections) {
    lines.push(['section', heading]);
    for (const sentence of says) lines.push(['says', sentence]);
    if (columns.length > 0) lines.push(['columns', ...columns]);
    for (const row of rows) lines.push(['row', ...row]);
  }
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** SHA-256 of a page's text, hexadecimal. */
export const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');
