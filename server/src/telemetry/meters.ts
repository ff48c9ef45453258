import { type EventLoopUtilization, performance } from 'node:perf_hooks';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Standing } from './probe';

/** Seconds, from an answer out of memory to the longest a question may take. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const COSTS = [10, 100, 1000, 10_000, 100_000, 1_000_000];

export type Transport = 'websocket' | 'sse';

/** What is asked of the parts of a server whenever somebody reads its metrics. */
export interface Watched {
  pool: { size: number; idle: number; waiting: number; most: number };
  connections: Record<Transport, number>;
  streams: Record<Transport, number>;
  /** Entries and lots that wait to be written to the access journal. */
  journalWaiting: number;
  /** Is it taking requests? */
  ready: boolean;
}

/** What the database says of itself, and null where it does not answer in time. */
export type Ask = () => Promise<Standing | null>;

/** What belongs to the process, whichever of its servers is asked. */
let ofProcess: Registry | null = null;

function processMetrics(): Registry {
  if (ofProcess) return ofProcess;
  ofProcess = new Registry();
  collectDefaultMetrics({ register: ofProcess });
  let last: EventLoopUtilization | undefined;
  new Gauge({
    name: 'nodejs_eventloop_utilization_ratio',
    help: 'Share of the time since the last reading in which the event loop was busy, from 0 to 1.',
    registers: [ofProcess],
    collect() {
      const now = performance.eventLoopUtilization();
      this.set(last ? performance.eventLoopUtilization(now, last).utilization : now.utilization);
      last = now;
    },
  });
  return ofProcess;
}

/**
 * What one server counts and times. No label holds what a stranger wrote: each has as many values as the code has names for them. Nothing
 * here says whose facts they are, but how many there are is a secret of the house: see who may read them in docs/telemetry.md.
 */
export class Meters {
  private readonly registry = new Registry();
  private watched: (() => Watched) | null = null;
  private ask: Ask = async () => null;

  private readonly requests = this.counter('lotline_http_requests_total', 'Requests over HTTP that were answered.', [
    'route',
    'status',
    'viewer',
  ]);
  private readonly requestSeconds = this.histogram(
    'lotline_http_request_duration_seconds',
    'From the headers of a request to the end of its answer; event streams are left out.',
    ['route'],
  );
  private readonly operations = this.histogram(
    'lotline_operation_duration_seconds',
    'GraphQL operations, by kind, from their parsing to their answer; outcome is ok, or errors where there was one at least.',
    ['kind', 'outcome'],
  );
  private readonly commands = this.histogram(
    'lotline_command_duration_seconds',
    'Commands, from parsed input to their commit, repetitions and waiting included; outcome is done, refused or failed.',
    ['command', 'outcome'],
  );
  private readonly retries = this.counter(
    'lotline_command_retries_total',
    'Attempts at a command that were repeated since others changed the same.',
    ['command'],
  );
  private readonly refusals = this.counter('lotline_refusals_total', 'Errors told to clients, by their code.', ['code']);
  private readonly requested = this.histogram(
    'lotline_cost_requested',
    'What operations were estimated to cost before they ran, in points.',
    [],
    COSTS,
  );
  private readonly actual = this.histogram('lotline_cost_actual', 'What they cost, in points.', [], COSTS);
  private readonly tailDelay = this.histogram(
    'lotline_tail_delay_seconds',
    'From the begin of the oldest command of a step until its streams were told.',
    [],
  );
  private readonly messages = this.counter(
    'lotline_live_messages_total',
    'Messages handed to the connections of subscribers, heartbeats included.',
    ['transport'],
  );
  private readonly lagged = this.counter(
    'lotline_live_lagged_total',
    'Streams that were ended since their client did not read fast enough.',
    [],
  );
  private readonly replays = this.counter('lotline_live_replays_total', 'Streams that began to be replayed.', []);
  private readonly jobSeconds = this.histogram('lotline_job_duration_seconds', 'Jobs, by their task; outcome is done or failed.', [
    'task',
    'outcome',
  ]);
  private readonly connectSeconds = this.histogram(
    'lotline_database_connect_seconds',
    'Until the pool gave a connection, those that were refused included.',
    [],
  );

  constructor(version = 'unknown') {
    this.gauge('lotline_build_info', 'Always 1; which version runs, on which Node.', ['version', 'node']).set(
      { version, node: process.version },
      1,
    );
    this.watchGauge('lotline_ready', 'Is the server taking requests? 0 while it stops.', [], ({ ready }) => [[{}, Number(ready)]]);
    this.watchGauge('lotline_database_pool_connections', 'Connections of the pool; state is idle or busy.', ['state'], ({ pool }) => [
      [{ state: 'idle' }, pool.idle],
      [{ state: 'busy' }, pool.size - pool.idle],
    ]);
    this.watchGauge('lotline_database_pool_limit', 'Most connections of the pool.', [], ({ pool }) => [[{}, pool.most]]);
    this.watchGauge('lotline_database_pool_waiting', 'Who waits for a connection of the pool.', [], ({ pool }) => [[{}, pool.waiting]]);
    this.watchGauge('lotline_live_connections', 'Open connections that subscribe.', ['transport'], ({ connections }) =>
      byTransport(connections),
    );
    this.watchGauge('lotline_live_streams', 'Open subscriptions.', ['transport'], ({ streams }) => byTransport(streams));
    this.watchGauge(
      'lotline_journal_waiting',
      'Entries of the access journal, and lots in them, that wait to be written.',
      [],
      ({ journalWaiting }) => [[{}, journalWaiting]],
    );
    this.askGauges();
  }

