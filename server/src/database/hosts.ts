import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type ClientConfig } from 'pg';
import { statement } from '../telemetry';

/** How long a server may take to say whether it can be written to, milliseconds. */
const SAYS_WITHIN_MS = 2000;
/** How long the others are waited for when one has said that it can, milliseconds: of two the one that was promoted last is right. */
const OTHERS_WITHIN_MS = 300;
/** How often it is looked whether another server has been promoted, milliseconds. */
const LOOK_EVERY_MS = 5000;

const AUTHORITY = /^(postgres(?:ql)?:\/\/)([^/?#]*)(.*)$/s;

/**
 * The URLs of each server that a URL names: as libpq writes it, postgres://user:password@one:5432,other:5432/database.
 * @throws Error which does not show what was written
 */
export function hostsIn(url: string): string[] {
  const [, scheme, authority, rest] = AUTHORITY.exec(url) ?? [];
  if (scheme === undefined) throw new Error('the URL of a database begins with postgres://');
  const at = authority!.lastIndexOf('@') + 1;
  const user = authority!.slice(0, at);
  const urls = authority!
    .slice(at)
    .split(',')
    .map((host) => `${scheme}${user}${host}${rest}`);
  for (const each of urls) {
    const wrong = new Error('a URL of a database cannot be read: encode what is special in its user and password, e.g. %40 for @');
    // Without a host it is a socket of this machine, or its parameter `host` names it.
    if (!URL.canParse(each) && (urls.length > 1 || !URL.canParse(each.replace('@/', '@local/')))) throw wrong;
    if (urls.length > 1 && new URL(each).hostname === '') throw wrong;
  }
  return urls;
}

/** The name of a server for people: without user and password. */
const nameOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : '') || 'the server';

/** A connection that hears of its server whether it can be written to. */
interface Heard {
  connection: {
    stream: { destroy(): void };
    on(event: 'parameterStatus', heard: (status: { parameterName: string; parameterValue: string }) => void): void;
    on(event: 'errorMessage', heard: (error: { code?: string }) => void): void;
  };
  host: string;
  port: number;
}

/** What a server says of itself where it cannot be written to. */
const READ_ONLY = ['in_hot_standby', 'default_transaction_read_only'];
const READ_ONLY_TRANSACTION = '25006';

/**
 * The servers of a database, of which one can be written to: every connection goes there. Where another is promoted they all go on there;
 * of two that can be written to, the one that was promoted last is right, and nothing is written to the other any more.
 */
export class Hosts {
  /** A class of connections to the server that can be written to; for a pool. */
  readonly Client: new (
    config?: ClientConfig,
  ) => Client;
  /** For whatever wants one URL. */
  readonly first: string;
  private readonly urls: readonly string[];
  private readonly clients = new Map<Client, string>();
  private chosen: string | null = null;
  /** The greatest timeline that was seen of one that can be written to. */
  private newest = '';
  private looking: Promise<string> | null = null;
  private readonly watching: NodeJS.Timeout | undefined;

  /** @param mustWrite is a server that can only be read from refused? */
  constructor(url: string, mustWrite = true) {
    this.urls = hostsIn(url);
    this.first = this.urls[0]!;
    this.Client = classFor(this, mustWrite);
    if (mustWrite && this.urls.length > 1) this.watching = setInterval(() => void this.look().catch(() => {}), LOOK_EVERY_MS).unref();
  }

  close(): void {
    clearInterval(this.watching);
  }

  /** Are there connections? */
  get isUsed(): boolean {
    return this.clients.size > 0;
  }

  /** Ends all connections, without a word to the other side. */
  leave(): void {
    for (const client of this.clients.keys()) cut(client);
  }

  /** Of one server nothing need be known before. */
  async choose(): Promise<string> {
    if (this.urls.length === 1) return this.first;
    return this.chosen ?? (await this.look());
  }

  connected(client: Client, url: string): void {
    this.clients.set(client, url);
    // Where it was found meanwhile that another server is the right one.
    if (this.chosen !== null && this.chosen !== url) cut(client);
  }

  /** What was true of a server may be so no more where a connection to it ends. */
  ended(client: Client, url: string): void {
    this.clients.delete(client);
    if (this.chosen === url) this.chosen = null;
  }

  /** Finds the server that can be written to, and leaves the others. @throws Error where there is none, saying why */
  private look(): Promise<string> {
    this.looking ??= this.find()
      .then((found) => {
        this.chosen = found;
        for (const [client, url] of this.clients) if (url !== found) cut(client);
        return found;
      })
      .finally(() => {
        this.looking = null;
      });
    return this.looking;
  }

  private async find(): Promise<string> {
    const writable: { url: string; timeline: string }[] = [];
    const not: string[] = [];
    let isOne: () => void = () => {};
    const first = new Promise<void>((done) => {
      isOne = done;
    });
    const all = this.urls.map(async (url) => {
      try {
        const timeline = await timelineOf(url);
        if (timeline === null) return void not.push(`${nameOf(url)} can only be read from`);
        writable.push({ url, timeline });
        isOne();
      } catch (error) {
        not.push(`${nameOf(url)}: ${(error as Error).message || (error as { code?: string }).code}`);
      }
    });
    await Promise.race([Promise.all(all), first.then(() => sleep(OTHERS_WITHIN_MS))]);
    const newest = [this.newest, ...writable.map(({ timeline }) => timeline)].sort().at(-1)!;
    // One that another has taken the place of is not gone back to, also where that one is away: what it would take in would be lost.
    for (const { url, timeline } of writable)
      if (timeline < newest)
        not.push(`${nameOf(url)}: another server has been promoted in its place; start Lotline anew if that one is gone for good`);
    const found = this.urls.find((url) => writable.some((each) => each.url === url && each.timeline === newest));
    if (!found) throw new Error(`no server of the database can be written to: ${not.join('; ')}`);
    this.newest = newest;
    return found;
  }
}

const cut = (client: Client): void => (client as unknown as Heard).connection.stream.destroy();

/** The timeline of a server, which every promotion makes greater; null where it can only be read from. */
export async function timelineOf(url: string): Promise<string | null> {
  const client = new SteadyClient({
    connectionString: url,
    application_name: 'lotline looks',
    connectionTimeoutMillis: SAYS_WITHIN_MS,
    query_timeout: SAYS_WITHIN_MS,
  });
  try {
    await client.connect();
    const { rows } = await client.query<{ timeline: string | null }>(
      `select case when not pg_is_in_recovery() and current_setting('default_transaction_read_only') = 'off'
         then left(pg_walfile_name(pg_current_wal_lsn()), 8) end as timeline`,
    );
    return rows[0]!.timeline;
  } finally {
    void client.end().catch(() => {});
  }
}

/**
 * A connection may end in the very moment in which the pool hands it over: from the pool's listener to the next nobody listens, and an error
 * that nobody listens for ends the process. What is asked of it afterwards fails by itself.
 */
class SteadyClient extends Client {
  constructor(config?: ClientConfig) {
    super(config);
    this.on('error', () => {});
    const query = this.query.bind(this) as (...given: unknown[]) => unknown;
    this.query = ((...given: unknown[]) => statement(query, given)) as typeof this.query;
  }
}

type Connected = (error: Error | null) => void;

function classFor(hosts: Hosts, mustWrite: boolean): new (config?: ClientConfig) => Client {
  return class extends SteadyClient {
    private readonly readOnly = new Set<string>();

    constructor(config?: ClientConfig) {
      super(config);
      if (!mustWrite) return;
      const { connection } = this as unknown as Heard;
      connection.on('parameterStatus', ({ parameterName, parameterValue }) => {
        if (!READ_ONLY.includes(parameterName)) return;
        if (parameterValue === 'on') this.readOnly.add(parameterName);
        else this.readOnly.delete(parameterName);
      });
      // What is asked of it next would fail as well: it is thrown away, so that the next connection finds the server that can be written to.
      connection.on('errorMessage', ({ code }) => {
        if (code === READ_ONLY_TRANSACTION && this.readOnly.size > 0) setImmediate(() => cut(this));
      });
    }

    override connect(): Promise<this>;
    override connect(callback: Connected): void;
    override connect(callback?: Connected): Promise<this> | undefined {
      const connecting = this.connectToChosen();
      if (!callback) return connecting;
      connecting.then(() => callback(null), callback);
      return undefined;
    }

    private async connectToChosen(): Promise<this> {
      const url = await hosts.choose();
      if (url !== hosts.first) {
        const { hostname, port } = new URL(url);
        Object.assign(this, { host: decodeURIComponent(hostname).replace(/^\[(.+)\]$/, '$1'), port: Number(port || 5432) });
      }
      this.once('end', () => hosts.ended(this, url));
      await super.connect();
      if (this.readOnly.size > 0) {
        await super.end().catch(() => {});
        throw new Error(`${nameOf(url)} can only be read from: it is a standby, or set so`);
      }
      hosts.connected(this, url);
      return this;
    }
  };
}
