import { join } from 'node:path';
import { Runner } from './commands';
import type { Config } from './config';
import { Database, type Embedded, startEmbedded } from './database';
import { FileBucket, FileDirectory, type FileStore } from './files';
import { followOf } from './later';
import { readManifest, type TrustedDocuments } from './limits';
import { Cursors } from './log';
import { Meters } from './telemetry';
import { VERSION } from './version';

/** The parts that every way in shares: the server, the command line, the tests. */
export interface Instance {
  config: Config;
  database: Database;
  runner: Runner;
  cursors: Cursors;
  /** The documents that may be asked; null for any. */
  trusted: TrustedDocuments | null;
  /** What counts and times all of it. */
  meters: Meters;
  /** Gives everything back; the embedded database stops if nobody else uses it. */
  close(): Promise<void>;
}

/** Where the bytes of a database's documents are. What it does not know is swept: no other may have its files there. */
export function filesOf({ bucket, filesDir }: Config, database: string): FileStore {
  const folder = join(filesDir, database);
  return bucket ? new FileBucket(bucket, database, join(folder, 'incoming')) : new FileDirectory(folder);
}

/** Connects to the database that the settings name, starting the embedded one if need be. */
export async function openInstance(config: Config, say: (line: string) => void = () => {}): Promise<Instance> {
  const trusted = config.trusted === null ? null : readManifest(config.trusted);
  const embedded: Embedded | null = config.databaseUrl === null ? await startEmbedded(config.dataDir, { say }) : null;
  try {
    const meters = new Meters(VERSION);
    const { poolSize, replicaUrl, replicaLagMs } = config;
    const database = await Database.open(embedded?.url ?? config.databaseUrl!, { poolSize, replicaUrl, replicaLagMs, meters, say });
    return {
      config,
      database,
      runner: new Runner(database, followOf(config.outside, config.webhooks.privateAddresses, trusted), meters),
      cursors: new Cursors(database.installation),
      trusted,
      meters,
      close: async () => {
        await database.close();
        await embedded?.stop();
      },
    };
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
}
