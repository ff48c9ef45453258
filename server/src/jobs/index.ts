export * from './schedule';
export * from './worker';
