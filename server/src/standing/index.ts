export { standingTask } from './lost-standing';
export { statusTask } from './lost-status';
export { planLostStatus, planStanding, STANDING_TASK, STATUS_TASK } from './plan';
