import { setTimeout as sleep } from 'node:timers/promises';
import { Logger, runMigrations } from 'graphile-worker';
import type { Pool } from 'pg';
import { type DataSource, type Migration, MigrationExecutor, type QueryRunner } from 'typeorm';

// Tables are changed while other instances, of this release and of the one before, ask of them. What that demands of a migration is in
// docs/deployment.md; here is what keeps everybody's waiting short.

export interface Migrating {
  /** Tells a person what takes long. */
  say?: (line: string) => void;
  /** How long it is tried to get at a table, milliseconds. */
  patienceMs?: number;
}

/** Two instances that start at once must not migrate at once. */
const MIGRATION_LOCK = 7_067_002;
/** How often it is looked whether another instance is through, milliseconds. */
const LOOK_EVERY_MS = 100;
/**
 * How long a migration waits for a table, milliseconds. Whoever comes meanwhile waits behind it: the table is asked for again a while later,
 * when those have had their turn.
 */
const LOCK_WITHIN_MS = 500;
/** How long the table is left to others between one try and the next, milliseconds: at first, and at most. */
const [AGAIN_AFTER_MS, AGAIN_AFTER_AT_MOST_MS] = [500, 5000];
/** How long it is tried at all: longer than a question or an export may take, milliseconds. */
const PATIENCE_MS = 900_000;
/** Lock not available, deadlock detected. */
const IN_THE_WAY = ['55P03', '40P01'];

const QUIET = new Logger(() => () => {});

/** Connections of their own for the tables of the jobs, which the library changes by itself: it knows of no time to give way. */
export const FOR_TABLES_OF_JOBS = { max: 1, application_name: 'lotline migrates', options: `-c lock_timeout=${LOCK_WITHIN_MS}` };

/**
 * Brings the tables up to date.
 * @param jobs connects as FOR_TABLES_OF_JOBS says
 * @throws Error where the database has been changed for a later release that this one cannot work with
 */
export async function migrate(source: DataSource, jobs: Pool, options: Migrating = {}): Promise<void> {
  const runner = source.createQueryRunner('master');
  await runner.connect();
  try {
    await takeTurn(runner);
    await refuseTooNew(runner, source);
    const executor = new MigrationExecutor(source, runner);
    for (const migration of await executor.getPendingMigrations())
      await patiently(options, migration.name, () => apply(runner, executor, migration));
    // The tables of the jobs are the library's own, in a schema of theirs; commands write to them, and a dump of the database reads them for long.
    // A connection listens for its own errors; the library wants to see that the pool does.
    jobs.on('connect', () => {});
    await patiently(options, 'the tables of the jobs', () => runMigrations({ pgPool: jobs, logger: QUIET }));
  } finally {
    await runner.query('select pg_advisory_unlock($1)', [MIGRATION_LOCK]).catch(() => {});
    await runner.release();
  }
}

/** Waits until no other instance migrates. A statement that waits would hold up an index that is built beside the work: it is asked again. */
async function takeTurn(runner: QueryRunner): Promise<void> {
  while (true) {
    const [{ taken }] = await runner.query('select pg_try_advisory_lock($1) as taken', [MIGRATION_LOCK]);
    if (taken) return;
    await sleep(LOOK_EVERY_MS);
  }
}

/** A migration that takes away what earlier releases need says so in `installation.needs`: the last migration that a release must know. */
async function refuseTooNew(runner: QueryRunner, source: DataSource): Promise<void> {
  const [{ says }] = await runner.query(
    `select exists (select from information_schema.columns where table_schema = current_schema and table_name = 'installation' and column_name = 'needs') as says`,
  );
  if (!says) return;
  const [{ needs }] = await runner.query('select needs from installation');
  const known = source.migrations.map((migration) => migration.constructor.name);
  if (needs !== null && !known.includes(needs))
    throw new Error(`the database has been changed for a later Lotline than this one (it needs ${needs}): start that one`);
}

/** Carries one out and notes it: in a transaction, unless it says that it cannot be in one. */
async function apply(runner: QueryRunner, executor: MigrationExecutor, migration: Migration): Promise<void> {
  // What is built beside the work may wait for it: nobody waits behind that.
  if (migration.instance?.transaction === false) return void (await executor.executeMigration(migration));
  await runner.startTransaction();
  try {
    await runner.query(`set local lock_timeout = ${LOCK_WITHIN_MS}`);
    await executor.executeMigration(migration);
    await runner.commitTransaction();
  } catch (error) {
    await runner.rollbackTransaction().catch(() => {});
    throw error;
  }
}

async function patiently({ say, patienceMs = PATIENCE_MS }: Migrating, name: string, work: () => Promise<void>): Promise<void> {
  const last = Date.now() + patienceMs;
  for (let wait = AGAIN_AFTER_MS; ; wait = Math.min(wait * 2, AGAIN_AFTER_AT_MOST_MS)) {
    try {
      return await work();
    } catch (error) {
      if (!IN_THE_WAY.includes((error as { code?: string }).code ?? '')) throw error;
      if (Date.now() + wait > last) throw new Error(`${name}: others held the tables for ${patienceMs} ms: ${(error as Error).message}`);
      say?.(`${name}: others hold the tables; it is tried again in ${wait} ms`);
      await sleep(wait);
    }
  }
}
