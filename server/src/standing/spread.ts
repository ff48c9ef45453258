import type { Day } from '@lotline/schema';
import type { Reader } from '../database';
import { sqlLineage } from '../lineage';
import { transfersOf } from '../lots';

/** Of a lot that something hit, in whose hands: of everybody, or of some and whoever got it from them. */
export type Hit = 'EVERYBODY' | ReadonlySet<string>;

/** Where it began: with everybody who has some of the lot, or with one of them, in what it passed on from a day on, or ever. */
export type Beginning = 'EVERYBODY' | { holder: string; since: Day | null };

/** Most lots that are followed from those that were hit. */
const MOST_LOTS = 1_000_000;

const isPassedOn = ({ holder, since }: Exclude<Beginning, string>, from: string, on: Day | null): boolean =>
  from !== holder || since === null || on === null || on >= since;

/** Whoever got some of a lot from where it began, directly or through others. */
function withReceivers(
  began: Exclude<Beginning, string>,
  transfers: readonly { from: string; to: string | null; on: Day | null }[],
): Set<string> {
  const holders = new Set([began.holder]);
  const passed = transfers.filter(({ from, on }) => isPassedOn(began, from, on));
  for (let met = -1; met !== holders.size; ) {
    met = holders.size;
    for (const { from, to } of passed) if (holders.has(from)) holders.add(to!);
  }
  return holders;
}

/**
 * Follows lots that were hit to all that was made of them in those hands. Of a lot that was made of such, everybody has some; what others had of the same lot
 * went another way.
 */
export async function spread(reader: Reader, began: ReadonlyMap<string, Beginning>): Promise<Map<string, Hit>> {
  const found = new Map<string, Hit>();
  const partly = [...began].filter((each): each is [string, Exclude<Beginning, string>] => each[1] !== 'EVERYBODY');
  const transfers = await transfersOf(
    reader,
    partly.map(([lot]) => lot),
  );
  partly.forEach(([lot, from], index) => {
    found.set(lot, withReceivers(from, transfers[index]!));
  });
  for (const [lot, from] of began) if (from === 'EVERYBODY') found.set(lot, from);
  const uses = await reader.query<{ input: string; output: string; holder: string; on: Day | null }>(
    'select u.input, u.output, u.holder, u.used_on as "on" from live_input u where u.input = any($1)',
    [[...found.keys()]],
  );
  const outputs = new Set<string>();
  for (const { input, output, holder, on } of uses) {
    const [who, from] = [found.get(input)!, began.get(input)!];
    if (who === 'EVERYBODY' || (who.has(holder) && from !== 'EVERYBODY' && isPassedOn(from, holder, on))) outputs.add(output);
  }
  if (outputs.size === 0) return found;
  const { depths } = await sqlLineage.walk(reader, [...outputs], 'FORWARD', { maxDepth: null, asOf: null, maxLots: MOST_LOTS });
  for (const lot of [...outputs, ...depths.keys()]) found.set(lot, 'EVERYBODY');
  return found;
}

/** An organic lot that was hit, with whoever has some of it now. */
export interface HeldLot {
  id: string;
  producer: string;
  holders: string[];
}

/** Who has some of lots now, of those whom it was hit in the hands of; organic lots only. */
export async function holdersOf(reader: Reader, hit: ReadonlyMap<string, Hit>): Promise<HeldLot[]> {
  const rows = await reader.query<HeldLot>(
    `select l.id, l.producer, array_agg(h.owner order by h.owner) as holders from holding h join lot l on l.id = h.lot join product p on p.id = l.product and p.organic
     where h.lot = any($1) and h.grams > 0 group by l.id order by l.id`,
    [[...hit.keys()]],
  );
  return rows.flatMap((row) => {
    const who = hit.get(row.id)!;
    const holders = row.holders.filter((holder) => who === 'EVERYBODY' || who.has(holder));
    return holders.length === 0 ? [] : [{ ...row, holders }];
  });
}
