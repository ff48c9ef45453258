import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { explainBucket } from './refused';
import { Spool, type Spooled } from './spool';
import { type FileStore, HASH, type Incoming } from './store';

/** A bucket of Amazon S3, or of a store that speaks as it does. */
export interface BucketSettings {
  /** Where the store is; null for Amazon's own of the region. */
  endpoint: string | null;
  region: string;
  bucket: string;
  /** What the names of objects begin with; may be empty. */
  prefix: string;
  key: string;
  secret: string;
}

/** How long the store may take for an answer, and for the next bytes of one, milliseconds. */
const ANSWERS_WITHIN_MS = 10_000;
/** The slowest that it may take bytes, per millisecond: 1 MB a second. */
const SLOWEST = 1000;
const CONNECTS_WITHIN_MS = 5000;
/** How often a request is tried. */
const TRIES = 3;
const RETRY_MS = 100;
/** Connections: each download that its client reads slowly keeps one. */
const MOST_CONNECTIONS = 1000;
/** How much of a download is held, bytes. */
const HELD = 64 * 1024;

/**
 * Bytes in a bucket that the instances of one database share: `FOLDER/abcd...` by their hash, `FOLDER/incoming/` while they come. An object is
 * there whole or not at all; its bytes are signed by their hash, so that the store takes no others. On this machine they are
 * only while they come, so that what they are can be looked at.
 */
export class FileBucket implements FileStore {
  private readonly client: S3Client;
  private readonly spool: Spool;
  private readonly folder: string;

  /**
   * @param folder of this database, below the prefix
   * @param spool folder of this machine for bytes that are coming
   */
  constructor(
    private readonly settings: BucketSettings,
    folder: string,
    spool: string,
    private readonly answersWithin = ANSWERS_WITHIN_MS,
  ) {
    const { endpoint, region, key, secret, prefix } = settings;
    const connections = { maxSockets: MOST_CONNECTIONS };
    this.spool = new Spool(spool);
    this.folder = prefix === '' ? folder : `${prefix}/${folder}`;
    this.client = new S3Client({
      region,
      // Whoever runs a store of his own seldom gives each bucket a name in the DNS.
      ...(endpoint !== null && { endpoint, forcePathStyle: true }),
      credentials: { accessKeyId: key, secretAccessKey: secret },
      // Not every store knows Amazon's newer checksums; the SHA-256 that signs the bytes does for all.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      maxAttempts: TRIES,
      // It would write to the console; what fails is told by whoever asked.
      logger: SILENT,
      // A download that its client reads slowly is not idle: what stalls is told below.
      requestHandler: { connectionTimeout: CONNECTS_WITHIN_MS, socketTimeout: 0, httpAgent: connections, httpsAgent: connections },
    });
  }

  receive(source: AsyncIterable<Buffer>, mostBytes: number): Promise<Incoming> {
    // They are in the bucket before anything is written to the database, whose transaction would wait for them.
    return this.spool.receive(source, mostBytes, async (spooled) => {
      const arrived = this.nameOf(`incoming/${randomUUID()}`);
      await this.put(arrived, spooled);
      return {
        keep: () => this.keep(arrived, spooled),
        // What stays behind is swept.
        discard: () => this.delete(arrived).catch(() => {}),
      };
    });
  }

  async open(sha256: string, range?: { first: number; last: number }): Promise<Readable | null> {
    const asked = new GetObjectCommand({ ...this.object(sha256), ...(range && { Range: `bytes=${range.first}-${range.last}` }) });
    const found = await this.within((signal) => this.client.send(asked, { abortSignal: signal })).catch(none);
    if (found === null) return null;
    const body = found.Body as Readable;
    const bytes = Readable.from(flowing(body, this.answersWithin), { objectMode: false, highWaterMark: HELD });
    // Whoever leaves early may have read nothing yet.
    return bytes.once('close', () => body.destroy());
  }

  remove(sha256: string): Promise<void> {
    return this.delete(this.object(sha256).Key);
  }

  async *keptBefore(instant: Date): AsyncIterable<string[]> {
    for await (const objects of this.listed('', '/')) {
      const old = objects.filter(({ name, at }) => HASH.test(name) && at < instant).map(({ name }) => name);
      if (old.length > 0) yield old;
    }
  }

  async forgetIncoming(before: Date): Promise<void> {
    await this.spool.forget(before);
    for await (const objects of this.listed('incoming/'))
      for (const { name, at } of objects) if (at < before) await this.delete(this.nameOf(`incoming/${name}`));
  }

  private nameOf(name: string): string {
    return `${this.folder}/${name}`;
  }

