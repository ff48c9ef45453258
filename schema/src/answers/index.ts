export * from './connections';
export * from './lot';
export * from './mass-balance';
export * from './operation';
export * from './origin';
export * from './step';
export * from './trace';
export * from './trace-root';
