export { Chain, DEEPEST } from './chain';
export type { TracedLot } from './facts';
export type { FoundGap } from './gaps';
export * from './impact-resolver';
export { type MassBalanceRequest, stepsOf as stepsOfBalance } from './mass-balance';
export * from './mass-balance-resolver';
export * from './origin-resolver';
export * from './resolver';
export type { FoundStep } from './steps';
