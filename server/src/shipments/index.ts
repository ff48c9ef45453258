export * from './carriages';
export { containersOf, ShipmentFilter } from './list';
export { legVisible, shipmentById, statusOf as shipmentStatusSql } from './loaders';
export * from './mutations';
export * from './record';
export * from './resolver';
