export { Restarting } from './hub';
export { type Live, type LiveParts, type LiveSettings, openLive } from './live';
export { type Asked, InvalidDocument, readRequest } from './request';
export * from './resolver';
export { type Stream, StreamEnded } from './stream';
