import type { Follow, Runner } from './commands';
import type { Tasks } from './jobs';
import { NOTICE_TASK, noticeTask, planNotices } from './notices';
import { planLostStatus, planStanding, STANDING_TASK, STATUS_TASK, standingTask, statusTask } from './standing';

// What happens later: what follows from the events of a command, in its transaction, and who does it then.

export const FOLLOW: readonly Follow[] = [planNotices, planStanding, planLostStatus];

export const tasksOf = (runner: Runner): Tasks => ({
  [NOTICE_TASK]: noticeTask(runner),
  [STANDING_TASK]: standingTask(runner),
  [STATUS_TASK]: statusTask(runner),
});
