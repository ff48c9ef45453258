import { SETTINGS, type Setting } from './settings';

const HIDDEN = '[hidden]';
/** A shorter secret stands in words that are none. */
const SHORTEST = 8;

/** What is secret by how it looks, whoever wrote it. */
const SECRET_BY_FORM: readonly [RegExp, string][] = [
  [/\b(bearer|basic)(\s+)[^\s"'\\,;]{8,}/gi, `$1$2${HIDDEN}`],
  [/\b(lotline_[0-9a-f]{32})_[A-Za-z0-9_-]+/g, `$1_${HIDDEN}`],
  [/\bwhsec_[A-Za-z0-9+/=_-]+/g, HIDDEN],
  [/\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g, HIDDEN],
  [/(:\/\/[^\s:@/"]*):[^\s"/]*@/g, `$1:${HIDDEN}@`],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----/gs, HIDDEN],
];

/** The password within a URL, as it is written there and as it is meant. */
function passwordsIn(url: string): string[] {
  const written = /^[a-z]+:\/\/[^:@/]*:(.*)@/.exec(url)?.[1] ?? '';
  try {
    return [written, decodeURIComponent(written)];
  } catch {
    return [written];
  }
}

/** The values of settings that are secret, and what is secret within them. */
function secretsIn(env: NodeJS.ProcessEnv): string[] {
  const values = Object.values(SETTINGS)
    .flatMap((area) => Object.entries<Setting<unknown>>(area))
    .flatMap(([name, { secret }]) => (secret && env[name] ? [env[name], ...passwordsIn(env[name])] : []));
  const written = values.flatMap((value) => [value, JSON.stringify(value).slice(1, -1)]);
  return [...new Set(written)].filter(({ length }) => length >= SHORTEST).sort((one, other) => other.length - one.length);
}

/** @returns what takes secrets out of what leaves for a log or a terminal: the values of settings, and all that looks like a secret of ours */
export function hidingSecrets(env: NodeJS.ProcessEnv = process.env): (text: string) => string {
  const secrets = secretsIn(env);
  return (text) => {
    const known = secrets.reduce((left, secret) => left.replaceAll(secret, HIDDEN), text);
    return SECRET_BY_FORM.reduce((left, [pattern, instead]) => left.replace(pattern, instead), known);
  };
}
