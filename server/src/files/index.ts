export { bytesOf } from './body';
export * from './claims';
export * from './content';
export * from './directory';
export * from './refused';
export * from './store';
export * from './uploads';
