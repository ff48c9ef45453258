import type { FileFormat } from './columns';

/**
 * Names that a folder means to give but cannot, because their row has a mistake. That mistake is told; a reference to such a name is no
 * further one.
 */
export class Doubts {
  private readonly names = new Map<FileFormat, Set<string>>();
  private readonly files = new Set<FileFormat>();

  add(format: FileFormat, name: string): void {
    const names = this.names.get(format);
    if (names) names.add(name);
    else this.names.set(format, new Set([name]));
  }

  /** Any name may be among the rows of this file that could not be read. */
  addAll(format: FileFormat): void {
    this.files.add(format);
  }

  has(format: FileFormat, name: string): boolean {
    return this.files.has(format) || (this.names.get(format)?.has(name) ?? false);
  }
}
