import { Unreachable } from './ports';

export interface CircuitSettings {
  /** So many calls in a row that do not reach the system open the circuit. */
  failures: number;
  /** How long it stays open, milliseconds; then one call is let through. */
  restMs: number;
  /** The time, milliseconds. */
  now(): number;
}

export const CIRCUIT: CircuitSettings = { failures: 5, restMs: 30_000, now: Date.now };

/** Leaves a system alone for a while that is not there: nobody waits for an answer that will not come. One per system and instance. */
export class Circuit {
  private failures = 0;
  private openUntil = 0;
  private trying = false;

  constructor(private readonly settings: CircuitSettings = CIRCUIT) {}

  /** @throws Unreachable where the circuit is open; and whatever the call throws */
  async through<T>(call: () => Promise<T>): Promise<T> {
    const isTested = this.failures >= this.settings.failures;
    if (isTested && (this.trying || this.settings.now() < this.openUntil))
      throw new Unreachable('did not answer, and is left alone for a while');
    if (isTested) this.trying = true;
    try {
      const answer = await call();
      this.failures = 0;
      return answer;
    } catch (error) {
      // Whoever refuses is there.
      this.failures = error instanceof Unreachable ? this.failures + 1 : 0;
      if (this.failures >= this.settings.failures) this.openUntil = this.settings.now() + this.settings.restMs;
      throw error;
    } finally {
      if (isTested) this.trying = false;
    }
  }
}
