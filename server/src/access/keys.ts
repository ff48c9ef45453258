import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { KeyScope } from '@lotline/schema';
import type { Database } from '../database';
import { unauthenticated } from './unauthenticated';
import { partnerViewer, type Viewer } from './viewer';

// A key is `lotline_`, the digits of its id and a secret of 32 random bytes. It is told apart from a token by its beginning, which tools
// that look for leaked secrets find, too. The secret has as much chance as a hash has bits: it needs no slow one.

const KEY = /^lotline_([0-9a-f]{32})_([A-Za-z0-9_-]{43})$/;

/** A new secret, and what is kept of it. */
export interface Secret {
  secret: string;
  hash: Buffer;
}

export function newSecret(): Secret {
  const secret = randomBytes(32).toString('base64url');
  return { secret, hash: hashOf(secret) };
}

const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();

/** A key as it is shown, once, to whoever created it. */
export const writeKey = (id: string, secret: string): string => `lotline_${id.replaceAll('-', '')}_${secret}`;

export const isKey = (text: string): boolean => text.startsWith('lotline_');

/** Who acts by a key, and until when, milliseconds of the epoch. @throws Refusal UNAUTHENTICATED */
export async function readKey(text: string, database: Database): Promise<{ viewer: Viewer; until: number; key: string }> {
  const [, digits, secret] = KEY.exec(text) ?? [];
  if (digits === undefined || secret === undefined) throw unauthenticated('the key is not valid');
  const id = digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  const [row] = await database.query<{ operation: string; hash: Buffer; scopes: KeyScope[]; expiresAt: Date; revokedAt: Date | null }>(
    'select operation, hash, scopes, expires_at as "expiresAt", revoked_at as "revokedAt" from api_key where id = $1',
    [id],
  );
  // Only who has the secret hears what became of the key.
  if (!row || !timingSafeEqual(row.hash, hashOf(secret))) throw unauthenticated('the key is not valid');
  if (row.revokedAt !== null) throw unauthenticated('the key was revoked');
  if (row.expiresAt.getTime() <= Date.now()) throw unauthenticated('the key has expired');
  return { viewer: partnerViewer(row.operation, row.scopes), until: row.expiresAt.getTime(), key: id };
}

/** Is a key revoked by now? */
export async function isRevoked(id: string, database: Database): Promise<boolean> {
  const [row] = await database.query<{ revoked: boolean }>('select revoked_at is not null as revoked from api_key where id = $1', [id]);
  return row?.revoked ?? true;
}
