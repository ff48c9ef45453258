export { noticeTask } from './give';
export { type Hit, tellOfHits } from './hit';
export { NOTICE_TASK, planNotices } from './plan';
export * from './resolver';
export { ACTION_DEADLINES, CERTIFICATE_DEADLINES } from './table';
