import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile, statfs } from 'node:fs/promises';
import { isIP } from 'node:net';
import { dirname } from 'node:path';
import type { Client } from 'pg';
import type { FileStore } from '../files';
import { type Finding, fail, ok, warn, wordsOf } from './finding';

// What is around a server: its machine, its files, and those it speaks to. Nothing is written, and nobody is told anything.

const NODE = { major: 20, minor: 19 };

export function node(version = process.versions.node): Finding {
  const [major, minor] = version.split('.').map(Number) as [number, number];
  const isOld = major < NODE.major || (major === NODE.major && minor < NODE.minor);
  return isOld
    ? fail('node', `Node ${version} is too old`, `run Node ${NODE.major}.${NODE.minor} or later`)
    : ok('node', `Node ${version}`);
}

const GIB = 1024 ** 3;
const ROOM = { warn: GIB, fail: GIB / 10 };

/** Is there room where files come to? */
export async function room(folder: string): Promise<Finding> {
  for (let at = folder; ; at = dirname(at)) {
    const found = await statfs(at).catch(() => null);
    if (!found && dirname(at) !== at) continue;
    if (!found) return warn('disk', `${folder} cannot be looked at`, 'set FILES_DIR to a folder of this machine');
    const free = found.bavail * found.bsize;
    const says = `${(free / GIB).toFixed(1)} GiB are free at ${at}`;
    const remedy = 'make room: uploads are refused where there is none';
    return free < ROOM.fail ? fail('disk', says, remedy) : free < ROOM.warn ? warn('disk', says, remedy) : ok('disk', says);
  }
}

const SAMPLE = 100;
const MOST_ORPHANS_LOOKED_AT = 20_000;
const DAY_MS = 86_400_000;

/** Are the bytes there of what the database says is stored, a sample of it; and does it know of those that are there? */
export async function files(client: Client, store: FileStore): Promise<Finding[]> {
  const { rows } = await client.query<{ sha256: string }>(`select sha256 from stored_file order by random() limit ${SAMPLE}`);
  const missing: string[] = [];
  for (const { sha256 } of rows) {
    const stream = await store.open(sha256);
    if (stream) stream.destroy();
    else missing.push(sha256);
  }
  const found: Finding[] = [];
  if (missing.length > 0)
    found.push(
      fail(
        'files',
        `the bytes of ${missing.length} of ${rows.length} documents that were looked for are not there, for one ${missing[0]}`,
        'see FILES_DIR or FILES_S3_BUCKET; restore them from a backup',
      ),
    );
  let looked = 0;
  let orphans = 0;
  for await (const hashes of store.keptBefore(new Date(Date.now() - DAY_MS))) {
    looked += hashes.length;
    const { rows: unknown } = await client.query(
      'select h from unnest($1::text[]) as h where not exists (select from stored_file f where f.sha256 = h)',
      [hashes],
    );
    orphans += unknown.length;
    if (looked >= MOST_ORPHANS_LOOKED_AT) break;
  }
  if (orphans > 0)
    found.push(
      warn(
        'files',
        `${orphans} of ${looked} files are of no document`,
        'they are swept by themselves while a server runs; if they stay, the folder is shared with another database',
      ),
    );
  return found.length > 0 ? found : [ok('files', `${rows.length} documents were looked for, and their bytes are there`)];
}

const WITHIN_MS = 5000;
const get = (url: string, headers: Record<string, string> = {}) =>
  fetch(url, { headers, redirect: 'manual', signal: AbortSignal.timeout(WITHIN_MS) });

const reasonOf = (error: unknown): string => {
  const { name, cause } = error as { name: string; cause?: { code?: string } };
  return name === 'TimeoutError' ? 'it does not answer in time' : (cause?.code ?? wordsOf(error));
};

/** Does the issuer of tokens give its keys? */
export async function issuer(oidc: { issuer: string } | null): Promise<Finding[]> {
  if (oidc === null) return [];
  const remedy = 'see OIDC_ISSUER, and whether this machine reaches it: nobody can sign in';
  try {
    const metadata = (await (await get(`${oidc.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)).json()) as {
      issuer?: string;
      jwks_uri?: string;
    };
    if (metadata.issuer !== oidc.issuer)
      return [fail('issuer', `it calls itself ${String(metadata.issuer)}`, 'write OIDC_ISSUER as it does, to the last slash')];
    const { keys } = (await (await get(String(metadata.jwks_uri))).json()) as { keys?: unknown[] };
    if (!Array.isArray(keys) || keys.length === 0) return [fail('issuer', 'it has no keys', remedy)];
    return [ok('issuer', `it answers, and has ${keys.length} keys`)];
  } catch (error) {
    return [fail('issuer', `it cannot be asked: ${reasonOf(error)}`, remedy)];
  }
}

/** Do the systems outside answer anything at all? They are asked for nothing. */
export async function outside(systems: Readonly<Record<string, { url: string; token: string | null } | null>>): Promise<Finding[]> {
  const found = Object.entries(systems).map(async ([name, system]) => {
    if (system === null) return [];
    const about = name.toLowerCase().replaceAll('_', ' ');
    try {
      const { status } = await get(system.url, system.token === null ? {} : { authorization: `Bearer ${system.token}` });
      if (status === 401 || status === 403) return [warn(about, `it does not let Lotline in (${status})`, 'see its token')];
      if (status >= 500)
        return [
          warn(about, `it says that it cannot now (${status})`, 'ask whoever runs it; what it should be told is kept and sent later'),
        ];
      return [ok(about, 'it answers')];
    } catch (error) {
      return [
        fail(
          about,
          `it cannot be asked: ${reasonOf(error)}`,
          'see its URL, and whether this machine reaches it; what it should be told is kept and sent later',
        ),
      ];
    }
  });
  return (await Promise.all(found)).flat();
}

const SOON_DAYS = 30;

/** Is the certificate of TLS that of the key and of the server's name, and for how long is it good? */
export async function tls(files: { cert: string; key: string } | null, publicUrl: string | null): Promise<Finding[]> {
  if (files === null) return [];
  try {
    const certificate = new X509Certificate(await readFile(files.cert));
    const key = createPrivateKey(await readFile(files.key));
    const [from, until] = [new Date(certificate.validFrom), new Date(certificate.validTo)];
    const days = Math.floor((until.getTime() - Date.now()) / DAY_MS);
    const remedy = 'put a new one in its place, which servers take into use by themselves';
    const name = publicUrl === null ? null : new URL(publicUrl).hostname.replace(/^\[(.+)\]$/, '$1');
    const isNamed = name === null || (isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name)) !== undefined;
    const day = (at: Date) => at.toISOString().slice(0, 10);
    const says = `the certificate is good until ${day(until)}`;
    if (!certificate.checkPrivateKey(key)) return [fail('tls', 'the certificate is not that of the key', 'see TLS_CERT and TLS_KEY')];
    if (from.getTime() > Date.now()) return [fail('tls', `the certificate is good from ${day(from)} on`, remedy)];
    if (days < 0) return [fail('tls', `the certificate was good until ${day(until)}`, remedy)];
    return [
      ...(isNamed ? [] : [warn('tls', `the certificate is not for ${name}, the name in PUBLIC_URL`, remedy)]),
      days < SOON_DAYS ? warn('tls', says, remedy) : ok('tls', says),
    ];
  } catch (error) {
    return [fail('tls', `the certificate or its key cannot be read: ${wordsOf(error)}`, 'see TLS_CERT and TLS_KEY')];
  }
}
