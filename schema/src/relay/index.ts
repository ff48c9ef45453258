export * from './connection';
export * from './global-id';
export * from './node';
