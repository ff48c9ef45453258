export { changeOperationCertificateStatus } from './change-status';
export * from './edges';
export * from './lead-times';
export { certifierById, type FormKey, formOf, operationById, operationCertificateById, standingOf, visibleOperation } from './loaders';
export * from './mutations';
export * from './notice-policies';
export * from './record';
export * from './resolver';
