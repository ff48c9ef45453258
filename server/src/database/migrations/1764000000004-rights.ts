import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Rights are asked of a lot as well as of an operation, and of the state of the log that a page belongs to. */
export class Rights1764000000004 implements MigrationInterface {
  async up(run: QueryRunner): Promise<void> {
    await run.query(`
      alter table party add column recorded_by uuid;
      update party p set recorded_by = f.recorded_by from (
        select id, recorded_by from lot union all select id, recorded_by from lot_input
        union all select id, recorded_by from transfer union all select id, recorded_by from lot_adjustment
      ) f where f.id = p.fact;
      alter table party alter column recorded_by set not null;
      create index party_subject on party (subject);
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}
