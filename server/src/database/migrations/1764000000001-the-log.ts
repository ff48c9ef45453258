import { randomBytes } from 'node:crypto';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { v4 } from 'uuid';

/** Who this database is, and the log: one row a command, one counter that gives commands their dense positions in commit order. */
export class TheLog1764000000001 implements MigrationInterface {
  async up(run: QueryRunner): Promise<void> {
    await run.query(`
      create table installation (
        one boolean primary key default true constraint one_installation check (one),
        id uuid not null,
        cursor_key bytea not null,
        token_key bytea not null
      );
      create table log_counter (
        one boolean primary key default true constraint one_counter check (one),
        position bigint not null
      );
      insert into log_counter (position) values (0);
      create table command (
        id uuid primary key,
        position bigint not null constraint command_position_unique unique,
        type text collate "C" not null,
        at timestamptz(6) not null,
        by text collate "C" not null,
        key text collate "C" not null,
        input_hash bytea not null
      );
      create table event (
        command uuid not null,
        ordinal integer not null,
        type text collate "C" not null,
        version smallint not null,
        subject uuid not null,
        payload jsonb not null,
        primary key (command, ordinal)
      );
      create table idempotency_key (
        caller text collate "C" not null,
        key text collate "C" not null,
        input_hash bytea not null,
        command uuid not null,
        outcome jsonb,
        at timestamptz(6) not null,
        primary key (caller, key)
      );
      create index idempotency_key_at on idempotency_key (at);
    `);
    await run.query('insert into installation (id, cursor_key, token_key) values ($1, $2, $3)', [v4(), randomBytes(32), randomBytes(32)]);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}
