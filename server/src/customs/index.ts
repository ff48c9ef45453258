export * from './at-the-border';
export { customsEntryById, emergencyActionById, visibleCustomsEntry, visibleEmergencyAction } from './loaders';
export * from './record';
export * from './resolver';
