import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { explainStore } from './refused';
import { isOlder, none, Spool } from './spool';
import { type FileStore, HASH, type Incoming } from './store';

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
  private readonly spool: Spool;

  constructor(private readonly directory: string) {
    this.spool = new Spool(join(directory, 'incoming'));
  }

  receive(source: AsyncIterable<Buffer>, mostBytes: number): Promise<Incoming> {
    return this.spool.receive(source, mostBytes, async ({ path, sha256 }) => ({ keep: () => this.keep(path, this.pathOf(sha256)) }));
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

  forgetIncoming(before: Date): Promise<void> {
    return this.spool.forget(before);
  }

  private async keep(path: string, place: string): Promise<void> {
    try {
      const isNew = await mkdir(dirname(place), { recursive: true, mode: 0o700 });
      await rename(path, place);
      await sync(dirname(place));
      if (isNew) await sync(this.directory);
    } catch (error) {
      throw explainStore(error);
    }
  }

  private pathOf(sha256: string): string {
    if (!HASH.test(sha256)) throw new Error('bytes are kept by their SHA-256');
    return join(this.directory, sha256.slice(0, 2), sha256);
  }
}
