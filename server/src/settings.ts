import { isIP } from 'node:net';

/** A setting that cannot be used, or several, a line each; printed as it is. */
export class SettingError extends Error {}

/** A setting, an environment variable: what it is for, and how it is read. The reference, docs/settings.md, is written from these. */
export interface Setting<Value> {
  /** What it means, for whoever runs a server. */
  says: string;
  /** How it is written. */
  written: string;
  /** What is so where it is not set. */
  unset: string;
  /** Must its value never be shown? */
  secret: boolean;
  /** @returns what was written; where it is not set what is so instead, or null where that hangs on other settings @throws SettingError */
  read(name: string, text: string | undefined): Value;
}

const isUnset = (text: string | undefined): text is undefined | '' => text === undefined || text === '';

interface WholeOptions<Unset> {
  unset: Unset;
  least: number;
  most: number;
  unit?: string;
}

/** A whole number; where none is written, and that hangs on other settings, null. */
function whole(says: string, options: WholeOptions<number>): Setting<number>;
function whole(says: string, options: WholeOptions<{ words: string }>): Setting<number | null>;
function whole(says: string, { unset, least, most, unit = '' }: WholeOptions<number | { words: string }>): Setting<number | null> {
  const instead = typeof unset === 'number' ? unset : null;
  return {
    says,
    written: `a whole number from ${least} to ${most}${unit && `, ${unit}`}`,
    unset: typeof unset === 'number' ? `${unset}` : unset.words,
    secret: false,
    read: (name, text) => {
      if (isUnset(text)) return instead;
      const value = Number(text);
      if (/^\d+$/.test(text) && value >= least && value <= most) return value;
      throw new SettingError(`${name}=${text}: write a whole number from ${least} to ${most}`);
    },
  };
}

/** One of several words; where none is written, and that hangs on other settings, null. */
function choice<const Name extends string>(says: string, names: readonly Name[], unset: Name): Setting<Name>;
function choice<const Name extends string>(says: string, names: readonly Name[], unset: { words: string }): Setting<Name | null>;
function choice<const Name extends string>(says: string, names: readonly Name[], unset: Name | { words: string }): Setting<Name | null> {
  const instead = typeof unset === 'string' ? unset : null;
  return {
    says,
    written: names.map((name) => `\`${name}\``).join(', '),
    unset: typeof unset === 'string' ? `\`${unset}\`` : unset.words,
    secret: false,
    read: (name, text) => {
      if (isUnset(text)) return instead;
      const found = names.find((each) => each === text);
      if (found !== undefined) return found;
      throw new SettingError(`${name}=${text}: write one of ${names.join(' ')}`);
    },
  };
}

interface TextOptions {
  /** What is so where it is not set. */
  unset: string;
  written: string;
  /** Every value matches it. */
  like?: RegExp;
  secret?: boolean;
}

/** A text; null where it is not set. */
function text(says: string, { unset, written, like = /^/, secret = false }: TextOptions): Setting<string | null> {
  return {
    says,
    written,
    unset,
    secret,
    read: (name, value) => {
      if (isUnset(value)) return null;
      if (like.test(value)) return value;
      throw new SettingError(`${name}${secret ? '' : `=${value}`}: write ${written}`);
    },
  };
}

