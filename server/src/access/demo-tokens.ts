import { errors, jwtVerify, SignJWT } from 'jose';
import { unauthenticated } from './unauthenticated';
import { ADMINISTRATOR, ANALYST, certifierViewer, operationViewer, type Viewer } from './viewer';

/** Who signs the tokens of demo mode. */
export const DEMO_ISSUER = 'lotline-demo';
const LIFETIME = '30d';
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Signs a token of demo mode for a viewer, good for 30 days or until that second, on this database only. */
export const mintToken = (
  { kind, operationId, certifierId }: Viewer,
  key: Uint8Array,
  until: string | number = LIFETIME,
): Promise<string> =>
  new SignJWT({ viewer: kind, for: operationId ?? certifierId ?? undefined })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(DEMO_ISSUER)
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

/** For whom a token of demo mode acts, and until when, milliseconds of the epoch. @throws Refusal UNAUTHENTICATED */
export async function readDemoToken(token: string, key: Uint8Array): Promise<{ viewer: Viewer; until: number }> {
  try {
    const { payload } = await jwtVerify(token, key, { issuer: DEMO_ISSUER, algorithms: ['HS256'], requiredClaims: ['exp'] });
    const viewer = viewerNamed(payload);
    if (viewer) return { viewer, until: payload.exp! * 1000 };
  } catch (error) {
    throw unauthenticated(error instanceof errors.JWTExpired ? 'the token has expired' : 'the token is not valid', error);
  }
  throw unauthenticated('the token is not valid');
}
