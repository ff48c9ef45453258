import { bad, CursorScalar, good, JSONObjectScalar, type Parsed, type Reason } from '@lotline/schema';
import type { GraphQLSchema } from 'graphql';
import { Field, ID, InputType } from 'type-graphql';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { mayAsk } from '../access';
import { type Command, CommandInput, idempotencyKey, noSuch, optional, read, type Work } from '../commands';
import { schedule } from '../jobs';
import { InvalidDocument, readRequest } from '../live';
import type { Question } from '../questions';
import { bodyOf, jobOf, keepDelivery } from './delivery';
import { ownerName, ownerOf } from './owner';
import { parseWebhookUrl } from './url';

/** Most webhooks of one owner. */
const MOST_WEBHOOKS = 50;
/** Longest document, characters. */
const LONGEST_DOCUMENT = 65_536;
/** How long the secret before signs as well, hours. */
const FORMER_FOR_HOURS = 24;

@InputType({ description: 'A subscription whose messages are to be sent to a URL.' })
export class CreateWebhookInput extends CommandInput {
  @Field(() => String, { description: 'Where they are sent: https, and an address that anybody can reach.' })
  url: string;

  @Field(() => String, { description: 'The document of one subscription, as it would be sent to /graphql/stream.' })
  query: string;

  @Field(() => JSONObjectScalar, { nullable: true, description: 'Its variables.' })
  variables?: Record<string, unknown>;

  @Field(() => CursorScalar, { nullable: true, description: 'What came after this place is sent too; without it, what comes from now on.' })
  after?: string;
}

@InputType({ description: 'A webhook of your own.' })
abstract class WebhookInput extends CommandInput {
  @Field(() => ID, { description: 'The webhook, as it is named by its id.' })
  webhook: string;
}

@InputType({ description: 'A webhook that is to be sent nothing any more.' })
export class DeleteWebhookInput extends WebhookInput {}

@InputType({ description: 'A webhook that is to have a new secret.' })
export class RotateWebhookSecretInput extends WebhookInput {}

@InputType({ description: 'A webhook that is to be sent a test.' })
export class TestWebhookInput extends WebhookInput {}

