import type { Day } from '@lotline/schema';
import { onBehalfOf, subjectVisible } from '../access';
import type { Work } from '../commands';
import type { On } from './covering';

/** An emergency action on record. */
export interface Action extends On {
  id: string;
  number: string;
  on: Day;
  at: Date | null;
  /** Who told of it; null where it was reported from outside. */
  madeBy: string | null;
  /** Whole grams that it holds, and that are disposed of. */
  held: bigint;
  disposed: bigint;
  kgPerBushel: string | null;
}

/** An emergency action that an operation sees, locked: what is told of one comes one after the other. */
export async function lockAction({ tx, viewer }: Work, id: string, operation: string): Promise<Action | null> {
  const [row] = await tx.query<Omit<Action, 'held' | 'disposed' | 'kgPerBushel'>>(
    `select a.id, a.number, a.on_day as "on", a.at, a.made_by as "madeBy", a.lot, a.shipment from emergency_action a
     where a.id = $1 and ${subjectVisible(onBehalfOf(viewer, operation), 'a.id')} for no key update of a`,
    [id],
  );
  if (!row) return null;
  const [sums] = await tx.query<{ held: string; disposed: string; kgPerBushel: string | null }>(
    `select held_grams(a) as held, coalesce((select sum(coalesce(d.grams, held_grams(a))) from disposition d where d.emergency_action = a.id and d.retracted_by is null), 0) as disposed,
       (select case when count(distinct l.product) = 1 then min(p.kg_per_bushel::text) end from lot l join product p on p.id = l.product
        where l.id = a.lot or l.id in (select x.lot from shipped_lot x where x.shipment = a.shipment and x.retracted_by is null)) as "kgPerBushel"
     from emergency_action a where a.id = $1`,
    [id],
  );
  return { ...row, held: BigInt(sums!.held), disposed: BigInt(sums!.disposed), kgPerBushel: sums!.kgPerBushel };
}
