import type { Work } from '../commands';
import type { Database } from '../database';

/** Something that must happen later, once a command is committed. */
export interface Job {
  /** Name of the task that does it. */
  task: string;
  /** The noun it concerns: jobs of one noun are done one after the other, in the order in which they were scheduled. */
  subject: string;
  payload: Record<string, unknown>;
  /** When; at once where it is left out. */
  runAt?: Date;
  /** A job of this key that is still waiting is replaced by the new one. */
  key?: string;
}

/** How often a job is tried before it is dead; with the waits of the worker, e to the power of the attempt in seconds, some three days. */
export const MOST_ATTEMPTS = 16;

/** Schedules jobs in the transaction of a command: they are there if and only if it is. A task schedules what comes after it without one. */
export async function schedule({ tx }: { tx: Pick<Work['tx'], 'query'> }, jobs: readonly Job[]): Promise<void> {
  if (jobs.length === 0) return;
  await tx.query(
    `select graphile_worker.add_job(j.task, j.payload, j.subject, coalesce(j.run_at, now()), ${MOST_ATTEMPTS}, j.key)
     from jsonb_to_recordset($1) as j(task text, payload json, subject text, run_at timestamptz, key text)`,
    [JSON.stringify(jobs.map(({ runAt = null, ...job }) => ({ ...job, run_at: runAt })))],
  );
}

/** Schedules a job, unless one of its key waits or is in hand; of two that do so at once one is left. */
export async function scheduleUnlessWaiting(database: Database, job: Job & { key: string }): Promise<void> {
  await database.within(async (tx) => {
    const live = await tx.query('select from graphile_worker.jobs where key = $1 and attempts < max_attempts', [job.key]);
    if (live.length === 0) await schedule({ tx }, [job]);
  });
}

/** Takes jobs back that wait: what they were for has changed. */
export async function unschedule({ tx }: Pick<Work, 'tx'>, keys: readonly string[]): Promise<void> {
  await tx.query('select graphile_worker.remove_job(j.key) from graphile_worker.jobs j where j.key = any($1)', [keys]);
}
