import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { Database, type Embedded, startEmbedded } from '../../server/src/database';

// One throw-away cluster for the whole run, with a migrated database as the template of every test's own.

declare global {
  var lotlinePostgres: { embedded: Embedded | null; directory: string | null } | undefined;
}

export default async function start(): Promise<void> {
  let url = process.env.TEST_PG_URL;
  let embedded: Embedded | null = null;
  let directory: string | null = null;
  if (url === undefined) {
    directory = mkdtempSync(join(tmpdir(), 'lotline-test-'));
    chmodSync(directory, 0o755);
    embedded = await startEmbedded(directory, { throwAway: true });
    url = embedded.url;
  }
  globalThis.lotlinePostgres = { embedded, directory };
  process.env.LOTLINE_TEST_URL = url;
  const admin = new Client({ connectionString: url });
  await admin.connect();
  await admin.query('drop database if exists lotline_template');
  await admin.query('create database lotline_template');
  await admin.end();
  await (await Database.open(url.replace(/\/[^/]*$/, '/lotline_template'))).close();
}
