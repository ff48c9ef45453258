import type { Job } from 'graphile-worker';
import type { Pool, PoolClient } from 'pg';

// Workers that died with jobs in hand, and jobs that are dead.

/** By which name the connections of a worker are known to the database, as long as it lives. */
export const signOf = (worker: string): string => `lotline jobs ${worker}`.trimEnd();

/** One connection that bears the name of a worker, by which the jobs in its hand are locked. */
export class LifeSign {
  private worker: string | null = null;
  private client: PoolClient | null = null;
  private turn: Promise<void> = Promise.resolve();

  constructor(private readonly pool: Pool) {}

  /** A worker lives from now on. */
  show(worker: string): Promise<void> {
    this.worker = worker;
    return this.renew();
  }

  /** Shows it again where the connection was lost. */
  renew(): Promise<void> {
    this.turn = this.turn.then(() => this.bear());
    return this.turn;
  }

  async end(): Promise<void> {
    this.worker = null;
    await this.turn;
    this.client?.release(true);
  }

  private async bear(): Promise<void> {
    if (this.worker === null) return;
    try {
      this.client ??= await this.pool.connect();
      await this.client.query(`select set_config('application_name', $1, false)`, [signOf(this.worker)]);
    } catch (error) {
      this.client?.release(error as Error);
      this.client = null;
    }
  }
}

/**
 * Frees what workers had in hand that have no connection any more, so that it is done again; the library itself would wait for four hours.
 * A worker that only lost its connections for a moment goes on as well, which must not matter.
 */
export async function freeDeadWorkers(pool: Pool): Promise<void> {
  await pool.query(
    `select graphile_worker.force_unlock_workers(array_agg(distinct j.locked_by)) from graphile_worker.jobs j
     where j.locked_by is not null and not exists (select from pg_stat_activity a where a.application_name = $1 || j.locked_by)
     having count(*) > 0`,
    [`${signOf('')} `],
  );
}

/**
 * Puts a dead job in the place of one that is in hand and does not help to be tried again: it waits for an operator. Not where the same was
 * scheduled anew meanwhile.
 */
export async function bury(client: PoolClient, { id, ...job }: Job, message: string): Promise<void> {
  await client.query(
    `with dead as (
       select (graphile_worker.add_job($1, $2, (select queue_name from graphile_worker.jobs where id = $3), now(), $4, $5)).id
       where not exists (select from graphile_worker.jobs where key = $5 and id <> $3)
     ) select graphile_worker.permanently_fail_jobs(array_agg(id), $6) from dead`,
    [job.task_identifier, JSON.stringify(job.payload), id, job.max_attempts, job.key, message],
  );
}
