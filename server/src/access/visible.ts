import { seesAll, type Viewer } from './viewer';

// The one question about rights, as the condition of a statement. Who sees all needs no condition; nobody sees what is public.

/** May the viewer see this lot? */
export const lotVisible = (viewer: Viewer): string => (seesAll(viewer) ? 'true' : 'false');

/** May the viewer see this operation? Certified ones are public, as in the Organic Integrity Database. */
export const operationVisible = (viewer: Viewer, operation: string): string =>
  seesAll(viewer) ? 'true' : `exists (select from operation_certificate oc where oc.operation = ${operation}.id)`;
