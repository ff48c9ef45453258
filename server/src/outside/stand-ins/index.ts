import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { SystemsSettings } from '../systems';
import { CustomsEnvironment } from './customs-environment';
import { IntegrityDatabase } from './integrity-database';

export { CustomsEnvironment } from './customs-environment';
export { IntegrityDatabase } from './integrity-database';
export type { Mischief } from './stand-in';

/** Both stand-ins on loopback ports, for demo mode; what they did is kept in a directory. */
export async function startStandIns(directory: string, timeoutMs: number): Promise<{ settings: SystemsSettings; stop(): Promise<void> }> {
  mkdirSync(directory, { recursive: true });
  const oid = await new IntegrityDatabase({ file: join(directory, 'oid.jsonl') }).start();
  const ace = await new CustomsEnvironment({ file: join(directory, 'ace.jsonl') }).start();
  return {
    settings: {
      ORGANIC_INTEGRITY_DATABASE: { url: oid.url, token: null, timeoutMs },
      AUTOMATED_COMMERCIAL_ENVIRONMENT: { url: ace.url, token: null, timeoutMs },
    },
    stop: async () => {
      await oid.stop();
      await ace.stop();
    },
  };
}
