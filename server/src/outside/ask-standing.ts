import { Refusal } from '@lotline/schema';
import { v7 as uuidv7 } from 'uuid';
import { OUTSIDE } from '../access';
import { OPEN } from '../certificates';
import type { Runner } from '../commands';
import type { Database } from '../database';
import { forgetFailed, schedule, scheduleUnlessWaiting, type Task, type Tasks } from '../jobs';
import { Refused, Unreachable } from './ports';
import type { Systems } from './systems';
import { takeOperationStanding } from './take-standing';

// The Organic Integrity Database is asked for the standing of operations on open chains, time and again. A round asks those that were asked longest
// ago, and its last act is to schedule the next one: there is one such job, however many servers there are. When each was asked is on record, so
// that whoever takes over goes on where another ended.

/** Name of the task that asks. */
const TASK = 'oid-standing';
/** Most operations that one round asks; where there are more, the next round follows at once. */
const MOST_A_ROUND = 50;
/** Rounds for each time that an operation is to be asked: who comes onto an open chain waits no longer than for the next. */
const ROUNDS = 24;
const MINUTE_MS = 60_000;
/** Most operations that are named where something is wrong. */
const MOST_NAMED = 20;

/** What asking needs. */
export interface Asking {
  database: Database;
  runner: Runner;
  systems: Systems;
  /** How often each operation is asked, minutes. */
  everyMinutes: number;
}

interface Operation {
  id: string;
  nopId: string;
}

/**
 * Operations with a NOP ID, certified here under the NOP, that are on open chains: exporter, final handler and importer of open import certificates, producers
 * and holders of lots that these name, or that are on the water; those asked longest ago first. Parameters: $1 where an open certificate stands, $2 minutes
 * since they were asked last, $3 how many.
 */
const TO_BE_ASKED = `
  with going as (
    select c.id, c.exporter, c.final_handler, c.importer from import_certificate c
    where (select s.status from import_certificate_status s where s.import_certificate = c.id and s.retracted_by is null order by s.sequence desc limit 1) = any($1)
  ), lots as (
    select x.lot from import_certificate_line x join going on going.id = x.import_certificate where x.lot is not null and x.retracted_by is null
    union
    select x.lot from shipped_lot x where x.retracted_by is null
      and exists (select from shipment_leg g where g.shipment = x.shipment and g.retracted_by is null and g.departed_on is not null)
      and (select g.arrived_on from shipment_leg g where g.shipment = x.shipment and g.retracted_by is null order by g.sequence desc limit 1) is null
  ), on_chains as (
    select exporter as operation from going union select final_handler from going union select importer from going
    union select l.producer from lots join lot l on l.id = lots.lot
    union select h.owner from lots join holding h on h.lot = lots.lot and h.grams > 0
  )
  select o.id, o.identifier as "nopId" from on_chains join operation o on o.id = on_chains.operation left join operation_asked a on a.operation = o.id
  where o.identifier ~ '^[0-9]{10}$' and exists (select from operation_certificate c where c.operation = o.id and c.standard = 'NOP')
    and (a.asked_at is null or a.asked_at <= now() - make_interval(mins => $2))
  order by a.asked_at nulls first, o.id limit $3`;

/** Asks for the history of one operation, and records what is new; what is wrong with the answer, null where nothing is. */
async function askFor({ runner, systems }: Asking, { id, nopId }: Operation): Promise<string | null> {
  const { port, circuit } = systems.ORGANIC_INTEGRITY_DATABASE!;
  try {
    const history = await circuit.through(() => port.operation(nopId));
    // Whom it does not know has no standing there: ours is its certifying agent's to keep.
    if (history === null) return null;
    const { outcomes } = await runner.execute(takeOperationStanding, OUTSIDE, [{ operation: id, history }], uuidv7());
    return outcomes[0]!.unclear ? 'tells what is new, and not of which of its certificates' : null;
  } catch (error) {
    if (error instanceof Refused) return error.message;
    if (error instanceof Refusal && !error.retryable)
      return `tells what cannot be: ${error.reasons.map(({ message }) => message).join('; ')}`;
    throw error;
  }
}

