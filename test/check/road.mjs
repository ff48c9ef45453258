// Does docs/certificate-road.md say what the road of an import certificate is?
//   node test/check/road.mjs           compares
//   node test/check/road.mjs --write   writes docs/certificate-road.md

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const { buildGraph } = require('../../server/dist/graph.js');
const { REPORTED, ROAD } = require('../../server/dist/certificates/index.js');

const path = fileURLToPath(new URL('../../docs/certificate-road.md', import.meta.url));
const graph = buildGraph();

const table = (header, rows) => [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
const code = (name) => `\`${name}\``;
const at = (status) => status ?? '[*]';
const arrows = ROAD.flatMap(({ command, from, to }) => from.map((before) => `  ${at(before)} --> ${to ?? before}: ${command}`));
const taken = new Set(ROAD.flatMap(({ from, to }) => from.map((before) => `${before} ${to}`)));
const reported = REPORTED.filter(({ from, to }) => !taken.has(`${from} ${to}`)).map(({ from, to }) => `  ${at(from)} --> ${to}: reported`);

const page = `<!-- Written from the road of an import certificate by "npm run generate"; do not edit. -->

# The road of an import certificate

From the request to where goods are entered under it. What is not drawn here is refused: by the command with \`CONFLICT\` and the regulation,
and by the database, whoever asks.

\`\`\`mermaid
stateDiagram-v2
${[...arrows, ...reported].join('\n')}
\`\`\`

## Steps

A step is made on behalf of the exporter, by itself, its broker or an application with its key, or of the certifying agent that was asked.

${table(
  ['command', 'on behalf of', 'where it stands', 'where it stands then', 'regulation', 'what it says'],
  ROAD.map(({ command, role, from, to, rule, says }) => [
    code(command),
    role === 'EXPORTER' ? 'exporter' : 'certifier',
    from.map((status) => (status === null ? 'nothing yet' : code(status))).join(', '),
    to === null ? 'as before' : code(to),
    rule,
    says,
  ]),
)}

A history that comes from outside, by import, is kept as it was reported: the certificate was issued, with or without the request, and stands
somewhere since. These moves are drawn as *reported*, and no command makes them.

## Where it may stand

${table(
  ['standing', 'what it says'],
  graph
    .getType('ImportCertificateStatus')
    .getValues()
    .map(({ name, description }) => [code(name), description]),
)}
`;

if (process.argv.includes('--write')) writeFileSync(path, page);
if (!existsSync(path) || readFileSync(path, 'utf8') !== page) {
  console.error('docs/certificate-road.md is not what the road is: run "npm run generate" and look at the difference');
  process.exitCode = 1;
}
