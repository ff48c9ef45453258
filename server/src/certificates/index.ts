export * from './covers';
export { claimedOf, importCertificateById, visibleImportCertificate } from './loaders';
export * from './record';
export * from './resolver';
