// Does docs/domain.md say what the rules and the schema say?
//   node test/check/domain.mjs           compares
//   node test/check/domain.mjs --write   writes docs/domain.md

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const { buildGraph } = require('../../server/dist/graph.js');
const { ARRANGEMENTS, CUT_OFFS, LOT_RULES } = require('../../server/dist/rules/index.js');
const { DOCUMENT_TYPE_CODES, GapKind, StepKind, UNITS } = require('@lotline/schema');

const path = fileURLToPath(new URL('../../docs/domain.md', import.meta.url));
const graph = buildGraph();

const table = (header, rows) => [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
const described = (name) => graph.getType(name).description;
const valuesOf = (name) => graph.getType(name).getValues();

const nodes = graph
  .getPossibleTypes(graph.getType('Node'))
  .map(({ name }) => name)
  .sort();
const facts = [
  'LotInput',
  'Ownership',
  'ShipmentLeg',
  'ShippedLot',
  'Treatment',
  'OperationCertificateStatusFact',
  'ImportCertificateStatusFact',
  'ImportCertificateLine',
  'CustomsEntryLine',
  'Disposition',
];

/** Kinds of gap that no rule finds: they say what an answer leaves out. */
const LEFT_OUT = {
  WITHHELD: 'A lot of the chain is not for the viewer to see.',
  TRUNCATED: 'A budget cut the walk: `maxDepth`, or the most lots that one answer follows. The message says which.',
};
const ruleOf = new Map(LOT_RULES.map((rule) => [rule.gap, rule]));
const gaps = Object.keys(GapKind).map((kind) => {
  const rule = ruleOf.get(kind);
  return [`\`${kind}\``, rule?.says ?? LEFT_OUT[kind], rule?.citation ?? '', rule?.since ?? ''];
});

const page = `<!-- Written from the rules and the schema by "npm run generate"; do not edit. -->

# The world of Lotline

Organic goods come to the United States by many hands. Lotline keeps what each of them says happened as facts, joins them to one graph, and
says what is missing. This page lists the nouns of that graph, the rules that a story is held against, and the code lists in use.

## Nouns

${table(
  ['noun', 'what it is'],
  nodes.map((name) => [`\`${name}\``, described(name)]),
)}

## Facts about them

A fact is never edited: a correction retracts it and records another, so every answer can be asked as of a day.

${table(
  ['fact', 'what it says'],
  facts.map((name) => [`\`${name}\``, described(name)]),
)}

## Gaps

A trace holds every lot that it meets against these rules and tells what it finds as gaps, each with its day, its words and its regulation. A
fact that is older than a rule is judged by it all the same, and the words say so. Back, a lot behind the one asked for is judged by what
leads to its use: its birth, the transfers that brought it to its users, their shipments, papers and certificates.

${table(['gap', 'what the rule asks for', 'regulation', 'in force since'], gaps)}

An import certificate that was issued after the goods had left is \`OUT_OF_ORDER_DATES\` by 7 CFR 205.273.

## Is a request early enough?

A certifying agent decides within its own lead time, in business days from Monday to Friday. An import certificate is there before the goods leave, and
before customs has the declaration of the cargo:

${table(
  ['mode', 'hours', 'before', 'regulation', 'in force since'],
  CUT_OFFS.map(({ mode, hours, before, citation, from }) => [`\`${mode}\``, hours, before, citation, from]),
)}

Other modes have no cut-off on record.

## Was the owner certified?

${table(
  ['verdict', 'counts as certified'],
  valuesOf('CertificationVerdict').map(({ name }) => [`\`${name}\``, ['VALID', 'VALID_EQUIVALENT', 'EXEMPT'].includes(name) ? 'yes' : 'no']),
)}

Of several certificates the best verdict counts, in this order. A NOP certificate does not expire by date; one of another standard does, after
its last day. A product is covered if the Product Verification Form lists it, or if there is no list. Brokers, carriers and warehouses that do
nothing else are exempt (7 CFR 205.101). The United States takes certificates of these arrangements for its own (7 U.S.C. 6505(b)):

${table(
  ['standard', 'first day'],
  ARRANGEMENTS.map(({ standard, from }) => [standard, from]),
)}

## Steps

The story of a lot is told by day, then hour, then cause: ${Object.keys(StepKind)
  .map((kind) => `\`${kind}\``)
  .join(' ')}.

## Codes

- **Mass**: UN/ECE Recommendation 20: ${UNITS.map((unit) => `\`${unit}\``).join(' ')}; one pound is 0.45359237 kg exactly, a bushel (\`BUA\`) what its product says.
- **Transport**: UN/ECE Recommendation 19: ${valuesOf('TransportMode')
  .map(({ name }, index) => `${index + 1} \`${name}\``)
  .join(', ')}.
- **Papers**: UN/EDIFACT data element 1001: ${Object.entries(DOCUMENT_TYPE_CODES)
  .map(([type, code]) => (code ? `${code} \`${type}\`` : `\`${type}\` (no code)`))
  .join(', ')}.
- **Places**: UN/LOCODE; a place has a country if it begins with a code of the list that Lotline knows. **Countries**: ISO 3166-1 alpha-2.
- **Containers**: ISO 6346, **customs entries**: ACE CATAIR appendix E, both with their check digit.
- **Goods**: ten digits of the Harmonized Tariff Schedule of the United States. Water is heading 2201, salt 2501.
- **Import certificates**: 21 characters, NNN-NNNNNNNNNN-NNNNNN. **Operations**: a NOP ID of ten digits, or SCHEME:value.
`;

if (process.argv.includes('--write')) writeFileSync(path, page);
if (!existsSync(path) || readFileSync(path, 'utf8') !== page) {
  console.error('docs/domain.md is not what the rules and the schema say: run "npm run generate" and look at the difference');
  process.exitCode = 1;
}
