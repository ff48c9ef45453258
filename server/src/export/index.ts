export { type ExportOptions, serveExports } from './serve';
