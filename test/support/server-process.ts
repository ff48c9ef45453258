import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const MAIN = join(__dirname, '..', '..', 'server', 'dist', 'main.js');
const START_WITHIN_MS = 30_000;
const STOP_WITHIN_MS = 30_000;

/** A server in a process of its own, which can be killed and started again. */
export class ServerProcess {
  /** Where it listens; another port with each start. */
  port = 0;
  /** Its last complaints, for a test that failed. */
  readonly complaints: string[] = [];
  /** Ends that nobody asked for: there must be none. */
  readonly crashes: string[] = [];
  private child: ChildProcess | null = null;
  readonly directory = mkdtempSync(join(tmpdir(), 'lotline-instance-'));

  constructor(
    private readonly databaseUrl: string,
    private readonly env: Record<string, string> = {},
    private readonly main = MAIN,
  ) {}

  get running(): boolean {
    return this.child !== null;
  }

  get pid(): number {
    return this.child!.pid!;
  }

  /** Starts it; where its database is away it is tried again, as whatever keeps a server running does. */
  async start(): Promise<void> {
    for (const until = Date.now() + START_WITHIN_MS; Date.now() < until; await sleep(100)) if (await this.tryStart()) return;
    throw new Error(`the server did not start: ${this.complaints.join('\n')}`);
  }

  private async tryStart(): Promise<boolean> {
    const child = spawn(process.execPath, [this.main], {
      env: {
        ...process.env,
        DATABASE_URL: this.databaseUrl,
        DATA_DIR: this.directory,
        PORT: '0',
        LOTLINE_DEMO: 'yes',
        LOTLINE_SAMPLES: 'none',
        LOG_LEVEL: 'info',
        ...this.env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const complain = (line: string) => {
      if (this.complaints.push(line) > 60) this.complaints.shift();
    };
    createInterface({ input: child.stderr! }).on('line', complain);
    const lines = createInterface({ input: child.stdout! });
    const ready = new Promise<number>((done) => {
      lines.on('line', (line) => {
        const { level, msg, url } = JSON.parse(line) as { level: number; msg: string; url?: string };
        if (msg === 'ready') done(Number(new URL(url!).port));
        if (level >= 40) complain(line.slice(0, 300));
      });
    });
    this.child = child;
    const late = sleep(START_WITHIN_MS, null, { ref: false });
    const port = await Promise.race([ready, once(child, 'exit').then(() => null), late]);
    if (port === null) {
      child.kill('SIGKILL');
      this.child = null;
      return false;
    }
    this.port = port;
    child.once('exit', (code, signal) => {
      if (this.child !== child) return;
      this.child = null;
      this.crashes.push(`exit ${code ?? signal}: ${this.complaints.join('\n')}`);
    });
    return true;
  }

  /** Ends it, which may not take for ever. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const { child } = this;
    if (!child) return;
    this.child = null;
    const ended = once(child, 'exit');
    child.kill(signal);
    const late = setTimeout(() => {
      this.crashes.push(`not gone ${STOP_WITHIN_MS} ms after ${signal}: ${this.complaints.join('\n')}`);
      child.kill('SIGKILL');
    }, STOP_WITHIN_MS);
    await ended;
    clearTimeout(late);
  }

  async close(): Promise<void> {
    await this.end('SIGKILL');
    rmSync(this.directory, { recursive: true, force: true });
  }
}
