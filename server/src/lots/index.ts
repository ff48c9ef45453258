export * from './birth';
export * from './declare-inputs';
export * from './facts';
export { ownershipOf } from './holdings';
export { LotFilter } from './list';
export { cuts, lotById, lotNamed, visibleLot } from './lookup';
export { documentedMovements, type Movement, movementsOf, transfersOf } from './movements';
export * from './mutations';
export * from './resolver';
