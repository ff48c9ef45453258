export { bytesOf } from './body';
export * from './bucket';
export * from './claims';
export * from './content';
export * from './directory';
export * from './refused';
export type { FileStore } from './store';
export * from './uploads';
