import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ADMINISTRATOR } from './access';
import type { Instance } from './app';
import { importFolder } from './import';

const SAMPLES = resolve(__dirname, '..', '..', 'samples');

/** Loads the sample corridors into a database that nobody has written to; names those it loaded. */
export async function loadSamples({ database, runner }: Instance): Promise<string[]> {
  const [log] = await database.query<{ position: string }>('select position from log_counter');
  if (log!.position !== '0' || !existsSync(SAMPLES)) return [];
  const corridors = readdirSync(SAMPLES, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const { name } of corridors) await importFolder(runner, ADMINISTRATOR, join(SAMPLES, name));
  return corridors.map(({ name }) => name);
}
