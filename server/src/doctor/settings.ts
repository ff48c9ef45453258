import { hostsIn } from '../database';
import { type Finding, fail, ok, warn } from './finding';

/** What the doctor needs to know of the settings. */
export interface Settled {
  demo: boolean;
  databaseUrl: string | null;
  samples: boolean;
  logLevel: string;
  webhooks: { privateAddresses: boolean };
  oidc: { issuer: string } | null;
  door: { publicUrl: string | null; proxies: readonly string[] };
  tls: { cert: string; key: string } | null;
  metrics: { port: number | null; host: string };
  tracing: { endpoint: string | null; headers: string | null };
}

/** Names of ours begin like this. */
const OURS = /^(?:LOTLINE|OID|ACE|OIDC|WEBHOOK|FILES_S3|METRICS|OTEL_EXPORTER_OTLP|ACCESS_JOURNAL)_/;
/** Others have names as short as these that are like ours by chance. */
const SHORTEST = 6;
const LIKE = 2;
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1|\[::1\])$/;

/** How many letters are to be put in, left out or written otherwise to make one name of the other. */
function distance(one: string, other: string): number {
  let last = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row++) {
    const next = [row];
    for (let column = 1; column <= other.length; column++) {
      const written = last[column - 1]! + Number(one[row - 1] !== other[column - 1]);
      next.push(Math.min(written, last[column]! + 1, next[column - 1]! + 1));
    }
    last = next;
  }
  return last.at(-1)!;
}

/** Variables that look like settings and are none. Their values are not shown: they may be secrets. */
export function misspelt(env: NodeJS.ProcessEnv, known: readonly string[]): Finding[] {
  const found = Object.keys(env)
    .filter((name) => !known.includes(name) && (OURS.test(name) || name.length >= SHORTEST))
    .flatMap((name) => {
      const [nearest] = known.map((each) => ({ each, by: distance(name, each) })).sort((a, b) => a.by - b.by);
      const isLike = nearest !== undefined && nearest.by <= LIKE && nearest.each.length >= SHORTEST;
      if (!isLike && !OURS.test(name)) return [];
      const meant = isLike ? `did you mean ${nearest.each}?` : 'see docs/settings.md for those that there are';
      return [warn('settings', `${name} is set, and is no setting`, meant)];
    });
  return found.length > 0 ? found : [ok('settings', 'every one that is set is known')];
}

const hostOf = (url: string): string => {
  try {
    return new URL(url).hostname;
  } catch {
    return '';
  }
};

/** Hosts of a database; none where its URL cannot be read, which is said elsewhere. */
function serversOf(url: string): string[] {
  try {
    return hostsIn(url).map(hostOf);
  } catch {
    return [];
  }
}

interface Rule {
  /** Is it so? */
  if(settled: Settled): boolean;
  state: 'warn' | 'fail';
  says: string;
  remedy: string;
}

/** Settings that can be used, and should not be together. */
const RULES: readonly Rule[] = [
  {
    if: ({ demo, databaseUrl }) => demo && databaseUrl !== null,
    state: 'warn',
    says: 'demo mode on a database of your own: whoever reaches the loopback of this machine may do everything',
    remedy: 'unset LOTLINE_DEMO',
  },
  {
    if: ({ demo, oidc }) => !demo && oidc === null,
    state: 'warn',
    says: 'nobody can sign in but applications by their keys',
    remedy: 'set OIDC_ISSUER and OIDC_AUDIENCE',
  },
  {
    if: ({ demo, samples }) => !demo && samples,
    state: 'warn',
    says: 'an empty database would be filled with invented samples',
    remedy: 'unset LOTLINE_SAMPLES',
  },
  {
    if: ({ demo, door }) => !demo && door.publicUrl === null,
    state: 'warn',
    says: 'requests are answered by whatever name they ask, and browsers may come without TLS',
    remedy: 'set PUBLIC_URL',
  },
  {
    if: ({ demo, door, tls }) => !demo && door.publicUrl?.startsWith('https:') === true && tls === null && door.proxies.length === 0,
    state: 'warn',
    says: 'a proxy must take the TLS off, and nobody is told which: all clients share the limits of one address',
    remedy: 'set TRUST_PROXY to its address, or TLS_CERT and TLS_KEY',
  },
  {
    if: ({ demo, webhooks }) => !demo && webhooks.privateAddresses,
    state: 'warn',
    says: 'whoever creates a webhook can have this server speak to addresses of the house',
    remedy: 'unset WEBHOOK_PRIVATE',
  },
  {
    if: ({ metrics: { port, host } }) => port !== null && !LOOPBACK.test(host),
    state: 'warn',
    says: 'metrics are read by whoever reaches METRICS_PORT, and say how much business there is',
    remedy: 'keep that port within your network, or unset METRICS_HOST',
  },
  {
    if: ({ databaseUrl }) =>
      databaseUrl !== null &&
      serversOf(databaseUrl).some((host) => host !== '' && !LOOPBACK.test(host)) &&
      !/[?&]sslmode=(?:require|verify)/.test(databaseUrl),
    state: 'warn',
    says: 'the database is on another machine, and need not be spoken to by TLS',
    remedy: 'add sslmode=verify-full to DATABASE_URL',
  },
  {
    if: ({ tracing: { endpoint, headers } }) =>
      endpoint !== null && headers !== null && endpoint.startsWith('http:') && !LOOPBACK.test(hostOf(endpoint)),
    state: 'warn',
    says: 'the headers for the collector of traces, which may be secrets, go over the network as they are',
    remedy: 'write https:// in OTEL_EXPORTER_OTLP_ENDPOINT',
  },
  {
    if: ({ logLevel }) => ['error', 'fatal', 'silent'].includes(logLevel),
    state: 'warn',
    says: 'of what goes wrong little or nothing is logged',
    remedy: 'set LOG_LEVEL to info or warn',
  },
];

/** Settings that do not go together. */
export function combined(settled: Settled): Finding[] {
  const found = RULES.filter((rule) => rule.if(settled)).map(({ state, says, remedy }) =>
    state === 'fail' ? fail('settings', says, remedy) : warn('settings', says, remedy),
  );
  return found.length > 0 ? found : [ok('settings', 'they go together')];
}