  private object(sha256: string): { Bucket: string; Key: string } {
    if (!HASH.test(sha256)) throw new Error('bytes are kept by their SHA-256');
    return { Bucket: this.settings.bucket, Key: this.nameOf(sha256) };
  }

  /** Objects of a folder as the bucket lists them, without the names of the folders. */
  private async *listed(below: string, delimiter?: string): AsyncGenerator<{ name: string; at: Date }[]> {
    const prefix = this.nameOf(below);
    let after: string | undefined;
    do {
      const asked = { Bucket: this.settings.bucket, Prefix: prefix, Delimiter: delimiter, ContinuationToken: after };
      const found: ListObjectsV2CommandOutput = await this.within((signal) =>
        this.client.send(new ListObjectsV2Command(asked), { abortSignal: signal }),
      );
      yield (found.Contents ?? []).map(({ Key, LastModified }) => ({ name: Key!.slice(prefix.length), at: LastModified! }));
      after = found.IsTruncated ? found.NextContinuationToken : undefined;
    } while (after !== undefined);
  }

  /** The bytes are written once: where they are already, nothing is done. */
  private async keep(arrived: string, { sha256, bytes }: Spooled): Promise<void> {
    const object = this.object(sha256);
    const there = await this.within((signal) => this.client.send(new HeadObjectCommand(object), { abortSignal: signal })).catch(none);
    if (there?.ContentLength === bytes) return;
    const copy = new CopyObjectCommand({ ...object, CopySource: `${this.settings.bucket}/${arrived}` });
    await this.within((signal) => this.client.send(copy, { abortSignal: signal }));
  }

  private async delete(name: string): Promise<void> {
    const asked = new DeleteObjectCommand({ Bucket: this.settings.bucket, Key: name });
    await this.within((signal) => this.client.send(asked, { abortSignal: signal }));
  }

  /** The client sends no stream twice, so that this does. */
  private async put(name: string, spooled: Spooled): Promise<void> {
    for (let tried = 1; ; tried++) {
      try {
        return await this.putOnce(name, spooled);
      } catch (error) {
        if (tried === TRIES || !mayPass(error)) throw error;
        await sleep(RETRY_MS * 2 ** tried);
      }
    }
  }

  private async putOnce(name: string, { path, sha256, bytes }: Spooled): Promise<void> {
    const body = createReadStream(path);
    const asked = new PutObjectCommand({
      Bucket: this.settings.bucket,
      Key: name,
      Body: body,
      ContentLength: bytes,
      ContentType: 'application/octet-stream',
    });
    asked.middlewareStack.add(
      (next) => (args) => {
        (args.request as { headers: Record<string, string> }).headers['x-amz-content-sha256'] = sha256;
        return next(args);
      },
      { step: 'build' },
    );
    try {
      await this.within((signal) => this.client.send(asked, { abortSignal: signal }), this.answersWithin + bytes / SLOWEST);
    } finally {
      body.destroy();
    }
  }

  /** Asks the store, and waits only so long for the beginning of its answer. */
  private async within<Answer>(ask: (signal: AbortSignal) => Promise<Answer>, milliseconds = this.answersWithin): Promise<Answer> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), milliseconds);
    try {
      return await ask(late.signal);
    } catch (error) {
      throw explainBucket(error);
    } finally {
      clearTimeout(timer);
    }
  }
}

const SILENT = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

interface Failure {
  name?: string;
  $metadata?: { httpStatusCode?: number };
}
const failureIn = (error: unknown): Failure => ((error as Error).cause ?? {}) as Failure;

/** Null where there is no such object. That there is no such bucket is another matter. */
const none = (error: unknown): null => {
  if (['NoSuchKey', 'NotFound'].includes(failureIn(error).name ?? '')) return null;
  throw error;
};

/** May it be otherwise in a moment? What took too long has taken long enough. */
function mayPass(error: unknown): boolean {
  const { name, $metadata } = failureIn(error);
  const status = $metadata?.httpStatusCode;
  return name !== 'AbortError' && (status === undefined || status === 429 || status >= 500);
}

/** The bytes of an answer as they are asked for; it is cut where the store lets somebody who reads wait for too long. */
async function* flowing(body: Readable, mostMs: number): AsyncGenerator<Buffer> {
  const stalled = () => body.destroy(Object.assign(new Error('the store sends nothing more'), { code: 'ETIMEDOUT' }));
  let timer = setTimeout(stalled, mostMs);
  try {
    for await (const chunk of body) {
      clearTimeout(timer);
      yield chunk;
      timer = setTimeout(stalled, mostMs);
    }
  } finally {
    clearTimeout(timer);
  }
}
