import { Refusal } from '@lotline/schema';
import type { PoolClient } from 'pg';

/** How much later than the deadline a statement may be stopped, as a share of the whole time: the server is not told anew for less. */
const SLACK = 0.02;

/** The time for one question or command, all its statements together. */
export class Deadline {
  private readonly at: number;
  private refusal: Refusal | null = null;

  /** @param within milliseconds, from now on */
  constructor(readonly within: number) {
    this.at = performance.now() + within;
  }

  /** Milliseconds; below zero once it has passed. */
  get left(): number {
    return this.at - performance.now();
  }

  /** What is told to all who come later: one for the whole answer, of which thousands of lists may be too late. */
  get passed(): Refusal {
    this.refusal ??= timedOut();
    return this.refusal;
  }

  /** Waits for something no longer than that. @param late what to do with it where it comes too late @throws Refusal TIMED_OUT */
  async during<Value>(coming: Promise<Value>, late: (value: Value) => unknown): Promise<Value> {
    let timer: NodeJS.Timeout | undefined;
    const passed = new Promise<null>((done) => {
      timer = setTimeout(() => done(null), Math.max(0, this.left));
    });
    try {
      const first = await Promise.race([coming.then((value) => ({ value })), passed]);
      if (first) return first.value;
    } finally {
      clearTimeout(timer);
    }
    coming.then(late).catch(() => {});
    throw this.passed;
  }
}

/** Keeps the statements of an open transaction within a deadline. */
export class StatementTimer {
  private told = Number.POSITIVE_INFINITY;

  constructor(
    private readonly client: PoolClient,
    private readonly deadline: Deadline,
  ) {}

  /** Before each statement. Costs one of its own only where much less is left than the server knows of. @throws Refusal TIMED_OUT */
  async before(): Promise<void> {
    const { left, within } = this.deadline;
    if (left <= 0) throw this.deadline.passed;
    if (this.told - left <= within * SLACK) return;
    this.told = left;
    await this.client.query(`set local statement_timeout = ${Math.ceil(left)}`);
  }

  /** The transaction was begun with what is left. @returns what to begin it with, milliseconds */
  begin(): number {
    this.told = Math.max(1, this.deadline.left);
    return Math.ceil(this.told);
  }
}

/** It took longer than it may. */
export const timedOut = (cause?: unknown): Refusal =>
  new Refusal(
    {
      code: 'TIMED_OUT',
      message: 'the question took too long',
      remedy: 'ask for less: fewer lots, a smaller maxDepth, a smaller page',
    },
    { cause },
  );

export const isLate = (error: unknown): error is Refusal => error instanceof Refusal && error.reasons[0].code === 'TIMED_OUT';
