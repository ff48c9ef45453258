import type { EntityTarget, ObjectLiteral } from 'typeorm';
import type { BatchOf } from './reader';

// What a reader is asked for many at once.

/** A batch that finds nouns by id; null where there is none. */
export function nounById<Noun extends ObjectLiteral & { id: string }>(noun: EntityTarget<Noun>): BatchOf<string, Noun | null> {
  return async (reader, ids) => {
    const found = new Map((await reader.nouns(noun, ids)).map((each) => [each.id, each]));
    return ids.map((id) => found.get(id) ?? null);
  };
}

/** Keys that one statement can answer together, since they differ in nothing but what `by` leaves out. */
export function alike<Key>(keys: readonly Key[], by: (key: Key) => unknown[]): Key[][] {
  const groups = new Map<string, Key[]>();
  for (const key of keys) {
    const like = JSON.stringify(by(key));
    const group = groups.get(like);
    if (group) group.push(key);
    else groups.set(like, [key]);
  }
  return [...groups.values()];
}

/** Groups rows by a key. */
export function groupBy<Row>(rows: readonly Row[], keyOf: (row: Row) => string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group) group.push(row);
    else groups.set(keyOf(row), [row]);
  }
  return groups;
}

/** Groups rows by a key, in the order of the keys asked for. */
export function grouped<Row>(keys: readonly string[], rows: readonly Row[], keyOf: (row: Row) => string): Row[][] {
  const groups = new Map<string, Row[]>(keys.map((key) => [key, []]));
  for (const row of rows) groups.get(keyOf(row))?.push(row);
  return keys.map((key) => groups.get(key)!);
}
