import { grams, Shipment, ShipmentLeg, type ShipmentStatus, ShippedLot, Treatment } from '@lotline/schema';
import { factVisible, type Viewer } from '../access';
import { alike, type BatchOf, type KnownAt, knownFact, knownRow, nounById } from '../database';
import { type Link, seenFacts } from '../questions';

export const shipmentById = nounById(Shipment);

/** Is a leg `g` of a shipment live, and does the viewer see it? As SQL. */
export const legVisible = (viewer: Viewer, shipment: string, known: KnownAt | null): string =>
  `${knownFact('g', known)} and ${factVisible(viewer, shipment, 'g.id', known)}`;

/**
 * How far a shipment is, as SQL over the facts that the viewer sees. An emergency action holds it until all that is held is disposed of: then it
 * is released, or closed where nothing of it was released. Otherwise its live legs say: arrived at the end of the last, on its way between two, or just departed.
 * @param known position of the log; null for the reader's own state
 */
export const statusOf = (viewer: Viewer, shipment: string, known: KnownAt | null): string => `coalesce((
  select case
    when bool_or(x.of is null or (not x.all_of_it and x.disposed < held_grams(a))) then 'HELD'
    when bool_or(x.released) then 'RELEASED'
    else 'CLOSED' end
  from emergency_action a left join lateral (
    select d.emergency_action as of, bool_or(d.grams is null) as all_of_it, sum(d.grams) as disposed, bool_or(d.kind in ('RELEASED_ORGANIC', 'RELEASED_CONVENTIONAL')) as released
    from disposition d where d.emergency_action = a.id and ${knownFact('d', known)} group by d.emergency_action
  ) x on true
  where a.shipment = ${shipment} and ${knownRow('a', known)} and ${factVisible(viewer, shipment, 'a.id', known)} having count(*) > 0
), (
  select case
    when not bool_or(g.departed_on is not null or g.arrived_on is not null) then 'BOOKED'
    when (array_agg(g.arrived_on is not null order by g.sequence desc))[1] then 'ARRIVED'
    when bool_or(g.arrived_on is not null) then 'IN_TRANSIT'
    else 'DEPARTED' end
  from shipment_leg g where g.shipment = ${shipment} and ${legVisible(viewer, shipment, known)} having count(*) > 0
), 'BOOKED')`;

/** Status of shipments for viewers; one without legs is booked. */
export const shipmentStatus: BatchOf<{ id: string; viewer: Viewer }, ShipmentStatus> = async (reader, keys) => {
  const found = new Map<string, ShipmentStatus>();
  for (const group of alike(keys, ({ viewer }) => [viewer.name])) {
    const { viewer } = group[0]!;
    const rows = await reader.query<{ id: string; status: ShipmentStatus }>(
      `select s.id, ${statusOf(viewer, 's.id', null)} as status from shipment s where s.id = any($1)`,
      [group.map(({ id }) => id)],
    );
    for (const { id, status } of rows) found.set(viewer.name + id, status);
  }
  return keys.map(({ id, viewer }) => found.get(viewer.name + id)!);
};

type FactRow = { of: string; grams: string };

/** Legs of shipments, in their order. */
export const legsOf = seenFacts<ShipmentLeg & { of: string }, ShipmentLeg>(
  `select g.shipment as of, g.shipment as subject, g.id as fact, g.sequence as place, g.id, g.shipment as "shipmentId", g.sequence, g.mode,
     g.from_name as "fromName", g.from_un_locode as "fromUnLocode", g.from_country as "fromCountry", g.to_name as "toName", g.to_un_locode as "toUnLocode",
     g.to_country as "toCountry", g.departed_on as "departedOn", g.departed_at as "departedAt", g.arrived_on as "arrivedOn", g.arrived_at as "arrivedAt",
     g.carrier, g.conveyance, g.container, g.seal, g.recorded_by as "recordedBy"
   from shipment_leg g where g.shipment = any($1) and g.retracted_by is null`,
  (row) => Object.assign(new ShipmentLeg(), row),
);

const SHIPPED = (of: 'shipment' | 'lot', subject: 'shipment' | 'lot') =>
  `select x.${of} as of, x.${subject} as subject, x.id as fact, row(l.code, o.identifier, x.id) as place, x.id, x.shipment as "shipmentId", x.lot as "lotId", x.grams,
     x.recorded_by as "recordedBy"
   from shipped_lot x join lot l on l.id = x.lot join operation o on o.id = l.producer where x.${of} = any($1) and x.retracted_by is null`;

const asShippedLot = (row: FactRow): ShippedLot => Object.assign(new ShippedLot(), { ...row, grams: grams(row.grams) });

/** What shipments carried. */
export const lotsShipped = seenFacts<FactRow, ShippedLot>(SHIPPED('shipment', 'shipment'), asShippedLot);
/** The shipments that carried some of lots. */
export const shipmentsOfLots = seenFacts<{ of: string; shipmentId: string; recordedBy: string }, Link>(
  SHIPPED('lot', 'lot'),
  ({ shipmentId, recordedBy }) => ({ id: shipmentId, recordedBy }),
);

/**
 * Treatments of lots: their own, and those of shipments while they carried them, from the first departure to the last arrival, as far as
 * the viewer sees these.
 */
export const treatmentsOfLots = seenFacts<Treatment & { of: string }, Treatment>(
  (
    viewer,
  ) => `select t.lot as of, t.lot as subject, t.id as fact, row(t.on_day, t.at, t.id) as place, t.id, t.kind, t.on_day as "onDay", t.at, t.substance, t.lot as "lotId",
     t.shipment as "shipmentId", t.prohibited, t.document as "documentId", t.recorded_by as "recordedBy"
   from treatment t where t.lot = any($1) and t.retracted_by is null
   union all
   select distinct x.lot, t.shipment, t.id, row(t.on_day, t.at, t.id), t.id, t.kind, t.on_day, t.at, t.substance, t.lot, t.shipment, t.prohibited, t.document, t.recorded_by
   from shipped_lot x join treatment t on t.shipment = x.shipment and t.retracted_by is null
   where x.lot = any($1) and x.retracted_by is null and ${factVisible(viewer, 'x.shipment', 'x.id')}
     and t.on_day >= (select min(g.departed_on) from shipment_leg g where g.shipment = x.shipment and ${legVisible(viewer, 'x.shipment', null)})
     and coalesce(t.on_day <= (
       select case when (array_agg(g.arrived_on order by g.sequence desc))[1] is not null then max(g.arrived_on) end
       from shipment_leg g where g.shipment = x.shipment and ${legVisible(viewer, 'x.shipment', null)}), true)`,
  (row) => Object.assign(new Treatment(), row),
);
