export * from './code';
export * from './facts';
export * from './give';
export * from './ids';
export * from './nouns';
export * from './paging';
export * from './question';
export * from './sql';
