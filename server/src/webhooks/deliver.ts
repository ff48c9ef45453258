import { z } from 'zod';
import { subjectVisible } from '../access';
import type { Database } from '../database';
import { schedule, type Task } from '../jobs';
import { jobOf } from './delivery';
import { type Owner, signedInAs } from './owner';
import { type PostSettings, post } from './post';
import { signedHeaders } from './sign';

/** How long after a message failed it is sent again, seconds; the last again and again, until it is given up. */
const AGAIN_AFTER_S = [5, 30, 120, 600, 1800, 3600, 7200, 14_400, 21_600] as const;
/** How long a message is sent again before it is given up, milliseconds: three days. */
const GIVEN_UP_AFTER_MS = 3 * 24 * 3_600_000;
/** So much of the wait, at random, may be added, so that those that failed together do not come back together. */
const JITTER = 0.2;

interface Due extends Owner {
  id: string;
  messageId: string;
  body: string;
  isPublic: boolean;
  sequence: string;
  firstTriedAt: Date | null;
  attempts: number;
  nextAt: Date;
  url: string;
  secret: Buffer;
  formerSecret: Buffer | null;
  now: Date;
}

/** The first message of a subject that is not settled, of a webhook that is told. */
const firstOf = async (database: Database, webhook: string, subject: string): Promise<Due | undefined> =>
  (
    await database.query<Due>(
      `select d.id, d.message_id as "messageId", d.body, d.is_public as "isPublic", d.sequence, d.first_tried_at as "firstTriedAt", d.attempts, d.next_at as "nextAt", w.url, w.secret, now() as now,
         case when w.former_until > now() then w.former_secret end as "formerSecret", w.owner, w.owner_kind as "ownerKind", w.operation as "operationId",
         w.certifier as "certifierId", w.key as "keyId"
       from webhook_delivery d join webhook w on w.id = d.webhook and w.deleted_at is null and w.state = 'ACTIVE'
       where d.webhook = $1 and d.subject = $2 and d.settled_at is null order by d.sequence limit 1`,
      [webhook, subject],
    )
  )[0];

/** Why a message is not for its owner to see any more, who saw it when it was kept; null if it is. */
async function whyNotSeen(database: Database, due: Due, subject: string): Promise<string | null> {
  const by = await signedInAs(due, database);
  if (!by) return 'the key that created the webhook is not good any more';
  if (due.isPublic) return null;
  const [row] = await database.query<{ seen: boolean }>(`select ${subjectVisible(by.viewer, '$1::uuid')} as seen`, [subject]);
  return row!.seen ? null : 'what it is about is not for its owner to see any more';
}

/** When a message is sent again. */
function againAt({ attempts, now }: Due): Date {
  const wait = AGAIN_AFTER_S[Math.min(attempts, AGAIN_AFTER_S.length - 1)]! * 1000;
  return new Date(now.getTime() + wait * (1 + Math.random() * JITTER));
}

interface Sending {
  database: Database;
  settings: PostSettings;
  /** Has the noun looked at again at a time. */
  later(at: Date): Promise<void>;
  /** Ends what is not begun yet. */
  stop: AbortSignal | undefined;
}

/** Sends what is kept about one noun, one message after the other: nothing passes by what is sent again. */
async function sendAll({ database, settings, later, stop }: Sending, webhook: string, subject: string): Promise<void> {
  for (;;) {
    const due = await firstOf(database, webhook, subject);
    if (!due) return;
    if (due.nextAt > due.now) return later(due.nextAt);
    if (stop?.aborted) return later(due.now);
    const secrets = due.formerSecret ? [due.secret, due.formerSecret] : [due.secret];
    const lost = await whyNotSeen(database, due, subject);
    const { status, wrong } =
      lost === null
        ? await post(due.url, signedHeaders(secrets, due.messageId, new Date(), due.body), due.body, settings)
        : { status: null, wrong: lost };
    const tried = due.firstTriedAt ?? due.now;
    const isLast = due.now.getTime() - tried.getTime() >= GIVEN_UP_AFTER_MS || lost !== null;
    const state = wrong === null ? 'DELIVERED' : isLast ? 'FAILED' : 'RETRYING';
    await database.query(
      `update webhook_delivery set state = $2, attempts = attempts + 1, first_tried_at = $6, last_tried_at = now(), status = $3, message = $4, next_at = $5,
         settled_at = case when $2 = 'RETRYING' then null else now() end
       where id = $1 and sequence = $7 and attempts = $8 and settled_at is null`,
      [due.id, state, status, wrong, state === 'RETRYING' ? againAt(due) : null, tried, due.sequence, due.attempts],
    );
    if (status === 410)
      await database.query(
        `update webhook set state = 'PAUSED', reason = 'its URL answered 410: it is gone' where id = $1 and state = 'ACTIVE'`,
        [webhook],
      );
  }
}

/** Messages that one server sends to one webhook at a time: a slow receiver leaves room for the others. */
const MOST_AT_ONCE = 4;
/** When a noun is looked at again whose webhook had no room, milliseconds. */
const TURN_AFTER_MS = 500;

/** Who sends how much at a time. */
class Slots {
  private readonly taken = new Map<string, number>();

  /** Takes a slot, and gives what frees it; null where there is none. */
  take(webhook: string): (() => void) | null {
    const taken = this.taken.get(webhook) ?? 0;
    if (taken >= MOST_AT_ONCE) return null;
    this.taken.set(webhook, taken + 1);
    return () => {
      const left = this.taken.get(webhook)! - 1;
      if (left === 0) this.taken.delete(webhook);
      else this.taken.set(webhook, left);
    };
  }
}

const payload = z.object({ webhook: z.uuid(), subject: z.string() });

/**
 * Sends what is kept about one noun, one message after the other: nothing passes by what is sent again. Whoever dies after a message was taken sends it
 * once more, under the same id.
 */
export const webhookTask =
  (database: Database, settings: PostSettings, slots = new Slots()): Task =>
  async (given, { stop }) => {
    const { webhook, subject } = payload.parse(given);
    const later = (at: Date) => database.within((tx) => schedule({ tx }, [jobOf({ webhook, subject }, at)]));
    const free = slots.take(webhook);
    if (!free) return later(new Date(Date.now() + TURN_AFTER_MS));
    try {
      await sendAll({ database, settings, later, stop }, webhook, subject);
    } finally {
      free();
    }
  };
