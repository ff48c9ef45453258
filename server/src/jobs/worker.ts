import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  Logger,
  type Runner,
  type RunnerOptions,
  run,
  runOnce,
  type TaskList,
  type WorkerEvents,
  type Logger as WorkerLogger,
} from 'graphile-worker';
import type { Pool } from 'pg';
import type { Database } from '../database';
import { inSpan, type Meters } from '../telemetry';
import { bury, freeDeadWorkers, LifeSign, signOf } from './dead';

/** Which time it is tried, and whether that is the last; `stop` says that the worker wants to end, and a long task leaves the rest to another. */
export interface Attempt {
  number: number;
  last: boolean;
  stop?: AbortSignal;
}

/** Does what was scheduled. Thrown errors are tried again, later and later; it must not matter how often it is done. */
export type Task = (payload: Record<string, unknown>, attempt: Attempt) => Promise<void>;
export type Tasks = Readonly<Record<string, Task>>;

/** Thrown by a task where trying again would not help: the job is dead at once, and waits for an operator. */
export class FinalFailure extends Error {}

/** Where a worker says what it does; a request's logger fits. */
export interface WorkerLog {
  info(what: object, words: string): void;
  error(what: object, words: string): void;
}

const loggerTo = (log: WorkerLog): WorkerLogger =>
  new Logger(() => (level, message, meta) => {
    if (level === 'error' || level === 'warning') log.error({ job: meta }, message);
  });

/** Hears how long jobs take. */
type JobMeters = Pick<Meters, 'worked'> | null;

const taskList = (tasks: Tasks, meters: JobMeters = null): TaskList =>
  Object.fromEntries(
    Object.entries(tasks).map(([name, task]) => [
      name,
      async (payload, { job, withPgClient, abortSignal }) => {
        const begun = performance.now();
        const tell = (outcome: 'done' | 'failed') => meters?.worked(name, outcome, (performance.now() - begun) / 1000);
        try {
          const last = job.attempts >= job.max_attempts;
          const attributes = { 'lotline.task': name, 'lotline.attempt': job.attempts };
          await inSpan(`job ${name}`, { attributes, root: true }, () =>
            task(payload as Record<string, unknown>, { number: job.attempts, last, stop: abortSignal }),
          );
          tell('done');
        } catch (error) {
          tell('failed');
          if (!(error instanceof FinalFailure)) throw error;
          await withPgClient((client) => bury(client, job, error.message));
        }
      },
    ]),
  );

/** What a worker works with: connections of its own, so that no question waits for a job, and a sign that it lives. */
function footingOn(database: Database, size: number): { pool: Pool; events: WorkerEvents; sign: LifeSign } {
  const pool = database.ownPool({ max: size, application_name: signOf('') });
  pool.on('connect', (client) => client.on('error', () => {}));
  const events: WorkerEvents = new EventEmitter();
  const sign = new LifeSign(pool);
  events.on('pool:create', ({ workerPool: { id } }) => void sign.show(id));
  return { pool, events, sign };
}

const CONCURRENCY = 4;
/** How often it is looked for workers that have died, milliseconds. */
const LOOK_EVERY_MS = 5000;

/** How long after a worker ended the next one begins, milliseconds. */
const BEGIN_AGAIN_MS = 1000;

/** Works on what is due until it is stopped; several instances share the work. What is in hand is finished first. */
export async function startWorker(
  database: Database,
  tasks: Tasks,
  log: WorkerLog,
  concurrency = CONCURRENCY,
  meters: JobMeters = null,
): Promise<{ stop(): Promise<void> }> {
  const { pool, events, sign } = footingOn(database, concurrency + 3);
  const look = async () => {
    await sign.renew();
    await freeDeadWorkers(pool).catch((error) => log.error({ err: error }, 'what dead workers had in hand was not freed'));
  };
  await look();
  const options: RunnerOptions = {
    pgPool: pool,
    events,
    concurrency,
    noHandleSignals: true,
    pollInterval: 1000,
    logger: loggerTo(log),
    taskList: taskList(tasks, meters),
    // In batches, though of no wait: a job of which cannot be noted what became of it ends the worker, not the process.
    preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
  };
  let isStopping = false;
  let runner: Runner | null = null;
  let waiting: NodeJS.Timeout | undefined;
  /** A worker that loses its database in the middle of its own work ends; another one begins. */
  const begin = async (): Promise<void> => {
    const begun = await run(options);
    runner = begun;
    if (isStopping) return void begun.stop().catch(() => {});
    begun.promise.catch(again);
  };
  const again = (error: unknown): void => {
    runner = null;
    if (isStopping) return;
    log.error({ err: error }, 'the worker ended, another one begins');
    waiting = setTimeout(() => void begin().catch(again), BEGIN_AGAIN_MS).unref();
  };
  await begin();
  const looking = setInterval(look, LOOK_EVERY_MS).unref();
  return {
    stop: async () => {
      isStopping = true;
      clearInterval(looking);
      clearTimeout(waiting);
      await runner?.stop().catch(() => {});
      await sign.end();
      await pool.end();
    },
  };
}

/** How many jobs are due and neither dead nor in hand. */
const DUE = 'select count(*)::int as due from graphile_worker.jobs where run_at <= now() and attempts < max_attempts and locked_at is null';
/** A queue is free a moment after its job is done, milliseconds. */
const FREE_AFTER_MS = 20;

/** Does everything that is due now, and what becomes due by that. */
export async function workOnce(database: Database, tasks: Tasks, log: WorkerLog): Promise<void> {
  const { pool, events, sign } = footingOn(database, 4);
  try {
    await freeDeadWorkers(pool);
    // The library ends a run where the next job waits for its queue; what waits for the queue of another worker is left to it.
    for (let [left, before] = [Number.POSITIVE_INFINITY, 0]; left > 0 && left !== before; ) {
      await runOnce({ pgPool: pool, events, concurrency: 1, noHandleSignals: true, logger: loggerTo(log), taskList: taskList(tasks) });
      await sleep(FREE_AFTER_MS);
      before = left;
      left = (await pool.query<{ due: number }>(DUE)).rows[0]!.due;
    }
  } finally {
    await sign.end();
    await pool.end();
  }
}
