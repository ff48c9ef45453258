import { createHmac } from 'node:crypto';
import type { Transaction } from '../database';
import { type Job, schedule } from '../jobs';
import type { Cursors } from '../log';

/** Name of the task that sends messages. */
export const WEBHOOK_TASK = 'webhook';

/** A message that is to be kept. */
export interface NewDelivery {
  id: string;
  webhook: string;
  sequence: bigint;
  messageId: string;
  subject: string;
  /** Is it for everybody to see? */
  isPublic: boolean;
  body: string;
}

export const jobOf = ({ webhook, subject }: Pick<NewDelivery, 'webhook' | 'subject'>, runAt?: Date): Job => ({
  task: WEBHOOK_TASK,
  subject: `${webhook} ${subject}`,
  payload: { webhook, subject },
  key: `${WEBHOOK_TASK} ${webhook} ${subject}`,
  runAt,
});

/** Keeps messages and has them sent. One that is there already, since it is replayed, is sent again under its old id. */
export async function keepDelivery(
  tx: Transaction,
  { id, webhook, sequence, messageId, subject, isPublic, body }: NewDelivery,
): Promise<void> {
  await tx.query(
    `insert into webhook_delivery (id, webhook, sequence, message_id, subject, is_public, body, since, state, attempts, next_at)
     values ($1, $2, $3, $4, $5, $6, $7, now(), 'WAITING', 0, now())
     on conflict (webhook, message_id) do update set sequence = excluded.sequence, body = excluded.body, since = now(), state = 'WAITING', attempts = 0,
       next_at = now(), first_tried_at = null, message = null, status = null, settled_at = null`,
    [id, webhook, sequence.toString(), messageId, subject, isPublic, body],
  );
  await schedule({ tx }, [jobOf({ webhook, subject })]);
}

/** The id of a message: the same whenever the same change is told to the same webhook, and telling nothing of where it stands in the log. */
export function messageIdOf(
  cursors: Cursors,
  key: Buffer,
  { webhook, cursor, viewer }: { webhook: string; cursor: string; viewer: string },
): string {
  const { position, told } = cursors.decode(cursor, viewer);
  return `msg_${createHmac('sha256', key).update(`${webhook} ${position} ${told}`).digest('base64url').slice(0, 27)}`;
}

/** The body of a message, as Standard Webhooks have it. @param type name of the subscription's field, `test`, or `failed` where a change could not be told */
export const bodyOf = (type: string, at: Date, data: object): string => JSON.stringify({ type, timestamp: at.toISOString(), data });
