export * from './append';
export * from './cursor';
export * from './read';
