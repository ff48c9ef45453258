import type { Readable } from 'node:stream';

/** How bytes are named. */
export const HASH = /^[0-9a-f]{64}$/;

/** Bytes that were taken in and are durable, but belong to nothing yet. They must be kept or discarded. */
export interface Incoming {
  /** Hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
  /** Some of them; fewer where they end. */
  read(from: number, length: number): Promise<Buffer>;
  /** Keeps them by their hash; durable when it returns. They may be there already. */
  keep(): Promise<void>;
  /** Forgets them, unless they were kept. */
  discard(): Promise<void>;
}

/**
 * Where the bytes of documents are: by their SHA-256, each once. What may be taken, kept and given is decided elsewhere.
 * Errors of a store are FileRefused: 507 where there is no room, 503 where it cannot be reached.
 */
export interface FileStore {
  /** Takes bytes in as they come. @throws FileRefused 413 beyond `mostBytes`; whatever the source throws. Nothing is left then. */
  receive(source: AsyncIterable<Buffer>, mostBytes: number): Promise<Incoming>;
  /** The bytes of a hash, both ends included; null where they are not here. */
  open(sha256: string, range?: { first: number; last: number }): Promise<Readable | null>;
  remove(sha256: string): Promise<void>;
  /** Hashes of what was kept before an instant, some at a time. */
  keptBefore(instant: Date): AsyncIterable<string[]>;
  /** Forgets what was taken in before an instant and neither kept nor discarded: whoever did so is gone. */
  forgetIncoming(before: Date): Promise<void>;
}
