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

  /**
   * @param counts does it count against the system that it is not reached? Not of one of many questions, the first of which has counted
   * @throws Unreachable where the circuit is open; and whatever the call throws
   */
  async through<T>(call: () => Promise<T>, counts = true): Promise<T> {
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
      if (!(error instanceof Unreachable)) this.failures = 0;
      else if (counts) this.failures++;
      if (this.failures >= this.settings.failures) this.openUntil = this.settings.now() + this.settings.restMs;
      throw error;
    } finally {
      if (isTested) this.trying = false;
    }
  }
}
