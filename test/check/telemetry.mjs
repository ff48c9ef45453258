// Does docs/telemetry.md list the metrics that a server has?
//   node test/check/telemetry.mjs           compares
//   node test/check/telemetry.mjs --write   writes its table

import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const { Meters } = createRequire(import.meta.url)('../../server/dist/telemetry/index.js');

const path = fileURLToPath(new URL('../../docs/telemetry.md', import.meta.url));
const [BEGIN, END] = ['<!-- Written from server/src/telemetry/meters.ts by "npm run generate"; do not edit. -->', '<!-- End of what is written. -->'];

const described = (await new Meters().described()).sort((one, other) => (one.name < other.name ? -1 : 1));
const table = [
  '| metric | kind | labels | meaning |',
  '| --- | --- | --- | --- |',
  ...described.map(({ name, type, labels, help }) => `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`),
].join('\n');

const page = readFileSync(path, 'utf8');
const written = `${page.slice(0, page.indexOf(BEGIN))}${BEGIN}\n\n${table}\n\n${page.slice(page.indexOf(END))}`;
if (process.argv.includes('--write')) writeFileSync(path, written);
if (readFileSync(path, 'utf8') !== written) {
  console.error('docs/telemetry.md is not what the code says: run "npm run generate" and look at the difference');
  process.exitCode = 1;
}