/** Loopback may be asked without TLS: nobody listens there in between. */
const SAFE_URL = /^(?:https:\/\/|http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?=[:/]|$))[^?#]*$/;
/** The names of objects are made of it, which are parts of addresses. */
const PREFIX = /^(?!\.{1,2}(?:\/|$))[\w.-]+(?:\/(?!\.{1,2}(?:\/|$))[\w.-]+)*$/;

const DATABASE_URL = /^postgres(?:ql)?:\/\//;

const url = (says: string, unset: string) => text(says, { unset, written: 'https://, without a query', like: SAFE_URL });
const token = (says: string) => text(says, { unset: 'none', written: 'a text', secret: true });
const folder = (says: string, unset: string) => text(says, { unset, written: 'a path, from where you stand' });
const milliseconds = (says: string, unset: number, least = 100, most = 60_000) => whole(says, { unset, least, most, unit: 'milliseconds' });
const cost = (says: string, unset: number) => whole(says, { unset, least: 100, most: 1_000_000_000 });
const days = (says: string, unset: number) => whole(says, { unset, least: 1, most: 36_500, unit: 'days' });

const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

/** A port, or null where there is none. */
const optionalPort = (says: string, unset: string): Setting<number | null> => {
  const port = whole(says, { unset: 0, least: 0, most: 65_535 });
  return { ...port, unset, read: (name, value) => (isUnset(value) ? null : port.read(name, value)) };
};

/** Several of the same, with commas between them. */
function list(
  says: string,
  { written, isOne, unset = 'none' }: { written: string; isOne(each: string): boolean; unset?: string },
): Setting<readonly string[]> {
  return {
    says,
    written: `${written}, with commas between them`,
    unset,
    secret: false,
    read: (name, value) => {
      const found = isUnset(value) ? [] : value.split(',').map((each) => each.trim());
      const wrong = found.find((each) => !isOne(each));
      if (wrong !== undefined) throw new SettingError(`${name}: ${wrong} is none; write ${written}`);
      return found;
    },
  };
}

/** As browsers write it: no path, and no port that the scheme has anyway. */
const ORIGIN = /^(?!http:.*:80$|https:.*:443$)[a-z][a-z0-9+.-]*:\/\/(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::\d{1,5})?$/;
/** Of a machine, or of a network in the notation of CIDR. */
function isAddress(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const most = { 0: -1, 4: 32, 6: 128 }[isIP(address) as 0 | 4 | 6];
  return more.length === 0 && most >= 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most));
}

