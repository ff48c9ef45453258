export { forgetFailed } from './failed';
export * from './resolver';
export * from './schedule';
export * from './worker';
