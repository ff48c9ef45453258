import { readdirSync, rmSync } from 'node:fs';

/** Folders by which a test is known that has left one; binaries that were copied for the account of PostgreSQL are kept by intention. */
const LEFT = /^lotline-(?!postgres-)/;

export default async function stop(): Promise<void> {
  if (!globalThis.lotlinePostgres) return;
  const { embedded, directory, folders, data } = globalThis.lotlinePostgres;
  await embedded?.stop();
  const left = readdirSync(folders).filter((name) => LEFT.test(name));
  for (const each of [directory, data]) rmSync(each, { recursive: true, force: true });
  if (left.length > 0) throw new Error(`tests have left behind ${left.join(', ')}`);
}
