import type { ErrorCode } from '@lotline/schema';

/** What stands in a cell. Kilograms are exact decimals, as text. */
export type Cell = string | number | boolean | null;
export type Line = readonly Cell[];

/** What a table says of itself when it has said all. */
export interface Ending {
  complete: boolean;
  /** Why it is not, for a person: each begins with a kind of gap or a code. */
  why: readonly string[];
}

/** Rows under the same columns, made as they are asked for. */
export interface Table {
  /** The name of its file and its sheet. */
  name: string;
  /** The first is `row`: what its row is. */
  columns: readonly string[];
  /** Some rows at a time: no more than the next few are ever held. */
  pages(): AsyncIterable<readonly Line[]>;
  /** After the last row. */
  ending(): Promise<Ending>;
}

/** What the first cell of the last row says; no other row's does. */
export const COMPLETE = 'complete';

export const ALL_THERE: Ending = { complete: true, why: [] };

/** An end before the end. */
export const cutBy = (code: ErrorCode, message: string): Ending => ({ complete: false, why: [`${code}: ${message}`] });

/** The last row as cells: `complete`, whether it is, the rows before it, and why it is not. */
export const lastLine = ({ complete, why }: Ending, rows: number): Line => [COMPLETE, complete, rows, why.join('; ') || null];

const PAGE = 1000;

/** Rows of a list that is there already, some at a time. */
export async function* pagesOf<Item>(items: readonly Item[], line: (item: Item) => Promise<Line> | Line): AsyncGenerator<Line[]> {
  for (let at = 0; at < items.length; at += PAGE) yield Promise.all(items.slice(at, at + PAGE).map(line));
}
