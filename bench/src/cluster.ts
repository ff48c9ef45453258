import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database, startEmbedded } from '@lotline/server/dist/database';
import { Client } from 'pg';

/** A PostgreSQL of the benchmarks' own, durable like a user's, in a directory that goes when it stops. */
export interface Cluster {
  directory: string;
  /** A migrated, empty database; its URL. */
  create(name: string): Promise<string>;
  urlOf(name: string): string;
  drop(name: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the embedded PostgreSQL as `npm start` does, fsync on, in a temporary directory. */
export async function startCluster(): Promise<Cluster> {
  const directory = mkdtempSync(join(tmpdir(), 'lotline-bench-'));
  // The account that PostgreSQL runs under must be able to enter.
  chmodSync(directory, 0o755);
  const remove = () => rmSync(directory, { recursive: true, force: true });
  try {
    const embedded = await startEmbedded(join(directory, 'data'));
    const urlOf = (name: string) => embedded.url.replace(/\/[^/]*$/, `/${name}`);
    const drop = (name: string) => withClient(embedded.url, (client) => client.query(`drop database if exists ${name} with (force)`));
    return {
      directory,
      urlOf,
      create: async (name) => {
        await drop(name);
        await withClient(embedded.url, (client) => client.query(`create database ${name}`));
        await (await Database.open(urlOf(name))).close();
        return urlOf(name);
      },
      drop: async (name) => void (await drop(name)),
      stop: async () => {
        await embedded.stop();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Work on a connection of its own. */
export async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
