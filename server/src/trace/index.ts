export * from './mass-balance-resolver';
export * from './origin-resolver';
export * from './resolver';
