import { Logger, type RunnerOptions, run, runOnce, type TaskList, type Logger as WorkerLogger } from 'graphile-worker';
import { Pool } from 'pg';
import type { Database } from '../database';

/** Does what was scheduled. Thrown errors are tried again, later and later; it must not matter how often it is done. */
export type Task = (payload: Record<string, unknown>, attempt: { number: number; last: boolean }) => Promise<void>;
export type Tasks = Readonly<Record<string, Task>>;

/** Where a worker says what it does; a request's logger fits. */
export interface WorkerLog {
  info(what: object, words: string): void;
  error(what: object, words: string): void;
}

const loggerTo = (log: WorkerLog): WorkerLogger =>
  new Logger(() => (level, message, meta) => {
    if (level === 'error' || level === 'warning') log.error({ job: meta }, message);
  });

const taskList = (tasks: Tasks): TaskList =>
  Object.fromEntries(
    Object.entries(tasks).map(([name, task]) => [
      name,
      (payload: unknown, { job }: { job: { attempts: number; max_attempts: number } }) =>
        task(payload as Record<string, unknown>, { number: job.attempts, last: job.attempts >= job.max_attempts }),
    ]),
  );

/** Connections of the worker: its own, so that no question waits for a job. */
function poolTo(database: Database, size: number): Pool {
  const pool = new Pool({ connectionString: database.url, max: size, application_name: 'lotline jobs' });
  // A lost connection is found by whoever uses it next.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

const CONCURRENCY = 4;

/** Works on what is due until it is stopped; several instances share the work. What is in hand is finished first. */
export async function startWorker(database: Database, tasks: Tasks, log: WorkerLog): Promise<{ stop(): Promise<void> }> {
  const pool = poolTo(database, CONCURRENCY + 2);
  const options: RunnerOptions = {
    pgPool: pool,
    concurrency: CONCURRENCY,
    noHandleSignals: true,
    pollInterval: 1000,
    logger: loggerTo(log),
    taskList: taskList(tasks),
  };
  const runner = await run(options);
  return {
    stop: async () => {
      await runner.stop().catch(() => {});
      await pool.end();
    },
  };
}

/** Does everything that is due now, once. */
export async function workOnce(database: Database, tasks: Tasks, log: WorkerLog): Promise<void> {
  const pool = poolTo(database, 3);
  try {
    await runOnce({ pgPool: pool, concurrency: 1, noHandleSignals: true, logger: loggerTo(log), taskList: taskList(tasks) });
  } finally {
    await pool.end();
  }
}
