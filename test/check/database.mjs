// Does a migrated database have exactly the tables and laws that are committed, and do the entities describe its columns?
//   node test/check/database.mjs          compares
//   node test/check/database.mjs --write  writes server/catalogue.txt

import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const { CATALOGUE, Database, LAWS, startEmbedded } = require('../../server/dist/database/index.js');

const snapshot = fileURLToPath(new URL('../../server/catalogue.txt', import.meta.url));

/** What TypeORM cannot see: it would drop every index, check, key and trigger that its entities do not declare. */
const NOT_ITS_BUSINESS = /^(DROP INDEX|ALTER TABLE \S+ (DROP CONSTRAINT|ADD CONSTRAINT|ALTER COLUMN \S+ (SET|DROP) DEFAULT)|CREATE (UNIQUE )?INDEX)/i;

const directory = mkdtempSync(join(tmpdir(), 'lotline-check-'));
chmodSync(directory, 0o755);
const embedded = await startEmbedded(directory, { throwAway: true });
const wrong = [];
try {
  const database = await Database.open(embedded.url);
  const rows = await database.query(`select line from (${CATALOGUE}) x order by line collate "C"`);
  const catalogue = `# The tables and laws of a migrated database, by "npm run generate"; do not edit.\n\n${rows.map((row) => row.line).join('\n')}\n`;
  if (process.argv.includes('--write')) writeFileSync(snapshot, catalogue);
  if (catalogue !== readFileSync(snapshot, 'utf8')) {
    wrong.push('a migrated database is not what server/catalogue.txt says: run "npm run generate" and look at the difference');
  }

  const changes = await database.source.driver.createSchemaBuilder().log();
  for (const { query } of changes.upQueries) {
    if (!NOT_ITS_BUSINESS.test(query)) wrong.push(`entities and tables differ: ${query}`);
  }

  // Every named law has its words, and every word its law.
  const [laws] = await database.query(`
    select array(select conname::text from pg_constraint where connamespace = 'public'::regnamespace and (contype = 'c' or contype = 'u')
      union select c.relname::text from pg_index i join pg_class c on c.oid = i.indexrelid where c.relnamespace = 'public'::regnamespace and i.indisunique
        and not exists (select from pg_constraint where conindid = i.indexrelid)
      union select tgname::text from pg_trigger where not tgisinternal) as names`);
  const internal = /^one_(installation|counter|gate)$|^command_position_unique$/;
  for (const name of laws.names.filter((each) => !internal.test(each) && !Object.hasOwn(LAWS, each))) wrong.push(`the law ${name} has no words in database/laws.ts`);
  for (const name of Object.keys(LAWS).filter((each) => !laws.names.includes(each))) wrong.push(`database/laws.ts speaks of ${name}, which is no law of the database`);
  await database.close();
} finally {
  await embedded.stop();
  rmSync(directory, { recursive: true, force: true });
}

for (const line of wrong) console.error(line);
process.exitCode = wrong.length > 0 ? 1 : 0;
