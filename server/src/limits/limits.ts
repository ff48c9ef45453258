import { Refusal } from '@lotline/schema';
import { actualCost } from './actual';
import { type Account, Accounts, type CostTold, type LimitSettings } from './buckets';
import { type Asked, costOf, longestPage } from './cost';
import { OF_OPERATION } from './weights';

/** What no question of anybody is refused for: an instance that is measured without limits. */
const BOUNDLESS = {
  budget: Number.POSITIVE_INFINITY,
  restoreRate: 1,
  concurrent: Number.POSITIVE_INFINITY,
  streams: Number.POSITIVE_INFINITY,
};

const written = (cost: number): string => (cost < 1e15 ? String(Math.ceil(cost)) : 'more than 10^15');

/** Who asks, as limits see it. */
export interface Asker {
  /** Its name; null of nobody. */
  viewer: string | null;
  address: string;
}

/** What an operation may cost. @throws Refusal TOO_COSTLY where it is more than the whole budget */
function weighed(asked: Asked, { allowance: { budget } }: Account): number {
  const cost = costOf(asked);
  if (cost > budget) throw tooCostly(asked, cost, budget);
  return cost;
}

/** What a stream may use while it is open. */
export class Pass {
  /** @param account may be another by and by: one that owes nothing is forgotten where no client holds a stream open */
  constructor(
    private readonly account: () => Account,
    /** What one of its messages may cost. */
    readonly cost: number,
    /** The stream has ended. */
    readonly close: () => void,
  ) {}

  /** Who pays for it: a viewer, or an address. */
  get payer(): string {
    return this.account().name;
  }

  /** Milliseconds until there is half of a budget again, or enough for one message; 0 as long as there is that. */
  get wait(): number {
    const { available, allowance } = this.account();
    if (available >= this.cost) return 0;
    return ((Math.max(this.cost, allowance.budget / 2) - available) / allowance.restoreRate) * 1000;
  }

  /** Charges a message. */
  pay(): void {
    this.account().settle(this.cost);
  }
}

/** One question on its way: what it was charged, and what is under way for it. */
export class Ticket {
  private requested = 0;
  /** Was it sent away for a while? That costs nothing, so that whoever comes back when it was told to is let in. */
  private later = false;
  private ended = false;

  constructor(
    private readonly account: Account,
    private readonly end: () => void,
    /** Is it told what the graph is made of: by introspection, and by names in messages that it may have meant? */
    readonly told: boolean,
  ) {}

  /**
   * Charges an operation before it runs.
   * @throws Refusal TOO_COSTLY where it is more than the whole budget; RateLimited where it is more than is left
   */
  admit(asked: Asked): void {
    if (this.account.allowance.budget === Number.POSITIVE_INFINITY) return;
    const cost = this.weigh(asked);
    try {
      this.account.charge(cost);
    } catch (error) {
      this.later = true;
      throw error;
    }
    this.requested += cost;
  }

  /** What an operation may cost. @throws Refusal TOO_COSTLY where it is more than the whole budget */
  weigh(asked: Asked): number {
    return weighed(asked, this.account);
  }

  /** Charges what has a price of its own. @throws RateLimited where it is more than is left */
  pay(price: number): void {
    this.account.charge(price);
    this.requested += price;
  }

  /**
   * Ends it, and gives back what its answer did not cost.
   * @param answered null where nothing of it ran
   */
  close(answered: { asked: Asked; data: object | null; whole: boolean } | null): CostTold | null {
    if (this.ended || this.account.allowance.budget === Number.POSITIVE_INFINITY) {
      this.abandon();
      return null;
    }
    const { requested } = this;
    const ran = answered?.whole ? actualCost(answered.asked, answered.data) : requested;
    const actual = answered || this.later ? ran : Math.max(requested, OF_OPERATION.Query);
    this.account.settle(actual - requested);
    this.abandon();
    return this.account.tell(requested, actual);
  }

  /**
   * Opens a stream, and charges its first message.
   * @throws Refusal TOO_COSTLY; RateLimited, also where too many are open
   */
  open(asked: Asked): Pass {
    const close = this.account.open();
    try {
      this.admit(asked);
      return new Pass(() => this.account, this.weigh(asked), close);
    } catch (error) {
      close();
      throw error;
    }
  }

  /** Nobody waits for it any more: what was charged is gone. */
  abandon(): void {
    this.ended = true;
    this.end();
  }
}

/** The limits of one instance, for every transport. */
export class Limits {
  private readonly accounts: Accounts;

  /**
   * @param settings null for none
   * @param tellsNobody is whoever has no token told what the graph is made of?
   */
  constructor(
    settings: LimitSettings | null,
    private readonly tellsNobody: boolean,
  ) {
    this.accounts = new Accounts(settings ?? { viewer: BOUNDLESS, nobody: BOUNDLESS });
  }

  /** Begins a question. @throws RateLimited where nothing is left, or too much is under way */
  begin({ viewer, address }: Asker): Ticket {
    const account = this.accounts.of(viewer, address);
    account.charge(0);
    return new Ticket(account, account.begin(), viewer !== null || this.tellsNobody);
  }

  /** What a stream may use that no client holds open, of a viewer. @throws Refusal TOO_COSTLY */
  follow(viewer: string, asked: Asked): Pass {
    const account = () => this.accounts.of(viewer, '');
    return new Pass(account, weighed(asked, account()), () => {});
  }
}

function tooCostly(asked: Asked, cost: number, budget: number): Refusal {
  const page = longestPage(asked, budget);
  return new Refusal({
    code: 'TOO_COSTLY',
    message: `the question may cost ${written(cost)}; ${budget} is the most`,
    remedy:
      page > 0
        ? `it fits with pages of at most ${page}: say first: ${page} of every list; or ask in several questions`
        : 'it would not fit even with pages of one: select less, nest fewer lists, or ask in several questions',
  });
}
