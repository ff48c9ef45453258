/**
 * Splits whole grams in proportion to weights, so that the parts add up exactly: everybody gets the whole part of the share, and what is
 * left goes to the largest remainders, ties to whoever stands first.
 * @param weights whole numbers of zero or more, at least one above zero
 */
export function split(grams: bigint, weights: readonly bigint[]): bigint[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0n);
  if (total <= 0n) throw new Error('nothing to split by');
  const parts = weights.map((weight) => (grams * weight) / total);
  let left = grams - parts.reduce((sum, part) => sum + part, 0n);
  if (left === 0n) return parts;
  const byRemainder = weights
    .map((weight, index) => ({ index, remainder: (grams * weight) % total }))
    .sort((a, b) => (a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1));
  for (const { index } of byRemainder) {
    if (left === 0n) break;
    parts[index]! += 1n;
    left -= 1n;
  }
  return parts;
}
