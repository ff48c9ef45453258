import { Field, ID, Int, ObjectType } from 'type-graphql';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { DeliveryState, type ViewerKind, WebhookState } from '../codes/lists';
import { DateTimeScalar, JSONObjectScalar } from '../scalars';
import { InstantColumn, ReferenceColumn, TextColumn } from './columns';

/** Where a partner is told what happens, by HTTP: a subscription whose messages are sent to it. */
@Entity('webhook')
@ObjectType({
  simpleResolvers: true,
  description: 'Where a partner is told what happens: a subscription whose messages are sent to a URL.',
})
export class Webhook {
  @PrimaryColumn('uuid')
  @Field(() => ID, { description: 'Names it.' })
  id: string;

  /** Whose it is: the name of its viewer. */
  @TextColumn()
  owner: string;

  @TextColumn()
  ownerKind: ViewerKind;

  @ReferenceColumn('operation', { nullable: true })
  operationId: string | null;

  @ReferenceColumn('certifier', { nullable: true })
  certifierId: string | null;

  /** The key that it was created by; it ends with it. */
  @ReferenceColumn('key', { nullable: true })
  keyId: string | null;

  @TextColumn()
  @Field(() => String, { description: 'Where its messages are sent.' })
  url: string;

  @TextColumn()
  @Field(() => String, { description: 'The subscription.' })
  query: string;

  @Column('jsonb', { nullable: true })
  @Field(() => JSONObjectScalar, { nullable: true, description: 'Its variables, its filter among them.' })
  variables: Record<string, unknown> | null;

  /** Signs what is sent. */
  @Column('bytea', { select: false })
  secret: Buffer;

  /** The secret before, which signs as well until then. */
  @Column('bytea', { select: false, nullable: true })
  formerSecret: Buffer | null;

  @InstantColumn()
  @Field(() => DateTimeScalar, { nullable: true, description: 'Until when the secret before signs as well; null where there is none.' })
  formerUntil: Date | null;

  /** Where the subscription stands. */
  @TextColumn({ nullable: true })
  cursor: string | null;

  /** Messages kept so far; who keeps the next one has counted right. */
  @Column('bigint')
  told: string;

  /** How often it was replayed: whoever follows it begins anew. */
  @Column('integer')
  generation: number;

  @TextColumn()
  @Field(() => WebhookState, { description: 'Whether it is told anything.' })
  state: WebhookState;

  @TextColumn({ nullable: true })
  @Field(() => String, { nullable: true, description: 'Why it is paused.' })
  reason: string | null;

  @InstantColumn({ nullable: false })
  @Field(() => DateTimeScalar, { description: 'When it was created.' })
  createdAt: Date;

  @InstantColumn()
  deletedAt: Date | null;

  /** The server that follows it, and until when if it does not say so again. */
  @TextColumn({ nullable: true })
  followedBy: string | null;

  @InstantColumn()
  followedUntil: Date | null;

  @ReferenceColumn('recorded_by')
  recordedBy: string;
}

/** A message to a webhook, kept until it is sent. */
@Entity('webhook_delivery')
@ObjectType({ simpleResolvers: true, description: 'A message to a webhook.' })
export class WebhookDelivery {
  @PrimaryColumn('uuid')
  id: string;

  @ReferenceColumn('webhook')
  webhookId: string;

  /** Its place among the messages of the webhook. */
  @Column('bigint')
  sequence: string;

  @TextColumn()
  @Field(() => ID, { description: 'The header webhook-id: the same however often it is sent, also where it is replayed.' })
  messageId: string;

  /** The noun that it is about: what is about one is sent in its order. */
  @TextColumn()
  subject: string;

  /** Is it for everybody to see? */
  @Column('boolean')
  isPublic: boolean;

  @TextColumn()
  @Field(() => String, { description: 'What is sent, JSON.' })
  body: string;

  @InstantColumn({ nullable: false })
  @Field(() => DateTimeScalar, { description: 'Since when it is to be sent.' })
  since: Date;

  @TextColumn()
  @Field(() => DeliveryState, { description: 'How far it is.' })
  state: DeliveryState;

  @Column('integer')
  @Field(() => Int, { description: 'How often it was sent.' })
  attempts: number;

  @InstantColumn()
  @Field(() => DateTimeScalar, { nullable: true, description: 'When it is sent again; null where it is not.' })
  nextAt: Date | null;

  /** From then on it is sent again for three days. */
  @InstantColumn()
  firstTriedAt: Date | null;

  @InstantColumn()
  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was sent last.' })
  lastTriedAt: Date | null;

  @Column('integer', { nullable: true })
  @Field(() => Int, { nullable: true, description: 'The HTTP status that it was answered with last; null where there was no answer.' })
  status: number | null;

  @TextColumn({ nullable: true })
  @Field(() => String, { nullable: true, description: 'What went wrong last.' })
  message: string | null;

  @InstantColumn()
  settledAt: Date | null;
}
