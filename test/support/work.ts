import { existsSync, readFileSync } from 'node:fs';
import type { Lotline } from './lotline';

/** What a server, in this process, and its database have worked so far: others who use the machine do not count. */
export class Work {
  private constructor(private readonly connections: Map<number, number>) {}

  /** Of the connections that the server has now. */
  static async of({ database }: Lotline): Promise<Work> {
    const backends = await database.query<{ pid: number }>(
      `select pid from pg_stat_activity where datname = current_database() and backend_type = 'client backend'`,
    );
    return new Work(new Map(backends.map(({ pid }) => [pid, 0])));
  }

  /** Milliseconds of a core. Where the system does not tell of another process, the time that has passed. */
  soFar(): number {
    if (!existsSync('/proc/self/schedstat')) return performance.now();
    for (const pid of this.connections.keys()) this.look(pid);
    const { user, system } = process.cpuUsage();
    return [...this.connections.values()].reduce((sum, each) => sum + each, (user + system) / 1000);
  }

  /** A connection that has ended since keeps what it had worked when it was last looked at. */
  private look(pid: number): void {
    const file = `/proc/${pid}/schedstat`;
    try {
      this.connections.set(pid, Number(readFileSync(file, 'utf8').split(' ')[0]) / 1e6);
    } catch (error) {
      if (existsSync(file)) throw error;
    }
  }
}
