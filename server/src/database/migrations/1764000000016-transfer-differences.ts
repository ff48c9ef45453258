import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Transfers that are disputed: what came is not what was offered, and the difference is a fact of its own. */
export class TransferDifferences1764000000016 implements MigrationInterface {
  async up(run: QueryRunner): Promise<void> {
    await run.query(`
      create table transfer_difference (
        id uuid primary key,
        transfer uuid not null references transfer,
        grams bigint not null constraint transfer_difference_not_zero check (grams <> 0 and abs(grams) <= 1000000000000000),
        value text collate "C" not null,
        unit text collate "C" not null,
        reason text collate "C" not null,
        recorded_by uuid not null,
        retracted_by uuid
      );
      create unique index one_difference_per_transfer on transfer_difference (transfer) where retracted_by is null;
      create trigger fact_is_never_edited before update or delete on transfer_difference for each row execute function fact_is_never_edited();
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}
