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
 * since they were answered last, $3 how many, $4 minutes after which one that alone was not answered is asked for again.
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
    and (a.answered_at is null or a.answered_at <= now() - make_interval(mins => $2))
    and not (a.amiss is not null and (a.answered_at is null or a.answered_at < a.asked_at) and a.asked_at > now() - make_interval(secs => 60 * $4::numeric))
  order by a.asked_at nulls first, o.id limit $3`;

/** Notes that an operation is asked for: from now on it is the last in the row, answered or not. */
const noteAsked = async ({ database }: Asking, { id }: Operation): Promise<void> => {
  await database.query(
    `insert into operation_asked (operation, asked_at) values ($1, clock_timestamp())
     on conflict (operation) do update set asked_at = excluded.asked_at`,
    [id],
  );
};

/** Notes what is wrong with an answer, null where nothing is; one that was not answered is asked for again in the next round. */
const noteAnswer = async ({ database }: Asking, { id }: Operation, amiss: string | null, answered = true): Promise<void> => {
  await database.query(
    'update operation_asked set amiss = $2, answered_at = case when $3 then clock_timestamp() else answered_at end where operation = $1',
    [id, amiss, answered],
  );
};

/**
 * Asks for the history of one operation, and records what is new; what is wrong with the answer, null where nothing is.
 * @param counts does it count against the system that it is not reached?
 * @throws Unreachable where it does not answer
 */
async function askFor(asking: Asking, operation: Operation, counts: boolean): Promise<string | null> {
  const { runner, systems } = asking;
  const { port, circuit } = systems.ORGANIC_INTEGRITY_DATABASE!;
  try {
    const history = await circuit.through(async () => {
      await noteAsked(asking, operation);
      return port.operation(operation.nopId);
    }, counts);
    // Whom it does not know has no standing there: ours is its certifying agent's to keep.
    if (history === null) return null;
    const { outcomes } = await runner.execute(takeOperationStanding, OUTSIDE, [{ operation: operation.id, history }], uuidv7());
    const { unclear, differs } = outcomes[0]!;
    return unclear ? 'tells what is new, and not of which of its certificates' : differs;
  } catch (error) {
    if (error instanceof Unreachable) throw error;
    if (error instanceof Refused) return error.message;
    if (error instanceof Refusal && !error.retryable)
      return `tells what cannot be: ${error.reasons.map(({ message }) => message).join('; ')}`;
    // Of one operation: it holds up no other.
    return 'tells what could not be recorded: something went wrong here';
  }
}

/** Another operation that was answered without fault, the one asked longest ago. Parameter: those not to be asked. */
const ANOTHER = `
  select o.id, o.identifier as "nopId" from operation_asked a join operation o on o.id = a.operation
  where a.answered_at is not null and a.amiss is null and not o.id = any($1) order by a.asked_at, o.id limit 1`;

/** Is the system there, though none of these was answered? Another operation is asked for, to find out. */
async function isThere(asking: Asking, unanswered: readonly { operation: Operation }[]): Promise<boolean> {
  const [another] = await asking.database.query<Operation>(ANOTHER, [unanswered.map(({ operation }) => operation.id)]);
  if (!another) return false;
  try {
    await noteAnswer(asking, another, await askFor(asking, another, false));
    return true;
  } catch (error) {
    if (error instanceof Unreachable) return false;
    throw error;
  }
}

/** How long it is until the next round, minutes. */
const betweenRounds = ({ everyMinutes }: Asking): number => Math.max(1, everyMinutes / ROUNDS);

/** So many in a row that are not answered end a round. */
const MOST_IN_VAIN = 5;

/** What came of a round: are there more to ask at once, and of how many was something wrong? */
interface Found {
  more: boolean;
  amiss: number;
}

/**
 * Asks for the operations whose time it is. One that is not answered where another is has a wrong answer: it is no reason to ask for no others, and all
 * such of a round count once towards the circuit. @throws Error where the system is not there
 */
async function round(asking: Asking, stop: AbortSignal | undefined): Promise<Found> {
  const { database, everyMinutes } = asking;
  const operations = await database.query<Operation>(TO_BE_ASKED, [OPEN, everyMinutes, MOST_A_ROUND, betweenRounds(asking)]);
  const found = { answered: 0, amiss: 0 };
  const unanswered: { operation: Operation; message: string }[] = [];
  let inVain = 0;
  for (const operation of operations) {
    if (stop?.aborted || inVain === MOST_IN_VAIN) break;
    try {
      const amiss = await askFor(asking, operation, unanswered.length === 0);
      await noteAnswer(asking, operation, amiss);
      found.answered++;
      inVain = 0;
      if (amiss !== null) found.amiss++;
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      unanswered.push({ operation, message: error.message });
      inVain++;
    }
  }
  const [first] = unanswered;
  if (first && found.answered === 0 && !(await isThere(asking, unanswered)))
    throw new Error(`The Organic Integrity Database ${first.message}.`);
  for (const { operation, message } of unanswered) await noteAnswer(asking, operation, message, false);
  const many = found.answered + unanswered.length;
  return { more: many === MOST_A_ROUND || many < operations.length, amiss: found.amiss + unanswered.length };
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
    const { database } = asking;
    const goOn = (runAt?: Date) => schedule({ tx: database }, [nextRound(database, runAt)]);
    const later = () => new Date(Date.now() + betweenRounds(asking) * MINUTE_MS);
    const { more, amiss } = await round(asking, stop).catch(async (error) => {
      if (last) await goOn(later());
      throw error;
    });
    const says = await amissNow(asking);
    if (says === null || amiss > 0) await forgetFailed(database, TASK, database.installation.id);
    // Whoever schedules a job anew has the one in hand tried no more: it is dead if it fails.
    await goOn(more ? undefined : later());
    if (says !== null && amiss > 0) throw new Error(says);
  };

/** What the worker does where the Organic Integrity Database is spoken to. */
export const askingTasks = (asking: Asking): Tasks => (asking.systems.ORGANIC_INTEGRITY_DATABASE ? { [TASK]: askingTask(asking) } : {});

/** Begins to ask, where nobody does yet. */
export const beginAsking = (database: Database): Promise<void> => scheduleUnlessWaiting(database, nextRound(database));
