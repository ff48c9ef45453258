export * from './columns';
export { FolderRefused } from './errors';
export * from './import';
export { neutral } from './neutral';
export type { Progress } from './progress';
export { columnName } from './read-row';
export { serveImport } from './serve';
export { EXPLANATIONS } from './workbook';
