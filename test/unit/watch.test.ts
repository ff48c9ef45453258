import { Refusal } from '@lotline/schema';
import { NOBODY } from '@lotline/server/access';
import { Notes, watch } from '@lotline/server/journal';
import { GraphQLInt, GraphQLNonNull, GraphQLObjectType, GraphQLSchema, GraphQLString, graphql } from 'graphql';

// What the fields of a graph say in the notes of a question, whoever adds them.

const LOT = { nodeType: 'Lot', id: 'lot-1' };
const paper = (id: string) => ({ nodeType: 'Document', id });
const refuse = () => {
  throw new Refusal({ code: 'FORBIDDEN', message: 'not for you' });
};
const document = new GraphQLObjectType({ name: 'Document', fields: { id: { type: GraphQLString } } });
const lot = new GraphQLObjectType({
  name: 'Lot',
  fields: {
    id: { type: GraphQLString },
    late: { type: document, resolve: async () => paper('late') },
    at: { type: document },
    called: { type: document },
    secret: { type: GraphQLInt, resolve: refuse },
    secretLater: { type: GraphQLInt, resolve: async () => refuse() },
    wrong: {
      type: GraphQLInt,
      resolve: () => {
        throw new Refusal({ code: 'BAD_USER_INPUT', message: 'no' });
      },
    },
    broken: {
      type: GraphQLInt,
      resolve: () => {
        throw new Error('a fault');
      },
    },
  },
});
const graph = watch(
  new GraphQLSchema({
    query: new GraphQLObjectType({
      name: 'Query',
      fields: { lot: { type: new GraphQLNonNull(lot), resolve: () => ({ ...LOT, at: paper('at'), called: async () => paper('called') }) } },
    }),
  }),
);

async function notesOf(fields: string) {
  const notes = new Notes({ viewer: NOBODY, key: null });
  await graphql({ schema: graph, source: `{ lot { ${fields} } }`, contextValue: { notes } });
  return notes.all.map(({ act, what, code, subject }) => [act, subject, what, code].filter(Boolean).join(' '));
}

test.each<[string, string[]]>([
  ['id', []],
  ['late { id } at { id } called { id }', ['READ at', 'READ late', 'READ called']],
  ['a: at { id } b: at { id }', ['READ at']],
  ['secret', ['REFUSED lot-1 Lot.secret FORBIDDEN']],
  ['secretLater', ['REFUSED lot-1 Lot.secretLater FORBIDDEN']],
  ['wrong broken', []],
])('%s: %j', async (fields, wanted) => {
  expect((await notesOf(fields)).sort()).toEqual([...wanted].sort());
});
