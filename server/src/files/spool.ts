import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { explainStore, tooLarge } from './refused';
import type { Incoming } from './store';

/** Bytes that have come, in a file that only their upload knows. */
export interface Spooled {
  path: string;
  /** Hexadecimal. */
  sha256: string;
  bytes: number;
}

/** What a store does with bytes that have come. */
export interface Keeping {
  keep(): Promise<void>;
  /** Forgets what it made of them, unless they were kept. */
  discard?(): Promise<void>;
}

/** Null where nothing is there. */
export const none = (error: unknown): null => {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
  throw explainStore(error);
};

export const isOlder = async (path: string, instant: Date): Promise<boolean> => {
  const found = await stat(path).catch(none);
  return found !== null && found.mtime < instant;
};

/** Where bytes are while they come: a folder of this machine. */
export class Spool {
  constructor(private readonly directory: string) {}

  /**
   * Takes bytes in, durably, and hands them to `store`. Nothing is left where it fails.
   * @throws FileRefused 413 beyond `mostBytes`; what the source or the store throws
   */
  async receive(source: AsyncIterable<Buffer>, mostBytes: number, store: (spooled: Spooled) => Promise<Keeping>): Promise<Incoming> {
    const path = join(this.directory, randomUUID());
    const hash = createHash('sha256');
    let bytes = 0;
    let handle: FileHandle | null = null;
    try {
      await mkdir(this.directory, { recursive: true, mode: 0o700 });
      handle = await open(path, 'wx+', 0o600);
      for await (const chunk of source) {
        bytes += chunk.length;
        if (bytes > mostBytes) throw tooLarge(mostBytes);
        hash.update(chunk);
        await handle.writeFile(chunk);
      }
      await handle.sync();
      const spooled = { path, sha256: hash.digest('hex'), bytes };
      return incoming(spooled, handle, await store(spooled));
    } catch (error) {
      await handle?.close().catch(() => {});
      await rm(path, { force: true }).catch(() => {});
      throw explainStore(error);
    }
  }

  /** Forgets what came before an instant and is there still. */
  async forget(before: Date): Promise<void> {
    for (const name of (await readdir(this.directory).catch(none)) ?? []) {
      const path = join(this.directory, name);
      if (await isOlder(path, before)) await rm(path, { force: true }).catch(none);
    }
  }
}

const incoming = ({ path, sha256, bytes }: Spooled, handle: FileHandle, keeping: Keeping): Incoming => ({
  sha256,
  bytes,
  read: async (from, length) => {
    const buffer = Buffer.alloc(Math.max(0, Math.min(length, bytes - from)));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, from);
    return buffer.subarray(0, bytesRead);
  },
  keep: () => keeping.keep(),
  discard: async () => {
    await handle.close().catch(() => {});
    await rm(path, { force: true }).catch(() => {});
    await keeping.discard?.();
  },
});
