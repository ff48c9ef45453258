export * from './database';
export * from './embedded';
export { explain, isRetryable, LAWS } from './laws';
export * from './reader';
export * from './transaction';
