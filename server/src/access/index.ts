export * from './tokens';
export * from './viewer';
