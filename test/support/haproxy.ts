import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The configuration that docker-compose.yml uses. */
export const HAPROXY_CONFIG = join(__dirname, '..', '..', 'deploy', 'haproxy.cfg');
const UP_WITHIN_MS = 10_000;

/** Is there an HAProxy? Where tests count there must be. */
export function isHaproxyHere(): boolean {
  const here = spawnSync('haproxy', ['-v']).status === 0;
  if (!here && process.env.CI === 'true') throw new Error('no haproxy: install the package haproxy');
  if (!here) process.stderr.write('skipped: there is no haproxy (Debian: apt-get install haproxy)\n');
  return here;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}

/** The proxy that is shipped, before two servers of this machine. */
export class Haproxy {
  private constructor(
    readonly port: number,
    private readonly child: ChildProcess,
    /** What it said. */
    readonly said: string[],
  ) {}

  /** Gives the settings of the shipped configuration. */
  static settings(port: number, [one, two]: readonly [number, number]): Record<string, string> {
    return { LOTLINE_BIND: `127.0.0.1:${port}`, LOTLINE_ONE: `127.0.0.1:${one}`, LOTLINE_TWO: `127.0.0.1:${two}` };
  }

  static async start(servers: readonly [number, number]): Promise<Haproxy> {
    const port = await freePort();
    const child = spawn('haproxy', ['-db', '-f', HAPROXY_CONFIG], {
      env: { PATH: process.env.PATH, ...Haproxy.settings(port, servers) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said: string[] = [];
    for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk) => said.push(String(chunk)));
    for (const until = Date.now() + UP_WITHIN_MS; ; await sleep(50)) {
      if ((await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null))?.ok) return new Haproxy(port, child, said);
      if (Date.now() > until || child.exitCode !== null) {
        child.kill('SIGKILL');
        throw new Error(`the proxy did not start: ${said.join('')}`);
      }
    }
  }

  async close(): Promise<void> {
    if (this.child.exitCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }
}
