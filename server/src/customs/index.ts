export * from './at-the-border';
export * from './close-out-resolver';
export * from './filing-resolver';
export { customsEntryById, emergencyActionById, noticeVisible, visibleCustomsEntry, visibleEmergencyAction } from './loaders';
export * from './mutations';
export * from './record';
export * from './resolver';