/** Every setting, by what it is about. Names are part of the product's contract. */
export const SETTINGS = {
  'The server': {
    PORT: whole('TCP port of the server; 0 takes a free one', { unset: 4000, least: 0, most: 65_535 }),
    HOST: text('address to listen on; in demo mode it is loopback, whatever is set', { unset: '0.0.0.0', written: 'an address or a name' }),
    LOTLINE_DEMO: choice(
      'demo mode: whoever can reach the loopback of this machine may do everything, and finds a token for each kind of viewer',
      ['yes', 'no'],
      { words: '`yes` without `DATABASE_URL`, `no` with it' },
    ),
    LOTLINE_SAMPLES: choice('loads the sample corridors into an empty database', ['all', 'none'], {
      words: '`all` in demo mode, `none` outside of it',
    }),
    LOTLINE_RUNS: choice(
      'what it does: `server` answers, `worker` does what is due (jobs, deadlines, webhooks) and answers only whether it lives, `all` does both',
      ['all', 'server', 'worker'],
      'all',
    ),
    DRAIN_MS: whole('how long a server that is to stop goes on answering, while a proxy that asks `/readyz` turns away from it', {
      unset: { words: '0 in demo mode, 5000 outside of it' },
      least: 0,
      most: 60_000,
      unit: 'milliseconds',
    }),
    LOG_LEVEL: choice('the least that is logged', ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], 'info'),
  },
  'The database': {
    DATABASE_URL: text('a PostgreSQL 15 or later of your own: a server, or several of which one can be written to', {
      unset: 'the embedded one',
      written: 'postgres://user:password@host:port/database, with several host:port between commas',
      like: DATABASE_URL,
      secret: true,
    }),
    DATABASE_REPLICA_URL: text('standbys that questions are read from (docs/operations.md)', {
      unset: 'all is read from the primary',
      written: 'postgres://user:password@host:port/database, with several host:port between commas',
      like: DATABASE_URL,
      secret: true,
    }),
    REPLICA_LAG_MS: milliseconds('how far behind a standby may be whose answer is given', 5000, 500, 600_000),
    DATA_DIR: folder('where the embedded database and the demo tokens live', "`.lotline` in the project's folder"),
    POOL_SIZE: whole('connections to the database, for each instance', { unset: 10, least: 2, most: 200 }),
    QUESTION_TIMEOUT_MS: milliseconds('longest that a question or a command may take, all its statements together', 15_000, 100, 600_000),
  },
  'What may be asked': {
    COST_BUDGET: cost('most that a question of a viewer may cost, and all that it asks at once; for each instance', 200_000),
    COST_RESTORE_RATE: cost('what comes back of it each second', 10_000),
    COST_BUDGET_NOBODY: cost('the same budget for whoever has no token, by address', 50_000),
    COST_RESTORE_RATE_NOBODY: cost('what comes back of that each second', 2500),
    CONCURRENT_QUESTIONS: whole('most questions and commands of a viewer at a time, for each instance', {
      unset: 50,
      least: 1,
      most: 10_000,
    }),
    CONCURRENT_QUESTIONS_NOBODY: whole('the same for whoever has no token, by address', { unset: 10, least: 1, most: 10_000 }),
    OPEN_STREAMS: whole('most streams of a viewer that are open at a time, for each instance', { unset: 1000, least: 1, most: 100_000 }),
    TRUSTED_DOCUMENTS: text('a manifest of the only documents that are answered, by `documentId` or as they are', {
      unset: 'every document is answered',
      written: 'a path, from where you stand',
    }),
    OPEN_STREAMS_NOBODY: whole('the same for whoever has no token, by address', { unset: 50, least: 1, most: 100_000 }),
  },
  'Who may come in': {
    OIDC_ISSUER: text('whose tokens are good: the claim `iss`, below which `/.well-known/openid-configuration` lies', {
      unset: "nobody's but those of demo mode",
      written: "https://, as it stands in the tokens' claim iss",
      like: SAFE_URL,
    }),
    OIDC_AUDIENCE: text('who the tokens must be for: the claim `aud`; set with `OIDC_ISSUER`', { unset: 'none', written: 'a text' }),
    OIDC_CLAIM: text('the claim that lists the roles', { unset: '`lotline`', written: 'a text' }),
  },
  'The way in': {
    PUBLIC_URL: text('what the server is called outside; requests for other names are refused, but for those of health checks', {
      unset: 'it answers to every name; in demo mode to those of loopback, whatever is set',
      written: 'https://, without a path',
      like: /^https?:\/\/[^/?#@\s]+\/?$/,
    }),
    CORS_ORIGINS: list("origins whose pages may ask, besides the server's own", {
      written: 'origins like https://app.example',
      isOne: (each) => ORIGIN.test(each),
    }),
    TRUST_PROXY: list('proxies whose X-Forwarded-For, -Proto and -Host are believed', {
      written: 'addresses, or networks like 10.0.0.0/8',
      isOne: isAddress,
      unset: "nobody's are",
    }),
    TLS_CERT: text("certificates to serve HTTPS by, the server's first, with `TLS_KEY`; read again when they change, or on SIGHUP", {
      unset: 'HTTP is served',
      written: 'the path of a file in PEM',
    }),
    TLS_KEY: text('the private key to them', { unset: 'none', written: 'the path of a file in PEM' }),
  },
  'The bytes of documents': {
    FILES_DIR: folder('where they are; instances of one database share it', '`files` below `DATA_DIR`'),
    FILES_S3_BUCKET: text('a bucket in place of the folder, with `FILES_S3_KEY` and `FILES_S3_SECRET`', {
      unset: 'the folder',
      written: 'its name, 3 to 63 lower-case letters, digits, points and hyphens',
      like: /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    }),
    FILES_S3_KEY: text('the access key to the bucket', { unset: 'none', written: 'a text' }),
    FILES_S3_SECRET: token('its secret'),
    FILES_S3_ENDPOINT: url('where the store of the bucket is', 'Amazon S3'),
    FILES_S3_REGION: text('its region', { unset: '`us-east-1`', written: 'a text' }),
    FILES_S3_PREFIX: text('what the names of objects begin with', {
      unset: 'nothing',
      written: 'letters, digits, points, hyphens and underscores, with / between folders',
      like: PREFIX,
    }),
    LARGEST_FILE: whole('most bytes of one file', { unset: 25 * 1024 * 1024, least: 1, most: 1024 ** 3, unit: 'bytes' }),
  },
  'The systems outside': {
    OID_URL: url('where the Organic Integrity Database is', 'certifiers issue there by hand and type the number'),
    OID_TOKEN: token('the bearer token that it asks for'),
    OID_POLL_MINUTES: whole('how often it is asked for the standing of each operation on an open chain', {
      unset: 1440,
      least: 1,
      most: 43_200,
      unit: 'minutes',
    }),
    ACE_URL: url('where the Automated Commercial Environment is', 'no entry is filed by itself'),
    ACE_TOKEN: token('the bearer token that it asks for'),
    OUTSIDE_TIMEOUT_MS: milliseconds('longest that either may take to answer', 10_000),
  },
  Webhooks: {
    WEBHOOK_PRIVATE: choice('may webhooks lead to addresses of the house, and without TLS?', ['yes', 'no'], {
      words: '`yes` in demo mode, `no` outside of it',
    }),
    WEBHOOK_TIMEOUT_MS: milliseconds('longest that a receiver may take to answer', 10_000),
  },
  Subscriptions: {
    HEARTBEAT_MS: milliseconds('between one heartbeat of a stream and the next', 15_000, 100, 600_000),
    LIVE_CONNECTIONS: whole('most connections that subscribe, for each instance', { unset: 10_000, least: 1, most: 100_000 }),
  },
  'Metrics and traces': {
    METRICS_PORT: optionalPort(
      "TCP port of `/metrics`, `/healthz` and `/readyz` for whoever watches, apart from the server's own; 0 takes a free one",
      "in demo mode `/metrics` is on the server's port, outside of it nowhere",
    ),
    METRICS_HOST: text('address that it is on', { unset: '`127.0.0.1`', written: 'an address or a name' }),
    OTEL_EXPORTER_OTLP_ENDPOINT: text('where traces are sent to, by OTLP over HTTP', {
      unset: 'nothing is traced',
      written: 'http:// or https://, without a query',
      like: /^https?:\/\/[^?#@]+$/,
    }),
    OTEL_EXPORTER_OTLP_HEADERS: text('headers that they are sent with', {
      unset: 'none',
      written: 'name=value,name=value',
      like: /^[^=,]+=[^,]*(?:,[^=,]+=[^,]*)*$/,
      secret: true,
    }),
    OTEL_SERVICE_NAME: text('what this server is called in them', { unset: '`lotline`', written: 'a text' }),
    OTEL_TRACES_SAMPLER: choice(
      'which are traced: `parentbased_` goes by what a caller says in its `traceparent`',
      SAMPLERS,
      'parentbased_always_on',
    ),
    OTEL_TRACES_SAMPLER_ARG: text('the part that the samplers by ratio trace', {
      unset: '`1`',
      written: 'a number from 0 to 1',
      like: /^(?:0(?:\.\d+)?|1(?:\.0+)?)$/,
    }),
  },
  'What is kept': {
    LOG_RETENTION_DAYS: days('how long a cursor can be resumed from', 90),
    ACCESS_JOURNAL_DAYS: days('how long records of the access journal are kept', 400),
  },
} as const;

type Areas = typeof SETTINGS;
type All = { [Area in keyof Areas]: (settings: Areas[Area]) => void }[keyof Areas] extends (settings: infer Settings) => void
  ? Settings
  : never;
/** What was read of each setting. */
export type Settings = { [Name in keyof All]: All[Name] extends Setting<infer Value> ? Value : never };

/** Reads every setting from the environment. @throws SettingError with all that cannot be used */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const wrong: string[] = [];
  const read: Record<string, unknown> = {};
  for (const [name, setting] of Object.values(SETTINGS).flatMap((area) => Object.entries<Setting<unknown>>(area))) {
    try {
      read[name] = setting.read(name, env[name]);
    } catch (error) {
      if (!(error instanceof SettingError)) throw error;
      wrong.push(error.message);
    }
  }
  if (wrong.length > 0) throw new SettingError(wrong.join('\n'));
  return read as Settings;
}
