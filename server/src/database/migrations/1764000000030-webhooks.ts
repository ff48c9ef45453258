import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Subscriptions whose messages are sent to a URL, and the messages that are kept until they are. */
export class Webhooks1764000000030 implements MigrationInterface {
  async up(run: QueryRunner): Promise<void> {
    await run.query(`
      create table webhook (
        id uuid primary key,
        owner text collate "C" not null,
        owner_kind text collate "C" not null,
        operation uuid references operation,
        certifier uuid references certifier,
        key uuid references api_key,
        url text collate "C" not null,
        query text collate "C" not null,
        variables jsonb,
        secret bytea not null,
        former_secret bytea,
        former_until timestamptz(6),
        cursor text collate "C",
        told bigint not null default 0,
        generation integer not null default 0,
        state text collate "C" not null constraint webhook_state_known check (state in ('ACTIVE', 'PAUSED')),
        reason text collate "C",
        created_at timestamptz(6) not null,
        deleted_at timestamptz(6),
        followed_by text collate "C",
        followed_until timestamptz(6),
        recorded_by uuid not null
      );
      create index webhook_by_owner on webhook (owner) where deleted_at is null;
      create table webhook_delivery (
        id uuid primary key,
        webhook uuid not null references webhook,
        sequence bigint not null,
        message_id text collate "C" not null,
        subject text collate "C" not null,
        is_public boolean not null,
        body text collate "C" not null,
        since timestamptz(6) not null,
        state text collate "C" not null constraint delivery_state_known check (state in ('WAITING', 'RETRYING', 'DELIVERED', 'FAILED')),
        attempts integer not null,
        next_at timestamptz(6),
        first_tried_at timestamptz(6),
        last_tried_at timestamptz(6),
        status integer,
        message text collate "C",
        settled_at timestamptz(6),
        constraint delivery_settled_once_done check ((settled_at is not null) = (state in ('DELIVERED', 'FAILED')))
      );
      create unique index one_delivery_per_webhook_and_message on webhook_delivery (webhook, message_id);
      create index delivery_by_subject on webhook_delivery (webhook, subject, sequence) where settled_at is null;
      create index delivery_by_sequence on webhook_delivery (webhook, sequence desc);
      create index delivery_by_settlement on webhook_delivery (settled_at) where settled_at is not null;
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}
