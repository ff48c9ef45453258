import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Refusal, today, toGlobalId } from '@lotline/schema';
import { ADMINISTRATOR, ANALYST, certifierViewer, mintToken, newSecret, operationViewer, readKey, type Viewer, writeKey } from './access';
import type { Instance } from './app';
import type { Database } from './database';
import { assignBroker, createKey } from './grants';

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

const DAY_MS = 86_400_000;
const KEY_DAYS = 365;

/** A key of the exporter's: the one of the last start where it is still good, else a new one. */
async function partnerKey({ database, runner }: Instance, exporter: string, last: string | undefined): Promise<string> {
  const good = last !== undefined && (await readKey(last, database).catch(() => null));
  if (good) return last;
  const secret = newSecret();
  const input = {
    idempotencyKey: randomUUID(),
    operation: toGlobalId('Operation', exporter),
    name: 'Demo mode',
    scopes: ['LOTS', 'SHIPMENTS', 'DOCUMENTS', 'IMPORT_CERTIFICATES', 'CUSTOMS_ENTRIES'],
    expiresOn: today(new Date(Date.now() + KEY_DAYS * DAY_MS)),
  };
  const { outcomes } = await runner.execute(createKey(secret), ADMINISTRATOR, [input], input.idempotencyKey);
  return writeKey(outcomes[0]!.key, secret.secret);
}

const ASSIGNED_DAYS = 365;

/** The broker sees and acts for the importer, as it did since an earlier start, or from now on. */
async function letBrokerIn({ database, runner }: Instance, importer: string, broker: string): Promise<void> {
  if ((await database.query('select from assignment_in_force where importer = $1 and broker = $2', [importer, broker])).length > 0) return;
  const input = {
    idempotencyKey: randomUUID(),
    importer: toGlobalId('Operation', importer),
    broker: toGlobalId('Operation', broker),
    scopes: ['LOTS', 'SHIPMENTS', 'DOCUMENTS', 'IMPORT_CERTIFICATES', 'CUSTOMS_ENTRIES', 'COMMANDS'],
    validUntil: new Date(Date.now() + ASSIGNED_DAYS * DAY_MS),
    reason: 'Demo mode',
  };
  await runner.execute(assignBroker, ADMINISTRATOR, [input], input.idempotencyKey).catch((error) => {
    // Another server of this folder was first, or somebody has assigned brokers as they like.
    if (!(error instanceof Refusal) || error.retryable) throw error;
  });
}

/** The tokens of the last start; none where there was none, or somebody has changed the file. */
function tokensIn(file: string): Record<string, string | undefined> {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return {};
  }
}

/** Writes a token for each kind of viewer into the data directory, readable by its owner only. */
export async function mintDemoTokens(instance: Instance): Promise<{ file: string; analyst: string }> {
  const { config, database } = instance;
  const file = join(config.dataDir, 'demo-tokens.json');
  const viewers = await viewersOfEachKind(database);
  const tokens: Record<string, string> = {};
  for (const [name, viewer] of Object.entries(viewers)) tokens[name] = await mintToken(viewer, database.installation.tokenKey);
  const exporter = viewers.exporter?.operationId;
  if (exporter) tokens.partner = await partnerKey(instance, exporter, tokensIn(file).partner);
  const [importer, broker] = [viewers.importer?.operationId, viewers.broker?.operationId];
  if (importer && broker) await letBrokerIn(instance, importer, broker);
  writeFileSync(file, `${JSON.stringify(tokens, null, 2)}\n`, { mode: 0o600 });
  return { file, analyst: tokens.analyst! };
}
