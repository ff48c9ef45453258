import { chmodSync, mkdirSync, mkdtempSync, statfsSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { Database, type Embedded, startEmbedded } from '../../server/src/database';

// One throw-away cluster for the whole run, with a migrated database as the template of every test's own; and one folder for all that tests
// put into folders of their own.

declare global {
  var lotlinePostgres: { embedded: Embedded | null; directory: string; folders: string; data: string } | undefined;
}

const MEMORY = '/dev/shm';
/** What must be free for the cluster to be in memory, bytes: a whole run fills a small part of it. */
const ROOM = 4 * 1024 ** 3;

/** Where the cluster is: a new database is a thousand small files, which on a disk are half of what many tests take. */
function place(): string {
  if (process.env.LONG_TESTS === '1' || freemem() < ROOM) return tmpdir();
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize < ROOM ? tmpdir() : MEMORY;
  } catch {
    return tmpdir();
  }
}

export default async function start(): Promise<void> {
  let url = process.env.TEST_PG_URL;
  let embedded: Embedded | null = null;
  const directory = mkdtempSync(join(tmpdir(), 'lotline-test-'));
  const folders = join(directory, 'folders');
  mkdirSync(folders);
  const data = mkdtempSync(join(place(), 'lotline-test-data-'));
  for (const folder of [directory, folders, data]) chmodSync(folder, 0o755);
  if (url === undefined) {
    embedded = await startEmbedded(data, { throwAway: true });
    url = embedded.url;
  }
  process.env.TMPDIR = folders;
  globalThis.lotlinePostgres = { embedded, directory, folders, data };
  process.env.LOTLINE_TEST_URL = url;
  const admin = new Client({ connectionString: url });
  await admin.connect();
  await admin.query('drop database if exists lotline_template');
  await admin.query('create database lotline_template');
  await admin.end();
  await (await Database.open(url.replace(/\/[^/]*$/, '/lotline_template'))).close();
}
