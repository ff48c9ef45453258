import { Unauthenticated } from './errors.ts';
import type { TokenSource } from './settings.ts';

/** The token in use, and where the next comes from. */
export class Tokens {
  private current: Promise<string> | null = null;

  constructor(private readonly source: string | TokenSource | null) {}

  /**
   * Does something with a token, null for nobody's; where that is refused, once more with another. Those that are refused together ask for
   * one together.
   * @throws Unauthenticated where there is no other, or that is refused too
   */
  async use<T>(what: (token: string | null) => Promise<T>): Promise<T> {
    const { source } = this;
    if (typeof source !== 'function') return what(source);
    this.current ??= this.ask(source, null);
    const used = this.current;
    const token = await used;
    try {
      return await what(token);
    } catch (error) {
      if (!(error instanceof Unauthenticated)) throw error;
      if (this.current === used || this.current === null) this.current = this.ask(source, token);
      return what(await this.current);
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
