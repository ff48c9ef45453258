export * from './mutations';
export * from './resolver';
