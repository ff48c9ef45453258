import 'reflect-metadata';

export * from './answers';
export * from './codes';
export * from './events';
export * from './nouns';
export * from './refusal';
export * from './relay';
export * from './scalars';
