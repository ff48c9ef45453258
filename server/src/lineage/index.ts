export * from './closure';
export * from './walk';
