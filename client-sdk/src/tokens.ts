import { Unauthenticated } from './errors.ts';
import type { TokenSource } from './settings.ts';

/** The token in use, and where the next comes from. */
export class Tokens {
  private current: Promise<string> | null = null;

  constructor(private readonly source: string | TokenSource | null) {}

  /** The token to send; null for nobody's. */
  async now(): Promise<string | null> {
    if (typeof this.source !== 'function') return this.source;
    this.current ??= this.ask(this.source, null);
    return this.current;
  }

  /**
   * Does something with a token; where that is refused, once more with another. Requests that are refused together ask for one together.
   * @throws Unauthenticated where there is no other, or that is refused too
   */
  async use<T>(what: (token: string | null) => Promise<T>): Promise<T> {
    const token = await this.now();
    try {
      return await what(token);
    } catch (error) {
      if (!(error instanceof Unauthenticated) || typeof this.source !== 'function' || token === null) throw error;
      if ((await this.now()) === token) this.current = this.ask(this.source, token);
      return what(await this.now());
    }
  }

  private ask(source: TokenSource, expired: string | null): Promise<string> {
    const asked = Promise.resolve(expired).then(source);
    // What failed is asked for again by whoever comes next.
    asked.catch(() => {
      if (this.current === asked) this.current = null;
    });
    return asked;
  }
}
