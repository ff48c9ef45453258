export * from './columns';
export { FolderRefused } from './errors';
export type { Progress } from './folder';
export * from './import';
export { neutral } from './neutral';
export { columnName } from './read-row';
export { EXPLANATIONS } from './workbook';
