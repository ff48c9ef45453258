// Is the packed client one that every tool can use, and no larger than it says? Prints its size.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { build } from 'esbuild';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const folder = fileURLToPath(new URL('..', import.meta.url));
const pkg = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
const tarball = readFileSync(`${folder}/packed/client.tgz`);
const bytes = Uint8Array.from(tarball).buffer;
const wrong = [];

const { messages } = await publint({ pack: { tarball: bytes }, strict: true });
for (const message of messages) wrong.push(`publint: ${formatMessage(message, pkg)}`);

const { types, problems = [] } = await checkPackage(createPackageFromTarballData(new Uint8Array(bytes)));
if (!types) wrong.push('attw: there are no types');
// ES modules only: whoever requires them does so with Node's own require, from 20.19 on. Old resolution knows no exports.
for (const { kind, entrypoint, resolutionKind, resolutionOption } of problems) {
  if (kind === 'CJSResolvesToESM' || resolutionKind === 'node10') continue;
  wrong.push(`attw: ${kind} ${entrypoint ?? ''} ${resolutionKind ?? resolutionOption ?? ''}`);
}

/** Bytes of what a bundler makes of a program, compressed. */
async function sizeOf(program) {
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: folder },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
    logLevel: 'silent',
  });
  return gzipSync(outputFiles[0].contents, { level: 9 }).length;
}

const programs = {
  Lotline: "import { Lotline } from '@lotline/client'; globalThis.it = Lotline;",
  Connection: "import { Connection } from '@lotline/client'; import { LotDocument } from '@lotline/client/documents'; globalThis.it = [Connection, LotDocument];",
  Kilograms: "import { Kilograms } from '@lotline/client'; globalThis.it = Kilograms;",
  webhooks: "import * as webhooks from '@lotline/client/webhooks'; globalThis.it = webhooks;",
};
const readme = readFileSync(`${folder}/README.md`, 'utf8');
for (const [name, program] of Object.entries(programs)) {
  const size = await sizeOf(program);
  const limit = pkg.sizeLimits[name] * 1024;
  console.log(`@lotline/client: ${name} is ${(size / 1024).toFixed(1)} KiB of at most ${limit / 1024}, minified and gzipped`);
  if (size > limit) wrong.push(`${name} has ${size} bytes, more than the ${limit} of "sizeLimits" in client-sdk/package.json`);
}
for (const [name, limit] of Object.entries(pkg.sizeLimits))
  if (!readme.includes(`| \`${name}\` | ${limit} KiB |`)) wrong.push(`client-sdk/README.md does not say that ${name} is at most ${limit} KiB`);

for (const line of wrong) console.error(line);
process.exitCode = wrong.length > 0 ? 1 : 0;
