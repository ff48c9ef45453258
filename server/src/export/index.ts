export { exportFolder } from './folder';
export { serveExports } from './serve';
export type { Line } from './table';
export { writeTemplate } from './template';
export { workbook } from './workbook';
export { type EndOf, sheetsOf } from './write';
