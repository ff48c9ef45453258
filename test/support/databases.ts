import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ADMINISTRATOR } from '@lotline/server/access';
import { Runner } from '@lotline/server/commands';
import { Database, Reader } from '@lotline/server/database';
import { exportFolder } from '@lotline/server/export';
import { FolderRefused, importFolder } from '@lotline/server/import';
import { Notes } from '@lotline/server/journal';
import { followOf } from '@lotline/server/later';
import { NOBODY_OUTSIDE } from '@lotline/server/outside';
import { createDatabase } from './lotline';

/** Does something with an empty database of its own, without a server. */
export async function withDatabase<T>(work: (database: Database, runner: Runner) => Promise<T>): Promise<T> {
  const { url, drop } = await createDatabase();
  const database = await Database.open(url, { poolSize: 2 });
  try {
    return await work(database, new Runner(database, followOf(NOBODY_OUTSIDE, false)));
  } finally {
    await database.close();
    await drop();
  }
}

/** Everything in a database as files by their names, and what was said meanwhile. */
export async function exported(database: Database): Promise<{ files: Record<string, string>; said: string[] }> {
  const directory = mkdtempSync(join(tmpdir(), 'lotline-export-'));
  const reader = new Reader(database);
  const said: string[] = [];
  try {
    const notes = new Notes({ viewer: ADMINISTRATOR, key: null });
    await exportFolder(directory, {
      reader,
      notes,
      keep: () => notes.take(),
      progress: { step: () => {}, note: (line) => said.push(line) },
    });
    const files = readdirSync(directory)
      .sort()
      .map((name) => [name, readFileSync(join(directory, name), 'utf8')]);
    return { files: Object.fromEntries(files), said };
  } finally {
    await reader.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Imports a folder or a workbook; the mistakes it is refused for as an error that says them. */
export async function imported(runner: Runner, path: string): Promise<void> {
  try {
    await importFolder(runner, ADMINISTRATOR, path);
  } catch (error) {
    throw error instanceof FolderRefused ? new Error(error.lines().join('\n')) : error;
  }
}
