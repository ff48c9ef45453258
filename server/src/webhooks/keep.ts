import { Refusal, type Webhook } from '@lotline/schema';
import { v7 as uuidv7 } from 'uuid';
import type { SignedIn } from '../access';
import type { Database, Position } from '../database';
import { type Asked, InvalidDocument, type Live, Restarting, type Stream, StreamEnded } from '../live';
import type { Cursors } from '../log';
import { bodyOf, keepDelivery, messageIdOf } from './delivery';
import { type Owner, signedInAs } from './owner';

// A webhook is a stream whose messages are kept: one server at a time follows it from where it stands, and keeps each message in the transaction
// that says so. Whatever dies in between, none is kept twice and none is left out.

/** How often it is looked for webhooks that nobody follows, milliseconds. */
const LOOK_EVERY_MS = 1000;
/** How long a webhook is followed by a server that does not say so again, seconds. */
const FOLLOWED_FOR_S = 15;
/** How often it says that it follows those that it does, milliseconds. */
const RENEW_EVERY_MS = 5000;
/** Most webhooks that one server follows; the others wait for another server, and it says so. */
const MOST_FOLLOWED = 10_000;
/** How often a webhook of which nothing is to be told moves on in the log, milliseconds. */
const MOVE_EVERY_MS = 60_000;
/** How often a message is tried that could not be written, before it is told with its errors. */
const TRIES = 5;
/** Largest message, bytes. */
const LARGEST = 1024 * 1024;
/** How long after a failure it is followed again, milliseconds. */
const AGAIN_AFTER_MS = 1000;
/** How long messages that were delivered are kept, and those that were not, days. */
const [KEEP_DELIVERED, KEEP_FAILED] = [7, 30];
/** How long a webhook that was deleted is kept, days. */
const KEEP_DELETED = 30;
/** How often that is looked at, milliseconds. */
const FORGET_EVERY_MS = 3_600_000;

type Followed = Owner & Pick<Webhook, 'id' | 'query' | 'variables' | 'cursor' | 'told' | 'generation'> & { createdBy: string };

const COLUMNS = `w.id, w.owner, w.owner_kind as "ownerKind", w.operation as "operationId", w.certifier as "certifierId", w.key as "keyId", w.query, w.variables,
  w.cursor, w.told, w.generation, w.recorded_by as "createdBy"`;

export interface KeepingParts {
  database: Database;
  cursors: Cursors;
  live: Live;
  warn(error: unknown, what: string): void;
}

/** Thrown where a webhook is told from elsewhere by now: it was deleted, paused or replayed, or another server follows it. */
class Elsewhere extends Error {}

/** What a message tells. */
interface Told {
  cursor: string;
  change: unknown;
  errors: readonly unknown[] | undefined;
}

interface Following {
  stream: Stream | null;
  /** Messages that are kept. */
  told: bigint;
  /** How often it had been replayed as it was begun with. */
  generation: number;
  movedAt: number;
  ended: Promise<void>;
}

/** Follows the webhooks that no other server follows, and keeps their messages. */
export class Keeping {
  private readonly server = uuidv7();
  private readonly followed = new Map<string, Following>();
  private readonly looking: NodeJS.Timeout;
  private readonly forgetting: NodeJS.Timeout;
  private turn: Promise<void> = Promise.resolve();
  private renewedAt = 0;
  /** How often the next message of a webhook could not be written. */
  private readonly failed = new Map<string, number>();
  private stopped = false;

