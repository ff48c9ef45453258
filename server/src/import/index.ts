export { CERTIFIERS, FORMATS, LOT_INPUTS, LOTS } from './columns';
export { FolderRefused } from './errors';
export type { Progress } from './folder';
export * from './import';
export { neutral } from './neutral';
