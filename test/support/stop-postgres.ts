import { rmSync } from 'node:fs';

export default async function stop(): Promise<void> {
  const { embedded, directory } = globalThis.lotlinePostgres ?? {};
  await embedded?.stop();
  if (directory) rmSync(directory, { recursive: true, force: true });
}
