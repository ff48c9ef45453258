import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { printSchema } from 'graphql';
import { buildGraph } from './graph';

// Writes schema/schema.graphql. The file is committed; the check compares.

const target = resolve(__dirname, '..', '..', 'schema', 'schema.graphql');
writeFileSync(target, `# Printed from the code by "npm run generate"; do not edit.\n\n${printSchema(buildGraph())}\n`);
