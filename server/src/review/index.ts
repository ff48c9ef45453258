export { issueImportCertificate } from './issue';
export * from './mutations';
export * from './resolver';
