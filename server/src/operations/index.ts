export * from './edges';
export { certifierById, operationById, operationCertificateById, standingOf, visibleOperation } from './loaders';
export * from './mutations';
export * from './record';
export * from './resolver';
