import type { ErrorCode } from '@lotline/schema';

/** One thing wrong with a folder or a workbook: where, what, and what would be right. */
export interface Mistake {
  /** The file, or the sheet. */
  file: string;
  /** Line in the file, or row of the sheet, from 1; null where it is about the whole. */
  line: number | null;
  column: string | null;
  /** In a workbook: the cell, e.g. `C7`, or the row. */
  cell?: string;
  code: ErrorCode;
  wrong: string;
  remedy: string;
}

/** How many mistakes a person is shown; the rest are counted. */
export const SHOWN = 100;
const KEPT = 10_000;

/** Where the sheets of a workbook have what its mistakes are about. */
export interface SheetPlace {
  sheet: string;
  /** The letters of each column, by its name. */
  letters: ReadonlyMap<string, string>;
}

/** Gathers the mistakes of a folder or a workbook, every one counted. */
export class Mistakes {
  private readonly kept: Mistake[];
  /** Of a workbook, its sheets by the files they stand for. */
  readonly sheets: Map<string, SheetPlace>;
  count: number;

  /** What they are found in. */
  readonly of: 'folder' | 'workbook';

  /** @param before mistakes found earlier, which stay as they are */
  constructor(before?: Mistakes, of: 'folder' | 'workbook' = 'folder') {
    this.of = before?.of ?? of;
    this.kept = [...(before?.kept ?? [])];
    this.count = before?.count ?? 0;
    this.sheets = before?.sheets ?? new Map();
  }

  add(mistake: Mistake): void {
    this.count++;
    if (this.kept.length < KEPT) this.kept.push(this.inSheet(mistake));
  }

  /** @throws FolderRefused if there is any */
  check(): void {
    if (this.count > 0) throw new FolderRefused(this.first(), this.count, this.of);
  }

  /** A mistake as whoever looks at the workbook finds it. */
  private inSheet(mistake: Mistake): Mistake {
    const place = this.sheets.get(mistake.file);
    if (!place) return mistake;
    const { line, column, wrong, remedy } = mistake;
    const letters = column === null ? undefined : place.letters.get(column);
    const cell = line === null ? undefined : `${letters ?? ''}${line}`;
    const words = (text: string) => text.replace(/\b([a-z_]+)\.csv\b/g, 'the sheet $1').replace(/\bline (?=\d)/g, 'row ');
    return { ...mistake, file: place.sheet, cell: mistake.cell ?? cell, wrong: words(wrong), remedy: words(remedy) };
  }

  private first(): Mistake[] {
    const files = [...new Set(this.kept.map((each) => each.file))];
    return this.kept.sort((a, b) => files.indexOf(a.file) - files.indexOf(b.file) || (a.line ?? 0) - (b.line ?? 0)).slice(0, SHOWN);
  }
}

/** The folder or workbook cannot be imported; nothing of it was stored. */
export class FolderRefused extends Error {
  constructor(
    readonly shown: readonly Mistake[],
    readonly count: number,
    what: 'folder' | 'workbook' = 'folder',
  ) {
    super(`${count} ${count === 1 ? 'mistake' : 'mistakes'} in the ${what}; nothing was stored`);
  }

  /** As a person reads it: one mistake a line. */
  lines(): string[] {
    const lines = this.shown.map(
      (mistake) =>
        `${placeOf(mistake)}: ${mistake.code === 'BAD_USER_INPUT' ? '' : `${mistake.code}: `}${mistake.wrong}; ${mistake.remedy}`,
    );
    if (this.count > this.shown.length) lines.push(`... and ${this.count - this.shown.length} more`);
    return [...lines, this.message];
  }
}

/** Where a mistake is, as a person looks for it: `lots.csv:7 product`, `lots!C7 product`. */
export function placeOf({ file, line, column, cell }: Mistake): string {
  const at = cell === undefined ? (line === null ? '' : `:${line}`) : `!${cell}`;
  return `${file}${at}${column === null ? '' : ` ${column}`}`;
}
