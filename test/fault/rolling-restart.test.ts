import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, Haproxy, isHaproxyHere } from '../support/haproxy';
import { createDatabase } from '../support/lotline';
import { ServerProcess } from '../support/server-process';
import { Traffic } from '../support/traffic';

// Two servers behind the proxy that is shipped, under load: each is stopped as an upgrade does and started again, one after the other, and not
// one request fails. ROLLING_ROUNDS makes it longer.

const ROUNDS = Number(process.env.ROLLING_ROUNDS ?? 1);
/** Longer than the proxy takes to turn away: deploy/haproxy.cfg. */
const DRAIN_MS = process.env.ROLLING_DRAIN_MS ?? '1500';

const test = isHaproxyHere() ? it : it.skip;
let database: { url: string; drop(): Promise<void> };
let servers: ServerProcess[] = [];
let proxy: Haproxy;
let files: string;

afterAll(async () => {
  await proxy?.close();
  await Promise.all(servers.map((server) => server.close()));
  await database?.drop();
  if (files) rmSync(files, { recursive: true });
});

test(
  'a rolling restart fails no request, and every stream goes on without a gap',
  async () => {
    database = await createDatabase();
    files = mkdtempSync(join(tmpdir(), 'lotline-rolling-'));
    const ports = [await freePort(), await freePort()] as const;
    servers = ports.map((port) => new ServerProcess(database.url, { PORT: String(port), DRAIN_MS, FILES_DIR: files, HEARTBEAT_MS: '250' }));
    await Promise.all(servers.map((server) => server.start()));
    proxy = await Haproxy.start(ports);
    const traffic = await Traffic.begin(database.url, {
      port: () => proxy.port,
      patient: false,
      writers: 3,
      readers: 4,
      uploaders: 2,
      subscribers: 9,
      pauseMs: 20,
    });
    await sleep(1000);
    const stops: number[] = [];
    for (let round = 0; round < ROUNDS; round++)
      for (const server of servers) {
        const begun = Date.now();
        await server.end('SIGTERM');
        stops.push(Date.now() - begun);
        await server.start();
      }
    await sleep(1000);
    await traffic.finish();
    const done = [...traffic.done].map(([kind, times]) => `${times} × ${kind}`).join(', ');
    const said = `${stops.length} restarts, stopped in ${stops.join(', ')} ms; ${done}; ${traffic.heard} changes heard by streams opened ${traffic.opened} times; slowest answer ${traffic.slowest} ms`;
    process.stderr.write(`${said}\n`);
    expect([...traffic.failures.slice(0, 20), ...servers.flatMap(({ crashes }) => crashes)]).toEqual([]);
    for (const kind of ['question', 'command', 'upload']) expect(traffic.count(kind)).toBeGreaterThan(10);
    // Each stream was on a server that went away, at least once.
    expect(traffic.opened).toBeGreaterThanOrEqual(18);
  },
  60_000 + ROUNDS * 30_000,
);
