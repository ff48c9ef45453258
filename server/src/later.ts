import type { Follow, Runner } from './commands';
import type { Database } from './database';
import type { Tasks } from './jobs';
import type { TrustedDocuments } from './limits';
import { NOTICE_TASK, noticeTask, planNotices } from './notices';
import { askingTasks, type Systems, type SystemsSettings, sendingTasks, tellOutside } from './outside';
import { planLostStatus, planStanding, STANDING_TASK, STATUS_TASK, standingTask, statusTask } from './standing';
import { type PostSettings, refusePrivate, refuseUntrusted, WEBHOOK_TASK, webhookTask } from './webhooks';

// What happens later: what follows from the events of a command, in its transaction, and who does it then.

/**
 * @param privateWebhooks may webhooks lead to addresses of the house?
 * @param trusted the documents that may be asked; null for any
 */
export const followOf = (
  outside: SystemsSettings,
  privateWebhooks: boolean,
  trusted: TrustedDocuments | null = null,
): readonly Follow[] => [
  planNotices,
  planStanding,
  planLostStatus,
  tellOutside(outside),
  refusePrivate(privateWebhooks),
  refuseUntrusted(trusted),
];

/** What a worker of its own does, so that no slow receiver holds up anything else. */
export const webhookTasks = (database: Database, settings: PostSettings): Tasks => ({ [WEBHOOK_TASK]: webhookTask(database, settings) });

/** The systems outside, and how often the standing of each operation is asked for, minutes; not at all where it is left out. */
interface Outside {
  database: Database;
  systems: Systems;
  askEveryMinutes?: number;
}

export const tasksOf = (runner: Runner, outside: Outside | null = null): Tasks => ({
  [NOTICE_TASK]: noticeTask(runner),
  [STANDING_TASK]: standingTask(runner),
  [STATUS_TASK]: statusTask(runner),
  ...(outside && sendingTasks({ ...outside, runner })),
  ...(outside?.askEveryMinutes !== undefined && askingTasks({ ...outside, runner, everyMinutes: outside.askEveryMinutes })),
});
