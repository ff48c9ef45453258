import { codegen } from '@graphql-codegen/core';
import * as typescriptOperations from '@graphql-codegen/typescript-operations';
import { parse } from 'graphql';
import { NOTE, schemaText, sources } from './schema.mjs';

const text = { input: 'string', output: 'string' };

/** The types of every document's answer and variables. */
export async function typesFile() {
  const written = await codegen({
    filename: 'types.ts',
    schema: parse(schemaText),
    documents: sources,
    config: {},
    plugins: [
      {
        operations: {
          scalars: {
            ID: text,
            Cursor: text,
            CountryCode: text,
            Date: text,
            DateTime: text,
            JSONObject: { input: 'object', output: 'object' },
            Kilograms: { input: 'Kilograms | string', output: 'Kilograms' },
          },
          strictScalars: true,
          useTypeImports: true,
          enumsAsTypes: true,
          immutableTypes: true,
          skipTypename: true,
          avoidOptionals: { field: true },
        },
      },
    ],
    pluginMap: { operations: typescriptOperations },
  });
  return `${NOTE}\n\nimport type { Kilograms } from '../kilograms.ts';\n\n${written}`;
}
