export * from './catalogue';
export * from './database';
export { Deadline, StatementTimer } from './deadline';
export * from './embedded';
export * from './known';
export { explain, isAway, isRetryable, LAWS } from './laws';
export { MIGRATIONS } from './migrations';
export * from './reader';
export * from './transaction';
