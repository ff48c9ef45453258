import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The counter names the command at its position, so that a cursor can tell it from another one there after a failover. */
export class Live1764000000008 implements MigrationInterface {
  async up(run: QueryRunner): Promise<void> {
    await run.query(`
      alter table log_counter add column command uuid;
      update log_counter c set command = (select id from command where position = c.position);
      create index command_at on command (at);
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}
