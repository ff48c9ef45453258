// Are the generated files of the client what the schema and the documents say?
//   node client-sdk/generate/main.mjs           compares
//   node client-sdk/generate/main.mjs --write   writes client-sdk/src/generated

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { documentsFile, manifestFile, massesFile } from './documents.mjs';
import { methodsFile } from './methods.mjs';
import { typesFile } from './types.mjs';

const require = createRequire(import.meta.url);
const biome = require.resolve('@biomejs/biome/bin/biome');

/** In the style of the house, so that a difference is one of content. */
const styled = (name, text) =>
  execFileSync(process.execPath, [biome, 'check', '--write', `--stdin-file-path=client-sdk/src/generated/${name}`], {
    cwd: fileURLToPath(new URL('../../', import.meta.url)),
    input: text,
    encoding: 'utf8',
  });

const manifest = new URL('../trusted-documents.json', import.meta.url);
if (process.argv.includes('--write')) writeFileSync(manifest, manifestFile());
else if (!existsSync(manifest) || readFileSync(manifest, 'utf8') !== manifestFile()) {
  console.error('client-sdk/trusted-documents.json is not what the documents say: run "npm run generate"');
  process.exitCode = 1;
}

const files = { 'types.ts': await typesFile(), 'documents.ts': documentsFile(), 'masses.ts': massesFile(), 'lotline.ts': methodsFile() };
for (const [name, text] of Object.entries(files)) {
  const path = new URL(`../src/generated/${name}`, import.meta.url);
  const wanted = styled(name, text);
  if (process.argv.includes('--write')) writeFileSync(path, wanted);
  else if (!existsSync(path) || readFileSync(path, 'utf8') !== wanted) {
    console.error(`client-sdk/src/generated/${name} is not what the schema and the documents say: run "npm run generate"`);
    process.exitCode = 1;
  }
}
