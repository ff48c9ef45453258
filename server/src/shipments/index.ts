export * from './record';
export * from './resolver';
