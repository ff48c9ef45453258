import { performance } from 'node:perf_hooks';
import { ADMINISTRATOR } from '@lotline/server/dist/access';
import { Runner } from '@lotline/server/dist/commands';
import { Database } from '@lotline/server/dist/database';
import { importFolder } from '@lotline/server/dist/import';
import { answerParent } from '../child';

export interface ImportTask {
  url: string;
  directory: string;
}

/** Seconds that an import took, whole and by phase: the verb of what it told whoever waits, e.g. `reading`. */
export interface ImportTime {
  seconds: number;
  phases: [verb: string, seconds: number][];
}

answerParent<ImportTask, ImportTime>(async ({ url, directory }) => {
  const database = await Database.open(url);
  const told: { verb: string; at: number }[] = [];
  const begun = performance.now();
  await importFolder(new Runner(database), ADMINISTRATOR, directory, {
    progress: {
      step: (what) => {
        const verb = what.split(' ', 1)[0]!;
        if (told.at(-1)?.verb !== verb) told.push({ verb, at: told.length === 0 ? begun : performance.now() });
      },
      note: (line) => void process.stderr.write(`${line}\n`),
    },
  });
  const ended = performance.now();
  const phases = told.map(({ verb, at }, index): [string, number] => [verb, ((told[index + 1]?.at ?? ended) - at) / 1000]);
  return { answer: { seconds: (ended - begun) / 1000, phases }, close: () => database.close() };
});
