import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { explainStore, tooLarge } from './refused';
import type { FileStore, Incoming } from './store';

const HASH = /^[0-9a-f]{64}$/;

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';
const none = (error: unknown): null => {
  if (isMissing(error)) return null;
  throw explainStore(error);
};

/** Makes the names in a folder durable. */
async function sync(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Bytes in a folder of this machine, or one that several share: `ab/abcd...` by their hash, `incoming/` while they come. Every name is a
 * hash or made here.
 */
export class FileDirectory implements FileStore {
  private readonly incoming: string;

  constructor(private readonly directory: string) {
    this.incoming = join(directory, 'incoming');
  }

  async receive(source: AsyncIterable<Buffer>, mostBytes: number): Promise<Incoming> {
    const path = join(this.incoming, randomUUID());
    const hash = createHash('sha256');
    let bytes = 0;
    let handle: FileHandle | null = null;
    try {
      await mkdir(this.incoming, { recursive: true, mode: 0o700 });
      handle = await open(path, 'wx+', 0o600);
      for await (const chunk of source) {
        bytes += chunk.length;
        if (bytes > mostBytes) throw tooLarge(mostBytes);
        hash.update(chunk);
        await handle.writeFile(chunk);
      }
      await handle.sync();
      return this.taken(path, handle, hash.digest('hex'), bytes);
    } catch (error) {
      await handle?.close().catch(() => {});
      await rm(path, { force: true }).catch(() => {});
      throw explainStore(error);
    }
  }

  async open(sha256: string, range?: { first: number; last: number }): Promise<Readable | null> {
    const handle = await open(this.pathOf(sha256)).catch(none);
    return handle?.createReadStream(range && { start: range.first, end: range.last }) ?? null;
  }

  async remove(sha256: string): Promise<void> {
    await rm(this.pathOf(sha256), { force: true }).catch(none);
  }

  async *keptBefore(instant: Date): AsyncIterable<string[]> {
    for (const folder of (await readdir(this.directory).catch(none)) ?? []) {
      if (!/^[0-9a-f]{2}$/.test(folder)) continue;
      const names = (await readdir(join(this.directory, folder)).catch(none)) ?? [];
      const old: string[] = [];
      for (const name of names) if (HASH.test(name) && (await isOlder(join(this.directory, folder, name), instant))) old.push(name);
      if (old.length > 0) yield old;
    }
  }

  async forgetIncoming(before: Date): Promise<void> {
    for (const name of (await readdir(this.incoming).catch(none)) ?? []) {
      const path = join(this.incoming, name);
      if (await isOlder(path, before)) await rm(path, { force: true }).catch(none);
    }
  }

  private pathOf(sha256: string): string {
    if (!HASH.test(sha256)) throw new Error('bytes are kept by their SHA-256');
    return join(this.directory, sha256.slice(0, 2), sha256);
  }

  private taken(path: string, handle: FileHandle, sha256: string, bytes: number): Incoming {
    const place = this.pathOf(sha256);
    return {
      sha256,
      bytes,
      read: async (from, length) => {
        const buffer = Buffer.alloc(Math.max(0, Math.min(length, bytes - from)));
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, from);
        return buffer.subarray(0, bytesRead);
      },
      keep: async () => {
        try {
          const isNew = await mkdir(dirname(place), { recursive: true, mode: 0o700 });
          await rename(path, place);
          await sync(dirname(place));
          if (isNew) await sync(this.directory);
        } catch (error) {
          throw explainStore(error);
        }
      },
      discard: async () => {
        await handle.close().catch(() => {});
        await rm(path, { force: true }).catch(() => {});
      },
    };
  }
}

const isOlder = async (path: string, instant: Date): Promise<boolean> => {
  const found = await stat(path).catch(none);
  return found !== null && found.mtime < instant;
};
