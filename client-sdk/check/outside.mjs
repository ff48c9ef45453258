// Do programs compile strictly that have their types from client-preset or from gql.tada, with the scalars that the client gives away?

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { preset } from '@graphql-codegen/client-preset';
import { codegen } from '@graphql-codegen/core';
import { minifyIntrospection, outputIntrospectionFile } from '@gql.tada/internal';
import { buildSchema, introspectionFromSchema, parse } from 'graphql';
import { config } from '../dist/codegen.js';
import { schemaText } from '../generate/schema.mjs';

const folder = fileURLToPath(new URL('../test/outside/', import.meta.url));
const generated = join(folder, 'generated');
const schema = buildSchema(schemaText);

const write = (path, text) => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
};

rmSync(generated, { recursive: true, force: true });

// What the command line of graphql-codegen does with the preset.
const source = readFileSync(join(folder, 'preset.ts'), 'utf8');
const documents = [...source.matchAll(/graphql\(`([^`]+)`\)/g)].map(([, rawSDL]) => ({ location: 'preset.ts', document: parse(rawSDL), rawSDL }));
const settings = { ...config, emitLegacyCommonJSImports: false, importExtension: '.ts' };
const files = await preset.buildGeneratesSection({
  baseOutputDir: `${join(generated, 'graphql')}/`,
  schema: parse(schemaText),
  schemaAst: schema,
  documents,
  config: settings,
  plugins: [],
  pluginMap: {},
  presetConfig: { fragmentMasking: false },
});
for (const file of files) write(file.filename, await codegen(file));

const introspection = minifyIntrospection(introspectionFromSchema(schema));
write(join(generated, 'introspection.d.ts'), outputIntrospectionFile(introspection, { fileType: '.d.ts', shouldPreprocess: true }));

const tsc = createRequire(import.meta.url).resolve('typescript/package.json');
try {
  execFileSync(process.execPath, [join(dirname(tsc), 'bin', 'tsc'), '-p', folder], { stdio: ['ignore', 'inherit', 'inherit'] });
} catch {
  process.exitCode = 1;
}
for (const name of ['graphql/graphql.ts', 'introspection.d.ts']) {
  const text = readFileSync(join(generated, name), 'utf8');
  for (const [line] of text.matchAll(/^(?! \*).*(?:: any;|(?:input|output|type): unknown).*/gm)) {
    console.error(`client-sdk/test/outside/generated/${name}: a scalar is not known: ${line.trim()}`);
    process.exitCode = 1;
  }
}
