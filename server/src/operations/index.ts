export * from './edges';
export { certifierById, operationById, operationCertificateById, standingOf } from './loaders';
export * from './mutations';
export * from './record';
export * from './resolver';
