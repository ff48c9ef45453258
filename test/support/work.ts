import { existsSync, readFileSync } from 'node:fs';
import type { Lotline } from './lotline';

/** What a server, in this process, and its database have worked so far: others who use the machine do not count. */
export class Work {
  private constructor(private readonly pids: readonly number[]) {}

  /** Of the connections that the server has now. */
  static async of({ database }: Lotline): Promise<Work> {
    const backends = await database.query<{ pid: number }>('select pid from pg_stat_activity where datname = current_database()');
    return new Work(backends.map(({ pid }) => pid));
  }

  /** Milliseconds of a core. Where the system does not tell of another process, the time that has passed. */
  soFar(): number {
    if (!existsSync('/proc/self/schedstat')) return performance.now();
    const { user, system } = process.cpuUsage();
    const ofDatabase = this.pids.map((pid) => Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6);
    return ofDatabase.reduce((sum, each) => sum + each, (user + system) / 1000);
  }
}
