import type { Viewer } from '../access';
import type { Database, Transaction } from '../database';
import { FileRefused, tooLarge } from './refused';
import type { FileStore, Incoming } from './store';
import { agrees, TYPES_TAKEN, typeOf } from './types';

/** Most uploads at a time, per instance; and of one uploader, so that nobody keeps the others out. */
const MOST_AT_ONCE = 32;
const MOST_OF_ONE = 8;
/** Most bytes of one uploader that no document has claimed. */
const MOST_UNCLAIMED = 1024 ** 3;
const HOUR_MS = 3_600_000;
/** How long bytes wait for a document, hours. */
const CLAIM_WITHIN_HOURS = 24;
/** After how long an upload that did not end is swept: none takes that long. */
const LEFTOVER_MS = HOUR_MS;
/** How long bytes that the database does not know are kept: a database that was restored from yesterday may be followed by today's. */
const UNKNOWN_MS = 30 * 24 * HOUR_MS;

export interface Uploaded {
  sha256: string;
  bytes: number;
  /** Media type, by the bytes. */
  type: string;
  /** Until when a document may claim them, ISO 8601. */
  keptUntil: string;
}

/** Whose an upload is: an operation's, its keys included, or the viewer's own where it acts for none. */
export const uploaderOf = ({ operationId, name }: Viewer): string => operationId ?? name;

/** Takes files in, and sweeps what nobody claimed. */
export class Uploads {
  private atOnce = 0;
  private readonly ofOne = new Map<string, number>();

  constructor(
    private readonly database: Database,
    private readonly store: FileStore,
    /** Most bytes of a file. */
    private readonly largest: number,
  ) {}

  /**
   * Takes one file in; its bytes are durable when it returns, and stored once, whoever sent them before.
   * @param said what the sender says of it: the headers Content-Type and Content-Length
   * @throws FileRefused with what is wrong; nothing is left then
   */
  async take(viewer: Viewer, source: AsyncIterable<Buffer>, said: { type: string | undefined; bytes: number | null }): Promise<Uploaded> {
    if ((said.bytes ?? 0) > this.largest) throw tooLarge(this.largest);
    if (this.atOnce >= MOST_AT_ONCE)
      throw new FileRefused(
        503,
        { code: 'BUSY', message: 'too many files are being uploaded', remedy: 'try again in a moment' },
        { retryable: true },
      );
    const uploader = uploaderOf(viewer);
    const mine = this.ofOne.get(uploader) ?? 0;
    if (mine >= MOST_OF_ONE)
      throw new FileRefused(
        429,
        { code: 'RATE_LIMITED', message: `${MOST_OF_ONE} of your files are being uploaded`, remedy: 'wait for one of them' },
        { retryable: true },
      );
    this.atOnce++;
    this.ofOne.set(uploader, mine + 1);
    try {
      await this.database.within((tx) => refuseBeyondShare(tx, uploader, said.bytes ?? 0));
      const incoming = await this.store.receive(source, this.largest);
      try {
        return await this.keep(uploader, incoming, said.type);
      } finally {
        await incoming.discard();
      }
    } finally {
      this.atOnce--;
      const others = this.ofOne.get(uploader)! - 1;
      if (others > 0) this.ofOne.set(uploader, others);
      else this.ofOne.delete(uploader);
    }
  }

  /** Forgets uploads that no document has claimed in time, bytes that belong to nothing, and what unfinished uploads left. */
  async sweep(now = Date.now()): Promise<void> {
    await this.store.forgetIncoming(new Date(now - LEFTOVER_MS));
    await this.database.query('delete from upload where at < $1', [new Date(now - CLAIM_WITHIN_HOURS * HOUR_MS)]);
    const unclaimed = await this.database.query<{ sha256: string }>(
      `select f.sha256 from stored_file f where not exists (select from upload u where u.sha256 = f.sha256)
         and not exists (select from document d where d.content = f.sha256)`,
    );
    for (const { sha256 } of unclaimed) {
      const gone = await this.database.within((tx) => forget(tx, sha256));
      if (gone) await this.removeUnknown(sha256);
    }
    for await (const hashes of this.store.keptBefore(new Date(now - UNKNOWN_MS))) {
      const known = await this.database.query<{ sha256: string }>('select sha256 from stored_file where sha256 = any($1)', [hashes]);
      const all = new Set(known.map(({ sha256 }) => sha256));
      for (const sha256 of hashes) if (!all.has(sha256)) await this.removeUnknown(sha256);
    }
  }

