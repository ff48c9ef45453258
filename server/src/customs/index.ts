export * from './at-the-border';
export { customsEntryById, visibleCustomsEntry, visibleEmergencyAction } from './loaders';
export * from './mutations';
export * from './record';
export * from './resolver';
