import { join, resolve } from 'node:path';
import type { OidcSettings } from './access';
import type { BucketSettings } from './files';
import type { DoorSettings, TlsSettings } from './http';
import type { LimitSettings } from './limits';
import type { OutsideSettings, SystemsSettings } from './outside';
import { readSettings, SettingError, type Settings } from './settings';
import type { MetricsPlace, TracingSettings } from './telemetry';
import type { PostSettings } from './webhooks';

/** What the parts of an instance are told by the settings, which are read once. */
export interface Config {
  /** TCP port of the HTTP server; 0 takes a free one. */
  port: number;
  /** Address to listen on: loopback in demo mode. */
  host: string;
  /** Where the embedded database and the demo tokens live. */
  dataDir: string;
  /** Where the bytes of documents are, or, where they are in a bucket, while they come: below it a folder for each database. */
  filesDir: string;
  /** The bucket for the bytes of documents; null where they are in the folder. */
  bucket: BucketSettings | null;
  /** Most bytes of one file. */
  largestFile: number;
  /** A PostgreSQL >= 15 of the operator's own; null runs the embedded one. */
  databaseUrl: string | null;
  /** Standbys that questions are read from; null for none. */
  replicaUrl: string | null;
  /** How far behind they may be, milliseconds. */
  replicaLagMs: number;
  /** Demo mode: loopback only, one token per kind of viewer minted at start. On the embedded database unless it is asked for. */
  demo: boolean;
  /** Whose tokens are good; null for nobody's but those of demo mode. */
  oidc: OidcSettings | null;
  /** Who is let in. */
  door: DoorSettings;
  /** Files to serve HTTPS by; null for HTTP. */
  tls: TlsSettings | null;
  /** The systems outside that are told what happens here; in demo mode on the embedded database stand-ins take the place of those not set. */
  outside: SystemsSettings;
  /** Longest that an answer of a system outside may take, milliseconds. */
  outsideTimeout: number;
  /** How often the Organic Integrity Database is asked for the standing of each operation on an open chain, minutes. */
  askEveryMinutes: number;
  /** How webhooks are sent. */
  webhooks: PostSettings;
  /** Does it answer questions and commands? */
  answers: boolean;
  /** Does it do what is due: jobs, deadlines, webhooks? */
  works: boolean;
  /** How long it goes on answering once it is to stop, milliseconds. */
  drainMs: number;
  /** Load the sample corridors into an empty database. */
  samples: boolean;
  logLevel: string;
  /** Longest a question or a command may take, all its statements together, milliseconds. */
  questionTimeout: number;
  /** What questions may cost, and how many may be under way. */
  limits: LimitSettings;
  /** The manifest of the only documents that are answered; null where all are. */
  trusted: string | null;
  /** Connections to the database, per instance. */
  poolSize: number;
  /** How long a cursor can be resumed from, days. */
  retentionDays: number;
  /** How long records of the access journal are kept, days. */
  journalDays: number;
  /** Between one heartbeat of a subscription and the next, milliseconds. */
  heartbeatMs: number;
  /** Most connections that subscribe, per instance. */
  mostConnections: number;
  /** Where metrics are read, apart from the server's own port. */
  metrics: MetricsPlace;
  /** Where spans are sent. */
  tracing: TracingSettings;
}

function oidcIn({ OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience, OIDC_CLAIM: claim }: Settings): OidcSettings | null {
  if (issuer === null && audience === null) return null;
  if (issuer === null || audience === null) throw new SettingError('OIDC_ISSUER and OIDC_AUDIENCE: set both, or neither');
  return { issuer, audience, claim: claim ?? 'lotline' };
}

function outsideIn(settings: Settings, system: 'OID' | 'ACE'): OutsideSettings | null {
  const { [`${system}_URL` as const]: url, [`${system}_TOKEN` as const]: token, OUTSIDE_TIMEOUT_MS: timeoutMs } = settings;
  if (url !== null) return { url: url.replace(/\/+$/, ''), token, timeoutMs };
  if (token !== null) throw new SettingError(`${system}_TOKEN: set ${system}_URL with it`);
  return null;
}

const BUCKET = ['FILES_S3_BUCKET', 'FILES_S3_KEY', 'FILES_S3_SECRET'] as const;
const BUCKET_MORE = ['FILES_S3_ENDPOINT', 'FILES_S3_REGION', 'FILES_S3_PREFIX'] as const;

function bucketIn(settings: Settings): BucketSettings | null {
  const set = [...BUCKET, ...BUCKET_MORE].filter((name) => settings[name] !== null);
  if (set.length === 0) return null;
  const missing = BUCKET.filter((name) => settings[name] === null);
  if (missing.length > 0) throw new SettingError(`${set.join(', ')}: set ${missing.join(', ')} with it, or none of them`);
  if (settings.FILES_DIR !== null)
    throw new SettingError('FILES_DIR and FILES_S3_BUCKET: files are in a folder or in a bucket; set one of them');
  return {
    endpoint: settings.FILES_S3_ENDPOINT?.replace(/\/+$/, '') ?? null,
    region: settings.FILES_S3_REGION ?? 'us-east-1',
    bucket: settings.FILES_S3_BUCKET!,
    prefix: settings.FILES_S3_PREFIX ?? '',
    key: settings.FILES_S3_KEY!,
    secret: settings.FILES_S3_SECRET!,
  };
}

