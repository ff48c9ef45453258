export * from './database';
export * from './embedded';
export * from './known';
export { explain, isAway, isRetryable, LAWS } from './laws';
export * from './reader';
export * from './transaction';
