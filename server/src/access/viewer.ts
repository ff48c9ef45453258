import type { KeyScope, Reason, ViewerKind } from '@lotline/schema';

/** An importer that lets a viewer see and act for it now, as far as the scopes go. */
export interface Assignment {
  operationId: string;
  scopes: readonly KeyScope[];
}

/** Who is asking, and for whom. */
export interface Viewer {
  kind: ViewerKind;
  /** Names the viewer inside cursors, idempotency keys and the log; the same for two tokens of one viewer. */
  name: string;
  operationId: string | null;
  certifierId: string | null;
  scopes: string[];
  /** Whose broker it is now; none for whoever acts by a key. */
  assignedBy: readonly Assignment[];
  /** Are chains of lots open to it now, for audits? */
  audits: boolean;
}

const plain = (kind: ViewerKind, name: string): Viewer => ({
  kind,
  name,
  operationId: null,
  certifierId: null,
  scopes: [],
  assignedBy: [],
  audits: false,
});

/** A caller without a token: sees what is public. */
export const NOBODY: Viewer = plain('NOBODY', 'nobody');
/** Reads everything, changes nothing. */
export const ANALYST: Viewer = plain('ANALYST', 'analyst');
/** Reads and changes everything. */
export const ADMINISTRATOR: Viewer = plain('ADMINISTRATOR', 'administrator');
/** The clock: gives what falls due, and nothing else. */
export const CLOCK: Viewer = plain('ADMINISTRATOR', 'clock');
/** The systems outside: what they answer is recorded in their name, and nothing else. */
export const OUTSIDE: Viewer = plain('ADMINISTRATOR', 'outside');
/** Acts for one operation. */
export const operationViewer = (id: string): Viewer => ({ ...plain('OPERATION', `operation ${id}`), operationId: id });
/** Acts for one certifying agent. */
export const certifierViewer = (id: string): Viewer => ({ ...plain('CERTIFIER', `certifier ${id}`), certifierId: id });

/** An application with a key of an operation. Keys of one operation share its name: a cursor outlives the key it was given to. */
export const partnerViewer = (operationId: string, scopes: KeyScope[]): Viewer => ({
  ...plain('PARTNER', `partner of ${operationId}`),
  operationId,
  scopes,
});

/** Sees every fact there is. */
export const seesAll = (viewer: Viewer): boolean => viewer.kind === 'ANALYST' || viewer.kind === 'ADMINISTRATOR';

/** Why this viewer may not ask what is for whoever has a token; null if it may. */
export const mayAsk = (viewer: Viewer): Reason | null =>
  viewer.kind === 'NOBODY'
    ? { code: 'UNAUTHENTICATED', message: 'this needs a token', remedy: 'send the header Authorization: Bearer TOKEN' }
    : null;

/** Why this viewer may not give commands at all; null if it may. */
export function mayCommand(viewer: Viewer): Reason | null {
  const unknown = mayAsk(viewer);
  if (unknown) return unknown;
  if (viewer.kind === 'ANALYST')
    return { code: 'FORBIDDEN', message: 'an analyst reads everything and changes nothing', remedy: 'use a token of the operation' };
  return null;
}

/** Is the viewer a broker that gives commands about such nouns for that operation? */
const actsAsBroker = ({ assignedBy }: Viewer, operationId: string, about: KeyScope | null): boolean =>
  assignedBy.some(
    (each) => each.operationId === operationId && each.scopes.includes('COMMANDS') && (about === null || each.scopes.includes(about)),
  );

/**
 * Why this viewer may not give commands for that operation, or for any where none is named; null if it may.
 * @param about the scope of the nouns that the command is about, which a broker and a key need beside COMMANDS
 */
export function mayActFor(viewer: Viewer, operationId: string | null, about: KeyScope | null = null): Reason | null {
  if (operationId !== null && actsAsBroker(viewer, operationId, about)) return null;
  return mayActItself(viewer, operationId, about);
}

/** The same, for what no broker does. */
function mayActItself(viewer: Viewer, operationId: string | null, about: KeyScope | null = null): Reason | null {
  if (viewer.kind === 'ADMINISTRATOR') return null;
  const reaches = (scope: KeyScope) => viewer.scopes.includes(scope);
  const acts = viewer.kind === 'OPERATION' || (viewer.kind === 'PARTNER' && reaches('COMMANDS') && (about === null || reaches(about)));
  if (acts && (operationId === null || viewer.operationId === operationId)) return null;
  return (
    mayCommand(viewer) ?? {
      code: 'FORBIDDEN',
      message: operationId === null ? 'the token acts for no operation' : 'the token may not act for this operation',
      remedy: 'use a token of the operation itself',
    }
  );
}

/**
 * Why this viewer may not let others in on that operation's behalf, or on any where none is named; null if it may. No key lets in another,
 * nor does a broker.
 */
export function mayGrantFor(viewer: Viewer, operationId: string | null): Reason | null {
  if (viewer.kind !== 'PARTNER') return mayActItself(viewer, operationId);
  return { code: 'FORBIDDEN', message: 'a key cannot let others in', remedy: 'use a token of the operation itself' };
}

/**
 * The viewer as it acts for that operation: it sees what it sees on that operation's behalf, so that what a command for one importer names is
 * never another's, nor the broker's own. An administrator sees everything.
 */
export function onBehalfOf(viewer: Viewer, operationId: string): Viewer {
  if (viewer.operationId === null) return viewer;
  // A key names what its scopes let it see, as a broker does.
  if (viewer.operationId === operationId && viewer.kind === 'PARTNER')
    return { ...viewer, operationId: null, assignedBy: [{ operationId, scopes: viewer.scopes as KeyScope[] }] };
  if (viewer.operationId === operationId) return { ...viewer, assignedBy: [] };
  return { ...viewer, operationId: null, assignedBy: viewer.assignedBy.filter((each) => each.operationId === operationId) };
}

/** Why this viewer may not give commands for that certifying agent; null if it may. */
export function mayActForCertifier(viewer: Viewer, certifierId: string): Reason | null {
  if (viewer.kind === 'ADMINISTRATOR' || (viewer.kind === 'CERTIFIER' && viewer.certifierId === certifierId)) return null;
  return (
    mayCommand(viewer) ?? {
      code: 'FORBIDDEN',
      message: 'the token may not act for this certifier',
      remedy: 'use a token of the certifier that gave the certificate',
    }
  );
}
