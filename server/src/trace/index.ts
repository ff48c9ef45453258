export { Chain } from './chain';
export type { TracedLot } from './facts';
export type { FoundGap } from './gaps';
export * from './impact-resolver';
export * from './mass-balance-resolver';
export * from './origin-resolver';
export * from './resolver';