/** Notes that an operation was asked for, and what was wrong with the answer. */
const noteAsked = async ({ database }: Asking, { id }: Operation, amiss: string | null): Promise<void> => {
  await database.query(
    `insert into operation_asked (operation, asked_at, amiss) values ($1, clock_timestamp(), $2)
     on conflict (operation) do update set asked_at = excluded.asked_at, amiss = excluded.amiss`,
    [id, amiss],
  );
};

/**
 * Asks for the operations whose time it is; how many there were, and of how many the answer was wrong. One that is not answered where the next is has a
 * wrong answer: it is no reason to ask for no others. @throws Error where the system is not there
 */
async function round(asking: Asking, stop: AbortSignal | undefined): Promise<{ asked: number; amiss: number }> {
  const { database, everyMinutes } = asking;
  const operations = await database.query<Operation>(TO_BE_ASKED, [OPEN, everyMinutes, MOST_A_ROUND]);
  const found = { asked: 0, amiss: 0 };
  const note = async (operation: Operation, amiss: string | null) => {
    await noteAsked(asking, operation, amiss);
    found.asked++;
    if (amiss !== null) found.amiss++;
  };
  const unanswered: { operation: Operation; message: string }[] = [];
  for (const operation of operations) {
    if (stop?.aborted) break;
    try {
      const amiss = await askFor(asking, operation);
      for (const before of unanswered.splice(0)) await note(before.operation, before.message);
      await note(operation, amiss);
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      unanswered.push({ operation, message: error.message });
    }
  }
  const [first] = unanswered;
  if (first) throw new Error(`The Organic Integrity Database ${first.message}.`);
  return found;
}

const nextRound = ({ installation }: Database, runAt?: Date) => ({
  task: TASK,
  subject: installation.id,
  payload: {},
  key: TASK,
  ...(runAt && { runAt }),
});

/** What is wrong with answers of the last time that each was asked for, in words; null where nothing is. */
async function amissNow({ database, everyMinutes }: Asking): Promise<string | null> {
  const rows = await database.query<{ nopId: string; amiss: string }>(
    `select o.identifier as "nopId", a.amiss from operation_asked a join operation o on o.id = a.operation
     where a.amiss is not null and a.asked_at > now() - make_interval(mins => 2 * $1) order by o.identifier limit ${MOST_NAMED + 1}`,
    [everyMinutes],
  );
  if (rows.length === 0) return null;
  const named = rows.slice(0, MOST_NAMED).map(({ nopId, amiss }) => `of ${nopId} it ${amiss}`);
  const others = rows.length > MOST_NAMED ? '; and more of others' : '';
  return `The Organic Integrity Database was asked for the standing of operations: ${named.join('; ')}${others}.`;
}

/**
 * The task of the worker: one round. Where the system is not there, it is tried again as everything else is, and after the last time the next round comes all the
 * same; where an answer is wrong, the others are asked for. Of either a dead job is left for an operator to see, until all is well again.
 */
const askingTask =
  (asking: Asking): Task =>
  async (_payload, { last, stop }) => {
    const { database, everyMinutes } = asking;
    const wait = Math.max(1, everyMinutes / ROUNDS) * MINUTE_MS;
    const goOn = (runAt?: Date) => schedule({ tx: database }, [nextRound(database, runAt)]);
    const later = () => new Date(Date.now() + wait);
    const { asked, amiss } = await round(asking, stop).catch(async (error) => {
      if (last) await goOn(later());
      throw error;
    });
    const says = await amissNow(asking);
    if (says === null || amiss > 0) await forgetFailed(database, TASK, database.installation.id);
    // Whoever schedules a job anew has the one in hand tried no more: it is dead if it fails.
    await goOn(asked === MOST_A_ROUND || stop?.aborted ? undefined : later());
    if (says !== null && amiss > 0) throw new Error(says);
  };

/** What the worker does where the Organic Integrity Database is spoken to. */
export const askingTasks = (asking: Asking): Tasks => (asking.systems.ORGANIC_INTEGRITY_DATABASE ? { [TASK]: askingTask(asking) } : {});

/** Begins to ask, where nobody does yet. */
export const beginAsking = (database: Database): Promise<void> => scheduleUnlessWaiting(database, nextRound(database));
