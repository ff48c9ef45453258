import { FailedJob, FailedJobs, type NodeType, toGlobalId } from '@lotline/schema';
import type { Database, Reader, Transaction } from '../database';

// Jobs that are dead: tried as often as they may be, or in a way that trying again would not help.

const MOST_JOBS = 100;

/** Of a row `j` of the library's view, with what it was told as `p`. */
const DEAD = `graphile_worker.jobs j join graphile_worker._private_jobs p on p.id = j.id where p.attempts >= p.max_attempts and p.locked_at is null`;

interface Row {
  id: string;
  task: string;
  noun: NodeType | null;
  subject: string | null;
  attempts: number;
  failedAt: Date;
  message: string | null;
}

/** The dead jobs, oldest first. */
export async function failedJobs(reader: Reader): Promise<FailedJobs> {
  const [counted] = await reader.query<{ count: number }>(`select count(*)::int as count from ${DEAD}`);
  const rows = await reader.query<Row>(
    `select j.id, j.task_identifier as task, p.payload->>'noun' as noun, p.payload->>'subject' as subject, j.attempts, j.updated_at as "failedAt",
       j.last_error as message from ${DEAD} order by j.id limit ${MOST_JOBS}`,
  );
  const jobs = rows.map(({ noun, subject, message, ...row }) =>
    Object.assign(new FailedJob(), row, {
      subject: noun && subject && toGlobalId(noun, subject),
      message: message ?? 'nothing is known of it',
    }),
  );
  return Object.assign(new FailedJobs(), { totalCount: counted!.count, jobs });
}

/** A dead job, locked; null where there is none of this id. */
export async function deadJob(tx: Transaction, id: string): Promise<{ id: string; task: string; subject: string } | null> {
  const [job] = await tx.query<{ id: string; task: string; subject: string }>(
    `select j.id, j.task_identifier as task, j.queue_name as subject from ${DEAD} and j.id = $1 for update of p`,
    [id],
  );
  return job ?? null;
}

/** Forgets dead jobs of a task about a noun: what they were for has been done by another. */
export const forgetFailed = async (database: Database, task: string, subject: string): Promise<void> => {
  await database.query(
    `select graphile_worker.complete_jobs(array(select j.id from ${DEAD} and j.task_identifier = $1 and j.queue_name = $2))`,
    [task, subject],
  );
};
