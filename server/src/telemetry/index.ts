export * from './meters';
export * from './probe';
export * from './serve';
export * from './spans';
export { startTracing, type TracingSettings } from './tracing';
