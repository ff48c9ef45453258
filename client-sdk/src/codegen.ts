// What code generators of your own want to know of the schema: which type each scalar has in an answer, and in an input.

/** A scalar in TypeScript, as it comes over the wire. */
export const scalars = {
  ID: 'string',
  Cursor: 'string',
  CountryCode: 'string',
  Date: 'string',
  DateTime: 'string',
  JSONObject: 'object',
  Kilograms: 'string',
} as const;

/** Settings of graphql-codegen (client-preset, typescript-operations) under which nothing of the schema is `unknown`. */
export const config = {
  scalars,
  strictScalars: true,
  useTypeImports: true,
  enumsAsTypes: true,
  documentMode: 'string',
} as const;

/** The scalars for gql.tada: `initGraphQLTada<{ introspection: introspection; scalars: Scalars }>()`. */
export type Scalars = { -readonly [Name in Exclude<keyof typeof scalars, 'JSONObject'>]: string } & { JSONObject: object };
