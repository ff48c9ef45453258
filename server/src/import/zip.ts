import type { Readable } from 'node:stream';
import { type Entry, open, type ZipFile } from 'yauzl';

/** The file is no archive that can be read. */
export class BrokenZip extends Error {}

/** Most parts of a workbook, and most bytes of all of them, unpacked: a small file may be packed from a very large one. */
const MOST_ENTRIES = 10_000;

/** An archive whose parts are read one by one. */
export class Archive {
  private constructor(
    private readonly file: ZipFile,
    private readonly entries: ReadonlyMap<string, Entry>,
  ) {}

  /** @param mostBytes of all parts, unpacked @throws BrokenZip */
  static async open(path: string, mostBytes: number): Promise<Archive> {
    const file = await new Promise<ZipFile>((done, failed) => {
      open(path, { lazyEntries: true, autoClose: false, validateEntrySizes: true }, (error, opened) =>
        error ? failed(new BrokenZip(error.message)) : done(opened!),
      );
    });
    try {
      return new Archive(file, await entriesOf(file, mostBytes));
    } catch (error) {
      file.close();
      throw error;
    }
  }

  has(name: string): boolean {
    return this.entries.has(name.toLowerCase());
  }

  /** The bytes of a part. @throws BrokenZip where there is none, and as they are read where they are not what the archive says */
  part(name: string): Promise<AsyncIterable<Buffer>> {
    const entry = this.entries.get(name.toLowerCase());
    if (!entry) return Promise.reject(new BrokenZip(`it has no part ${name}`));
    return new Promise((done, failed) => {
      this.file.openReadStream(entry, (error, stream) => (error ? failed(new BrokenZip(error.message)) : done(unpacked(stream!))));
    });
  }

  close(): void {
    this.file.close();
  }
}

/** What is wrong with the bytes of a part comes out only as they are read. */
async function* unpacked(stream: Readable): AsyncGenerator<Buffer> {
  try {
    yield* stream as AsyncIterable<Buffer>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall !== undefined) throw error;
    throw new BrokenZip((error as Error).message);
  }
}

function entriesOf(file: ZipFile, mostBytes: number): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  let bytes = 0;
  return new Promise((done, failed) => {
    file.on('entry', (entry: Entry) => {
      bytes += entry.uncompressedSize;
      if (bytes > mostBytes) return failed(new BrokenZip(`unpacked it has more than ${mostBytes} bytes`));
      if (entries.size >= MOST_ENTRIES) return failed(new BrokenZip(`it has more than ${MOST_ENTRIES} parts`));
      entries.set(entry.fileName.toLowerCase(), entry);
      file.readEntry();
    });
    file.once('end', () => done(entries));
    file.once('error', (error: Error) => failed(new BrokenZip(error.message)));
    file.readEntry();
  });
}
