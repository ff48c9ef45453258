import { type Day, grams } from '@lotline/schema';
import type { Transaction } from '../database';
import { type Birth, mostOf } from './holdings';
import { type Movement, movementsOf } from './movements';

/** All the facts of a lot that move grams: from these a command finds what an owner had on a day. */
export interface JudgedLot {
  birth: Birth;
  movements: Movement[];
}

/** The facts of lots, whoever sees them. Read once the holdings in question are locked, so that none of these change meanwhile. */
export async function judgedLots(tx: Transaction, lots: readonly string[]): Promise<Map<string, JudgedLot>> {
  const rows = await tx.query<{ id: string; producerId: string; grams: string; producedOn: Day | null; producedAt: Date | null }>(
    `select l.id, l.producer as "producerId", l.grams, l.produced_on as "producedOn", l.produced_at as "producedAt" from lot l where l.id = any($1)`,
    [lots],
  );
  const movements = await movementsOf(
    tx,
    rows.map(({ id }) => id),
  );
  return new Map(
    rows.map(({ id, ...birth }, index) => [id, { birth: { ...birth, grams: grams(birth.grams) }, movements: movements[index]! }]),
  );
}

/** The most that an owner ever had of a lot, whoever sees it; whole grams. */
export async function mostHeld(tx: Transaction, lot: string, owner: string): Promise<bigint> {
  const { birth, movements } = (await judgedLots(tx, [lot])).get(lot)!;
  return mostOf(birth, movements, owner);
}
