// Do docs/certificate-road.md and docs/certificate-review.md say what the road of an import certificate is, and what its review looks at?
//   node test/check/road.mjs           compares
//   node test/check/road.mjs --write   writes them

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const { buildGraph } = require('../../server/dist/graph.js');
const { REPORTED, ROAD } = require('../../server/dist/certificates/index.js');
const { ACTION_DEADLINES, CERTIFICATE_DEADLINES } = require('../../server/dist/notices/index.js');
const { ARRANGEMENTS, REVIEW_RULES } = require('../../server/dist/rules/index.js');

const graph = buildGraph();

const table = (header, rows) => [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
const code = (name) => `\`${name}\``;
const DRAWN = { NOTHING: 'where nothing is drawn then', SOME: 'where some is left', ALL: 'where nothing is left' };
const at = (status) => status ?? '[*]';
const arrows = ROAD.flatMap(({ command, from, to }) => from.map((before) => `  ${at(before)} --> ${to ?? before}: ${command}`));
const taken = new Set(ROAD.flatMap(({ from, to }) => from.map((before) => `${before} ${to}`)));
const reported = REPORTED.filter(({ from, to }) => !taken.has(`${from} ${to}`)).map(({ from, to }) => `  ${at(from)} --> ${to}: reported`);

const road = `<!-- Written from the road of an import certificate by "npm run generate"; do not edit. -->

# The road of an import certificate

From the request to where goods are entered under it. What is not drawn here is refused: by the command with \`CONFLICT\` and the regulation,
and by the database, whoever asks.

\`\`\`mermaid
stateDiagram-v2
${[...arrows, ...reported].join('\n')}
\`\`\`

## Steps

A step is made on behalf of the exporter, by itself, its broker or an application with its key; of the importer or the importer of record, likewise; or of
the certifying agent that was asked. What customs entries draw decides where a certificate stands after them: as long as nothing is drawn, where it was
handed over; nothing is drawn beyond what it covers, unless that was reported from outside.

${table(
  ['command', 'on behalf of', 'where it stands', 'where it stands then', 'regulation', 'what it says'],
  ROAD.map(({ command, role, from, to, drawn, rule, says }) => [
    code(command),
    role === 'CLOCK' ? 'nobody: the clock' : role.toLowerCase(),
    from.map((status) => (status === null ? 'nothing yet' : code(status))).join(', '),
    to === null ? 'as before' : `${code(to)}${drawn ? `, ${DRAWN[drawn]}` : ''}`,
    rule,
    says,
  ]),
)}

A history that comes from outside, by import, is kept as it was reported: the certificate was issued, with or without the request, and stands
somewhere since. These moves are drawn as *reported*, and no command makes them.

## What falls due

Each is told once, by \`noticeGiven\` and \`notices\`, to whoever has what it is about, also where nobody was there when it fell due.

${table(
  ['notice', 'of', 'when', 'regulation'],
  [...CERTIFICATE_DEADLINES.map((each) => ['import certificate', each]), ...ACTION_DEADLINES.map((each) => ['emergency action', each])].map(
    ([of, { kind, says, rule }]) => [code(kind), of, says, rule],
  ),
)}

## Where it may stand

${table(
  ['standing', 'what it says'],
  graph
    .getType('ImportCertificateStatus')
    .getValues()
    .map(({ name, description }) => [code(name), description]),
)}
`;

const valuesOf = (name) => new Map(graph.getType(name).getValues().map((value) => [value.name, value.description]));
const checks = valuesOf('ReviewCheck');
const territory = (countries) => {
  if (countries === null) return 'is not asked for';
  return countries.length > 5 ? `the ${countries.length} member states` : countries.join(', ');
};

const review = `<!-- Written from the rules of the review by "npm run generate"; do not edit. -->

# The review of a request for an import certificate

\`importCertificate { review { findings { check rule since severity verdict message evidence { says subject { ... } } } } }\` is the
certifier's work sheet. The certifier has one, and the exporter has one, each drawn up from what it may see; a check that stands on facts
that its reader may not see says so. While nothing is decided the sheet is as of now; the sheet of a decision is kept, with the reason that
the certifier wrote. The certifier decides: \`approveImportCertificate\` is refused where a blocking check failed, each with its regulation,
unless a written \`reason\` is given, which stays in the history of the certificate.

## Verdicts

${table(['verdict', 'what it says'], [...valuesOf('FindingVerdict')].map(([name, says]) => [code(name), says]))}

## Checks

The last ${REVIEW_RULES.filter(({ check }) => checks.get(check).startsWith('Behind')).length} look at everything that a trace back from the lots reaches, by the same rules as its gaps.

${table(
  ['check', 'where it fails', 'regulation', 'in force since', 'what it asks for'],
  REVIEW_RULES.map(({ check, severity, citation, since, says }) => [
    code(check),
    severity === 'BLOCKING' ? 'a written reason is needed' : 'the certifier is told',
    citation,
    since,
    says,
  ]),
)}

## Arrangements of equivalence

${table(
  ['standard', 'in force since', 'where the goods were produced, processed or packed', 'what it covers'],
  ARRANGEMENTS.map(({ standard, from, territory: countries, processedOnly }) => [
    standard,
    from,
    territory(countries),
    processedOnly ? 'processed goods' : 'all organic goods',
  ]),
)}

All of them set terms for animal products, which no record here shows: of these the check says \`UNDETERMINED\`.
`;

for (const [name, page] of Object.entries({ 'certificate-road.md': road, 'certificate-review.md': review })) {
  const path = fileURLToPath(new URL(`../../docs/${name}`, import.meta.url));
  if (process.argv.includes('--write')) writeFileSync(path, page);
  if (!existsSync(path) || readFileSync(path, 'utf8') !== page) {
    console.error(`docs/${name} is not what the code says: run "npm run generate" and look at the difference`);
    process.exitCode = 1;
  }
}
