import { type Day, earliest, type LogEvent, today } from '@lotline/schema';
import type { Follow, Work } from '../commands';
import { type Job, schedule } from '../jobs';
import { lossesOf } from './losses';

/** Name of the task that tells whom a lost standing hits. */
export const STANDING_TASK = 'lost-standing';
/** Name of the task that tells whom it hits that goods are not organic any more. */
export const STATUS_TASK = 'lost-organic-status';

/** What a job concerns, which an operator is told where it is dead. */
interface Concerning {
  noun: 'Operation' | 'Lot' | 'Shipment';
  subject: string;
}

export interface StandingPayload extends Concerning {
  certificate: string;
  day: Day;
  /** The command that it follows from. */
  after: string;
}

export interface StatusPayload extends Concerning {
  /** A prohibited treatment, or a disposition. */
  fact: string;
}

export const startOf = (day: Day): Date => new Date(`${day}T00:00:00Z`);

/**
 * A certificate that is suspended, revoked, surrendered or expires: once that is in force, one job looks whom it hits, and again where it lasts longer than was
 * known. What was told of one that is taken back is taken back too. Of a certificate that is recorded with its past, as an import does, the past tells nothing.
 */
export const planStanding: Follow = async (work, events) => {
  const changes = await changesIn(work, events);
  if (changes.length === 0) return;
  const changed = new Map<string, Day>();
  for (const { certificate, day } of changes) changed.set(certificate, earliest(changed.get(certificate) ?? day, day));
  if (changes.some(({ isRetraction }) => isRetraction)) await retractNotices(work, [...changed.keys()]);
  const fresh = await work.tx.query<{ id: string }>('select id from operation_certificate where id = any($1) and recorded_by = $2', [
    [...changed.keys()],
    work.command,
  ]);
  const isNew = new Set(fresh.map(({ id }) => id));
  const losses = await lossesOf(work.tx, [...changed.keys()]);
  await schedule(
    work,
    losses
      .filter(({ certificate, day, until }) =>
        day > today(work.now)
          ? true
          : !isNew.has(certificate) && (day >= changed.get(certificate)! || until === null || until > changed.get(certificate)!),
      )
      .map(({ certificate, operation, day }): Job => {
        const payload: StandingPayload = { noun: 'Operation', subject: operation, certificate, day, after: work.command };
        const job: Job = {
          task: STANDING_TASK,
          subject: operation,
          payload: { ...payload },
          key: `${STANDING_TASK} ${certificate} ${day}`,
        };
        return day > today(work.now) ? { ...job, runAt: startOf(day) } : job;
      }),
  );
};

interface Change {
  certificate: string;
  /** First day of which something else holds now. */
  day: Day;
  isRetraction: boolean;
}

async function changesIn({ tx }: Work, events: readonly LogEvent[]): Promise<Change[]> {
  const made = events.flatMap((event): Change[] =>
    event.type === 'operation-certificate.status-changed'
      ? [{ certificate: event.subject, day: event.payload.effectiveFrom, isRetraction: false }]
      : [],
  );
  const retracted = events.flatMap((event) => (event.type === 'operation-certificate.step-retracted' ? [event.payload.step] : []));
  if (retracted.length === 0) return made;
  const steps = await tx.query<{ certificate: string; day: Day }>(
    'select operation_certificate as certificate, effective_from as day from operation_certificate_status where id = any($1)',
    [retracted],
  );
  return [...made, ...steps.map((step): Change => ({ ...step, isRetraction: true }))];
}

/** Takes back what was told of losses of the operations of certificates that are no losses any more. */
async function retractNotices({ tx, command }: Work, certificates: readonly string[]): Promise<void> {
  const all = await tx.query<{ id: string; operation: string }>(
    'select c.id, c.operation from operation_certificate c where c.operation in (select operation from operation_certificate where id = any($1))',
    [certificates],
  );
  const losses = await lossesOf(
    tx,
    all.map(({ id }) => id),
  );
  const operations = [...new Set(all.map(({ operation }) => operation))];
  const [told, dues] = [losses.map(({ operation }) => operation), losses.map(({ day }) => startOf(day))];
  const retracted = await tx.query<{ id: string }>(
    `update notice n set retracted_by = $4 where n.kind = 'PARTY_LOST_CERTIFICATION' and n.cause = any($1) and n.retracted_by is null
       and not exists (select from unnest($2::uuid[], $3::timestamptz[]) as l(operation, due) where l.operation = n.cause and l.due = n.due) returning n.id`,
    [operations, told, dues, command],
  );
  await tx.query('update party set retracted_by = $2 where fact = any($1) and retracted_by is null', [
    retracted.map(({ id }) => id),
    command,
  ]);
}

/** Goods that met what is prohibited, or were released as not organic: one job looks whom it hits. What is recorded with the goods themselves tells nothing. */
export const planLostStatus: Follow = async (work, events) => {
  const facts = new Map<string, { lot: string | null; shipment: string | null }>();
  const treatments = events.flatMap((event) =>
    (event.type === 'lot.treated' || event.type === 'shipment.treated') &&
    (event.payload.prohibited || event.payload.kind === 'IRRADIATION')
      ? [event.payload.treatment]
      : [],
  );
  const disposed = events.flatMap((event) =>
    event.type === 'emergency-action.disposed' && event.payload.kind === 'RELEASED_CONVENTIONAL' ? [event.subject] : [],
  );
  if (treatments.length + disposed.length === 0) return;
  const rows = await work.tx.query<{ id: string; lot: string | null; shipment: string | null }>(
    `select t.id, t.lot, t.shipment from treatment t where t.id = any($1)
     union all select d.id, a.lot, a.shipment from disposition d join emergency_action a on a.id = d.emergency_action
       where a.id = any($2) and d.kind = 'RELEASED_CONVENTIONAL' and d.recorded_by = $3`,
    [treatments, disposed, work.command],
  );
  for (const { id, ...of } of rows) facts.set(id, of);
  const known = await work.tx.query<{ id: string }>(
    'select id from lot where id = any($1) and recorded_by <> $2 union all select id from shipment where id = any($1) and recorded_by <> $2',
    [rows.map(({ lot, shipment }) => lot ?? shipment), work.command],
  );
  const wasKnown = new Set(known.map(({ id }) => id));
  await schedule(
    work,
    [...facts].flatMap(([fact, { lot, shipment }]): Job[] => {
      const subject = (lot ?? shipment)!;
      const payload: StatusPayload = { noun: lot === null ? 'Shipment' : 'Lot', subject, fact };
      return wasKnown.has(subject) ? [{ task: STATUS_TASK, subject, payload: { ...payload }, key: `${STATUS_TASK} ${fact}` }] : [];
    }),
  );
};
