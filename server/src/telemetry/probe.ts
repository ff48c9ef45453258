import type { Client, ClientConfig } from 'pg';

/** Makes a connection to the database, which is not connected yet. */
export type Dial = (config: ClientConfig) => Client;

/** What the database says of itself; null for what it could not add up in time. */
export interface Standing {
  tailLagSeconds: number | null;
  tailLagCommands: number | null;
  jobs: Record<'due' | 'working' | 'waiting' | 'dead', number> | null;
  oldestDueSeconds: number | null;
  webhookMessagesPending: number | null;
  webhooks: Record<string, number> | null;
}

/** How long the database may take to answer, connecting included, milliseconds. */
const WITHIN_MS = 2000;
/** How long a statement may work, milliseconds: it must be cancelled there before it is given up here. */
const STATEMENT_MS = 1500;
/** For how long an answer is good, milliseconds: however often it is read, the database is asked no more often. */
const GOOD_FOR_MS = 5000;

const JOBS = `
  select count(*) filter (where attempts < max_attempts and locked_at is null and run_at <= now())::int as due,
    count(*) filter (where locked_at is not null)::int as working,
    count(*) filter (where attempts < max_attempts and locked_at is null and run_at > now())::int as waiting,
    count(*) filter (where attempts >= max_attempts and locked_at is null)::int as dead,
    coalesce(extract(epoch from now() - min(run_at) filter (where attempts < max_attempts and locked_at is null and run_at <= now())), 0)::float8 as "oldestDue"
  from graphile_worker.jobs`;

const WEBHOOKS = `
  select (select count(*)::int from webhook_delivery where settled_at is null) as pending,
    (select coalesce(json_object_agg(state, n), '{}') from (select state, count(*)::int as n from webhook where deleted_at is null group by state) s) as states`;

const TAIL = `
  select c.position - $1 as behind, coalesce(extract(epoch from now() - (select at from command where position > $1 order by position limit 1)), 0)::float8 as lag
  from log_counter c`;

/** A connection of its own, opened at the first question, one question at a time. Bounded in time whatever the database or the network do. */
class Line {
  private client: Client | null = null;
  private connected: Promise<Client> | null = null;

  constructor(private readonly dial: Dial) {}

  /** @throws whatever went wrong, at the given time at the latest, milliseconds of the epoch */
  async ask<Row>(by: number, sql: string, parameters: unknown[] = []): Promise<Row[]> {
    let cut: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, fail) => {
      cut = setTimeout(
        () => {
          // Whatever it still says, nobody knows what it was asked.
          this.drop();
          fail(new Error('the database does not answer'));
        },
        Math.max(0, by - Date.now()),
      );
    });
    try {
      const asked = this.connect().then((client) => client.query(sql, parameters));
      return (await Promise.race([asked, late])).rows as Row[];
    } finally {
      clearTimeout(cut);
    }
  }

  /** Ends it; the next question opens another. */
  close(): void {
    const { client } = this;
    this.client = null;
    this.connected = null;
    void client?.end().catch(() => {});
  }

  /** The same, without a word to the other side. */
  private drop(client = this.client): void {
    if (client === null || this.client !== client) return;
    this.client = null;
    this.connected = null;
    (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  }

  private connect(): Promise<Client> {
    this.connected ??= this.open();
    return this.connected;
  }

  private async open(): Promise<Client> {
    const client = this.dial({
      application_name: 'lotline probe',
      connectionTimeoutMillis: STATEMENT_MS,
      statement_timeout: STATEMENT_MS,
    });
    this.client = client;
    for (const ended of ['error', 'end'] as const) client.on(ended as 'end', () => this.drop(client));
    try {
      await client.connect();
      // It was given up meanwhile: nobody would end it.
      if (this.client !== client) throw new Error('the connection came too late');
      return client;
    } catch (error) {
      this.drop(client);
      void client.end().catch(() => {});
      throw error;
    }
  }
}

/** Asks whether the database is well, on connections of its own: it waits for nobody in the pool, and nobody waits for it. */
export class Probe {
  private readonly line: Line;
  private alive: Promise<boolean> | null = null;
  private standing: { until: number; answer: Promise<Standing | null> } | null = null;

  /** @param position how far the log was told here; null where it is not followed */
  constructor(
    private readonly dial: Dial,
    private readonly position: () => bigint | null = () => null,
  ) {
    this.line = new Line(dial);
  }

  /** Does the database answer, within 2 seconds? Whoever asks meanwhile gets the same answer. */
  answers(): Promise<boolean> {
    this.alive ??= this.line
      .ask(Date.now() + WITHIN_MS, 'select 1')
      .then(
        () => true,
        () => false,
      )
      .finally(() => {
        this.alive = null;
      });
    return this.alive;
  }

  /** What the database says of itself, no older than 5 seconds; null where it does not answer within 2. */
  ofDatabase(): Promise<Standing | null> {
    const now = Date.now();
    if (!this.standing || this.standing.until < now) this.standing = { until: now + GOOD_FOR_MS, answer: this.addUp(now + WITHIN_MS) };
    return this.standing.answer;
  }

  close(): void {
    this.line.close();
  }

  private async addUp(by: number): Promise<Standing | null> {
    const line = new Line(this.dial);
    const ask = async <Row>(sql: string, parameters: unknown[] = []): Promise<Row | null> =>
      (await line.ask<Row>(by, sql, parameters).catch(() => []))[0] ?? null;
    try {
      if ((await ask('select 1')) === null) return null;
      const position = this.position();
      const tail = position === null ? null : await ask<{ behind: string; lag: number }>(TAIL, [position]);
      const jobs = await ask<NonNullable<Standing['jobs']> & { oldestDue: number }>(JOBS);
      const webhooks = await ask<{ pending: number; states: Record<string, number> }>(WEBHOOKS);
      const { oldestDue, ...counts } = jobs ?? { oldestDue: null };
      return {
        tailLagSeconds: tail && Math.max(0, tail.lag),
        // A tail that begins anew after a failover may stand ahead of the log for a moment.
        tailLagCommands: tail && Math.max(0, Number(tail.behind)),
        jobs: oldestDue === null ? null : (counts as NonNullable<Standing['jobs']>),
        oldestDueSeconds: oldestDue,
        webhookMessagesPending: webhooks?.pending ?? null,
        webhooks: webhooks?.states ?? null,
      };
    } finally {
      line.close();
    }
  }
}
