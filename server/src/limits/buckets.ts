import { Refusal } from '@lotline/schema';

/** What whoever asks may use. */
export interface Allowance {
  /** The most that a question may cost, and all that are asked at once. */
  budget: number;
  /** What comes back of it each second. */
  restoreRate: number;
  /** Most questions and commands at a time. */
  concurrent: number;
  /** Most streams that are open at a time. */
  streams: number;
}

/** The limits of an instance; each keeps its own account. */
export interface LimitSettings {
  /** Of whoever has a token. */
  viewer: Allowance;
  /** Of whoever has none, by the address it asks from. */
  nobody: Allowance;
}

/** What a question cost: `extensions.cost` of its answer. */
export interface CostTold {
  /** Charged before it ran. */
  requested: number;
  /** What the answer cost as it is. */
  actual: number;
  /** What is left now. */
  available: number;
  /** What comes back each second. */
  restoreRate: number;
}

/** Come again later. */
export class RateLimited extends Refusal {
  /** @param retryAfter whole seconds, at least one */
  constructor(
    message: string,
    readonly retryAfter: number,
    remedy = `try again in ${retryAfter} ${retryAfter === 1 ? 'second' : 'seconds'}`,
  ) {
    super({ code: 'RATE_LIMITED', message, remedy }, { retryable: true });
  }
}

/** Most accounts that are kept. */
const MOST_ACCOUNTS = 100_000;
/** How often those are forgotten that owe nothing, in accounts opened. */
const SWEEP_EVERY = 1000;
const rounded = (cost: number): number => Math.round(cost * 10) / 10;

/** The account of one viewer, or of one address: a bucket that fills by itself, and what is under way. */
export class Account {
  private spent = 0;
  private at = performance.now();
  private running = 0;
  private streams = 0;

  constructor(
    /** Whose it is. */
    readonly name: string,
    readonly allowance: Allowance,
  ) {}

  get available(): number {
    this.refill();
    return this.allowance.budget - this.spent;
  }

  /** Is it as one that was never used? */
  get isIdle(): boolean {
    return this.running === 0 && this.streams === 0 && this.available >= this.allowance.budget;
  }

  /** @throws RateLimited where less is left */
  charge(cost: number): void {
    const missing = Math.min(cost, this.allowance.budget) - this.available;
    if (missing > 0)
      throw new RateLimited(
        `the question may cost ${rounded(cost)}, and ${Math.floor(Math.max(0, this.available))} is left of ${this.allowance.budget}`,
        Math.max(1, Math.ceil(missing / this.allowance.restoreRate)),
      );
    this.spent += cost;
  }

  /** Takes what could not be refused any more, or gives back what was charged too much: below zero. */
  settle(cost: number): void {
    this.refill();
    this.spent = Math.max(0, this.spent + cost);
  }

  /** Begins something that ends: a question or a command. @throws RateLimited where too much is under way */
  begin(): () => void {
    if (this.running >= this.allowance.concurrent)
      throw new RateLimited(`${this.running} questions are under way; ${this.allowance.concurrent} is the most at a time`, 1);
    this.running++;
    return once(() => this.running--);
  }

  /** Opens a stream. @throws RateLimited where too many are open */
  open(): () => void {
    if (this.streams >= this.allowance.streams)
      throw new RateLimited(
        `${this.streams} streams are open; ${this.allowance.streams} is the most at a time`,
        5,
        'complete a stream before another is opened, or try again in 5 seconds',
      );
    this.streams++;
    return once(() => this.streams--);
  }

  /** What a question cost, for whoever asked it. */
  tell(requested: number, actual: number): CostTold {
    const { restoreRate } = this.allowance;
    return { requested: rounded(requested), actual: rounded(actual), available: Math.max(0, Math.floor(this.available)), restoreRate };
  }

  private refill(): void {
    const now = performance.now();
    this.spent = Math.max(0, this.spent - ((now - this.at) / 1000) * this.allowance.restoreRate);
    this.at = now;
  }
}

function once(what: () => void): () => void {
  let done = false;
  return () => {
    if (!done) what();
    done = true;
  };
}

/** The accounts of an instance. One that owes nothing is forgotten; where there are too many all the same, those opened first. */
export class Accounts {
  private readonly accounts = new Map<string, Account>();
  private opened = 0;

  constructor(private readonly settings: LimitSettings) {}

  get size(): number {
    return this.accounts.size;
  }

  /** @param viewer its name; null for nobody, who is known by the address alone */
  of(viewer: string | null, address: string): Account {
    const name = viewer === null ? `address ${network(address)}` : `viewer ${viewer}`;
    const known = this.accounts.get(name);
    if (known) return known;
    if (++this.opened % SWEEP_EVERY === 0) this.sweep();
    const account = new Account(name, viewer === null ? this.settings.nobody : this.settings.viewer);
    this.accounts.set(name, account);
    return account;
  }

  private sweep(): void {
    for (const [name, account] of this.accounts) if (account.isIdle) this.accounts.delete(name);
    for (const name of this.accounts.keys()) {
      if (this.accounts.size < MOST_ACCOUNTS) break;
      this.accounts.delete(name);
    }
  }
}

/** An address; of IPv6 the network of one client, who has as many addresses in it as it likes. */
export function network(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (!plain.includes(':')) return plain;
  const [head = '', tail = ''] = plain.split('%', 1)[0]!.split('::') as [string, string?];
  const left = head.split(':').filter(Boolean);
  const right = plain.includes('::') ? tail.split(':').filter(Boolean) : [];
  const groups = [...left, ...Array(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right];
  return groups.slice(0, 4).join(':');
}
