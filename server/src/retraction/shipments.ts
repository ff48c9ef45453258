import type { Day } from '@lotline/schema';
import { v7 as uuidv7 } from 'uuid';
import { releaseClaims } from '../certificates';
import type { Work } from '../commands';
import { ABOUT_NOTHING, mayRetract, type Retracted, type Retraction, refuseBuiltOn, retractParties, type Standing, standing } from './fact';

// What was told of a shipment or done to goods, taken back: a treatment, a lot in a shipment, a leg.

const BY = (fact: string) => `(select c.by from command c where c.id = ${fact}.recorded_by) as by`;
const lockShipment = (work: Work, table: string, id: string) =>
  work.tx.query(`select from shipment where id = (select shipment from ${table} where id = $1) for no key update`, [id]);

interface Treated extends Standing {
  lot: string | null;
  shipment: string | null;
  on: Day;
  document: string | null;
}

const TREATMENT = `select t.id, coalesce(t.lot, t.shipment) as subject, ${BY('t')}, t.retracted_by as "retractedBy", t.lot, t.shipment, t.on_day as "on", t.document
  from treatment t where t.id = $1`;

/** A treatment, by whoever recorded it alone: nobody takes back what another says was done. */
export async function retractTreatment(work: Work, retraction: Retraction): Promise<Retracted> {
  const { index, id: fact, reason } = retraction;
  await work.tx.query('select from treatment where id = $1 for no key update', [fact]);
  const treatment = await standing<Treated>(work, retraction, TREATMENT);
  const forbidden = treatment && mayRetract(work.viewer, treatment.by, null, treatment.lot === null ? 'SHIPMENTS' : 'LOTS');
  if (forbidden) work.refuse(index, forbidden);
  work.check();
  const { lot, shipment, on, document } = treatment!;
  await work.tx.query('update treatment set retracted_by = $2 where id = $1', [fact, work.command]);
  await retractParties(work, fact, [lot, shipment, document]);
  if (lot !== null)
    work.emit({
      type: 'lot.fact-retracted',
      subject: lot,
      payload: { fact, retracts: 'TREATED', grams: null, on, from: null, to: null, reason },
    });
  else work.emit({ type: 'shipment.treatment-retracted', subject: shipment!, payload: { treatment: fact, reason } });
  return { ...ABOUT_NOTHING, lot, shipment };
}

interface Carried extends Standing {
  lot: string;
  shipper: string;
  departed: string[];
}

const SHIPPED_LOT = `select x.id, x.shipment as subject, ${BY('x')}, x.retracted_by as "retractedBy", x.lot, s.shipper,
    array(select 'leg ' || g.sequence from shipment_leg g where g.shipment = s.id and g.retracted_by is null order by g.sequence) as departed
  from shipped_lot x join shipment s on s.id = x.shipment where x.id = $1`;

/** A lot in a shipment, before the shipment departs. */
export async function retractShippedLot(work: Work, retraction: Retraction): Promise<Retracted> {
  const { index, id: fact, reason } = retraction;
  await lockShipment(work, 'shipped_lot', fact);
  const carried = await standing<Carried>(work, retraction, SHIPPED_LOT);
  const forbidden = carried && mayRetract(work.viewer, carried.by, carried.shipper, 'SHIPMENTS');
  if (forbidden) work.refuse(index, forbidden);
  work.check();
  refuseBuiltOn(work, index, carried!.departed, 'take its legs back first, the last one before the others');
  work.check();
  const { subject: shipment, lot } = carried!;
  await work.tx.query('update shipped_lot set retracted_by = $2 where id = $1', [fact, work.command]);
  await retractParties(work, fact, [shipment, lot]);
  work.emit({ type: 'shipment.lot-retracted', subject: shipment, payload: { fact, lot, reason } });
  return { ...ABOUT_NOTHING, shipment };
}

interface Leg extends Standing {
  shipper: string;
  sequence: number;
  departedOn: Day | null;
  arrivedOn: Day | null;
  /** The same leg before its arrival was recorded. */
  before: string | null;
  builders: string[];
}

const LEG = `select g.id, g.shipment as subject, ${BY('g')}, g.retracted_by as "retractedBy", s.shipper, g.sequence, g.departed_on as "departedOn", g.arrived_on as "arrivedOn",
    (select b.id from shipment_leg b where b.shipment = g.shipment and b.sequence = g.sequence and b.retracted_by = g.recorded_by
      and b.arrived_on is null and g.arrived_on is not null) as before,
    array(select 'leg ' || l.sequence from shipment_leg l where l.shipment = g.shipment and l.sequence > g.sequence and l.retracted_by is null order by l.sequence)
      || array(select 'a treatment on ' || t.on_day from treatment t where t.shipment = g.shipment and t.retracted_by is null
        and (g.sequence = 1 or t.on_day > g.departed_on) order by t.on_day) as builders
  from shipment_leg g join shipment s on s.id = g.shipment where g.id = $1`;

/** The last leg of a shipment: its arrival first, where that was recorded by itself, and then its departure. */
export async function retractLeg(work: Work, retraction: Retraction): Promise<Retracted> {
  const { index, id: fact, reason } = retraction;
  await lockShipment(work, 'shipment_leg', fact);
  const leg = await standing<Leg>(work, retraction, LEG);
  // Whoever recorded the arrival takes that back; the departure is the shipper's.
  const recorder = leg === null || leg.before === null ? null : leg.by;
  const forbidden = leg && mayRetract(work.viewer, recorder, leg.shipper, 'SHIPMENTS');
  if (forbidden) work.refuse(index, forbidden);
  work.check();
  const { subject: shipment, before, builders, sequence, departedOn, arrivedOn } = leg!;
  const treatments = before === null ? builders : builders.filter((each) => each.startsWith('leg '));
  refuseBuiltOn(work, index, treatments, 'take that back first, the last before the others');
  work.check();
  await work.tx.query('update shipment_leg set retracted_by = $2 where id = $1', [fact, work.command]);
  await retractParties(work, fact, [shipment]);
  if (before !== null) await restoreLeg(work, before);
  else await releaseClaims(work, { shipment, leg: sequence, reason });
  const news = [
    ...(departedOn !== null && before === null ? (['DEPARTED'] as const) : []),
    ...(arrivedOn !== null ? (['ARRIVED'] as const) : []),
  ];
  work.emit({ type: 'shipment.leg-retracted', subject: shipment, payload: { leg: fact, news, sequence, reason } });
  return { ...ABOUT_NOTHING, shipment };
}

/** A leg as it was before its arrival, with the parties that it had. */
async function restoreLeg(work: Work, before: string): Promise<void> {
  const id = uuidv7();
  await work.tx.query(
    `insert into shipment_leg (id, shipment, sequence, mode, from_name, from_un_locode, from_country, to_name, to_un_locode, to_country, departed_on, departed_at,
       arrived_on, arrived_at, carrier, conveyance, container, seal, attributes, recorded_by)
     select $2, shipment, sequence, mode, from_name, from_un_locode, from_country, to_name, to_un_locode, to_country, departed_on, departed_at,
       arrived_on, arrived_at, carrier, conveyance, container, seal, attributes, $3 from shipment_leg where id = $1`,
    [before, id, work.command],
  );
  await work.tx.query(
    `insert into party (operation, subject, noun, fact, on_day, recorded_by)
     select operation, subject, noun, $2, on_day, $3 from party where fact = $1 and subject = (select shipment from shipment_leg where id = $1)`,
    [before, id, work.command],
  );
}
