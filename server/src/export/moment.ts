import type { Day } from '@lotline/schema';

const HOUR_MS = 3_600_000;
/** Offsets from UTC that clocks have, hours, nearest first. */
const OFFSETS = [0, ...Array.from({ length: 14 }, (_, index) => [index + 1, -index - 1]).flat()];

const padded = (hours: number): string => String(hours).padStart(2, '0');

/**
 * A local day and an instant as one: the instant in the nearest offset in which it is that day. Which one was written is not kept. The day
 * alone, where the instant is on it nowhere.
 */
export function written(on: Day, at: Date): string {
  const offset = OFFSETS.find((hours) => new Date(at.getTime() + hours * HOUR_MS).toISOString().startsWith(on));
  if (offset === undefined) return on;
  const local = new Date(at.getTime() + offset * HOUR_MS)
    .toISOString()
    .slice(0, -1)
    .replace(/\.000$/, '');
  return `${local}${offset === 0 ? 'Z' : `${offset < 0 ? '-' : '+'}${padded(Math.abs(offset))}:00`}`;
}
