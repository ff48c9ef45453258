export type { TlsSettings } from './certificate';
export type { DoorSettings } from './door';
export { EXAMPLES } from './graphiql';
export * from './server';
