import type { Reason, ViewerKind } from '@lotline/schema';

/** Who is asking, and for whom. */
export interface Viewer {
  kind: ViewerKind;
  /** Names the viewer inside cursors, idempotency keys and the log; the same for two tokens of one viewer. */
  name: string;
  operationId: string | null;
  certifierId: string | null;
  scopes: string[];
}

const plain = (kind: ViewerKind, name: string): Viewer => ({ kind, name, operationId: null, certifierId: null, scopes: [] });

/** A caller without a token: sees what is public. */
export const NOBODY: Viewer = plain('NOBODY', 'nobody');
/** Reads everything, changes nothing. */
export const ANALYST: Viewer = plain('ANALYST', 'analyst');
/** Reads and changes everything. */
export const ADMINISTRATOR: Viewer = plain('ADMINISTRATOR', 'administrator');

/** Sees every fact there is. */
export const seesAll = (viewer: Viewer): boolean => viewer.kind === 'ANALYST' || viewer.kind === 'ADMINISTRATOR';

/** Why this viewer may not give commands at all; null if it may. */
export function mayCommand(viewer: Viewer): Reason | null {
  if (viewer.kind === 'NOBODY')
    return { code: 'UNAUTHENTICATED', message: 'this needs a token', remedy: 'send the header Authorization: Bearer TOKEN' };
  if (viewer.kind === 'ANALYST')
    return { code: 'FORBIDDEN', message: 'an analyst reads everything and changes nothing', remedy: 'use a token of the operation' };
  return null;
}

/** Why this viewer may not give commands for that operation; null if it may. */
export function mayActFor(viewer: Viewer, operationId: string): Reason | null {
  if (viewer.kind === 'ADMINISTRATOR' || (viewer.kind === 'OPERATION' && viewer.operationId === operationId)) return null;
  return (
    mayCommand(viewer) ?? {
      code: 'FORBIDDEN',
      message: 'the token may not act for this operation',
      remedy: 'use a token of the operation itself',
    }
  );
}
