import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ADMINISTRATOR, ANALYST, certifierViewer, mintToken, operationViewer, type Viewer } from './access';
import type { Instance } from './app';
import type { Database } from './database';

// Demo mode has no sign-in: whoever runs it mints the tokens.

/** The one id that a statement finds. */
async function idBy(database: Database, sql: string, parameter: string): Promise<string | null> {
  const [row] = await database.query<{ id: string }>(sql, [parameter]);
  return row?.id ?? null;
}

/** The first operation of a role, a certified one if there is any. */
const BY_ROLE = `select o.id from operation o where $1 = any(o.roles)
  order by exists (select from operation_certificate c where c.operation = o.id) desc, o.id limit 1`;

/** One viewer of each kind that the database has: what the samples are looked at with. */
async function viewersOfEachKind(database: Database): Promise<Record<string, Viewer>> {
  const viewers: Record<string, Viewer> = { admin: ADMINISTRATOR, analyst: ANALYST };
  for (const role of ['EXPORTER', 'IMPORTER', 'BROKER']) {
    const id = await idBy(database, BY_ROLE, role);
    if (id !== null) viewers[role.toLowerCase()] = operationViewer(id);
  }
  const exporter = viewers.exporter?.operationId;
  const certifier =
    exporter &&
    (await idBy(database, 'select certifier as id from operation_certificate where operation = $1 order by id limit 1', exporter));
  if (certifier) viewers.certifier = certifierViewer(certifier);
  return viewers;
}

/** Writes a token for each kind of viewer into the data directory, readable by its owner only. */
export async function mintDemoTokens({ config, database }: Instance): Promise<{ file: string; analyst: string }> {
  const tokens: Record<string, string> = {};
  for (const [name, viewer] of Object.entries(await viewersOfEachKind(database)))
    tokens[name] = await mintToken(viewer, database.installation.tokenKey);
  const file = join(config.dataDir, 'demo-tokens.json');
  writeFileSync(file, `${JSON.stringify(tokens, null, 2)}\n`, { mode: 0o600 });
  return { file, analyst: tokens.analyst! };
}
