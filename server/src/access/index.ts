export { mintToken } from './demo-tokens';
export type { OidcSettings } from './issuer';
export { viewerInRole } from './roles';
export * from './sign-in';
export * from './viewer';
export * from './visible';
export * from './whole';
