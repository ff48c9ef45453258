import { Refusal } from '@lotline/schema';
import { jwtVerify, SignJWT } from 'jose';
import { ADMINISTRATOR, ANALYST, NOBODY, type Viewer } from './viewer';

const ISSUER = 'lotline-demo';
const LIFETIME = '30d';
const LONGEST_HEADER = 8192;

/** Kinds of viewer that demo mode mints tokens for. */
export const DEMO_VIEWERS = { admin: ADMINISTRATOR, analyst: ANALYST } as const;
export type DemoViewer = keyof typeof DEMO_VIEWERS;

/** Signs a token of demo mode, good for 30 days on this database only. */
export const mintToken = (viewer: DemoViewer, key: Uint8Array): Promise<string> =>
  new SignJWT({ viewer }).setProtectedHeader({ alg: 'HS256' }).setIssuer(ISSUER).setIssuedAt().setExpirationTime(LIFETIME).sign(key);

const unauthenticated = (message: string, cause?: unknown) =>
  new Refusal(
    { code: 'UNAUTHENTICATED', message, remedy: 'send the header Authorization: Bearer TOKEN with a valid token, or none' },
    { cause },
  );

/**
 * Who stands behind an Authorization header; nobody where there is none.
 * @throws Refusal UNAUTHENTICATED for anything that is not one valid bearer token
 */
export async function viewerOf(authorization: string | undefined, demoKey: Uint8Array | null): Promise<Viewer> {
  if (authorization === undefined) return NOBODY;
  const token =
    authorization.length <= LONGEST_HEADER
      ? /^bearer +([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)$/i.exec(authorization)?.[1]
      : undefined;
  if (token === undefined) throw unauthenticated('the Authorization header holds no bearer token');
  if (demoKey === null) throw unauthenticated('this server accepts no demo tokens');
  try {
    const { payload } = await jwtVerify(token, demoKey, { issuer: ISSUER, algorithms: ['HS256'], requiredClaims: ['exp'] });
    const viewer = Object.hasOwn(DEMO_VIEWERS, String(payload.viewer)) ? DEMO_VIEWERS[payload.viewer as DemoViewer] : undefined;
    if (viewer) return viewer;
  } catch (error) {
    const expired = (error as { code?: string }).code === 'ERR_JWT_EXPIRED';
    throw unauthenticated(expired ? 'the token has expired' : 'the token is not valid', error);
  }
  throw unauthenticated('the token is not valid');
}
