import type { Follow, Runner } from './commands';
import type { Database } from './database';
import type { Tasks } from './jobs';
import { NOTICE_TASK, noticeTask, planNotices } from './notices';
import { type Systems, type SystemsSettings, sendingTasks, tellOutside } from './outside';
import { planLostStatus, planStanding, STANDING_TASK, STATUS_TASK, standingTask, statusTask } from './standing';

// What happens later: what follows from the events of a command, in its transaction, and who does it then.

export const followOf = (outside: SystemsSettings): readonly Follow[] => [planNotices, planStanding, planLostStatus, tellOutside(outside)];

export const tasksOf = (runner: Runner, outside: { database: Database; systems: Systems } | null = null): Tasks => ({
  [NOTICE_TASK]: noticeTask(runner),
  [STANDING_TASK]: standingTask(runner),
  [STATUS_TASK]: statusTask(runner),
  ...(outside && sendingTasks({ ...outside, runner })),
});
