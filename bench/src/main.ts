import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { appendVersusInsert } from './append-versus-insert';
import { type Cluster, startCluster, withClient } from './cluster';
import { commandsVersusInsert } from './commands-versus-insert';
import { type Figure, table } from './figures';
import { writeFolder } from './folder';
import { IMPORTED, importVersusCopy } from './import-versus-copy';
import { limitsOnVersusOff } from './limits-on-versus-off';
import { type LiveShape, liveVersusBroadcast } from './live-versus-broadcast';
import { massesVersusClosure } from './masses-versus-closure';
import { metricsOnVersusOff } from './metrics-on-versus-off';
import { growNetwork } from './network';
import { reviewVersusGaps } from './review-versus-gaps';
import { rightsVersusNone } from './rights-versus-none';
import { seenVersusAll } from './seen-versus-all';
import { standingVersusClosure } from './standing-versus-closure';
import { storyVersusJson } from './story-versus-json';
import { traceVersusJson } from './trace-versus-json';

const USAGE = `npm run bench [-- [--quick] [--json FILE] [--lots N] [--seed N]]

--quick      a small network and short loads, to see that all of it runs
--json FILE  writes the figures there
--lots N     lots of the network
--seed N     another network of the same shape`;

/** How large, how often, how long. */
interface Shape {
  lots: number;
  rounds: number;
  seconds: number;
  /** Producers that are suspended one after the other. */
  suspended: number;
  live: LiveShape;
  /** Answers by each server that counts or does not, and that sets limits or does not. */
  watched: number;
}

const FULL: Shape = {
  lots: 100_000,
  rounds: 3,
  seconds: 5,
  suspended: 50,
  live: { subscribers: 5000, filters: 100, burst: 20, single: 200 },
  watched: 1000,
};
const QUICK: Shape = {
  lots: 5000,
  rounds: 1,
  seconds: 1,
  suspended: 5,
  live: { subscribers: 200, filters: 20, burst: 5, single: 20 },
  watched: 200,
};
const SEED = 20_240_319;

const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function run(cluster: Cluster, shape: Shape, seed: number): Promise<{ figures: Figure[]; network: Record<string, number> }> {
  const network = growNetwork(shape.lots, seed);
  const { lots, inputs } = network;
  say(`a network of ${lots} lots and ${inputs} inputs, seed ${seed}`);
  const directory = join(cluster.directory, 'folder');
  writeFolder(network, directory);
  const importing = await importVersusCopy(cluster, directory, shape.rounds, say);
  const url = cluster.urlOf(IMPORTED);
  // What a database that has lived for a minute has by itself.
  await withClient(url, (client) => client.query('vacuum analyze'));
  const tracing = await traceVersusJson(url, network, shape.seconds, say);
  const telling = await storyVersusJson(url, network, shape.seconds, say);
  const masses = await massesVersusClosure(url, network, say);
  const rights = await rightsVersusNone(url, network, shape.seconds, say);
  const watching = await metricsOnVersusOff(url, network, shape.watched, say);
  const limiting = await limitsOnVersusOff(url, network, shape.watched, say);
  const sight = await seenVersusAll(url, network, say);
  const review = await reviewVersusGaps(url, join(cluster.directory, 'review'), network, say);
  const standing = await standingVersusClosure(url, shape.suspended, say);
  const live = await liveVersusBroadcast(await cluster.create('live'), join(cluster.directory, 'live'), shape.live, say);
  const appending = await appendVersusInsert(await cluster.create('appended'), shape.seconds, say);
  const commands = await commandsVersusInsert(await cluster.create('commands'), join(cluster.directory, 'commands'), shape.seconds, say);
  return {
    figures: [
      ...importing,
      ...tracing,
      ...telling,
      ...masses,
      ...rights,
      ...watching,
      ...limiting,
      ...sight,
      ...review,
      ...standing,
      ...live,
      ...appending,
      ...commands,
    ],
    network: { seed, lots, inputs },
  };
}

function wholeNumber(text: string | undefined, fallback: number): number {
  const value = text === undefined ? fallback : Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new UsageError(`${text} is not a whole number above zero`);
  return value;
}

class UsageError extends Error {}

function settings() {
  try {
    const { values } = parseArgs({
      options: { quick: { type: 'boolean' }, json: { type: 'string' }, lots: { type: 'string' }, seed: { type: 'string' } },
    });
    const shape = values.quick ? QUICK : FULL;
    // `npm run` moves to the project's folder; a path is meant from where the caller stands.
    const json = values.json === undefined ? null : resolve(process.env.INIT_CWD ?? process.cwd(), values.json);
    return { shape: { ...shape, lots: wholeNumber(values.lots, shape.lots) }, seed: wholeNumber(values.seed, SEED), json };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

async function main(): Promise<void> {
  const { shape, seed, json } = settings();
  const cluster = await startCluster();
  const interrupted = (signal: NodeJS.Signals) => void cluster.stop().finally(() => process.exit(signal === 'SIGINT' ? 130 : 143));
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    const { figures, network } = await run(cluster, shape, seed);
    process.stdout.write(`${table(figures)}\n`);
    const machine = { node: process.version, cores: cpus().length, cpu: cpus()[0]?.model ?? 'unknown' };
    if (json) writeFileSync(json, `${JSON.stringify({ machine, network, shape, figures }, null, 2)}\n`);
  } finally {
    await cluster.stop();
  }
}

main().catch((error: Error) => {
  say(error instanceof UsageError ? `${error.message}\n\n${USAGE}` : (error.stack ?? error.message));
  process.exitCode = error instanceof UsageError ? 2 : 1;
});
