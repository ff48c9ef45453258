import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OwnPostgres } from '../support/own-postgres';
import { type SpoilableProxy, startProxy } from '../support/proxy';
import { ServerProcess } from '../support/server-process';
import { Traffic } from '../support/traffic';

// A long day: two servers and a worker, everything that they are for at once, one of them killed with -9 every 20 seconds, the database restarted
// in the middle. SOAK_MINUTES makes it longer.

const MINUTES = Number(process.env.SOAK_MINUTES ?? 1);
const LENGTH_MS = MINUTES * 60_000;
const KILL_EVERY_MS = 20_000;
/** How long a killed server stays away, milliseconds. */
const AWAY_MS = 500;
const HEAP_MIB = 160;
/** The part of a run in which a process grows to its size. */
const WARM_UP = 0.4;
/** By how much a process may be larger at the end than after its warm-up; the longest runs tell the most. */
const MOST_GROWTH = 1.3;
const MIB = 1024 * 1024;

let postgres: OwnPostgres;
let servers: ServerProcess[] = [];
let proxy: SpoilableProxy;
const files = mkdtempSync(join(tmpdir(), 'lotline-soak-'));

afterAll(async () => {
  await proxy?.close();
  await Promise.all(servers.map((server) => server.close()));
  await postgres?.close();
  rmSync(files, { recursive: true, force: true });
});

const memoryOf = (pid: number): number => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;
const median = (values: readonly number[]): number => [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)]!;

test(
  'nothing that was acknowledged is lost, nothing is heard twice, memory stays flat, and the sums are those of the facts',
  async () => {
    postgres = await OwnPostgres.start();
    // Node takes what it may before it looks what can go: with a limit, what grows is what stays.
    const env = { FILES_DIR: files, HEARTBEAT_MS: '250', NODE_OPTIONS: `--max-old-space-size=${HEAP_MIB}` };
    const [survivor, victim, worker] = ['server', 'server', 'worker'].map(
      (runs) => new ServerProcess(postgres.url, { ...env, LOTLINE_RUNS: runs }),
    ) as [ServerProcess, ServerProcess, ServerProcess];
    servers = [survivor, victim, worker];
    await Promise.all(servers.map((server) => server.start()));
    let next = 0;
    proxy = await startProxy(() => [survivor, victim][next++ % 2]!.port);
    const begun = Date.now();
    const traffic = await Traffic.begin(postgres.url, {
      port: () => proxy.port,
      patient: true,
      writers: 4,
      readers: 4,
      uploaders: 2,
      subscribers: 12,
      pauseMs: 60,
    });
    // Opened in advance and never used: it is closed, and nothing is said that could be taken for an answer.
    const silent = connect(survivor.port, '127.0.0.1');
    let said = '';
    silent.on('data', (chunk) => (said += chunk));
    const closed = once(silent, 'close');
    const memory: { at: number; bytes: number }[] = [];
    const weighing = setInterval(() => memory.push({ at: Date.now() - begun, bytes: memoryOf(survivor.pid) }), 500);
    let kills = 0;
    let restarts = 0;
    for (let at = KILL_EVERY_MS / 2; at < LENGTH_MS; at += KILL_EVERY_MS / 2) {
      await sleep(Math.max(0, begun + at - Date.now()));
      const turn = at / (KILL_EVERY_MS / 2);
      // Every second turn kills; in the middle of the others the database goes away.
      if (turn % 2 === 1) {
        const those = kills % 3 === 2 ? [victim, worker] : [victim];
        await Promise.all(those.map((server) => server.end('SIGKILL')));
        kills++;
        await sleep(AWAY_MS);
        await Promise.all(those.map((server) => server.start()));
      } else if (restarts === 0 && at >= LENGTH_MS / 2 - KILL_EVERY_MS / 2) {
        await postgres.restart('SIGINT', 300);
        restarts++;
      }
    }
    await sleep(Math.max(0, begun + LENGTH_MS - Date.now()));
    clearInterval(weighing);
    await closed;
    expect(said).toBe('');
    await traffic.finish();

    const within = (from: number, to: number) =>
      memory.filter(({ at }) => at >= from * LENGTH_MS && at <= to * LENGTH_MS).map(({ bytes }) => bytes);
    const [warm, end] = [median(within(WARM_UP, WARM_UP + 0.2)), median(within(0.8, 1))];
    const tenths = Array.from({ length: 10 }, (_, tenth) => Math.round(median(within(tenth / 10, (tenth + 1) / 10)) / MIB));
    const done = [...traffic.done].map(([kind, times]) => `${times} × ${kind}`).join(', ');
    process.stderr.write(
      `${MINUTES} min: ${done}; ${traffic.heard} changes heard by streams opened ${traffic.opened} times; ${kills} kills, ${restarts} restart of the database; slowest answer ${traffic.slowest} ms; memory by tenths of the time, MiB: ${tenths.join(' ')}\n`,
    );
    expect([...traffic.failures.slice(0, 20), ...servers.flatMap(({ crashes }) => crashes)]).toEqual([]);
    for (const kind of ['question', 'command', 'upload']) expect(traffic.count(kind)).toBeGreaterThan(50 * MINUTES);
    expect({ kills: kills >= 3 * MINUTES, restarts }).toEqual({ kills: true, restarts: 1 });
    expect(end / warm).toBeLessThan(MOST_GROWTH);
  },
  LENGTH_MS + 150_000,
);
