import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

// An OpenID Connect issuer of a test's own. Its tokens are put together by hand, so that they may be wrong in every way.

interface Key {
  kid: string;
  privateKey: KeyObject;
  jwk: object;
}

export interface TokenShape {
  header?: Record<string, unknown>;
  /** Laid over what a good token claims; undefined takes a claim out. */
  claims?: Record<string, unknown>;
  /** Signs in place of the issuer. */
  signedWith?: (data: Buffer) => Buffer;
}

const encoded = (value: unknown): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
let named = 0;

function newKey(): Key {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const kid = `key-${++named}`;
  return { kid, privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' } };
}

export class TestIssuer {
  static readonly audience = 'lotline-test';
  /** How often its keys were fetched. */
  keysFetched = 0;
  /** Does it answer with an error? */
  down = false;
  key: Key = newKey();
  private readonly server = createServer(({ url }, response) => {
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (this.down) return answer(500, {});
    if (url === '/.well-known/openid-configuration') return answer(200, { issuer: this.url, jwks_uri: `${this.url}/keys` });
    if (url !== '/keys') return answer(404, {});
    this.keysFetched++;
    return answer(200, { keys: [this.key.jwk] });
  });

  static async start(): Promise<TestIssuer> {
    const issuer = new TestIssuer();
    await new Promise<void>((done) => issuer.server.listen(0, '127.0.0.1', done));
    return issuer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Signs with another key from now on, and gives the old one up. */
  rotate(): void {
    this.key = newKey();
  }

  /** A token, good unless its shape says otherwise. */
  token(roles: unknown, { header, claims, signedWith }: TokenShape = {}): string {
    const { kid, privateKey } = this.key;
    const now = Math.floor(Date.now() / 1000);
    const payload = { iss: this.url, aud: TestIssuer.audience, sub: 'somebody', iat: now, exp: now + 300, lotline: roles, ...claims };
    const data = `${encoded({ alg: 'RS256', kid, ...header })}.${encoded(payload)}`;
    const signature = (signedWith ?? ((bytes) => sign('sha256', bytes, privateKey)))(Buffer.from(data));
    return `${data}.${signature.toString('base64url')}`;
  }

  close(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((done) => this.server.close(() => done()));
  }
}
