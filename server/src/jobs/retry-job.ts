import { bad, good, type Parsed, type Reason } from '@lotline/schema';
import { Field, ID, InputType } from 'type-graphql';
import { z } from 'zod';
import { mayCommand, type Viewer } from '../access';
import { type Command, CommandInput, idempotencyKey, noSuch, read } from '../commands';
import { deadJob } from './failed';
import { MOST_ATTEMPTS } from './schedule';

@InputType({ description: 'A job that was tried in vain is to be tried again.' })
export class RetryJobInput extends CommandInput {
  @Field(() => ID, { description: 'The job, as failedJobs calls it.' })
  job: string;
}

const parseJobId = (text: string): Parsed<string> =>
  /^\d{1,18}$/.test(text) ? good(text) : bad('it is not the id of a job', 'send an id as failedJobs gave it');

const retrying = z.object({ idempotencyKey, job: read(parseJobId) });

const onlyAdministrator = (viewer: Viewer): Reason | null =>
  viewer.kind === 'ADMINISTRATOR'
    ? null
    : (mayCommand(viewer) ?? { code: 'FORBIDDEN', message: 'only an administrator has jobs tried again', remedy: 'ask an administrator' });

/** An administrator has a dead job tried again, at once and as often as a new one. */
export const retryJob: Command<z.infer<typeof retrying>, { job: string }> = {
  name: 'retryJob',
  input: retrying,
  may: onlyAdministrator,
  async run(work, rows) {
    for (const [index, { job: id }] of rows.entries()) {
      const job = await deadJob(work.tx, id);
      if (!job) {
        work.refuse(index, noSuch('failed job', 'job'));
        continue;
      }
      await work.tx.query('select graphile_worker.reschedule_jobs(array[$1::bigint], now(), null, 0, $2)', [id, MOST_ATTEMPTS]);
      work.emit({ type: 'job.retried', subject: job.subject, payload: { job: id, task: job.task } });
    }
    return rows.map(({ job }) => ({ job }));
  },
};
