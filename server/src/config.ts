import { join, resolve } from 'node:path';
import type { OidcSettings } from './access';
import type { BucketSettings } from './files';
import type { OutsideSettings, SystemsSettings } from './outside';
import type { PostSettings } from './webhooks';

/** Settings, read once from the environment. The names are part of the product's contract. */
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
  /** Demo mode: loopback only, one token per kind of viewer minted at start. On the embedded database unless it is asked for. */
  demo: boolean;
  /** Whose tokens are good; null for nobody's but those of demo mode. */
  oidc: OidcSettings | null;
  /** The systems outside that are told what happens here; in demo mode on the embedded database stand-ins take the place of those not set. */
  outside: SystemsSettings;
  /** Longest that an answer of a system outside may take, milliseconds. */
  outsideTimeout: number;
  /** How often the Organic Integrity Database is asked for the standing of each operation on an open chain, minutes. */
  askEveryMinutes: number;
  /** How webhooks are sent. */
  webhooks: PostSettings;
  /** Load the sample corridors into an empty database. */
  samples: boolean;
  logLevel: string;
  /** Longest a question may work in the database, milliseconds. */
  questionTimeout: number;
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
}

/** A setting that cannot be used; printed as it is. */
export class SettingError extends Error {}

function integer(name: string, text: string | undefined, fallback: number, least: number, most: number): number {
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new SettingError(`${name}=${text}: write a whole number from ${least} to ${most}`);
  }
  return value;
}

function oneOf<T extends string>(name: string, text: string | undefined, fallback: T, names: readonly T[]): T {
  if (text === undefined || text === '') return fallback;
  if (!(names as readonly string[]).includes(text)) throw new SettingError(`${name}=${text}: write one of ${names.join(' ')}`);
  return text as T;
}

/** Loopback may be asked without TLS: nobody listens there in between. */
const SAFE_URL = /^(?:https:\/\/|http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])[:/])[^?#]*$/;

function oidcIn({ OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience, OIDC_CLAIM: claim }: NodeJS.ProcessEnv): OidcSettings | null {
  if (!issuer && !audience) return null;
  if (!issuer || !audience) throw new SettingError('OIDC_ISSUER and OIDC_AUDIENCE: set both, or neither');
  if (!SAFE_URL.test(issuer)) throw new SettingError(`OIDC_ISSUER=${issuer}: write https://, as it stands in the tokens' claim iss`);
  return { issuer, audience, claim: claim || 'lotline' };
}

function outsideIn(env: NodeJS.ProcessEnv, system: 'OID' | 'ACE', timeoutMs: number): OutsideSettings | null {
  const [name, token] = [`${system}_URL`, env[`${system}_TOKEN`] || null];
  const url = env[name];
  if (!url) {
    if (token !== null) throw new SettingError(`${system}_TOKEN: set ${name} with it`);
    return null;
  }
  if (!SAFE_URL.test(url)) throw new SettingError(`${name}=${url}: write https://, without a query`);
  return { url: url.replace(/\/+$/, ''), token, timeoutMs };
}

const BUCKET = ['FILES_S3_BUCKET', 'FILES_S3_KEY', 'FILES_S3_SECRET'] as const;
const BUCKET_MORE = ['FILES_S3_ENDPOINT', 'FILES_S3_REGION', 'FILES_S3_PREFIX'] as const;
/** The names of objects are made of it, which are parts of addresses. */
const PREFIX = /^(?!\.{1,2}(?:\/|$))[\w.-]+(?:\/(?!\.{1,2}(?:\/|$))[\w.-]+)*$/;

function bucketIn(env: NodeJS.ProcessEnv): BucketSettings | null {
  const set = [...BUCKET, ...BUCKET_MORE].filter((name) => env[name]);
  if (set.length === 0) return null;
  const missing = BUCKET.filter((name) => !env[name]);
  if (missing.length > 0) throw new SettingError(`${set.join(', ')}: set ${missing.join(', ')} with it, or none of them`);
  if (env.FILES_DIR) throw new SettingError('FILES_DIR and FILES_S3_BUCKET: files are in a folder or in a bucket; set one of them');
  const { FILES_S3_BUCKET: bucket, FILES_S3_ENDPOINT: endpoint, FILES_S3_PREFIX: prefix } = env;
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket!))
    throw new SettingError(`FILES_S3_BUCKET=${bucket}: write its name, 3 to 63 lower-case letters, digits, points and hyphens`);
  if (endpoint && !SAFE_URL.test(`${endpoint}/`)) throw new SettingError(`FILES_S3_ENDPOINT=${endpoint}: write https://, without a query`);
  if (prefix && !PREFIX.test(prefix))
    throw new SettingError(`FILES_S3_PREFIX=${prefix}: write letters, digits, points, hyphens and underscores, with / between folders`);
  return {
    endpoint: endpoint?.replace(/\/+$/, '') || null,
    region: env.FILES_S3_REGION || 'us-east-1',
    bucket: bucket!,
    prefix: prefix ?? '',
    key: env.FILES_S3_KEY!,
    secret: env.FILES_S3_SECRET!,
  };
}

