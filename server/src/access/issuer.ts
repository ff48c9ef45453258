import { Refusal } from '@lotline/schema';
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { z } from 'zod';
import { unauthenticated } from './unauthenticated';

export interface OidcSettings {
  /** As in the claim `iss`, whose metadata lies at `/.well-known/openid-configuration` below it. */
  issuer: string;
  /** Who the tokens must be for. */
  audience: string;
  /** The claim that lists the roles. */
  claim: string;
}

/** Signatures by keys that only the issuer has: a shared secret or none at all would let others sign. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];
/** How far two clocks may be apart, seconds. */
export const CLOCK_SKEW_S = 30;
/** How long the issuer may take to answer, milliseconds. */
const ANSWER_WITHIN_MS = 5000;
/** How long its keys are used before they are fetched again, milliseconds: a key that it gave up is good no longer than that. */
const KEYS_FOR_MS = 600_000;
/** A token signed by a key that is not known has them fetched again, at most this often, milliseconds. */
const KEYS_AT_MOST_EVERY_MS = 10_000;

const metadata = z.object({ issuer: z.string(), jwks_uri: z.url() });

const unreachable = (cause: unknown) =>
  new Refusal(
    { code: 'UNAVAILABLE', message: 'whoever issued the token cannot be asked now', remedy: 'try again' },
    { retryable: true, cause },
  );

/** Errors of a token itself; whatever else goes wrong is between us and the issuer. */
const OF_TOKEN: readonly (new (...given: never[]) => Error)[] = [
  errors.JWTClaimValidationFailed,
  errors.JWTExpired,
  errors.JWTInvalid,
  errors.JWSInvalid,
  errors.JWSSignatureVerificationFailed,
  errors.JOSEAlgNotAllowed,
  errors.JOSENotSupported,
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys,
];

/** An OpenID Connect issuer: its tokens are good for whom it says. */
export class Issuer {
  private keys: Promise<JWTVerifyGetKey> | null = null;

  constructor(
    private readonly settings: OidcSettings,
    private readonly keysAtMostEveryMs = KEYS_AT_MOST_EVERY_MS,
  ) {}

  /**
   * The claims of a token that is good now.
   * @throws Refusal UNAUTHENTICATED, or UNAVAILABLE where the issuer does not answer
   */
  async verify(token: string): Promise<JWTPayload> {
    const keys = await this.discover();
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer: this.settings.issuer,
        audience: this.settings.audience,
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_SKEW_S,
        requiredClaims: ['exp', 'sub'],
      });
      if (payload.iat !== undefined && payload.iat > Date.now() / 1000 + CLOCK_SKEW_S)
        throw new errors.JWTClaimValidationFailed('issued in the future', payload, 'iat');
      return payload;
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw unauthenticated('the token has expired', error);
      if (OF_TOKEN.some((kind) => error instanceof kind)) throw unauthenticated('the token is not valid', error);
      throw unreachable(error);
    }
  }

  /** The roles that a token lists, whatever else is in the same claim. */
  rolesIn(payload: JWTPayload): string[] {
    const claimed = payload[this.settings.claim];
    if (typeof claimed === 'string') return claimed.split(' ');
    return Array.isArray(claimed) ? claimed.filter((role) => typeof role === 'string') : [];
  }

  /** Where its keys are; asked again where that failed. */
  private discover(): Promise<JWTVerifyGetKey> {
    this.keys ??= this.fetchMetadata().catch((error) => {
      this.keys = null;
      throw unreachable(error);
    });
    return this.keys;
  }

  private async fetchMetadata(): Promise<JWTVerifyGetKey> {
    const { issuer } = this.settings;
    const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    if (!response.ok) throw new Error(`the metadata of ${issuer} was answered by HTTP ${response.status}`);
    const found = metadata.parse(await response.json());
    if (found.issuer !== issuer) throw new Error(`the metadata of ${issuer} are those of ${found.issuer}`);
    return createRemoteJWKSet(new URL(found.jwks_uri), {
      timeoutDuration: ANSWER_WITHIN_MS,
      cooldownDuration: this.keysAtMostEveryMs,
      cacheMaxAge: KEYS_FOR_MS,
    });
  }
}
