import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When the Organic Integrity Database was last asked for the standing of operations. */
export class OperationsAsked1764000000029 implements MigrationInterface {
  async up(run: QueryRunner): Promise<void> {
    await run.query(`
      create table operation_asked (
        operation uuid primary key references operation,
        asked_at timestamptz(6) not null,
        answered_at timestamptz(6),
        amiss text collate "C"
      );
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}
