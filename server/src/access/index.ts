export * from './tokens';
export * from './viewer';
export * from './visible';
export * from './whole';
