export { exportFolder } from './folder';
export { serveExports } from './serve';
