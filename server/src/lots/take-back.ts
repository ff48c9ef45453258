import type { Grams } from '@lotline/schema';
import type { Work } from '../commands';
import { leastFrom } from './holdings';
import { judgedLots } from './judged';
import { lockHoldings, post } from './ledger';
import type { Movement } from './movements';

// A fact that moved grams is taken back: holdings follow.

/** Locks a lot and what these owners hold of it: nothing that builds on a fact about it is recorded meanwhile. */
export async function lockLot(work: Work, lot: string, owners: readonly string[]): Promise<void> {
  await work.tx.query('select from lot where id = $1 for no key update', [lot]);
  await lockHoldings(
    work.tx,
    owners.map((ownerId) => ({ lotId: lot, ownerId })),
  );
}

/** What a receiver gave away of a lot that it had by a transfer only: without it, it would have given more than it had. */
export async function givenBy(work: Work, lot: string, { fact, receiver }: { fact: string; receiver: string }): Promise<Movement[]> {
  const { birth, movements } = (await judgedLots(work.tx, [lot])).get(lot)!;
  const transfer = movements.find((each) => each.fact === fact)!;
  const rest = movements.filter((each) => each !== transfer);
  if (leastFrom(birth, rest, receiver, transfer.on!) >= 0n) return [];
  return rest.filter(({ from, on }) => from === receiver && (on === null || on >= transfer.on!));
}

/** Gives grams back to whoever gave them, out of the holding of whoever received them, if anybody did. */
export function giveBack(
  work: Work,
  { lot, from, to, grams }: { lot: string; from: string; to: string | null; grams: Grams },
): Promise<void> {
  const moves = [{ lotId: lot, ownerId: from, grams: grams as bigint }];
  if (to !== null) moves.push({ lotId: lot, ownerId: to, grams: -grams });
  return post(work.tx, moves, { born: new Set(), reported: false });
}

/**
 * Whoever never had any of a lot, now that a transfer is taken back, is no holder of it, and no party to what concerns its holders: treatments in
 * store, emergency actions that were reported from outside, and their papers.
 */
export async function forgetHolder(work: Work, lot: string, owner: string): Promise<void> {
  const gone = await work.tx.query(
    `delete from holding h where h.lot = $1 and h.owner = $2 and h.grams = 0
       and not exists (select from lot l where l.id = h.lot and l.producer = h.owner)
       and not exists (select from transfer t where t.lot = h.lot and h.owner in (t.sender, t.receiver) and t.retracted_by is null)
       and not exists (select from lot_input i where i.input = h.lot and i.holder = h.owner and i.retracted_by is null)
       and not exists (select from lot_adjustment a where a.lot = h.lot and a.holder = h.owner and a.retracted_by is null) returning 1`,
    [lot, owner],
  );
  if (gone.length === 0) return;
  await work.tx.query(
    `update party p set retracted_by = $3 where p.operation = $2 and p.retracted_by is null
       and p.fact in (select id from treatment where lot = $1 union all select id from emergency_action where lot = $1 and made_by is null
         union all select d.id from disposition d join emergency_action a on a.id = d.emergency_action where a.lot = $1 and a.made_by is null)`,
    [lot, owner, work.command],
  );
}
