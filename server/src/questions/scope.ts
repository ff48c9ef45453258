import { Refusal } from '@lotline/schema';
import { type DocumentNode, type GraphQLSchema, getNamedType, Kind, TypeInfo, visit, visitWithTypeInfo } from 'graphql';
import { scopeOfType, withinScope } from '../access';
import type { Notes } from '../journal';

/** @throws Refusal FORBIDDEN for a document that asks beyond the scopes of a key, before anything of it runs */
export function refuseOutOfScope(graph: GraphQLSchema, document: DocumentNode, notes: Notes): void {
  const { viewer } = notes.by;
  if (viewer.kind !== 'PARTNER') return;
  const types = new TypeInfo(graph);
  const refuse = (type: string) => {
    notes.refused(type, 'FORBIDDEN', null);
    throw new Refusal({
      code: 'FORBIDDEN',
      message: `the key's scopes do not include ${scopeOfType(type)}, which ${type} needs`,
      remedy: `leave ${type} out, or use a key with that scope`,
    });
  };
  visit(
    document,
    visitWithTypeInfo(types, {
      enter(node) {
        if (node.kind !== Kind.FIELD) return;
        const type = types.getType();
        const name = type ? getNamedType(type).name : '';
        if (!withinScope(viewer, name)) refuse(name);
      },
    }),
  );
}
