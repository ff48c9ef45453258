import { Client } from 'pg';

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

/**
 * A connection of its own that asks whether the database is well: it waits for nobody in the pool, and nobody waits for it. Bounded in time
 * whatever the database or the network do; opened at the first question.
 */
export class Probe {
  private client: Promise<Client> | null = null;
  private opened: Client | null = null;
  private alive: Promise<boolean> | null = null;
  private standing: { until: number; answer: Promise<Standing | null> } | null = null;

  /** @param position how far the log was told here; null where it is not followed */
  constructor(
    private readonly url: string,
    private readonly position: () => bigint | null = () => null,
  ) {}

  /** Does the database answer, within 2 seconds? Whoever asks meanwhile gets the same answer. */
  answers(): Promise<boolean> {
    this.alive ??= this.ask('select 1')
      .then(
        () => true,
        () => false,
      )
      .finally(() => {
        this.alive = null;
      });
    return this.alive;
  }

  /** What the database says of itself, no older than 5 seconds; null where it does not answer. */
  ofDatabase(): Promise<Standing | null> {
    const now = Date.now();
    if (!this.standing || this.standing.until < now) this.standing = { until: now + GOOD_FOR_MS, answer: this.addUp() };
    return this.standing.answer;
  }

  close(): void {
    this.drop(this.opened);
  }

  private async addUp(): Promise<Standing | null> {
    if (!(await this.answers())) return null;
    const within = <Row>(sql: string, parameters: unknown[] = []) => this.ask<Row>(sql, parameters).catch(() => null);
    const position = this.position();
    const [tail, jobs, webhooks] = await Promise.all([
      position === null ? null : within<{ behind: string; lag: number }>(TAIL, [position]),
      within<NonNullable<Standing['jobs']> & { oldestDue: number }>(JOBS),
      within<{ pending: number; states: Record<string, number> }>(WEBHOOKS),
    ]);
    const { oldestDue, ...counts } = jobs?.[0] ?? { oldestDue: null };
    return {
      // A tail that begins anew after a failover may stand ahead of the log for a moment.
      tailLagSeconds: tail?.[0]?.lag ?? null,
      tailLagCommands: tail?.[0] ? Math.max(0, Number(tail[0].behind)) : null,
      jobs: oldestDue === null ? null : (counts as NonNullable<Standing['jobs']>),
      oldestDueSeconds: oldestDue,
      webhookMessagesPending: webhooks?.[0]?.pending ?? null,
      webhooks: webhooks?.[0]?.states ?? null,
    };
  }

  /** @throws whatever went wrong, after 2 seconds at the latest */
  private async ask<Row>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
    let cut: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, fail) => {
      cut = setTimeout(() => {
        // Whatever it still says, nobody knows what it was asked.
        this.drop(this.opened);
        fail(new Error('the database does not answer'));
      }, WITHIN_MS);
    });
    try {
      const asked = this.connect().then((client) => client.query(sql, parameters));
      return (await Promise.race([asked, late])).rows as Row[];
    } finally {
      clearTimeout(cut);
    }
  }

  private connect(): Promise<Client> {
    this.client ??= this.open();
    return this.client;
  }

  private async open(): Promise<Client> {
    const client = new Client({
      connectionString: this.url,
      application_name: 'lotline probe',
      connectionTimeoutMillis: STATEMENT_MS,
      statement_timeout: STATEMENT_MS,
    });
    this.opened = client;
    client.on('error', () => this.drop(client));
    client.on('end', () => this.drop(client));
    try {
      await client.connect();
      return client;
    } catch (error) {
      this.drop(client);
      throw error;
    }
  }

  /** Ends a connection without waiting for the other side. */
  private drop(client: Client | null): void {
    if (client === null || this.opened !== client) return;
    this.opened = null;
    this.client = null;
    (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  }
}
