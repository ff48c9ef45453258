import { type NodeType, parseGlobalId, Refusal } from '@lotline/schema';

/** UUIDs of the global ids in a filter; null where the filter does not say. @param path where they stand, e.g. `filter.issuers` */
export function idsOf(ids: readonly string[] | null | undefined, type: NodeType, path: string): string[] | null {
  return ids == null ? null : ids.map((id, index) => idIn(id, type, [...path.split('.'), index]));
}

/** The UUID of one global id in an argument. */
export function idIn(id: string, type: NodeType | undefined, path: (string | number)[]): string {
  const parsed = parseGlobalId(id, type);
  if (parsed.ok) return parsed.value.id;
  throw new Refusal({ code: 'BAD_USER_INPUT', message: parsed.wrong, path, remedy: parsed.remedy });
}
