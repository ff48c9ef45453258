import type { Follow, Runner } from './commands';
import type { Tasks } from './jobs';
import { NOTICE_TASK, noticeTask, planNotices } from './notices';

// What happens later: what follows from the events of a command, in its transaction, and who does it then.

export const FOLLOW: readonly Follow[] = [planNotices];

export const tasksOf = (runner: Runner): Tasks => ({ [NOTICE_TASK]: noticeTask(runner) });
