export * from './append';
export * from './cursor';
export * from './place';
export * from './read';
export * from './tail';
