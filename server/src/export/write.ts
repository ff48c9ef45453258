import { neutral } from '../import';
import { type Cell, COMPLETE, type Ending, type Line, lastLine, type Table } from './table';
import { MOST_ROWS, type Sheet, workbook } from './workbook';

/** A form in which a table is written. */
export interface Format {
  type: string;
  /**
   * @param endOf what the last row says: the table's own ending, or why there is another
   * @returns the bytes, some rows at a time
   */
  write(table: Table, endOf: EndOf): AsyncIterable<Buffer>;
}

/** Gives the rows of a table and then its ending, whatever becomes of it meanwhile. */
export type EndOf = (pages: AsyncIterable<readonly Line[]>) => AsyncGenerator<readonly Line[], Ending>;

/** A cell of CSV. A number is no formula; any text may be one. */
export function csvCell(value: Cell): string {
  if (value === null) return '';
  const text = typeof value === 'string' ? neutral(value) : String(value);
  return /[",\r\n]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;
}

const csvLine = (cells: Line): string => `${cells.map(csvCell).join(',')}\r\n`;

async function* csv({ columns, pages }: Table, endOf: EndOf): AsyncGenerator<Buffer> {
  const padded = (cells: Line): Line => [...cells, ...Array<null>(columns.length - cells.length).fill(null)];
  yield Buffer.from(csvLine(columns));
  let rows = 0;
  const all = endOf(pages());
  for (let next = await all.next(); ; next = await all.next()) {
    if (next.done) return yield Buffer.from(csvLine(padded(lastLine(next.value, rows))));
    rows += next.value.length;
    yield Buffer.from(next.value.map(csvLine).join(''));
  }
}

async function* jsonLines({ columns, pages }: Table, endOf: EndOf): AsyncGenerator<Buffer> {
  const line = (cells: Line) => `${JSON.stringify(Object.fromEntries(columns.map((column, at) => [column, cells[at] ?? null])))}\n`;
  let rows = 0;
  const all = endOf(pages());
  for (let next = await all.next(); ; next = await all.next()) {
    if (next.done) return yield Buffer.from(`${JSON.stringify({ row: COMPLETE, ...next.value, rows })}\n`);
    rows += next.value.length;
    yield Buffer.from(next.value.map(line).join(''));
  }
}

/** Rows that a sheet has room for, besides its header and a last one. */
const IN_A_SHEET = MOST_ROWS - 2;
/** What the first cell of the last row of a sheet says that goes on in the next. */
const CONTINUES = 'continues';

/**
 * The sheets of a table: one that is full says in its last row where it goes on.
 * @param most rows of a sheet, besides its header and its last one
 */
export async function* sheetsOf({ name, columns, pages }: Table, endOf: EndOf, most = IN_A_SHEET): AsyncGenerator<Sheet> {
  const all = endOf(pages());
  let rows = 0;
  let waiting: readonly Line[] = [];
  let isOver = false;
  const nameOfSheet = (number: number) => (number === 1 ? name : `${name} ${number}`);
  async function* fill(number: number): AsyncGenerator<readonly Line[]> {
    for (let room = most; ; ) {
      if (waiting.length === 0) {
        const next = await all.next();
        if (next.done) {
          isOver = true;
          return yield [lastLine(next.value, rows)];
        }
        waiting = next.value;
      }
      // Only where there is something to go on with.
      if (room === 0) return yield [[CONTINUES, null, rows, `in the sheet ${nameOfSheet(number + 1)}: a sheet holds ${MOST_ROWS} rows`]];
      const page = waiting.slice(0, room);
      waiting = waiting.slice(room);
      room -= page.length;
      rows += page.length;
      yield page;
    }
  }
  for (let number = 1; !isOver; number++) yield { name: nameOfSheet(number), columns, pages: fill(number) };
}

/** The forms by the ending of their files. */
export const FORMATS: Readonly<Record<string, Format>> = {
  csv: { type: 'text/csv; charset=utf-8; header=present', write: csv },
  jsonl: { type: 'application/x-ndjson', write: jsonLines },
  xlsx: {
    type: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    write: (table, endOf) => workbook(sheetsOf(table, endOf)),
  },
};