  /** Where current figures come from: the parts of the server, and the database. */
  watch(watched: () => Watched, ask: Ask): void {
    this.watched = watched;
    this.ask = ask;
  }

  answered({ route, status, viewer, seconds }: { route: string; status: number; viewer: string; seconds: number | null }): void {
    this.requests.inc({ route, status: `${Math.floor(status / 100)}xx`, viewer });
    if (seconds !== null) this.requestSeconds.observe({ route }, seconds);
  }

  operated(kind: string, outcome: 'ok' | 'errors', seconds: number): void {
    this.operations.observe({ kind, outcome }, seconds);
  }

  commanded(command: string, outcome: 'done' | 'refused' | 'failed', seconds: number, attempts: number): void {
    this.commands.observe({ command, outcome }, seconds);
    if (attempts > 1) this.retries.inc({ command }, attempts - 1);
  }

  refused(code: string): void {
    this.refusals.inc({ code });
    if (code === 'LAGGED') this.lagged.inc();
  }

  /** What an operation was estimated to cost, and what it cost: points. */
  charged(requested: number, actual: number | null): void {
    this.requested.observe(requested);
    if (actual !== null) this.actual.observe(actual);
  }

  /** Streams were told of commands, the oldest of which began then. */
  tailed(oldest: Date): void {
    this.tailDelay.observe(Math.max(0, Date.now() - oldest.getTime()) / 1000);
  }

  sent(transport: Transport): void {
    this.messages.inc({ transport });
  }

  replayed(): void {
    this.replays.inc();
  }

  worked(task: string, outcome: 'done' | 'failed', seconds: number): void {
    this.jobSeconds.observe({ task, outcome }, seconds);
  }

  connected(seconds: number): void {
    this.connectSeconds.observe(seconds);
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** All of it as Prometheus reads it. */
  async text(): Promise<string> {
    return Registry.merge([this.registry, processMetrics()]).metrics();
  }

  /** Name, kind, labels and meaning of each, for the reference. */
  async described(): Promise<{ name: string; type: string; labels: string[]; help: string }[]> {
    const own = this.registry.getMetricsAsArray() as unknown as { name: string; type?: string; labelNames: string[]; help: string }[];
    const types = new Map((await this.registry.getMetricsAsJSON()).map(({ name, type }) => [name, String(type)]));
    return own.map(({ name, labelNames, help }) => ({ name, type: types.get(name)!, labels: [...labelNames], help }));
  }

  private counter<const Label extends string>(name: string, help: string, labelNames: readonly Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  private histogram<const Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    buckets = SECONDS,
  ): Histogram<Label> {
    return new Histogram({ name, help, labelNames, buckets, registers: [this.registry] });
  }

  private gauge<const Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    collect?: (this: Gauge<Label>) => void | Promise<void>,
  ): Gauge<Label> {
    return new Gauge({ name, help, labelNames, registers: [this.registry], ...(collect && { collect }) });
  }

  private watchGauge<const Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    read: (watched: Watched) => (readonly [Record<Label, string>, number])[],
  ): void {
    const watched = () => this.watched?.();
    this.gauge(name, help, labelNames, function () {
      const now = watched();
      if (now) for (const [labels, value] of read(now)) this.set(labels, value);
    });
  }

  /** What the database is asked for. Where it does not answer there is no such figure, rather than an old one. */
  private askGauge<const Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    read: (standing: Standing) => (readonly [Record<Label, string>, number | null])[],
  ): void {
    const ask = () => this.ask();
    this.gauge(name, help, labelNames, async function () {
      const standing = await ask();
      this.reset();
      // A gauge without labels is zero after its reset, which would be a lie.
      if (!standing) return void (labelNames.length === 0 && this.set({} as never, Number.NaN));
      for (const [labels, value] of read(standing)) this.set(labels, value ?? Number.NaN);
    });
  }

  private askGauges(): void {
    const ask = () => this.ask();
    this.gauge('lotline_database_up', 'Does the database answer, within 2 seconds?', [], async function () {
      this.set(Number((await ask()) !== null));
    });
    this.askGauge('lotline_tail_lag_seconds', 'Age of the oldest command whose streams were not told yet; 0 where all were.', [], (now) => [
      [{}, now.tailLagSeconds],
    ]);
    this.askGauge('lotline_tail_lag_commands', 'Commands whose streams were not told yet.', [], (now) => [[{}, now.tailLagCommands]]);
    this.askGauge(
      'lotline_jobs',
      'Jobs of all instances: due, working, waiting for their time, or dead, which wait for an operator.',
      ['state'],
      ({ jobs }) => Object.entries(jobs ?? {}).map(([state, count]) => [{ state }, count] as const),
    );
    this.askGauge('lotline_jobs_oldest_due_seconds', 'For how long the oldest job that is due has been so; 0 where none is.', [], (now) => [
      [{}, now.oldestDueSeconds],
    ]);
    this.askGauge('lotline_webhook_messages_pending', 'Messages to webhooks that are not settled.', [], (now) => [
      [{}, now.webhookMessagesPending],
    ]);
    this.askGauge('lotline_webhooks', 'Webhooks, by their state.', ['state'], ({ webhooks }) =>
      Object.entries(webhooks ?? {}).map(([state, count]) => [{ state: state.toLowerCase() }, count] as const),
    );
  }
}

const byTransport = (counts: Record<Transport, number>): [{ transport: Transport }, number][] => [
  [{ transport: 'websocket' }, counts.websocket],
  [{ transport: 'sse' }, counts.sse],
];
