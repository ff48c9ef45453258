import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Notices that follow from something: one about each noun that it hits. */
export class LostStanding1764000000028 implements MigrationInterface {
  async up(run: QueryRunner): Promise<void> {
    await run.query(`
      alter table notice add column cause uuid;
      drop index one_notice_per_subject_kind_and_due;
      create unique index one_notice_per_subject_kind_and_due on notice (subject, kind, due, cause) nulls not distinct where retracted_by is null;
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}
