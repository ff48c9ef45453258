export { noticeTask } from './give';
export { NOTICE_TASK, planNotices } from './plan';
export * from './resolver';
