export { exportFolder } from './folder';
export { serveExports } from './serve';
export { writeTemplate } from './template';
