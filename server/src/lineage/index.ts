export * from './attribute';
export * from './closure';
export * from './split';
export * from './walk';