  /** The row says that the bytes are there: it is visible once they are, and who takes the same in meanwhile waits for it. */
  private async keep(uploader: string, incoming: Incoming, saidType: string | undefined): Promise<Uploaded> {
    const { sha256, bytes } = incoming;
    if (bytes === 0)
      throw new FileRefused(400, { code: 'BAD_USER_INPUT', message: 'there are no bytes', remedy: 'send the file as the body' });
    const type = await typeOf(incoming);
    if (typeof type !== 'string')
      throw new FileRefused(415, { code: 'BAD_USER_INPUT', message: type.wrong, remedy: `send ${TYPES_TAKEN}` });
    if (!agrees(saidType, type))
      throw new FileRefused(415, {
        code: 'BAD_USER_INPUT',
        message: `the bytes are ${type}, which is not what Content-Type says`,
        remedy: `send Content-Type: ${type}, or application/octet-stream`,
      });
    const at = new Date();
    await this.database.within(async (tx) => {
      await refuseBeyondShare(tx, uploader, bytes);
      await tx.query(
        `insert into stored_file as f (sha256, bytes, type, stored_at) values ($1, $2, $3, $4)
         on conflict (sha256) do update set stored_at = f.stored_at`,
        [sha256, bytes, type, at],
      );
      await incoming.keep();
      await tx.query(
        'insert into upload (sha256, uploader, at, claimed) values ($1, $2, $3, false) on conflict (sha256, uploader) do update set at = excluded.at',
        [sha256, uploader, at],
      );
    });
    return { sha256, bytes, type, keptUntil: new Date(at.getTime() + CLAIM_WITHIN_HOURS * HOUR_MS).toISOString() };
  }

  /** Whoever takes the same bytes in at this moment waits for our row, and stores them anew. */
  private async removeUnknown(sha256: string): Promise<void> {
    await this.database.within(async (tx) => {
      const ours = await tx.query(
        `insert into stored_file (sha256, bytes, type, stored_at) values ($1, 1, '', now()) on conflict do nothing returning 1`,
        [sha256],
      );
      if (ours.length === 0) return;
      await this.store.remove(sha256);
      await tx.query('delete from stored_file where sha256 = $1', [sha256]);
    });
  }
}

async function refuseBeyondShare(tx: Transaction, uploader: string, bytes: number): Promise<void> {
  const [row] = await tx.query<{ unclaimed: string }>(
    `select coalesce(sum(f.bytes), 0) as unclaimed from upload u join stored_file f on f.sha256 = u.sha256
     where u.uploader = $1 and not u.claimed`,
    [uploader],
  );
  if (Number(row!.unclaimed) + bytes <= MOST_UNCLAIMED) return;
  throw new FileRefused(
    429,
    {
      code: 'RATE_LIMITED',
      message: `more than ${MOST_UNCLAIMED} bytes wait for a document that claims them`,
      remedy: 'claim them by attachDocument; what is not claimed is gone after a day',
    },
    { retryable: true },
  );
}

/** Forgets bytes that belong to nothing. A claim that is being carried out holds their row. */
async function forget(tx: Transaction, sha256: string): Promise<boolean> {
  await tx.query('select from stored_file where sha256 = $1 for update', [sha256]);
  const gone = await tx.query(
    `delete from stored_file f where f.sha256 = $1 and not exists (select from upload u where u.sha256 = f.sha256)
       and not exists (select from document d where d.content = f.sha256) returning 1`,
    [sha256],
  );
  return gone.length === 1;
}
