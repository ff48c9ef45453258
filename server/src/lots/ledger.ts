import type { Columns, Transaction } from '../database';

// Mass is double-entry: every gram of a lot is in somebody's holding. A holding is the sum of the facts that move grams, kept in the
// same transaction as these.

/** Grams of a lot into a holding, or out of it where below zero. */
export interface Move {
  lotId: string;
  ownerId: string;
  grams: bigint;
}

export interface PostOptions {
  /** Lots born in this command: nobody else can have a holding of them yet. */
  born: ReadonlySet<string>;
  /** Facts reported from outside may take a holding below zero. */
  reported: boolean;
}

const HOLDING: Columns<Move> = {
  lot: ['uuid', (move) => move.lotId],
  owner: ['uuid', (move) => move.ownerId],
  grams: ['bigint', (move) => move.grams],
};

/** Posts moves to the holdings, in one order for all commands, so that they wait for each other and never in a circle. */
export async function post(tx: Transaction, moves: readonly Move[], { born, reported }: PostOptions): Promise<void> {
  const net = new Map<string, Move>();
  for (const move of moves) {
    const key = move.lotId + move.ownerId;
    const sum = net.get(key);
    if (sum) sum.grams += move.grams;
    else net.set(key, { ...move });
  }
  const entries = [...net].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, move]) => move);

  const fresh = entries.filter((entry) => born.has(entry.lotId));
  await tx.insert('holding', { ...HOLDING, floor: ['bigint', ({ grams }) => (reported && grams < 0n ? grams : 0n)] }, fresh);

  const known = entries.filter((entry) => !born.has(entry.lotId));
  if (known.length === 0) return;
  // A holding that does not exist yet begins at zero: an insert of the change itself would be judged before it meets the sum.
  await tx.insert('holding', { ...HOLDING, grams: ['bigint', () => 0n] }, known, 'on conflict do nothing');
  const parameters = [known.map((entry) => entry.lotId), known.map((entry) => entry.ownerId), known.map((entry) => String(entry.grams))];
  await tx.query(
    'select from holding h join unnest($1::uuid[], $2::uuid[]) as m(lot, owner) on h.lot = m.lot and h.owner = m.owner order by h.lot, h.owner for update of h',
    parameters.slice(0, 2),
  );
  await tx.query(
    `update holding h set grams = h.grams + m.grams, floor = ${reported ? 'least(h.floor, h.grams + m.grams)' : 'h.floor'}
     from unnest($1::uuid[], $2::uuid[], $3::bigint[]) as m(lot, owner, grams) where h.lot = m.lot and h.owner = m.owner`,
    parameters,
  );
}

/** What owners have of lots, as a command sees it while it adds up what it takes and gives back. */
export class Held {
  constructor(private readonly grams: Map<string, bigint>) {}

  of(lotId: string, ownerId: string): bigint {
    return this.grams.get(lotId + ownerId) ?? 0n;
  }

  add(lotId: string, ownerId: string, grams: bigint): void {
    this.grams.set(lotId + ownerId, this.of(lotId, ownerId) + grams);
  }
}

/** Locks holdings until the command ends: all that it will touch at once, in one order, so that commands never wait in a circle. */
export async function lockHoldings(tx: Transaction, of: readonly { lotId: string; ownerId: string }[]): Promise<Held> {
  const rows = await tx.query<{ lot: string; owner: string; grams: string }>(
    `select h.lot, h.owner, h.grams from holding h join (select distinct * from unnest($1::uuid[], $2::uuid[])) as m(lot, owner) on h.lot = m.lot and h.owner = m.owner
     order by h.lot, h.owner for update of h`,
    [of.map((each) => each.lotId), of.map((each) => each.ownerId)],
  );
  return new Held(new Map(rows.map((row) => [row.lot + row.owner, BigInt(row.grams)])));
}
