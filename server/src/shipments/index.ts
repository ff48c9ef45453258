export * from './carriages';
export * from './record';
export * from './resolver';
