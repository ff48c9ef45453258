// Does docs/settings.md say what the settings are?
//   node test/check/settings.mjs           compares
//   node test/check/settings.mjs --write   writes it

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const { SETTINGS } = createRequire(import.meta.url)('../../server/dist/settings.js');

const cell = (text) => text.replaceAll('|', '\\|');
const rows = (area) =>
  Object.entries(area).map(
    ([name, { says, written, unset, secret }]) => `| \`${name}\` | ${cell(says)}${secret ? ' (secret)' : ''} | ${cell(written)} | ${cell(unset)} |`,
  );
const areas = Object.entries(SETTINGS).map(
  ([about, area]) => `## ${about}

| setting | meaning | how it is written | where it is not set |
| --- | --- | --- | --- |
${rows(area).join('\n')}
`,
);

const page = `<!-- Written from server/src/settings.ts by "npm run generate"; do not edit. -->

# Settings

Environment variables, read once as a server or the command line starts; an empty one is as one that is not set. What cannot be used is named,
all of it, with what would be right, and nothing starts. What is marked secret is never shown, in no log and no error.

${areas.join('\n')}`;

const path = fileURLToPath(new URL('../../docs/settings.md', import.meta.url));
if (process.argv.includes('--write')) writeFileSync(path, page);
if (!existsSync(path) || readFileSync(path, 'utf8') !== page) {
  console.error('docs/settings.md is not what the code says: run "npm run generate" and look at the difference');
  process.exitCode = 1;
}
