export * from './connections';
export * from './lot';
export * from './operation';
export * from './origin';
export * from './trace';
export * from './trace-root';
