export * from './birth';
export * from './declare-inputs';
export * from './facts';
