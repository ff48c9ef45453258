import { chmodSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { Database, type Embedded, startEmbedded } from '../../server/src/database';

// One throw-away cluster for the whole run, with a migrated database as the template of every test's own; and one folder for all that tests
// put into folders of their own.

declare global {
  var lotlinePostgres: { embedded: Embedded | null; directory: string; folders: string } | undefined;
}

export default async function start(): Promise<void> {
  let url = process.env.TEST_PG_URL;
  let embedded: Embedded | null = null;
  const directory = mkdtempSync(join(tmpdir(), 'lotline-test-'));
  const folders = join(directory, 'folders');
  mkdirSync(folders);
  for (const folder of [directory, folders]) chmodSync(folder, 0o755);
  if (url === undefined) {
    embedded = await startEmbedded(directory, { throwAway: true });
    url = embedded.url;
  }
  process.env.TMPDIR = folders;
  globalThis.lotlinePostgres = { embedded, directory, folders };
  process.env.LOTLINE_TEST_URL = url;
  const admin = new Client({ connectionString: url });
  await admin.connect();
  await admin.query('drop database if exists lotline_template');
  await admin.query('create database lotline_template');
  await admin.end();
  await (await Database.open(url.replace(/\/[^/]*$/, '/lotline_template'))).close();
}
