import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The access journal: who did what with which noun, and whom it concerns. Nothing refers to viewers and subjects: what is refused may
 * name anything. A record counts what is alike within an hour, so that whoever asks all day long fills a row an hour.
 */
export class AccessJournal1764000000012 implements MigrationInterface {
  async up(run: QueryRunner): Promise<void> {
    await run.query(`
      create table access_record (
        id uuid primary key,
        likeness uuid not null constraint one_access_record_per_hour unique,
        at timestamptz(6) not null,
        last_at timestamptz(6) not null,
        times integer not null constraint access_record_counts_something check (times > 0),
        act text collate "C" not null constraint access_record_act_known check (
          act in ('READ', 'TRACED', 'GRANTED', 'ENDED', 'REFUSED', 'OVERFLOWED')),
        viewer_kind text collate "C" not null,
        operation uuid,
        certifier uuid,
        api_key uuid,
        noun text collate "C",
        subject uuid,
        what text collate "C",
        code text collate "C",
        cut boolean not null
      );
      create index access_record_act on access_record (act, id);
      create table access_owner (
        operation uuid not null,
        act text collate "C" not null,
        record uuid not null references access_record on delete cascade,
        primary key (operation, act, record)
      );
      create index access_owner_record on access_owner (record);
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}
