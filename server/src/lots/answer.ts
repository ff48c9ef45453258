import type { Day, Reason } from '@lotline/schema';
import { subjectVisible } from '../access';
import type { Work } from '../commands';

// Offers as they stand when somebody answers them.

/** An offer, and what came of it. */
export interface Standing {
  id: string;
  lotId: string;
  senderId: string;
  receiverId: string;
  grams: string;
  value: string;
  unit: string;
  offeredOn: Day;
  documentId: string | null;
  acceptedOn: Day | null;
  ended: 'DECLINED' | 'WITHDRAWN' | null;
  endedOn: Day | null;
  kgPerBushel: string | null;
}

/** Offers of these ids that the viewer sees, locked: two answers to one come one after the other. */
export async function lockOffers(work: Work, ids: readonly string[]): Promise<Map<string, Standing>> {
  const locked = await work.tx.query<{ id: string }>(
    `select o.id from transfer_offer o where o.id = any($1) and ${subjectVisible(work.viewer, 'o.id')} order by o.id for no key update of o`,
    [ids],
  );
  const rows = await work.tx.query<Standing>(
    `select o.id, o.lot as "lotId", o.sender as "senderId", o.receiver as "receiverId", o.grams, o.value, o.unit, o.on_day as "offeredOn",
       o.document as "documentId", t.on_day as "acceptedOn", e.kind as ended, e.on_day as "endedOn", p.kg_per_bushel as "kgPerBushel"
     from transfer_offer o join lot l on l.id = o.lot join product p on p.id = l.product
       left join transfer t on t.offer = o.id and t.retracted_by is null
       left join transfer_offer_end e on e.offer = o.id and e.retracted_by is null where o.id = any($1)`,
    [locked.map(({ id }) => id)],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

/** Why nothing can come of an offer any more; null while it is open. */
export function answered({ acceptedOn, ended, endedOn }: Standing): Reason | null {
  const remedy = 'ask the sender for another offer if there is more';
  if (acceptedOn !== null) return { code: 'CONFLICT', message: `the offer was accepted on ${acceptedOn}`, path: ['transferOffer'], remedy };
  return ended === null
    ? null
    : {
        code: 'CONFLICT',
        message: `the offer was ${ended.toLowerCase()} on ${endedOn}`,
        path: ['transferOffer'],
        remedy: 'ask the sender for another offer',
      };
}
