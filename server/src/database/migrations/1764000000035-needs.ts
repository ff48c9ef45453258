import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a release must know to work with this database: the name of a migration, where one has taken something away. */
export class Needs1764000000035 implements MigrationInterface {
  async up(run: QueryRunner): Promise<void> {
    await run.query('alter table installation add column needs text collate "C"');
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}
