import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDatabase } from '../support/lotline';

// More rows than an import takes are answered in bounded memory. Reading a million rows takes its time: with LONG_TESTS=1 only; the limit
// itself is tested in import-broken.test.ts.

const LOTLINE = resolve(__dirname, '..', '..', 'server', 'bin', 'lotline.js');
const MOST_RESIDENT_KB = 1.5 * 1024 * 1024;
const ROWS = 5_000_000;

const long = process.env.LONG_TESTS === '1' && process.platform === 'linux' ? test : test.skip;

long(
  'of five million rows the first too many is named, within 1.5 GB of memory',
  async () => {
    const { url, drop } = await createDatabase();
    const directory = mkdtempSync(join(tmpdir(), 'lotline-large-'));
    try {
      writeFileSync(join(directory, 'operations.csv'), 'operation,name,country,roles\nFARM:1,Farm,UA,PRODUCER\n');
      writeLots(join(directory, 'lots.csv'));
      const child = spawn(process.execPath, [LOTLINE, 'import', directory], {
        env: { ...process.env, DATABASE_URL: url },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let said = '';
      child.stderr.on('data', (chunk) => (said += chunk));
      let ended = false;
      const exit = new Promise<number | null>((done) => child.once('close', done)).finally(() => (ended = true));
      let resident = 0;
      while (!ended) {
        resident = Math.max(resident, highWater(child.pid!));
        await Promise.race([sleep(50), exit]);
      }
      expect(await exit).toBe(1);
      // The operation is the first row of a million, so one lot fewer is taken; the header is line 1.
      expect(said).toContain('\nlots.csv:1000001: there are more rows than an import takes; split it');
      expect(said).toContain('\n1 mistake in the folder; nothing was stored\n');
      expect(resident).toBeGreaterThan(0);
      expect(resident).toBeLessThan(MOST_RESIDENT_KB);
    } finally {
      rmSync(directory, { recursive: true, force: true });
      await drop();
    }
  },
  180_000,
);

function writeLots(path: string): void {
  const file = openSync(path, 'w');
  writeSync(file, 'code,producer,product,quantity,unit,kind,produced_on,Remark\n');
  const block = 100_000;
  for (let at = 0; at < ROWS; at += block) {
    const rows = Array.from(
      { length: block },
      (_, index) => `LOT-${at + index},FARM:1,Soybeans,1000.25,KGM,HARVEST,2025-09-01,note ${at + index}\n`,
    );
    writeSync(file, rows.join(''));
  }
  closeSync(file);
}

/** Most memory that a process has had so far, kB; 0 once it is gone. */
function highWater(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
