import { Refusal } from '@lotline/schema';
import type { Database, Position, Transaction } from '../database';
import type { Place } from '../log';

/** A key in use: whose, and for what. */
export interface Claim {
  caller: string;
  key: string;
  inputHash: Buffer;
  command: string;
  at: Date;
}

/** How long a key is remembered. */
export const KEY_DAYS = 30;

/**
 * Claims a key for a command, first of all things in its transaction: whoever comes later with the same key waits here until the first
 * has committed, and is given its outcome; if the first was refused, the key is free again.
 * @returns the earlier outcome, or null where the key is ours now
 */
export async function claimKey<Outcome>(tx: Transaction, claim: Claim): Promise<{ place: Place; outcomes: Outcome[] } | null> {
  const claimed = await tx.query(
    'insert into idempotency_key (caller, key, input_hash, command, at) values ($1, $2, $3, $4, $5) on conflict do nothing returning 1',
    [claim.caller, claim.key, claim.inputHash, claim.command, claim.at],
  );
  if (claimed.length === 1) return null;
  const [earlier] = await tx.query<{ same: boolean; outcome: Outcome[]; position: string; command: string }>(
    'select k.input_hash = $3 as same, k.outcome, c.position, c.id as command from idempotency_key k join command c on c.id = k.command where k.caller = $1 and k.key = $2',
    [claim.caller, claim.key, claim.inputHash],
  );
  if (!earlier) throw new Error('an idempotency key without its command');
  if (!earlier.same) {
    throw new Refusal({
      code: 'IDEMPOTENCY_KEY_REUSED',
      message: 'this idempotencyKey was used with another input',
      path: ['idempotencyKey'],
      remedy: 'use a new key for a new command',
    });
  }
  return { place: { position: BigInt(earlier.position) as Position, command: earlier.command, told: null }, outcomes: earlier.outcome };
}

/** Forgets keys older than 30 days. */
export async function forgetOldKeys(database: Database): Promise<void> {
  await database.query(`delete from idempotency_key where at < now() - make_interval(days => ${KEY_DAYS})`);
}
