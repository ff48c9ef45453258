export * from './command';
export * from './fields';
export { forgetOldKeys } from './idempotency';
export * from './parties';
export * from './reasons';
export * from './runner';
