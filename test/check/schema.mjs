// Is the committed schema what the code prints, does it say what every element of it is, does it keep to the contract, and does it take
// nothing back from what clients were promised?
//   node test/check/schema.mjs           compares
//   node test/check/schema.mjs --write   writes schema/schema.graphql
//   node test/check/schema.mjs --release writes schema/released.graphql too: from then on it is a promise

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
// The server's own copy of graphql: a schema is only known to the copy that made it.
const { buildSchema, findBreakingChanges, isSpecifiedScalarType } = require('graphql');
const { buildGraph } = require('../../server/dist/graph.js');
const { printGraph } = require('../../server/dist/limits/index.js');

const path = (name) => fileURLToPath(new URL(`../../schema/${name}`, import.meta.url));
const committed = path('schema.graphql');
const released = path('released.graphql');
const printed = `# Printed from the code by "npm run generate"; do not edit.\n\n${printGraph(buildGraph())}\n`;

if (process.argv.includes('--write') || process.argv.includes('--release')) writeFileSync(committed, printed);
if (process.argv.includes('--release')) {
  writeFileSync(released, printed.replace('Printed from the code by "npm run generate"', 'What clients were promised, by "npm run release:schema"'));
}

const wrong = [];
if (!existsSync(committed) || readFileSync(committed, 'utf8') !== printed) {
  wrong.push('schema/schema.graphql is not what the code prints: run "npm run generate" and look at the difference');
}
const before = buildSchema(readFileSync(released, 'utf8'));
for (const change of findBreakingChanges(before, buildSchema(printed))) {
  if (!wasDeprecated(change.description)) wrong.push(`${change.description} Deprecate it first, release, and take it back after that.`);
}

// The contract may be added to, and nothing of it broken.
const contract = buildSchema(readFileSync(path('contract.graphql'), 'utf8'));
for (const { description } of findBreakingChanges(contract, buildSchema(printed))) {
  wrong.push(`the contract is broken: ${description}`);
}

for (const type of Object.values(buildSchema(printed).getTypeMap())) {
  if (type.name.startsWith('__') || isSpecifiedScalarType(type)) continue;
  const members = [...('getFields' in type ? Object.values(type.getFields()) : []), ...('getValues' in type ? type.getValues() : [])];
  const elements = members.flatMap((member) => [
    { name: `${type.name}.${member.name}`, description: member.description },
    ...(member.args ?? []).map(({ name, description }) => ({ name: `${type.name}.${member.name}(${name}:)`, description })),
  ]);
  for (const { name, description } of [type, ...elements]) if (!description) wrong.push(`${name} is not described`);
}

/** A field or enum value may go once a release has said that it will. */
function wasDeprecated(description) {
  const [, typeName, member] = /^(\w+)\.(\w+) was removed/.exec(description) ?? /^(?<member>\w+) was removed from enum type (?<type>\w+)/.exec(description) ?? [];
  const type = typeName && before.getType(typeName);
  const field = type && 'getFields' in type ? type.getFields()[member] : undefined;
  return Boolean(field?.deprecationReason);
}

for (const line of wrong) console.error(line);
process.exitCode = wrong.length > 0 ? 1 : 0;
