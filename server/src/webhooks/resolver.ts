import { DeliveryState, Webhook, WebhookDelivery } from '@lotline/schema';
import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Ctx, Field, FieldResolver, Info, Int, Mutation, ObjectType, Query, Resolver, Root } from 'type-graphql';
import { subjectVisible } from '../access';
import { INPUT } from '../commands';
import { CommandPayload, give, type Question } from '../questions';
import {
  CreateWebhookInput,
  createWebhook,
  DeleteWebhookInput,
  deleteWebhook,
  ReplayWebhookInput,
  RotateWebhookSecretInput,
  replayWebhook,
  rotateWebhookSecret,
  TestWebhookInput,
  testWebhook,
} from './commands';
import { ownerName } from './owner';
import { newSigningSecret, writeSigningSecret } from './sign';

/** Most messages that are shown of a webhook. */
const MOST_SHOWN = 100;
/** Bytes of messages after which no more are shown. */
const MOST_BYTES = 1024 * 1024;
const COLUMNS = `w.id, w.owner, w.url, w.query, w.variables, case when w.former_until > now() then w.former_until end as "formerUntil", w.state, w.reason,
  w.created_at as "createdAt"`;

const SECRET = {
  nullable: true,
  description: 'Verifies what is received, whsec_...; shown this once: null where the same idempotencyKey is sent again.',
};

@ObjectType({ simpleResolvers: true })
abstract class WebhookPayload extends CommandPayload {
  @Field(() => Webhook, { nullable: true, description: 'The webhook; null where it was deleted.' })
  webhook: Webhook | null;
}

@ObjectType({ simpleResolvers: true, description: 'The webhook that was created, and the secret that signs what it is sent.' })
export class CreateWebhookPayload extends WebhookPayload {
  @Field(() => String, SECRET)
  secret: string | null;
}

@ObjectType({ simpleResolvers: true, description: 'The webhook that was deleted.' })
export class DeleteWebhookPayload extends WebhookPayload {}

@ObjectType({ simpleResolvers: true, description: 'The webhook, and its new secret.' })
export class RotateWebhookSecretPayload extends WebhookPayload {
  @Field(() => String, SECRET)
  secret: string | null;
}

@ObjectType({ simpleResolvers: true, description: 'The webhook that is sent a test.' })
export class TestWebhookPayload extends WebhookPayload {}

@ObjectType({ simpleResolvers: true, description: 'The webhook that is told again.' })
export class ReplayWebhookPayload extends WebhookPayload {}

/** Webhooks of whoever asks. @param id one of them, or all where it is null */
async function own({ reader, notes }: Question, id: string | null): Promise<Webhook[]> {
  const rows = await reader.query<Webhook>(
    `select ${COLUMNS} from webhook w where w.owner = $1 and ($2::uuid is null or w.id = $2) and w.deleted_at is null order by w.id`,
    [ownerName(notes.by), id],
  );
  return rows.map((row) => Object.assign(new Webhook(), row));
}

const one = async (question: Question, id: string): Promise<Webhook | null> => (await own(question, id))[0] ?? null;

@Resolver(() => Webhook)
export class WebhookResolver {
  @Query(() => [Webhook], { nullable: true, description: 'Your webhooks, oldest first.' })
  webhooks(@Ctx() question: Question): Promise<Webhook[]> {
    return own(question, null);
  }

  @FieldResolver(() => [WebhookDelivery], {
    description: `Its messages, newest first: those that are kept, at most ${MOST_SHOWN}, of what you see now, and about a megabyte of them. Delivered ones are kept for a week, failed ones for thirty days.`,
  })
  async deliveries(
    @Root() { id }: Webhook,
    @Arg('states', () => [DeliveryState], { nullable: true, description: 'Only of these.' }) states: DeliveryState[] | null,
    @Ctx() { reader, viewer }: Question,
  ): Promise<WebhookDelivery[]> {
    const rows = await reader.query<WebhookDelivery>(
      `select d.id, d.message_id as "messageId", d.subject, d.body, d.since, d.state, d.attempts, d.next_at as "nextAt", d.last_tried_at as "lastTriedAt", d.status,
         d.message from (select e.*, sum(octet_length(e.body)) over (order by e.sequence desc, e.id desc) - octet_length(e.body) as before from webhook_delivery e
         where e.webhook = $1 and ($2::text[] is null or e.state = any($2))) d
       where d.before < ${MOST_BYTES} and case when d.is_public then true else ${subjectVisible(viewer, 'd.subject::uuid')} end order by d.sequence desc, d.id desc limit ${MOST_SHOWN}`,
      [id, states ?? null],
    );
    return rows.map((row) => Object.assign(new WebhookDelivery(), row));
  }

