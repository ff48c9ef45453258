import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { DataSource } from 'typeorm';
import { connectionOf, poolOf } from './connection';
import { Hosts, hostsIn, timelineOf } from './hosts';
import { openView, type Position, type Snapshot, type View } from './view';

/** How long a replica is waited for that has not yet seen what an answer must reflect, milliseconds. */
const WAITS_MS = 150;
const LOOKS_AGAIN_MS = 15;
/** How long a replica may take to open a view, milliseconds; and how long one is left alone that took longer, or is away. */
const OPENS_WITHIN_MS = 1000;
const RESTS_MS = 5000;
/** Longest between one look at the primary and the next, milliseconds. */
const LOOKS_EVERY_MS = 1000;
/** How often one that is in use is asked whether it is there and follows still, milliseconds. */
const ASKS_EVERY_MS = 1000;

interface Sample {
  at: number;
  position: Position;
  command: string | null;
}

interface Replica {
  hosts: Hosts;
  source: DataSource;
  starting: Promise<unknown> | null;
  /** Until when it is left alone, milliseconds. */
  restsUntil: number;
  /** How far it had come at the latest, and when that was seen, milliseconds. */
  seen: { at: number; position: Position };
}

export interface ReplicasOptions {
  /** A pool of connections to one. */
  sourceOf(replica: Hosts, connectedWithinMs: number): DataSource;
  /** How far behind one may be, milliseconds. */
  mostLagMs: number;
  /** The database they must be a copy of. */
  installation: string;
}

/**
 * Servers that follow the primary. One gives a view if it has all that was committed until `mostLagMs` ago, and has not gone another way than
 * the primary: what the primary has come to is looked at all the time. Where the primary cannot be looked at none gives any.
 */
export class Replicas {
  private readonly replicas: Replica[];
  private readonly looker: Pool;
  private readonly looking: NodeJS.Timeout;
  private readonly asking: NodeJS.Timeout;
  private samples: Sample[] = [];
  private isLooking = false;
  private next = 0;

  constructor(
    primary: Hosts,
    url: string,
    private readonly options: ReplicasOptions,
  ) {
    this.replicas = hostsIn(url).map((each) => {
      const hosts = new Hosts(each, false);
      const source = options.sourceOf(hosts, OPENS_WITHIN_MS);
      return { hosts, source, starting: null, restsUntil: 0, seen: { at: 0, position: 0n as Position } };
    });
    this.looker = poolOf(primary, { max: 1, application_name: 'lotline replicas', query_timeout: options.mostLagMs });
    const every = Math.min(LOOKS_EVERY_MS, options.mostLagMs / 4);
    this.looking = setInterval(() => void this.look(), every).unref();
    void this.look();
    this.asking = setInterval(() => {
      for (const replica of this.replicas) void leaveIfAway(replica);
    }, ASKS_EVERY_MS).unref();
  }

  /** A view of one of them; null where none is good enough, so that the primary answers. */
  async view(wanted: View): Promise<Snapshot | null> {
    const oldest = Date.now() - this.options.mostLagMs;
    // What it has at least, it has since; the first look that is not too long ago says it.
    const sample = this.samples.find(({ at }) => at >= oldest);
    if (!sample) return null;
    const last = this.samples.at(-1)!;
    const start = this.next++;
    for (let turn = 0; turn < this.replicas.length; turn++) {
      const replica = this.replicas[(start + turn) % this.replicas.length]!;
      // Nothing that follows the primary is ever further than it.
      const isAhead = replica.seen.at <= last.at && replica.seen.position > last.position;
      if (isAhead || replica.restsUntil > Date.now()) continue;
      try {
        const snapshot = await this.viewOf(replica, wanted, sample);
        if (snapshot) return { ...snapshot, rest: () => rest(replica) };
      } catch {
        rest(replica);
      }
    }
    return null;
  }

  async close(): Promise<void> {
    clearInterval(this.looking);
    clearInterval(this.asking);
    await this.looker.end();
    for (const { source, starting } of this.replicas) {
      await starting?.catch(() => {});
      if (source.isInitialized) await source.destroy();
    }
  }

  private async viewOf(replica: Replica, wanted: View, sample: Sample): Promise<Snapshot | null> {
    if (!replica.source.isInitialized) {
      replica.starting ??= this.start(replica).finally(() => {
        replica.starting = null;
      });
      await Promise.race([replica.starting, sleep(OPENS_WITHIN_MS).then(() => Promise.reject(new Error('the replica does not answer')))]);
    }
    const connection = await connectionOf(replica.source);
    const late = setTimeout(() => void connection.release(new Error('too slow')).catch(() => {}), OPENS_WITHIN_MS + WAITS_MS);
    try {
      for (const deadline = Date.now() + WAITS_MS; ; await sleep(LOOKS_AGAIN_MS)) {
        const { commandThere, follows, ...snapshot } = await openView(connection, wanted, sample.position);
        replica.seen = { at: Date.now(), position: snapshot.position };
        const isOfPrimary = follows && commandThere === sample.command;
        if (isOfPrimary && snapshot.position >= (wanted.atLeast ?? 0n)) return snapshot;
        await connection.client.query('rollback');
        // One that is too far behind, or has gone another way, is not waited for.
        if (!isOfPrimary || Date.now() > deadline) break;
      }
    } catch (error) {
      clearTimeout(late);
      await connection.release(error as Error);
      throw error;
    } finally {
      clearTimeout(late);
    }
    await connection.release();
    return null;
  }

  private async start({ source }: Replica): Promise<void> {
    await source.initialize();
    const [row] = await source.query('select id from installation');
    if (row.id === this.options.installation) return;
    await source.destroy();
    throw new Error('the replica is one of another database');
  }

  private async look(): Promise<void> {
    if (this.isLooking) return;
    this.isLooking = true;
    try {
      const at = Date.now();
      const { rows } = await this.looker.query<{ position: string; command: string | null }>('select position, command from log_counter');
      const { position, command } = rows[0]!;
      this.samples.push({ at, position: BigInt(position) as Position, command });
    } catch {
      // Without the primary nothing is known of how far behind they are.
    } finally {
      this.isLooking = false;
    }
    const oldest = Date.now() - this.options.mostLagMs;
    this.samples = this.samples.filter(({ at }) => at >= oldest);
  }
}

function rest(replica: Replica): void {
  replica.restsUntil = Date.now() + RESTS_MS;
}

/** Whatever waits for a server that vanished without a word would wait for ever: it goes on at the primary. */
async function leaveIfAway(replica: Replica): Promise<void> {
  if (!replica.hosts.isUsed) return;
  try {
    if ((await timelineOf(replica.hosts.first)) === null) return;
  } catch {
    // It says nothing.
  }
  rest(replica);
  replica.hosts.leave();
}
