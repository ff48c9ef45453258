import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * How many lots a lot is made of, and goes into, as PostgreSQL is to think of it: about two. What it would count itself is wrong where one lot
 * went into thousands: it took the next step of each of these to be as wide, and read the whole table for it.
 */
export class HowLotsAreUsed1764000000036 implements MigrationInterface {
  async up(run: QueryRunner): Promise<void> {
    await run.query('alter table lot_input alter column input set (n_distinct = -0.5), alter column output set (n_distinct = -0.5)');
    await run.query('analyze lot_input (input, output)');
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}
