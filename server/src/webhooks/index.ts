export { webhookTask } from './deliver';
export { WEBHOOK_TASK } from './delivery';
export { Keeping } from './keep';
export type { PostSettings } from './post';
export { refusePrivate } from './refuse-private';
export { refuseUntrusted } from './refuse-untrusted';
export * from './resolver';
