import type { Section } from './page';

// How what the graph answers stands on paper.

/** What stands where nothing is on record, or what is there is not the viewer's to see. */
export const NOTHING = '-';

/** A list of the graph, as far as a page has it. */
export interface Listed<Row> {
  /** Length of the whole list; null above 10,000. */
  totalCount: number | null;
  nodes: readonly Row[];
}

export interface Named {
  name: string;
}

export const text = (value: string | number | null | undefined): string =>
  value === null || value === undefined || value === '' ? NOTHING : String(value);
/** @param kilograms exact decimal */
export const mass = (kilograms: string | null | undefined): string => (kilograms == null ? NOTHING : `${kilograms} kg`);
export const name = (noun: Named | null | undefined): string => text(noun?.name);
/** A code of the graph as words: HANDED_OVER is `handed over`. */
export const words = (code: string | null | undefined): string => text(code?.toLowerCase().replaceAll('_', ' '));
export const yesOrNo = (value: boolean): string => (value ? 'yes' : 'no');
export const together = (values: readonly string[]): string => text(values.join('; '));
export const share = (value: number): string => `${(value * 100).toFixed(value > 0 && value < 0.001 ? 4 : 1)} %`;

export interface PlaceSaid extends Named {
  unLocode: string | null;
}

export const place = (at: PlaceSaid | null | undefined): string => (at ? `${at.name}${at.unLocode ? ` (${at.unLocode})` : ''}` : NOTHING);

/** What is said of one thing: each with its name. */
export const facts = (heading: string, rows: readonly (readonly [string, string])[], says: readonly string[] = []): Section => ({
  heading,
  says,
  columns: [],
  rows,
});

/** Heads of columns, each with what stands below it. */
type Columns<Row> = readonly (readonly [head: string, cell: (row: Row, index: number) => string])[];

/** A table of all that there is. @param none what is said where there is nothing */
export function table<Row>(heading: string, none: string, all: readonly Row[], columns: Columns<Row>): Section {
  if (all.length === 0) return { heading, says: [none], columns: [], rows: [] };
  return {
    heading,
    says: [],
    columns: columns.map(([head]) => head),
    rows: all.map((row, index) => columns.map(([, cell]) => cell(row, index))),
  };
}

/** A table of a list, which says where it is longer than what is printed. */
export function list<Row>(heading: string, none: string, { nodes, totalCount }: Listed<Row>, columns: Columns<Row>): Section {
  const section = table(heading, none, nodes, columns);
  return { ...section, says: [...section.says, ...cutShort(nodes.length, totalCount)] };
}

/** What is not printed of a list is said. */
const cutShort = (printed: number, totalCount: number | null): string[] =>
  totalCount === printed ? [] : [`Only the first ${printed} of ${totalCount ?? 'more than 10000'} are printed; the graph has the others.`];