/** `npm run` moves to the project's folder; a path is meant from where the caller stands. */
export function callerDirectory(env: NodeJS.ProcessEnv = process.env): string {
  const byNpm = env.npm_lifecycle_event === 'start' || env.npm_lifecycle_event === 'lotline';
  return (byNpm && env.INIT_CWD) || process.cwd();
}

/** The database of a checkout, wherever in it or outside of it somebody stands. */
const HOME = resolve(__dirname, '..', '..', '.lotline');

/** Reads the settings. `from` is where relative paths stand. */
export function readConfig(env: NodeJS.ProcessEnv = process.env, from: string = process.cwd()): Config {
  const databaseUrl = env.DATABASE_URL || null;
  if (databaseUrl !== null && !/^postgres(?:ql)?:\/\//.test(databaseUrl)) {
    throw new SettingError('DATABASE_URL: write postgres://user:password@host:port/database');
  }
  // On a database of somebody's own it would let everybody on this machine in: only when told to.
  const demo = oneOf('LOTLINE_DEMO', env.LOTLINE_DEMO, databaseUrl === null ? 'yes' : 'no', ['yes', 'no']) === 'yes';
  if (databaseUrl === null && !demo)
    throw new SettingError('LOTLINE_DEMO: only a database of your own runs outside of demo mode; set DATABASE_URL');
  const outsideTimeout = integer('OUTSIDE_TIMEOUT_MS', env.OUTSIDE_TIMEOUT_MS, 10_000, 100, 60_000);
  const dataDir = env.DATA_DIR ? resolve(from, env.DATA_DIR) : HOME;
  return {
    port: integer('PORT', env.PORT, 4000, 0, 65535),
    host: demo ? '127.0.0.1' : env.HOST || '0.0.0.0',
    dataDir,
    filesDir: env.FILES_DIR ? resolve(from, env.FILES_DIR) : join(dataDir, 'files'),
    bucket: bucketIn(env),
    largestFile: integer('LARGEST_FILE', env.LARGEST_FILE, 25 * 1024 * 1024, 1, 1024 ** 3),
    databaseUrl,
    demo,
    oidc: oidcIn(env),
    outside: {
      ORGANIC_INTEGRITY_DATABASE: outsideIn(env, 'OID', outsideTimeout),
      AUTOMATED_COMMERCIAL_ENVIRONMENT: outsideIn(env, 'ACE', outsideTimeout),
    },
    outsideTimeout,
    askEveryMinutes: integer('OID_POLL_MINUTES', env.OID_POLL_MINUTES, 1440, 1, 43_200),
    webhooks: {
      privateAddresses: oneOf('WEBHOOK_PRIVATE', env.WEBHOOK_PRIVATE, demo ? 'yes' : 'no', ['yes', 'no']) === 'yes',
      timeoutMs: integer('WEBHOOK_TIMEOUT_MS', env.WEBHOOK_TIMEOUT_MS, 10_000, 100, 60_000),
    },
    samples: oneOf('LOTLINE_SAMPLES', env.LOTLINE_SAMPLES, demo ? 'all' : 'none', ['all', 'none']) === 'all',
    logLevel: oneOf('LOG_LEVEL', env.LOG_LEVEL, 'info', ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
    questionTimeout: integer('QUESTION_TIMEOUT_MS', env.QUESTION_TIMEOUT_MS, 15_000, 100, 600_000),
    poolSize: integer('POOL_SIZE', env.POOL_SIZE, 10, 2, 200),
    retentionDays: integer('LOG_RETENTION_DAYS', env.LOG_RETENTION_DAYS, 90, 1, 36_500),
    journalDays: integer('ACCESS_JOURNAL_DAYS', env.ACCESS_JOURNAL_DAYS, 400, 1, 36_500),
    heartbeatMs: integer('HEARTBEAT_MS', env.HEARTBEAT_MS, 15_000, 100, 600_000),
    mostConnections: integer('LIVE_CONNECTIONS', env.LIVE_CONNECTIONS, 10_000, 1, 100_000),
  };
}