@InputType({ description: 'A webhook that is to be told again what came after a place.' })
export class ReplayWebhookInput extends WebhookInput {
  @Field(() => CursorScalar, {
    nullable: true,
    description: 'The place; where it is left out it goes on where it stands, which ends a pause.',
  })
  after?: string;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const webhookId = read(
  (text: string): Parsed<string> =>
    UUID.test(text) ? good(text) : bad('it is not the id of a webhook', 'send an id as an answer gave it'),
);
/** A document as it stands, line breaks and all. */
const parseDocument = (text: string): Parsed<string> =>
  text.length > LONGEST_DOCUMENT || text.includes('\0')
    ? bad('it is too long, or holds a character that is none', `send a document of at most ${LONGEST_DOCUMENT} characters`)
    : good(text);

const cursorText = z.string().max(256);

const creation = z.object({
  idempotencyKey,
  url: read(parseWebhookUrl),
  query: read(parseDocument),
  variables: z
    .record(z.string(), z.unknown())
    .nullish()
    .transform((value) => value ?? null),
  after: optional(cursorText),
});
const naming = z.object({ idempotencyKey, webhook: webhookId });
const replaying = naming.extend({ after: optional(cursorText) });

/** What a command about webhooks needs besides. */
interface Parts extends Pick<Question, 'cursors' | 'ticket'> {
  graph: GraphQLSchema;
}

/** Why a subscription is none that can be told by webhook; null if it is. */
function wrongSubscription(
  { graph, ticket }: Parts,
  { viewer }: Pick<Work, 'viewer'>,
  key: string | null,
  asked: { query: string; variables: unknown },
): Reason | null {
  try {
    const request = readRequest({ graph, journal: { take: () => {} } }, { viewer, until: null, key }, asked);
    ticket?.weigh({ graph, ...request });
    const { message, after } = request;
    if (after !== null)
      return {
        code: 'BAD_USER_INPUT',
        message: 'the document says where to begin',
        path: ['query'],
        remedy: 'leave its argument `after` out, and give it beside',
      };
    return [...message.values()].includes('change')
      ? null
      : { code: 'BAD_USER_INPUT', message: 'the document asks for no change', path: ['query'], remedy: 'select change { ... }' };
  } catch (error) {
    if (error instanceof InvalidDocument)
      return {
        code: 'BAD_USER_INPUT',
        message: error.message,
        path: ['query'],
        remedy: 'send a document that the schema has, and its variables',
      };
    const reasons = (error as { reasons?: readonly Reason[] }).reasons;
    if (!reasons) throw error;
    return { ...reasons[0]!, path: ['query'] };
  }
}

/** Why a cursor is none of the owner's; null if it is. */
function wrongCursor({ cursors }: Pick<Parts, 'cursors'>, name: string, after: string | null): Reason | null {
  if (after === null) return null;
  try {
    cursors.decode(after, name);
    return null;
  } catch (error) {
    return { ...(error as { reasons: readonly [Reason] }).reasons[0], path: ['after'] };
  }
}

/** Has messages of a subscription sent to a URL. The secret stays with whoever calls this: neither the outcome nor the log has it. */
export const createWebhook = (
  question: Question,
  graph: GraphQLSchema,
  secret: Buffer,
): Command<z.infer<typeof creation>, { webhook: string }> => ({
  name: 'createWebhook',
  input: creation,
  may: mayAsk,
  async run(work, rows) {
    const parts = { graph, ...question };
    const { key } = question.notes.by;
    const owner = ownerOf(question.notes.by);
    const outcomes: { webhook: string }[] = [];
    for (const [index, { url, query, variables, after }] of rows.entries()) {
      const [held] = await work.tx.query<{ count: number }>(
        'select count(*)::int as count from webhook where owner = $1 and deleted_at is null',
        [owner.owner],
      );
      for (const reason of [wrongSubscription(parts, work, key, { query, variables }), wrongCursor(parts, work.viewer.name, after)])
        if (reason) work.refuse(index, reason);
      if (held!.count >= MOST_WEBHOOKS)
        work.refuse(index, {
          code: 'REFUSED',
          message: `there are at most ${MOST_WEBHOOKS} webhooks of one owner`,
          remedy: 'delete those that are not used any more',
        });
      const id = uuidv7();
      outcomes.push({ webhook: id });
      if (held!.count >= MOST_WEBHOOKS) continue;
      await work.tx.query(
        `insert into webhook (id, owner, owner_kind, operation, certifier, key, url, query, variables, secret, cursor, state, created_at, recorded_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'ACTIVE', $12, $13)`,
        [
          id,
          owner.owner,
          owner.ownerKind,
          owner.operationId,
          owner.certifierId,
          owner.keyId,
          url,
          query,
          variables && JSON.stringify(variables),
          secret,
          after,
          work.now,
          work.command,
        ],
      );
      work.emit({ type: 'webhook.created', subject: id, payload: { url } });
    }
    return outcomes;
  },
});

/** A webhook of whoever gives the command, locked; null where there is none. */
async function lockOwn({ tx }: Work, { notes }: Question, id: string): Promise<{ id: string; told: string } | null> {
  const [row] = await tx.query<{ id: string; told: string }>(
    'select id, told from webhook where id = $1 and owner = $2 and deleted_at is null for no key update',
    [id, ownerName(notes.by)],
  );
  return row ?? null;
}

type Change = 'deleted' | 'secret-rotated' | 'tested' | 'replayed';

/** A command about a webhook of one's own. */
const about = <Input extends { webhook: string }>(
  question: Question,
  name: string,
  input: z.ZodType<Input>,
  change: Change,
  act: (work: Work, webhook: { id: string; told: string }, row: Input, index: number) => Promise<void>,
): Command<Input, { webhook: string }> => ({
  name,
  input,
  may: mayAsk,
  async run(work, rows) {
    for (const [index, row] of rows.entries()) {
      const webhook = await lockOwn(work, question, row.webhook);
      if (!webhook) {
        work.refuse(index, noSuch('webhook', 'webhook'));
        continue;
      }
      await act(work, webhook, row, index);
      work.emit({ type: 'webhook.changed', subject: webhook.id, payload: { change } });
    }
    return rows.map(({ webhook }) => ({ webhook }));
  },
});

/** Nothing more is sent; what was kept for it is forgotten. */
export const deleteWebhook = (question: Question) =>
  about(question, 'deleteWebhook', naming, 'deleted', async ({ tx, now }, { id }) => {
    await tx.query('update webhook set deleted_at = $2 where id = $1', [id, now]);
    await tx.query('delete from webhook_delivery where webhook = $1', [id]);
  });

/** A new secret signs from now on; the one before signs as well for a day. */
export const rotateWebhookSecret = (question: Question, secret: Buffer) =>
  about(question, 'rotateWebhookSecret', naming, 'secret-rotated', async ({ tx, now }, { id }) => {
    await tx.query(
      'update webhook set former_secret = case when former_until > $4 then former_secret else secret end, former_until = $3, secret = $2 where id = $1',
      [id, secret, new Date(now.getTime() + FORMER_FOR_HOURS * 3_600_000), now],
    );
  });

/** Sends a message of the type `test`, signed as all others. */
export const testWebhook = (question: Question) =>
  about(question, 'testWebhook', naming, 'tested', async ({ tx, now }, { id, told }) => {
    const messageId = `msg_test_${uuidv7().replaceAll('-', '')}`;
    await keepDelivery(tx, {
      id: uuidv7(),
      webhook: id,
      sequence: BigInt(told),
      messageId,
      subject: messageId,
      isPublic: true,
      body: bodyOf('test', now, {}),
    });
  });

/** What came after a place is sent again, under the same ids, in order. */
export const replayWebhook = (question: Question) =>
  about(question, 'replayWebhook', replaying, 'replayed', async (work, { id, told }, { after }, index) => {
    const reason = wrongCursor(question, work.viewer.name, after);
    if (reason) work.refuse(index, reason);
    work.check();
    // Whoever follows it finds that it is told from elsewhere now, and begins there.
    await work.tx.query(
      `update webhook set cursor = coalesce($2, cursor), told = $3::bigint + 1, generation = generation + 1, state = 'ACTIVE', reason = null, followed_until = null where id = $1`,
      [id, after, told],
    );
    // What waited while it was paused goes on.
    const waiting = await work.tx.query<{ subject: string }>(
      'select distinct subject from webhook_delivery where webhook = $1 and settled_at is null',
      [id],
    );
    await schedule(
      work,
      waiting.map(({ subject }) => jobOf({ webhook: id, subject })),
    );
  });
