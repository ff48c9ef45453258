/** One figure beside its peer's, from one run. */
export interface Figure {
  name: string;
  unit: 's' | 'ms' | 'KiB' | 'requests/s' | 'messages/s' | 'commands/s';
  ours: number;
  /** What it is held against; null for a part of a figure above it, which has no peer. */
  peer: { name: string; value: number } | null;
  /** Ours by the peer's. */
  ratio: number | null;
  /** What the ratio should be: of what takes time at most, of a rate at least. */
  goal: number | null;
}

/** A figure with its peer. */
export const against = (
  name: string,
  unit: Figure['unit'],
  ours: number,
  peer: string,
  value: number,
  goal: number | null = null,
): Figure => ({
  name,
  unit,
  ours,
  peer: { name: peer, value },
  ratio: ours / value,
  goal,
});

/** A part of the figure before it. */
export const part = (name: string, unit: Figure['unit'], ours: number): Figure => ({
  name,
  unit,
  ours,
  peer: null,
  ratio: null,
  goal: null,
});

/** The middle one; of an even number, the lower of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)]!;
}

const DECIMALS: Record<Figure['unit'], number> = { s: 2, ms: 1, KiB: 1, 'requests/s': 0, 'messages/s': 0, 'commands/s': 0 };

/** The figures as a plain table. */
export function table(figures: readonly Figure[]): string {
  const rows = figures.map(({ name, unit, ours, peer, ratio, goal }) => {
    const shown = (value: number) => `${value.toFixed(DECIMALS[unit])} ${unit}`;
    return [
      name,
      shown(ours),
      peer ? shown(peer.value) : '',
      ratio === null ? '' : `${ratio.toFixed(2)}x`,
      goal === null ? '' : `at ${unit.endsWith('/s') ? 'least' : 'most'} ${goal}x`,
      peer?.name ?? '',
    ];
  });
  const all = [['name', 'ours', 'peer', 'ratio', 'goal', 'the peer'], ...rows];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  const isNumber = (column: number) => column >= 1 && column <= 3;
  return all
    .map((row) =>
      row
        .map((cell, column) => (isNumber(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
