import type { FileFormat, Row } from './columns';
import type { Mistake, Mistakes } from './errors';
import { meant } from './neutral';
import { type Header, readHeader, readRow } from './read-row';

export interface ReadOptions {
  /** Most rows to take. */
  most: number;
  bytes(chunk: Buffer): void;
  rows(count: number): void;
}

/** Of a row with a mistake, what could be read. */
export interface BrokenRow {
  line: number;
  values: Record<string, unknown>;
}

/** A file or a sheet as far as it could be read. */
export interface ReadFile {
  rows: Row<FileFormat>[];
  broken: BrokenRow[];
  /** False where rows are missing because the file itself is broken. */
  whole: boolean;
  /** Rows of any kind. */
  count: number;
}

/** There are more rows than an import takes. */
export class TooManyRows extends Error {}
/** The header cannot be used: the rest of the file means nothing. */
export class NoHeader extends Error {}

const TELL_EVERY = 20_000;

/** Takes the rows of a file as they come, the header first, each cell by its column's parser; what cannot be read is noted with its place. */
export class TakenRows {
  readonly read: ReadFile = { rows: [], broken: [], whole: true, count: 0 };
  header: Header | null = null;

  constructor(
    private readonly file: string,
    private readonly format: FileFormat,
    private readonly mistakes: Mistakes,
    private readonly options: Pick<ReadOptions, 'most' | 'rows'>,
  ) {}

  note(line: number | null, column: string | null, wrong: string, remedy: string, more: Partial<Mistake> = {}): void {
    this.mistakes.add({ file: this.file, line, column, code: 'BAD_USER_INPUT', wrong, remedy, ...more });
  }

  /**
   * @param written the cells as they stand there
   * @param spoiled cells of which is noted already that they cannot be read
   * @throws TooManyRows or NoHeader, after noting it
   */
  take(written: readonly string[], line: number, spoiled: ReadonlySet<number> = NONE): void {
    const { options, read, format } = this;
    const cells = written.map(meant);
    if (spoiled.size === 0 && cells.every((cell) => cell.trim() === '')) return;
    const at = (column: string | null, wrong: string, remedy: string) => this.note(line, column, wrong, remedy);
    if (this.header === null) {
      this.header = readHeader(cells, format, at);
      if (this.header === null) throw new NoHeader();
      return;
    }
    if (read.count >= options.most) {
      const most = options.most.toLocaleString('en-US');
      at(null, 'there are more rows than an import takes', `split it, and import at most ${most} at once, one part after the other`);
      throw new TooManyRows();
    }
    read.count++;
    const row = readRow(cells, line, this.header, at, spoiled);
    if (row.fine) read.rows.push(row.row);
    else read.broken.push({ line, values: row.values });
    if (read.count % TELL_EVERY === 0) options.rows(read.count);
  }

  /** Notes that there is no header where none was met. */
  end(): void {
    if (this.header !== null) return;
    this.note(1, null, 'it is empty', `begin with the header row: ${Object.keys(this.format.columns).join(',')}`);
    this.read.whole = false;
  }
}

const NONE: ReadonlySet<number> = new Set();
