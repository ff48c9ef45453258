export * from './origin-resolver';
export * from './resolver';
