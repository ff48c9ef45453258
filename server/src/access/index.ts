export { ownSight, type Sight, seesWhole, sightOf } from './sight';
export * from './tokens';
export * from './viewer';
export * from './visible';
