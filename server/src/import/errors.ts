import type { ErrorCode } from '@lotline/schema';

/** One thing wrong with a folder: where, what, and what would be right. */
export interface Mistake {
  file: string;
  /** Line in the file, from 1; null where it is about the file as a whole. */
  line: number | null;
  column: string | null;
  code: ErrorCode;
  wrong: string;
  remedy: string;
}

/** How many mistakes a person is shown; the rest are counted. */
export const SHOWN = 100;
const KEPT = 10_000;

/** Gathers the mistakes of a folder, every one counted. */
export class Mistakes {
  private readonly kept: Mistake[];
  count: number;

  /** @param before mistakes found earlier, which stay as they are */
  constructor(before?: Mistakes) {
    this.kept = [...(before?.kept ?? [])];
    this.count = before?.count ?? 0;
  }

  add(mistake: Mistake): void {
    this.count++;
    if (this.kept.length < KEPT) this.kept.push(mistake);
  }

  /** @throws FolderRefused if there is any */
  check(): void {
    if (this.count > 0) throw new FolderRefused(this.first(), this.count);
  }

  private first(): Mistake[] {
    const files = [...new Set(this.kept.map((each) => each.file))];
    return this.kept.sort((a, b) => files.indexOf(a.file) - files.indexOf(b.file) || (a.line ?? 0) - (b.line ?? 0)).slice(0, SHOWN);
  }
}

/** The folder cannot be imported; nothing of it was stored. */
export class FolderRefused extends Error {
  constructor(
    readonly shown: readonly Mistake[],
    readonly count: number,
  ) {
    super(`${count} ${count === 1 ? 'mistake' : 'mistakes'} in the folder; nothing was stored`);
  }

  /** As a person reads it: one mistake a line. */
  lines(): string[] {
    const lines = this.shown.map(({ file, line, column, code, wrong, remedy }) => {
      const place = `${file}${line === null ? '' : `:${line}`}${column === null ? '' : ` ${column}`}`;
      return `${place}: ${code === 'BAD_USER_INPUT' ? '' : `${code}: `}${wrong}; ${remedy}`;
    });
    if (this.count > this.shown.length) lines.push(`... and ${this.count - this.shown.length} more`);
    return [...lines, this.message];
  }
}