function tlsIn({ TLS_CERT: cert, TLS_KEY: key }: Settings, from: string): TlsSettings | null {
  if (cert === null && key === null) return null;
  if (cert === null || key === null) throw new SettingError('TLS_CERT and TLS_KEY: set both, or neither');
  return { cert: resolve(from, cert), key: resolve(from, key) };
}

/** `npm run` moves to the project's folder; a path is meant from where the caller stands. */
export function callerDirectory(env: NodeJS.ProcessEnv = process.env): string {
  const byNpm = env.npm_lifecycle_event === 'start' || env.npm_lifecycle_event === 'lotline';
  return (byNpm && env.INIT_CWD) || process.cwd();
}

/** The database of a checkout, wherever in it or outside of it somebody stands. */
const HOME = resolve(__dirname, '..', '..', '.lotline');

/** Reads the settings. `from` is where relative paths stand. @throws SettingError */
export function readConfig(env: NodeJS.ProcessEnv = process.env, from: string = process.cwd()): Config {
  const settings = readSettings(env);
  const { DATABASE_URL: databaseUrl } = settings;
  // On a database of somebody's own it would let everybody on this machine in: only when told to.
  const demo = (settings.LOTLINE_DEMO ?? (databaseUrl === null ? 'yes' : 'no')) === 'yes';
  if (databaseUrl === null && !demo)
    throw new SettingError('LOTLINE_DEMO: only a database of your own runs outside of demo mode; set DATABASE_URL');
  const dataDir = settings.DATA_DIR === null ? HOME : resolve(from, settings.DATA_DIR);
  return {
    port: settings.PORT,
    host: demo ? '127.0.0.1' : (settings.HOST ?? '0.0.0.0'),
    dataDir,
    filesDir: settings.FILES_DIR === null ? join(dataDir, 'files') : resolve(from, settings.FILES_DIR),
    bucket: bucketIn(settings),
    largestFile: settings.LARGEST_FILE,
    databaseUrl,
    replicaUrl: settings.DATABASE_REPLICA_URL,
    replicaLagMs: settings.REPLICA_LAG_MS,
    demo,
    oidc: oidcIn(settings),
    door: { publicUrl: settings.PUBLIC_URL, origins: settings.CORS_ORIGINS, proxies: settings.TRUST_PROXY },
    tls: tlsIn(settings, from),
    outside: {
      ORGANIC_INTEGRITY_DATABASE: outsideIn(settings, 'OID'),
      AUTOMATED_COMMERCIAL_ENVIRONMENT: outsideIn(settings, 'ACE'),
    },
    outsideTimeout: settings.OUTSIDE_TIMEOUT_MS,
    askEveryMinutes: settings.OID_POLL_MINUTES,
    webhooks: {
      privateAddresses: (settings.WEBHOOK_PRIVATE ?? (demo ? 'yes' : 'no')) === 'yes',
      timeoutMs: settings.WEBHOOK_TIMEOUT_MS,
    },
    answers: settings.LOTLINE_RUNS !== 'worker',
    works: settings.LOTLINE_RUNS !== 'server',
    drainMs: settings.DRAIN_MS ?? (demo ? 0 : 5000),
    samples: (settings.LOTLINE_SAMPLES ?? (demo ? 'all' : 'none')) === 'all',
    logLevel: settings.LOG_LEVEL,
    questionTimeout: settings.QUESTION_TIMEOUT_MS,
    trusted: settings.TRUSTED_DOCUMENTS === null ? null : resolve(from, settings.TRUSTED_DOCUMENTS),
    limits: {
      viewer: {
        budget: settings.COST_BUDGET,
        restoreRate: settings.COST_RESTORE_RATE,
        concurrent: settings.CONCURRENT_QUESTIONS,
        streams: settings.OPEN_STREAMS,
      },
      nobody: {
        budget: settings.COST_BUDGET_NOBODY,
        restoreRate: settings.COST_RESTORE_RATE_NOBODY,
        concurrent: settings.CONCURRENT_QUESTIONS_NOBODY,
        streams: settings.OPEN_STREAMS_NOBODY,
      },
    },
    poolSize: settings.POOL_SIZE,
    retentionDays: settings.LOG_RETENTION_DAYS,
    journalDays: settings.ACCESS_JOURNAL_DAYS,
    heartbeatMs: settings.HEARTBEAT_MS,
    mostConnections: settings.LIVE_CONNECTIONS,
    metrics: { port: settings.METRICS_PORT, host: settings.METRICS_HOST ?? '127.0.0.1' },
    tracing: {
      endpoint: settings.OTEL_EXPORTER_OTLP_ENDPOINT,
      headers: settings.OTEL_EXPORTER_OTLP_HEADERS,
      serviceName: settings.OTEL_SERVICE_NAME ?? 'lotline',
      sampler: settings.OTEL_TRACES_SAMPLER,
      ratio: Number(settings.OTEL_TRACES_SAMPLER_ARG ?? 1),
    },
  };
}