  @FieldResolver(() => Int, { description: 'How many messages are waiting, or are sent again.' })
  async pending(@Root() { id }: Webhook, @Ctx() { reader }: Question): Promise<number> {
    const [row] = await reader.query<{ count: number }>(
      'select count(*)::int as count from webhook_delivery where webhook = $1 and settled_at is null',
      [id],
    );
    return row!.count;
  }

  @Mutation(() => CreateWebhookPayload, {
    nullable: true,
    description: 'Has the messages of a subscription sent to a URL, signed by Standard Webhooks.',
  })
  async createWebhook(
    @Arg('input', () => CreateWebhookInput, INPUT) input: CreateWebhookInput,
    @Ctx() question: Question,
    @Info() { schema }: GraphQLResolveInfo,
  ): Promise<CreateWebhookPayload> {
    const secret = newSigningSecret();
    const { cursor, outcome } = await give(question, createWebhook(question, schema, secret), input);
    return { cursor, webhook: await one(question, outcome.webhook), secret: await shownOnce(question, outcome.webhook, secret) };
  }

  @Mutation(() => DeleteWebhookPayload, { nullable: true, description: 'Ends a webhook of your own.' })
  async deleteWebhook(
    @Arg('input', () => DeleteWebhookInput, INPUT) input: DeleteWebhookInput,
    @Ctx() question: Question,
  ): Promise<DeleteWebhookPayload> {
    const { cursor, outcome } = await give(question, deleteWebhook(question), input);
    return { cursor, webhook: await one(question, outcome.webhook) };
  }

  @Mutation(() => RotateWebhookSecretPayload, {
    nullable: true,
    description: 'Gives a webhook a new secret; the one before signs as well for a day.',
  })
  async rotateWebhookSecret(
    @Arg('input', () => RotateWebhookSecretInput, INPUT) input: RotateWebhookSecretInput,
    @Ctx() question: Question,
  ): Promise<RotateWebhookSecretPayload> {
    const secret = newSigningSecret();
    const { cursor, outcome } = await give(question, rotateWebhookSecret(question, secret), input);
    return { cursor, webhook: await one(question, outcome.webhook), secret: await shownOnce(question, outcome.webhook, secret) };
  }

  @Mutation(() => TestWebhookPayload, { nullable: true, description: 'Sends a message of the type test to a webhook of your own.' })
  async testWebhook(
    @Arg('input', () => TestWebhookInput, INPUT) input: TestWebhookInput,
    @Ctx() question: Question,
  ): Promise<TestWebhookPayload> {
    const { cursor, outcome } = await give(question, testWebhook(question), input);
    return { cursor, webhook: await one(question, outcome.webhook) };
  }

  @Mutation(() => ReplayWebhookPayload, {
    nullable: true,
    description: 'Sends what came after a place again, under the same ids; also what was given up. Ends a pause.',
  })
  async replayWebhook(
    @Arg('input', () => ReplayWebhookInput, INPUT) input: ReplayWebhookInput,
    @Ctx() question: Question,
  ): Promise<ReplayWebhookPayload> {
    const { cursor, outcome } = await give(question, replayWebhook(question), input);
    return { cursor, webhook: await one(question, outcome.webhook) };
  }
}

/** The secret, if it is the one that is kept: null where the command had been carried out before, with another. */
async function shownOnce({ reader }: Question, webhook: string, secret: Buffer): Promise<string | null> {
  const [row] = await reader.query<{ secret: Buffer }>('select secret from webhook where id = $1', [webhook]);
  return row?.secret.equals(secret) ? writeSigningSecret(secret) : null;
}
