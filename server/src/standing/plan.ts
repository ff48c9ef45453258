import { type Day, today } from '@lotline/schema';
import type { Follow } from '../commands';
import { type Job, schedule } from '../jobs';
import { lossesOf } from './losses';

/** Name of the task that tells whom a lost standing hits. */
export const STANDING_TASK = 'lost-standing';
/** Name of the task that tells whom it hits that goods are not organic any more. */
export const STATUS_TASK = 'lost-organic-status';

export interface StandingPayload {
  certificate: string;
  day: Day;
  /** The command that it follows from. */
  after: string;
}

export interface StatusPayload {
  /** A prohibited treatment, or a disposition. */
  fact: string;
}

const startOf = (day: Day): Date => new Date(`${day}T00:00:00Z`);

/**
 * A certificate that is suspended, revoked, surrendered or expires: once that is in force, one job looks whom it hits. Of one that is recorded with its
 * past, as an import does, the past tells nothing.
 */
export const planStanding: Follow = async (work, events) => {
  const changed = new Map<string, Day>();
  for (const event of events) {
    if (event.type === 'operation-certificate.status-changed') {
      const { effectiveFrom } = event.payload;
      const known = changed.get(event.subject);
      if (known === undefined || effectiveFrom < known) changed.set(event.subject, effectiveFrom);
    } else if (event.type === 'operation-certificate.step-retracted')
      changed.set(event.subject, changed.get(event.subject) ?? today(work.now));
  }
  if (changed.size === 0) return;
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
          : !isNew.has(certificate) && day >= changed.get(certificate)! && (until === null || until > today(work.now)),
      )
      .map(({ certificate, operation, day }): Job => {
        const payload: StandingPayload = { certificate, day, after: work.command };
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
      const payload: StatusPayload = { fact };
      return wasKnown.has((lot ?? shipment)!)
        ? [{ task: STATUS_TASK, subject: (lot ?? shipment)!, payload: { ...payload }, key: `${STATUS_TASK} ${fact}` }]
        : [];
    }),
  );
};
