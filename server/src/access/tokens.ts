import { Refusal } from '@lotline/schema';
import { jwtVerify, SignJWT } from 'jose';
import { ADMINISTRATOR, ANALYST, certifierViewer, NOBODY, operationViewer, type Viewer } from './viewer';

const ISSUER = 'lotline-demo';
const LIFETIME = '30d';
const LONGEST_HEADER = 8192;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Signs a token of demo mode for a viewer, good for 30 days or until that second, on this database only. */
export const mintToken = (
  { kind, operationId, certifierId }: Viewer,
  key: Uint8Array,
  until: string | number = LIFETIME,
): Promise<string> =>
  new SignJWT({ viewer: kind, for: operationId ?? certifierId ?? undefined })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(ISSUER)
    .setIssuedAt()
    .setExpirationTime(until)
    .sign(key);

/** The viewer that the claims of a token name; undefined where they name none. */
function viewerNamed({ viewer, for: id }: Record<string, unknown>): Viewer | undefined {
  if (viewer === 'ADMINISTRATOR') return ADMINISTRATOR;
  if (viewer === 'ANALYST') return ANALYST;
  if (typeof id !== 'string' || !UUID.test(id)) return undefined;
  if (viewer === 'OPERATION') return operationViewer(id);
  return viewer === 'CERTIFIER' ? certifierViewer(id) : undefined;
}

const unauthenticated = (message: string, cause?: unknown) =>
  new Refusal(
    { code: 'UNAUTHENTICATED', message, remedy: 'send the header Authorization: Bearer TOKEN with a valid token, or none' },
    { cause },
  );

/** Who is asking, and until when the token says so, in milliseconds of the epoch; null where there is none. */
export interface SignedIn {
  viewer: Viewer;
  until: number | null;
}

/**
 * Who stands behind an Authorization header; nobody where there is none.
 * @throws Refusal UNAUTHENTICATED for anything that is not one valid bearer token
 */
export async function signedInBy(authorization: string | undefined, demoKey: Uint8Array | null): Promise<SignedIn> {
  if (authorization === undefined) return { viewer: NOBODY, until: null };
  const token =
    authorization.length <= LONGEST_HEADER
      ? /^bearer +([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)$/i.exec(authorization)?.[1]
      : undefined;
  if (token === undefined) throw unauthenticated('the Authorization header holds no bearer token');
  if (demoKey === null) throw unauthenticated('this server accepts no demo tokens');
  let viewer: Viewer | undefined;
  let until: number;
  try {
    const { payload } = await jwtVerify(token, demoKey, { issuer: ISSUER, algorithms: ['HS256'], requiredClaims: ['exp'] });
    viewer = viewerNamed(payload);
    until = payload.exp! * 1000;
  } catch (error) {
    const expired = (error as { code?: string }).code === 'ERR_JWT_EXPIRED';
    throw unauthenticated(expired ? 'the token has expired' : 'the token is not valid', error);
  }
  if (!viewer) throw unauthenticated('the token is not valid');
  return { viewer, until };
}
