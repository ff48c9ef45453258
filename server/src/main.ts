import { join } from 'node:path';
import { filesOf, type Instance, openInstance } from './app';
import { forgetOldKeys } from './commands';
import { callerDirectory, readConfig } from './config';
import { mintDemoTokens } from './demo';
import { buildGraph } from './graph';
import { type RunningServer, startServer } from './http';
import { startWorker } from './jobs';
import { tasksOf, webhookTasks } from './later';
import { beginAsking, openSystems, type SystemsSettings, startStandIns } from './outside';
import { loadSamples } from './samples';
import { hidingSecrets } from './secrets';
import { startTracing } from './telemetry';
import { VERSION } from './version';
import { Keeping } from './webhooks';

const DAY_MS = 86_400_000;
/** Messages of webhooks that one server sends at a time: a receiver may take seconds. */
const SENT_AT_ONCE = 16;

const hide = hidingSecrets();

/** npm puts a shell between itself and us, which does not pass a signal on: when it is gone, we are meant to go. */
function whenOrphaned(stop: () => void): void {
  if (process.env.npm_lifecycle_event !== 'start') return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    stop();
  }, 100).unref();
}

/** The systems that are set, and for the others those that stand in for them. */
const instead = (set: SystemsSettings, standIns: SystemsSettings): SystemsSettings => ({
  ORGANIC_INTEGRITY_DATABASE: set.ORGANIC_INTEGRITY_DATABASE ?? standIns.ORGANIC_INTEGRITY_DATABASE,
  AUTOMATED_COMMERCIAL_ENVIRONMENT: set.AUTOMATED_COMMERCIAL_ENVIRONMENT ?? standIns.AUTOMATED_COMMERCIAL_ENVIRONMENT,
});

/** Begins to do what is due: jobs, deadlines, webhooks. `pass` hands the webhooks on to others, `stop` finishes what is in hand. */
async function beginWork({ config, database, runner, cursors, meters }: Instance, { log, live }: RunningServer) {
  const systems = openSystems(config.outside);
  const { askEveryMinutes } = config;
  const worker = await startWorker(database, tasksOf(runner, { database, systems, askEveryMinutes }), log, undefined, meters);
  const sender = await startWorker(database, webhookTasks(database, config.webhooks), log, SENT_AT_ONCE, meters);
  const keeping = new Keeping({ database, cursors, live, warn: (error, what) => log.error({ err: error }, what) });
  if (systems.ORGANIC_INTEGRITY_DATABASE) await beginAsking(database);
  const forget = () => forgetOldKeys(database).catch((error) => log.error({ err: error }, 'old idempotency keys were not forgotten'));
  const forgetting = setInterval(forget, DAY_MS).unref();
  void forget();
  return {
    pass: async () => {
      clearInterval(forgetting);
      await keeping.stop();
    },
    stop: () => Promise.all([worker.stop(), sender.stop()]),
  };
}

const say = (line: string) => process.stderr.write(`${hide(line)}\n`);

async function main(): Promise<void> {
  const settings = readConfig(process.env, callerDirectory());
  const standIns = settings.databaseUrl === null ? await startStandIns(join(settings.dataDir, 'stand-ins'), settings.outsideTimeout) : null;
  const config = standIns ? { ...settings, outside: instead(settings.outside, standIns.settings) } : settings;
  const endTracing = await startTracing(config.tracing, VERSION);
  const instance = await openInstance(config, say);
  try {
    const corridors = config.samples ? await loadSamples(instance) : [];
    const tokens = config.demo ? await mintDemoTokens(instance) : null;
    const { database, runner, cursors, trusted, meters } = instance;
    const files = filesOf(config, database.installation.id);
    const graphiqlToken = tokens?.analyst ?? null;
    const server = await startServer({
      ...config,
      trusted,
      graph: buildGraph(),
      database,
      runner,
      cursors,
      files,
      graphiqlToken,
      meters,
      hide,
    });
    const work = config.works ? await beginWork(instance, server) : null;

    let stopping = false;
    const stop = async (signal: string) => {
      if (stopping) process.exit(1);
      stopping = true;
      server.log.info({ signal }, 'stopping: what is in flight is finished first');
      // Another instance is to follow the webhooks before this one stops to hear of changes.
      await work?.pass();
      await server.stop();
      await work?.stop();
      await standIns?.stop();
      await instance.close();
      await endTracing();
      process.exit(0);
    };
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal));
    whenOrphaned(() => void stop('the end of npm start'));

    if (corridors.length > 0) server.log.info({ samples: corridors }, 'samples loaded');
    const { url, metricsUrl } = server;
    server.log.info(
      { url, graphiql: `${url}/`, ...(metricsUrl && { metrics: metricsUrl }), ...(tokens && { tokens: tokens.file }) },
      'ready',
    );
  } catch (error) {
    await instance.close();
    throw error;
  }
}

// What nobody hears of ends the process, as Node has it; but no secret is told by it.
process.on('uncaughtException', (fault) => {
  say(`lotline ends by a fault of its own: ${fault instanceof Error ? fault.stack : fault}`);
  process.exit(1);
});

main().catch((error: Error) => {
  say(`lotline did not start: ${error.message}`);
  process.exit(1);
});
