import { readFileSync } from 'node:fs';

/** What a process has worked so far, milliseconds of a core: Linux counts them in hundredths of a second. */
export function workOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