  constructor(private readonly parts: KeepingParts) {
    this.looking = setInterval(() => {
      this.turn = this.turn.then(() => this.look()).catch((error) => parts.warn(error, 'webhooks could not be looked for'));
    }, LOOK_EVERY_MS).unref();
    this.forgetting = setInterval(() => {
      this.forget().catch((error) => parts.warn(error, 'old messages of webhooks could not be forgotten'));
    }, FORGET_EVERY_MS).unref();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.looking);
    clearInterval(this.forgetting);
    await this.turn;
    for (const { stream } of this.followed.values()) await stream?.return();
    await Promise.all([...this.followed.values()].map(({ ended }) => ended));
    await this.parts.database
      .query('update webhook set followed_by = null, followed_until = null where followed_by = $1', [this.server])
      .catch(() => {});
  }

  /** Says that it follows those that it does, and takes those that nobody follows. */
  private async look(): Promise<void> {
    if (this.stopped) return;
    const { database } = this.parts;
    if (Date.now() - this.renewedAt >= RENEW_EVERY_MS) await this.renew();
    else await this.endReplayed();
    const room = MOST_FOLLOWED - this.followed.size;
    const rows = await database.query<Followed>(
      `with free as (
         select id from webhook where deleted_at is null and state = 'ACTIVE' and (followed_until is null or followed_until < now() or (followed_by = $1 and id <> all($2)))
         order by id limit ${Math.max(0, room)} for update skip locked
       ) update webhook w set followed_by = $1, followed_until = now() + make_interval(secs => ${FOLLOWED_FOR_S}) from free where free.id = w.id returning ${COLUMNS}`,
      [this.server, [...this.followed.keys()]],
    );
    if (room <= 0) this.parts.warn(new Error(`there are more than ${MOST_FOLLOWED} webhooks`), 'some webhooks are followed by no server');
    for (const webhook of rows) if (!this.followed.has(webhook.id)) this.follow(webhook);
  }

  /** Keeps those that it follows; those that are another's by now, deleted or paused are left. */
  private async renew(): Promise<void> {
    this.renewedAt = Date.now();
    const rows = await this.parts.database.query<{ id: string; generation: number }>(
      `update webhook set followed_until = now() + make_interval(secs => ${FOLLOWED_FOR_S})
       where followed_by = $1 and followed_until is not null and deleted_at is null and state = 'ACTIVE' returning id, generation`,
      [this.server],
    );
    const own = new Map(rows.map(({ id, generation }) => [id, generation]));
    for (const [id, { stream, generation }] of this.followed) if (own.get(id) !== generation) await stream?.return();
  }

  /** Ends the streams of those that were replayed: they stand elsewhere now. */
  private async endReplayed(): Promise<void> {
    if (this.followed.size === 0) return;
    const rows = await this.parts.database.query<{ id: string }>(
      "select id from webhook where followed_until is null and deleted_at is null and state = 'ACTIVE' and id = any($1)",
      [[...this.followed.keys()]],
    );
    for (const { id } of rows) {
      const entry = this.followed.get(id);
      await entry?.stream?.return();
      await entry?.ended;
    }
  }

  private follow(webhook: Followed): void {
    const { told, generation } = webhook;
    const entry: Following = { stream: null, told: BigInt(told), generation, movedAt: 0, ended: Promise.resolve() };
    entry.ended = this.tell(webhook, entry)
      .catch((error) => this.settle(webhook, error))
      .catch((error) => this.parts.warn(error, 'a webhook could not be followed'))
      .then(() => {
        this.followed.delete(webhook.id);
      });
    this.followed.set(webhook.id, entry);
  }

  private async tell(webhook: Followed, entry: Following): Promise<void> {
    const { database, live, cursors } = this.parts;
    const by = await signedInAs(webhook, database);
    if (!by)
      throw new Refusal({
        code: 'UNAUTHENTICATED',
        message: 'its key is not good any more',
        remedy: 'create a key, and a webhook with it',
      });
    const asked: Asked = { query: webhook.query, variables: webhook.variables ?? {} };
    const stream = await live.subscribe(by, asked, webhook.cursor ?? (await this.beginningOf(webhook, by)));
    entry.stream = stream;
    if (this.stopped) await stream.return();
    const { feed, responseKey, message } = stream.request;
    const changeKey = [...message].find(([, field]) => field === 'change')![0];
    for await (const { text, cursor, about } of stream) {
      if (about === null) {
        await this.moveOn(webhook, entry, cursor);
        continue;
      }
      const { subject, isPublic, at } = about;
      const { data, errors } = JSON.parse(text) as { data: Record<string, Record<string, unknown>> | null; errors?: unknown[] };
      const change = data?.[responseKey]?.[changeKey] ?? null;
      if (change === null && this.mayTryAgain(webhook.id)) throw new Error('a message could not be written, and is written again');
      this.failed.delete(webhook.id);
      const delivery = {
        id: uuidv7(),
        webhook: webhook.id,
        sequence: entry.told + 1n,
        messageId: messageIdOf(cursors, database.installation.cursorKey, { webhook: webhook.id, cursor, viewer: by.viewer.name }),
        subject,
        isPublic,
        body: this.messageOf(feed.field, at, { cursor, change, errors }),
      };
      await database.within(async (tx) => {
        const moved = await tx.query(
          'update webhook set cursor = $2, told = $3 where id = $1 and told = $4 and state = $5 and deleted_at is null returning id',
          [webhook.id, cursor, delivery.sequence.toString(), entry.told.toString(), 'ACTIVE'],
        );
        if (moved.length === 0) throw new Elsewhere();
        await keepDelivery(tx, delivery);
      });
      entry.told++;
    }
  }

  /** A message; where there is nothing to tell of a change, since it could not be written or is too large, it is of the type `failed`. */
  private messageOf(type: string, at: Date, { cursor, change, errors }: Told): string {
    const failed = (reasons: readonly unknown[]) => bodyOf('failed', at, { cursor, errors: reasons });
    if (change === null) return failed(errors ?? []);
    const body = bodyOf(type, at, { cursor, change, ...(errors && { errors }) });
    if (Buffer.byteLength(body) <= LARGEST) return body;
    return failed([{ message: `the message is larger than ${LARGEST} bytes: select less` }]);
  }

  /** Is a message that could not be written, e.g. since the database was slow, to be tried again? */
  private mayTryAgain(webhook: string): boolean {
    const tried = (this.failed.get(webhook) ?? 0) + 1;
    this.failed.set(webhook, tried);
    return tried < TRIES;
  }

  /** Where nothing is to be told the place moves on as well: the log is not kept for ever. */
  private async moveOn({ id }: Followed, entry: Following, cursor: string): Promise<void> {
    if (Date.now() - entry.movedAt < MOVE_EVERY_MS) return;
    entry.movedAt = Date.now();
    const moved = await this.parts.database.query(
      "update webhook set cursor = $2 where id = $1 and told = $3 and generation = $4 and state = 'ACTIVE' and deleted_at is null returning id",
      [id, cursor, entry.told.toString(), entry.generation],
    );
    if (moved.length === 0) throw new Elsewhere();
  }

  /** The place of its creation. */
  private async beginningOf({ createdBy }: Followed, { viewer }: SignedIn): Promise<string> {
    const { database, cursors } = this.parts;
    const [row] = await database.query<{ position: string }>('select position from command where id = $1', [createdBy]);
    return cursors.encode({ position: BigInt(row!.position) as Position, command: createdBy, told: null }, viewer.name);
  }

  /** What becomes of a webhook whose stream ended: it is followed again, or paused where that would not help. */
  private async settle({ id, told }: Followed, error: unknown): Promise<void> {
    if (error instanceof Elsewhere || error instanceof Restarting) return;
    const isOfOwner = error instanceof InvalidDocument || (error instanceof Refusal && !error.retryable);
    if (!isOfOwner) {
      if (!(error instanceof StreamEnded)) this.parts.warn(error, 'a webhook could not be followed, and is followed again');
      await new Promise((done) => setTimeout(done, AGAIN_AFTER_MS));
      return;
    }
    await this.parts.database.query(
      `update webhook set state = 'PAUSED', reason = $2, followed_by = null, followed_until = null where id = $1 and told >= $3::bigint and state = 'ACTIVE'`,
      [id, (error as Error).message, told],
    );
  }

  private async forget(): Promise<void> {
    await this.parts.database.query(`delete from webhook where deleted_at < now() - make_interval(days => ${KEEP_DELETED})`);
    await this.parts.database.query(
      `delete from webhook_delivery where settled_at < now() - make_interval(days => case state when 'DELIVERED' then ${KEEP_DELIVERED} else ${KEEP_FAILED} end)`,
    );
  }
}
