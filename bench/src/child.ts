import { fork } from 'node:child_process';
import { join } from 'node:path';

/** A task in a process of its own, and what it answered. */
export interface Child<Answer> {
  answer: Answer;
  pid: number;
  /** Ends the process. */
  stop(): Promise<void>;
}

/**
 * Starts a script of `children/` in a process of its own, so that no benchmark warms, fills or slows another; gives it its task and
 * waits for its answer. A script that serves goes on serving until it is stopped, or this process is gone.
 */
export async function inChild<Task, Answer>(script: string, task: Task): Promise<Child<Answer>> {
  const child = fork(join(__dirname, 'children', `${script}.js`), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  const answered = new Promise<Answer>((done, fail) => {
    child.once('message', (message) => done(message as Answer));
    child.once('error', fail);
    child.once('exit', (code, signal) => fail(new Error(`the child ${script} ended before its answer: ${signal ?? `exit ${code}`}`)));
  });
  child.send(task as object);
  return {
    answer: await answered,
    pid: child.pid!,
    stop: async () => {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}

/** The other end: does the task and sends its answer; the process ends when its parent lets go of it. */
export function answerParent<Task, Answer>(work: (task: Task) => Promise<{ answer: Answer; close(): Promise<void> }>): void {
  let close = async () => {};
  process.once('message', async (task) => {
    try {
      const done = await work(task as Task);
      close = done.close;
      process.send!(done.answer);
    } catch (error) {
      process.stderr.write(`${(error as Error).stack}\n`);
      process.exit(1);
    }
  });
  process.once('disconnect', () => void close().finally(() => process.exit()));
}
