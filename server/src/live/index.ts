export { type LiveSettings, openLive } from './live';
export * from './resolver';
