export { certifierById, operationById, operationCertificateById } from './loaders';
export * from './record';
export * from './resolver';
