import type { Position } from './view';

/** A position, or SQL that is one. */
export type KnownAt = Position | (string & { readonly __brand?: 'SQL' });

/**
 * Was this row known at a position of the log? A later page of a list asks so, to belong to the state of the first.
 * @param position null for the state that the reader sees
 */
export function knownRow(alias: string, position: KnownAt | null): string {
  return position === null ? 'true' : `exists (select from command c where c.id = ${alias}.recorded_by and c.position <= ${position})`;
}

/** The same for a fact, which may have been retracted. */
export function knownFact(alias: string, position: KnownAt | null): string {
  if (position === null) return `${alias}.retracted_by is null`;
  return `(${knownRow(alias, position)} and (${alias}.retracted_by is null or exists (select from command c where c.id = ${alias}.retracted_by and c.position > ${position})))`;
}
