export * from './resolver';
export * from './schedule';
export * from './worker';
