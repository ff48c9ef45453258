import { byteOrder } from '@lotline/schema';
import type { TracedLot } from './facts';

// What is said of a lot that the viewer may not see: its place in the chain, and what this needs.

/** HTS chapter: two digits. */
export const productClass = ({ hts }: TracedLot): string => hts.slice(0, 2);

/**
 * Lots in the order of a trace, at each depth those that are withheld last: by grams, most first, then country, class of product, and ref,
 * so that the order says nothing else of them.
 */
export function withheldLast(
  lots: readonly TracedLot[],
  isWithheld: (lot: TracedLot) => boolean,
  grams: ReadonlyMap<string, bigint>,
  refOf: (lot: string) => string,
): TracedLot[] {
  const gramsOf = ({ id }: TracedLot) => grams.get(id) ?? 0n;
  const largestFirst = (a: bigint, b: bigint) => (a > b ? -1 : a < b ? 1 : 0);
  return [...lots].sort((a, b) => {
    const withheld = isWithheld(b);
    if (a.depth !== b.depth || isWithheld(a) !== withheld) return a.depth - b.depth || (withheld ? -1 : 1);
    if (!withheld) return 0;
    return (
      largestFirst(gramsOf(a), gramsOf(b)) ||
      byteOrder(a.country, b.country) ||
      byteOrder(productClass(a), productClass(b)) ||
      byteOrder(refOf(a.id), refOf(b.id))
    );
  });
}
