export { documentById, nounsOfDocuments, visibleDocument } from './loaders';
export * from './papers';
export * from './procedures';
export * from './record';
export * from './resolver';
