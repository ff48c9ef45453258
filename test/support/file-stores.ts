import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { FileBucket, FileDirectory, type FileStore } from '@lotline/server/files';
import { TestBucket } from './bucket';

// The stores of files, each as a test looks at what is in it.

const DAY_MS = 86_400_000;

export interface TestStore {
  /** The store, as another instance of the server has it. */
  open(): FileStore;
  /** Names of all that is there; `incoming/...` while it comes. */
  names(): string[];
  nameOf(sha256: string): string;
  /** What is there by a hash; undefined where nothing is. */
  bytesOf(sha256: string): Buffer | undefined;
  /** How much has come of what is coming. */
  coming(): number;
  /** Puts something there, as if it were so old. */
  put(name: string, days: number): void;
  /** Takes bytes away. @returns what brings them back */
  hide(sha256: string): () => void;
  stop(): Promise<void>;
}

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((each) =>
    each.isDirectory() ? filesBelow(join(folder, each.name)) : [join(folder, each.name)],
  );
const comingTo = (folder: string): number =>
  filesBelow(folder)
    .filter((path) => path.includes('incoming'))
    .reduce((sum, path) => sum + statSync(path).size, 0);

async function inDirectory(): Promise<TestStore> {
  const folder = mkdtempSync(join(tmpdir(), 'lotline-files-'));
  const nameOf = (sha256: string) => `${sha256.slice(0, 2)}/${sha256}`;
  const pathOf = (sha256: string) => join(folder, nameOf(sha256));
  return {
    open: () => new FileDirectory(folder),
    names: () => filesBelow(folder).map((path) => relative(folder, path)),
    nameOf,
    bytesOf: (sha256) => (filesBelow(folder).includes(pathOf(sha256)) ? readFileSync(pathOf(sha256)) : undefined),
    coming: () => comingTo(folder),
    put: (name, days) => {
      const path = join(folder, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, 'x');
      const then = (Date.now() - days * DAY_MS) / 1000;
      utimesSync(path, then, then);
    },
    hide: (sha256) => {
      renameSync(pathOf(sha256), `${pathOf(sha256)}.away`);
      return () => renameSync(`${pathOf(sha256)}.away`, pathOf(sha256));
    },
    stop: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function inBucket(): Promise<TestStore> {
  const bucket = await TestBucket.start();
  const spool = mkdtempSync(join(tmpdir(), 'lotline-spool-'));
  const below = `${bucket.settings.prefix}/database/`;
  return {
    open: () => new FileBucket(bucket.settings, 'database', join(spool, 'incoming')),
    names: () => [
      ...[...bucket.objects.keys()].map((name) => (name.startsWith(below) ? name.slice(below.length) : `elsewhere: ${name}`)),
      ...filesBelow(spool).map((path) => relative(spool, path)),
    ],
    nameOf: (sha256) => sha256,
    bytesOf: (sha256) => bucket.objects.get(below + sha256)?.bytes,
    coming: () => comingTo(spool),
    put: (name, days) => void bucket.objects.set(below + name, { bytes: Buffer.from('x'), at: new Date(Date.now() - days * DAY_MS) }),
    hide: (sha256) => {
      const kept = bucket.objects.get(below + sha256)!;
      bucket.objects.delete(below + sha256);
      return () => void bucket.objects.set(below + sha256, kept);
    },
    stop: async () => {
      await bucket.stop();
      rmSync(spool, { recursive: true, force: true });
    },
  };
}

export const STORES: readonly (readonly [string, () => Promise<TestStore>])[] = [
  ['a directory', inDirectory],
  ['a bucket', inBucket],
];
