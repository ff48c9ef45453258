import { quote, Refusal } from '@lotline/schema';
import { decodeJwt } from 'jose';
import type { Database } from '../database';
import { inSpan } from '../telemetry';
import { DEMO_ISSUER, readDemoToken } from './demo-tokens';
import { CLOCK_SKEW_S, Issuer, type OidcSettings } from './issuer';
import { isKey, isRevoked, readKey } from './keys';
import { letIn } from './let-in';
import { parseRole, viewerInRole } from './roles';
import { unauthenticated } from './unauthenticated';
import { NOBODY, type Viewer } from './viewer';

/** What a request says of who sends it. */
export interface Credentials {
  /** The header Authorization. */
  authorization: string | null;
  /** The role it is sent in, for whoever has several: the header Lotline-Acting-For. */
  actingFor: string | null;
}

/** Who is asking, and until when the token says so, in milliseconds of the epoch; null where there is none. */
export interface SignedIn {
  viewer: Viewer;
  until: number | null;
  /** The key of an application, which may be revoked. */
  key: string | null;
}

export interface SignInSettings {
  /** Are tokens of demo mode good here? */
  demo: boolean;
  /** Whose tokens are good here; null for nobody's. */
  oidc: OidcSettings | null;
}

const LONGEST_TOKEN = 8192;
/** Roles whose viewers are kept, so that not every request asks for them. */
const MOST_KEPT = 10_000;

/** The credentials among the headers of a request. @throws Refusal UNAUTHENTICATED for more than one token, BAD_USER_INPUT for two roles */
export function credentialsIn(rawHeaders: readonly string[]): Credentials {
  const valuesOf = (name: string) =>
    rawHeaders.flatMap((header, index) => (index % 2 === 0 && header.toLowerCase() === name ? [rawHeaders[index + 1]!] : []));
  const [tokens, roles] = [valuesOf('authorization'), valuesOf('lotline-acting-for')];
  if (tokens.length > 1) throw unauthenticated('there is more than one token');
  if (roles.length > 1)
    throw new Refusal({
      code: 'BAD_USER_INPUT',
      message: 'a request is sent in one role',
      remedy: 'send the header Lotline-Acting-For once',
    });
  return { authorization: tokens[0] ?? null, actingFor: roles[0] ?? null };
}

/** Finds out who is asking: the same for HTTP, WebSockets and event streams. */
export class SignIn {
  private readonly issuer: Issuer | null;
  private readonly viewers = new Map<string, Viewer>();

  constructor(
    private readonly database: Database,
    private readonly settings: SignInSettings,
  ) {
    this.issuer = settings.oidc && new Issuer(settings.oidc);
  }

  /**
   * Who stands behind credentials; nobody where there are none.
   * @throws Refusal UNAUTHENTICATED for anything that is not one valid bearer token; FORBIDDEN for a role that is not the token's;
   *   BAD_USER_INPUT where one of several roles must be named; UNAVAILABLE where the issuer does not answer
   */
  by(credentials: Credentials): Promise<SignedIn> {
    return inSpan('sign in', {}, async () => {
      const signedIn = await this.asThemselves(credentials);
      return { ...signedIn, viewer: await letIn(signedIn.viewer, this.database) };
    });
  }

  /** Is it still so, or was the key revoked meanwhile? @throws Refusal UNAUTHENTICATED */
  async again({ key }: SignedIn): Promise<void> {
    if (key !== null && (await isRevoked(key, this.database))) throw unauthenticated('the key was revoked');
  }

  /** Who stands behind credentials, without what others let them see and do. */
  private async asThemselves({ authorization, actingFor }: Credentials): Promise<SignedIn> {
    if (authorization === null) {
      if (actingFor === null) return { viewer: NOBODY, until: null, key: null };
      throw unauthenticated('a role needs a token');
    }
    const key = /^bearer +(\S+)$/i.exec(authorization.slice(0, LONGEST_TOKEN))?.[1];
    if (key && isKey(key)) {
      if (actingFor !== null) throw notYours(actingFor);
      return readKey(key, this.database);
    }
    const token =
      authorization.length <= LONGEST_TOKEN
        ? /^bearer +([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)$/i.exec(authorization)?.[1]
        : undefined;
    if (token === undefined) throw unauthenticated('the Authorization header holds no bearer token');
    return issuerOf(token) === DEMO_ISSUER ? this.byDemoToken(token, actingFor) : this.byIssuer(token, actingFor);
  }

  private async byDemoToken(token: string, actingFor: string | null): Promise<SignedIn> {
    if (!this.settings.demo) throw unauthenticated('this server accepts no demo tokens');
    const signedIn = await readDemoToken(token, this.database.installation.tokenKey);
    if (actingFor !== null && (await this.viewerIn(actingFor))?.name !== signedIn.viewer.name) throw notYours(actingFor);
    return { ...signedIn, key: null };
  }

  private async byIssuer(token: string, actingFor: string | null): Promise<SignedIn> {
    if (this.issuer === null) throw unauthenticated('the token is not valid');
    const payload = await this.issuer.verify(token);
    const roles = new Set(this.issuer.rolesIn(payload).flatMap((role) => spelt(role) ?? []));
    const role = actingFor === null ? onlyOne(roles) : spelt(actingFor);
    if (role === null || !roles.has(role)) throw notYours(actingFor!);
    const viewer = await this.viewerIn(role);
    if (viewer === null) throw notYours(role);
    return { viewer, until: (payload.exp! + CLOCK_SKEW_S) * 1000, key: null };
  }

  /** Whoever acts in a role; null where it names what is not on record. */
  private async viewerIn(text: string): Promise<Viewer | null> {
    const role = spelt(text);
    const known = role === null ? undefined : this.viewers.get(role);
    if (known || role === null) return known ?? null;
    try {
      const viewer = await viewerInRole(this.database, role);
      if (this.viewers.size >= MOST_KEPT) this.viewers.clear();
      this.viewers.set(role, viewer);
      return viewer;
    } catch (error) {
      if (error instanceof Refusal && error.reasons[0].code === 'NOT_FOUND') return null;
      throw error;
    }
  }
}

/** What a token says of who issued it, before anybody has looked whether that is so. */
function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch (error) {
    throw unauthenticated('the token is not valid', error);
  }
}

function spelt(role: string): string | null {
  const parsed = parseRole(role);
  return parsed.ok ? parsed.value : null;
}

/** What is not the token's is as what is not there. */
const notYours = (role: string) =>
  new Refusal({
    code: 'FORBIDDEN',
    message: `the token does not act as ${quote(role)}`,
    remedy: 'name one of its own roles in Lotline-Acting-For, or none',
  });

function onlyOne(roles: ReadonlySet<string>): string {
  const [first, ...others] = roles;
  if (first === undefined)
    throw new Refusal({ code: 'FORBIDDEN', message: 'the token acts for nobody here', remedy: 'ask your administrator for a role' });
  if (others.length > 0)
    throw new Refusal({
      code: 'BAD_USER_INPUT',
      message: `the token acts for several: ${[...roles].slice(0, 10).join(', ')}${roles.size > 10 ? ' and more' : ''}`,
      remedy: 'name one of them in the header Lotline-Acting-For, or in actingFor of connection_init',
    });
  return first;
}
