export * from './carriages';
export { shipmentById } from './loaders';
export * from './record';
export * from './resolver';
