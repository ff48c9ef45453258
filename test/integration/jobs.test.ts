import { FinalFailure, startWorker, type Tasks, workOnce } from '@lotline/server/jobs';
import { type Lotline, startLotline } from '../support/lotline';

// Jobs outlive whoever does them: those of a worker that died are done by another at once, those of one that lives are left to it.

const SILENT = { info: () => {}, error: () => {} };
const SUBJECT = '01990000-0000-7000-8000-000000000001';

let lotline: Lotline;
let serial = 0;
const add = async (key: string | null = null): Promise<string> => {
  const [job] = await lotline.database.query<{ id: string }>(
    `select (graphile_worker.add_job('probe', json_build_object('serial', $1::int), $2, now(), 3, $3)).id`,
    [++serial, SUBJECT, key],
  );
  return job!.id;
};
const left = () => lotline.database.query<{ id: string; attempts: number }>('select id, attempts from graphile_worker.jobs order by id');
/** A task that notes what it is given, and then does something. */
const probe = (then: () => Promise<void> = async () => {}): { tasks: Tasks; seen: unknown[] } => {
  const seen: unknown[] = [];
  return {
    seen,
    tasks: {
      probe: async ({ serial: each }) => {
        seen.push(each);
        await then();
      },
    },
  };
};

beforeAll(async () => {
  lotline = await startLotline();
});
afterAll(() => lotline.close());
afterEach(() => lotline.database.query('delete from graphile_worker._private_jobs'));

test('what a worker had in hand when it died is done by another at once', async () => {
  await add();
  await add();
  await lotline.database.query(
    `update graphile_worker._private_jobs set locked_at = now(), locked_by = 'pool-dead' where id = (select min(id) from graphile_worker._private_jobs);
     update graphile_worker._private_job_queues set locked_at = now(), locked_by = 'pool-dead'`,
  );
  const { tasks, seen } = probe();
  await workOnce(lotline.database, tasks, SILENT);
  expect(seen).toEqual([serial - 1, serial]);
  expect(await left()).toEqual([]);
});

test('what a living worker has in hand is left to it', async () => {
  await add();
  let goOn = () => {};
  const held = new Promise<void>((done) => {
    goOn = done;
  });
  const slow = probe(() => held);
  const worker = await startWorker(lotline.database, slow.tasks, SILENT);
  try {
    while (slow.seen.length === 0) await new Promise((done) => setTimeout(done, 10));
    // It says that it lives a moment after it has begun.
    const lives = `select from graphile_worker.jobs j join pg_stat_activity a on a.application_name = 'lotline jobs ' || j.locked_by`;
    while ((await lotline.database.query(lives)).length === 0) await new Promise((done) => setTimeout(done, 10));
    const other = probe();
    await workOnce(lotline.database, other.tasks, SILENT);
    expect(other.seen).toEqual([]);
    goOn();
    while ((await left()).length > 0) await new Promise((done) => setTimeout(done, 10));
  } finally {
    goOn();
    await worker.stop();
  }
  expect(slow.seen).toEqual([serial]);
});

test('where trying again does not help the job is dead at once; one that was scheduled anew meanwhile is not', async () => {
  await add('probe key');
  const failing = probe(() => Promise.reject(new FinalFailure('it is wrong')));
  await workOnce(lotline.database, failing.tasks, SILENT);
  expect(failing.seen).toEqual([serial]);
  expect(await left()).toEqual([{ id: expect.any(String), attempts: 3 }]);
  const { failedJobs } = await lotline.data('{ failedJobs { totalCount jobs { task subject attempts message } } }', {}, 'admin');
  expect(failedJobs).toEqual({ totalCount: 1, jobs: [{ task: 'probe', subject: null, attempts: 3, message: 'it is wrong' }] });

  await lotline.database.query('delete from graphile_worker._private_jobs');
  await add('probe key');
  let times = 0;
  const overtaken = probe(async () => {
    if (++times > 1) return;
    await add('probe key');
    throw new FinalFailure('it was wrong');
  });
  await workOnce(lotline.database, overtaken.tasks, SILENT);
  expect(overtaken.seen).toEqual([serial - 1, serial]);
  expect(await left()).toEqual([]);
});
