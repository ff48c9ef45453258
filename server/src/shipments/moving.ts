import type { Day, Moment } from '@lotline/schema';
import { subjectVisible } from '../access';
import type { Work } from '../commands';
import type { NewLeg, ShipmentParties } from './record';

// A shipment on its way, as the commands that move it see it.

/** The words for a field that takes a day or an hour. */
export const MOMENT = 'A local day, or an instant with its offset.';

/** A leg on record. */
interface Leg extends Omit<NewLeg, 'shipment' | 'from' | 'to' | 'replaces'> {
  fromName: string;
  fromUnLocode: string | null;
  fromCountry: string | null;
  toName: string;
  toUnLocode: string | null;
  toCountry: string | null;
  shipment: string;
}

/** A shipment, with its live legs in order. */
interface Moving extends ShipmentParties {
  bookedOn: Day | null;
  legs: Leg[];
}

/** Shipments of these ids that the viewer sees, with their legs in order, locked: two movements of one come one after the other. */
export async function lockShipments(work: Work, ids: readonly string[]): Promise<Map<string, Moving>> {
  const rows = await work.tx.query<Omit<Moving, 'legs'>>(
    `select s.id, s.shipper as "shipperId", s.consignee as "consigneeId", s.booked_on as "bookedOn" from shipment s
     where s.id = any($1) and ${subjectVisible(work.viewer, 's.id')} order by s.id for no key update of s`,
    [ids],
  );
  const legs = await work.tx.query<Leg>(
    `select g.id, g.shipment, g.sequence, g.mode, g.from_name as "fromName", g.from_un_locode as "fromUnLocode", g.from_country as "fromCountry",
       g.to_name as "toName", g.to_un_locode as "toUnLocode", g.to_country as "toCountry", g.departed_on as "departedOn", g.departed_at as "departedAt",
       g.arrived_on as "arrivedOn", g.arrived_at as "arrivedAt", g.carrier, g.conveyance, g.container, g.seal, g.attributes
     from shipment_leg g where g.shipment = any($1) and g.retracted_by is null order by g.shipment, g.sequence`,
    [rows.map(({ id }) => id)],
  );
  return new Map(rows.map((row) => [row.id, { ...row, legs: legs.filter(({ shipment }) => shipment === row.id) }]));
}

/** When a leg departed or arrived; null where that is not known. */
export const moment = (on: Day | null, at: Date | null): Moment | null => (on === null ? null : { on, at });

/** Hours compare as instants, bare days as days. */
export const isBefore = (one: Moment, other: Moment): boolean => (one.at && other.at ? one.at < other.at : one.on < other.on);
