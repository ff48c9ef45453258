export { mintToken } from './demo-tokens';
export type { OidcSettings } from './issuer';
export { newSecret, readKey, type Secret, writeKey } from './keys';
export { viewerInRole } from './roles';
export { SCOPE_OF_TYPE, scopeOfType, withinScope } from './scopes';
export * from './sign-in';
export * from './viewer';
export * from './visible';
export * from './whole';
