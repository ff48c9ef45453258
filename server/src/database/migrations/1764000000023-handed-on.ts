import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A certificate is handed to another as well, e.g. to the importer after its broker. */
export class HandedOn1764000000023 implements MigrationInterface {
  async up(run: QueryRunner): Promise<void> {
    await run.query(`insert into import_certificate_move (state, next, reported) values ('HANDED_OVER', 'HANDED_OVER', false)`);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}
