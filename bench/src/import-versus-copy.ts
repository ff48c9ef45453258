import { performance } from 'node:perf_hooks';
import { inChild } from './child';
import type { ImportTask, ImportTime } from './children/import-folder';
import { type Cluster, withClient } from './cluster';
import { copyIn, copyOut } from './copy';
import { against, type Figure, median, part } from './figures';

/** Name of the database that the first import leaves behind. */
export const IMPORTED = 'imported_1';

/**
 * The import of a folder, all of it (read, check, store, commit), beside a bare COPY of every row that it wrote, from memory, in one
 * transaction, into an equally migrated database: the same indexes, constraints and triggers. The median of some rounds, each on fresh
 * databases and with a checkpoint before either.
 */
export async function importVersusCopy(
  cluster: Cluster,
  directory: string,
  rounds: number,
  say: (line: string) => void,
): Promise<Figure[]> {
  const imports: ImportTime[] = [];
  const copies: number[] = [];
  let written = 0;
  for (let round = 1; round <= rounds; round++) {
    const [imported, copied] = [`imported_${round}`, `copied_${round}`];
    const importedUrl = await cluster.create(imported);
    await checkpoint(importedUrl);
    const { answer, stop } = await inChild<ImportTask, ImportTime>('import-folder', { url: importedUrl, directory });
    await stop();
    imports.push(answer);

    const tables = await withClient(importedUrl, copyOut);
    written = tables.reduce((sum, { rows }) => sum + rows, 0);
    const copiedUrl = await cluster.create(copied);
    await checkpoint(copiedUrl);
    const seconds = await withClient(copiedUrl, async (client) => {
      const begun = performance.now();
      await copyIn(client, tables);
      return (performance.now() - begun) / 1000;
    });
    copies.push(seconds);
    say(`round ${round} of ${rounds}: import ${answer.seconds.toFixed(2)} s, COPY of its ${written} rows ${seconds.toFixed(2)} s`);
    await cluster.drop(copied);
    if (imported !== IMPORTED) await cluster.drop(imported);
  }
  const whole = median(imports.map(({ seconds }) => seconds));
  const { phases } = imports.find(({ seconds }) => seconds === whole)!;
  return [
    against(`import, ${written} rows written`, 's', whole, 'bare COPY of the same rows', median(copies), GOAL),
    ...phases.map(([verb, seconds]) => part(`  of it ${verb}`, 's', seconds)),
  ];
}

/** The import takes at most so many times as long as COPY. */
const GOAL = 4;

/** Neither side pays for the other's unwritten pages. */
const checkpoint = (url: string) => withClient(url, (client) => client.query('checkpoint'));
