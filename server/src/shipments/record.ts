import type { Day, Grams, TransportMode, TreatmentKind, WrittenPlace } from '@lotline/schema';
import { Parties, record, type Work } from '../commands';
import type { Columns } from '../database';

// Shipments, their legs and lots, and treatments, as rows of any number, each with its parties. Whether they may be recorded has been
// decided before.

type Attributes = Record<string, string> | null;

export interface NewShipment {
  id: string;
  reference: string;
  shipperId: string;
  consigneeId: string;
  bookedOn: Day | null;
  attributes: Attributes;
}

/** For whom a shipment moves: party to every fact about it. */
export type ShipmentParties = Pick<NewShipment, 'id' | 'shipperId' | 'consigneeId'>;

export interface NewLeg {
  id: string;
  shipment: ShipmentParties;
  sequence: number;
  mode: TransportMode;
  from: WrittenPlace;
  to: WrittenPlace;
  departedOn: Day | null;
  departedAt: Date | null;
  arrivedOn: Day | null;
  arrivedAt: Date | null;
  carrier: string | null;
  conveyance: string | null;
  container: string | null;
  seal: string | null;
  attributes: Attributes;
  /** What was told of the leg that it takes the place of; none where it is new. */
  replaces?: { departed: boolean; arrived: boolean };
}

export interface NewShippedLot {
  id: string;
  shipment: ShipmentParties;
  lotId: string;
  grams: Grams;
  value: string;
  unit: string;
  /** First departure, else the booking: when the viewer's rights are judged. */
  on: Day | null;
  reference: string | null;
  attributes: Attributes;
}

export interface NewTreatment {
  id: string;
  kind: TreatmentKind;
  on: Day;
  at: Date | null;
  substance: string | null;
  lotId: string | null;
  shipment: ShipmentParties | null;
  prohibited: boolean;
  documentId: string | null;
  /** Its paper as it was named, where that is not on record. */
  documentNamed: string | null;
  reference: string | null;
  attributes: Attributes;
}

export interface ShipmentFacts {
  shipments: readonly NewShipment[];
  legs: readonly NewLeg[];
  lots: readonly NewShippedLot[];
  treatments: readonly NewTreatment[];
}

const SHIPMENT: Columns<NewShipment> = {
  id: ['uuid', (row) => row.id],
  reference: ['text', (row) => row.reference],
  shipper: ['uuid', (row) => row.shipperId],
  consignee: ['uuid', (row) => row.consigneeId],
  booked_on: ['date', (row) => row.bookedOn],
  attributes: ['jsonb', (row) => row.attributes],
};

const LEG: Columns<NewLeg> = {
  id: ['uuid', (leg) => leg.id],
  shipment: ['uuid', (leg) => leg.shipment.id],
  sequence: ['integer', (leg) => leg.sequence],
  mode: ['text', (leg) => leg.mode],
  from_name: ['text', (leg) => leg.from.name],
  from_un_locode: ['text', (leg) => leg.from.unLocode],
  from_country: ['text', (leg) => leg.from.country],
  to_name: ['text', (leg) => leg.to.name],
  to_un_locode: ['text', (leg) => leg.to.unLocode],
  to_country: ['text', (leg) => leg.to.country],
  departed_on: ['date', (leg) => leg.departedOn],
  departed_at: ['timestamptz', (leg) => leg.departedAt],
  arrived_on: ['date', (leg) => leg.arrivedOn],
  arrived_at: ['timestamptz', (leg) => leg.arrivedAt],
  carrier: ['text', (leg) => leg.carrier],
  conveyance: ['text', (leg) => leg.conveyance],
  container: ['text', (leg) => leg.container],
  seal: ['text', (leg) => leg.seal],
  attributes: ['jsonb', (leg) => leg.attributes],
};

const SHIPPED_LOT: Columns<NewShippedLot> = {
  id: ['uuid', (each) => each.id],
  shipment: ['uuid', (each) => each.shipment.id],
  lot: ['uuid', (each) => each.lotId],
  grams: ['bigint', (each) => each.grams],
  value: ['text', (each) => each.value],
  unit: ['text', (each) => each.unit],
  reference: ['text', (each) => each.reference],
  attributes: ['jsonb', (each) => each.attributes],
};

const TREATMENT: Columns<NewTreatment> = {
  id: ['uuid', (each) => each.id],
  kind: ['text', (each) => each.kind],
  on_day: ['date', (each) => each.on],
  at: ['timestamptz', (each) => each.at],
  substance: ['text', (each) => each.substance],
  lot: ['uuid', (each) => each.lotId],
  shipment: ['uuid', (each) => each.shipment?.id ?? null],
  prohibited: ['boolean', (each) => each.prohibited],
  document: ['uuid', (each) => each.documentId],
  document_named: ['text', (each) => each.documentNamed],
  reference: ['text', (each) => each.reference],
  attributes: ['jsonb', (each) => each.attributes],
};

/** Records shipments and what happened to them: rows, parties, events. */
export async function recordShipmentFacts(work: Work, facts: ShipmentFacts): Promise<void> {
  const { shipments, legs, lots, treatments } = facts;
  await record(work, 'shipment', SHIPMENT, shipments);
  await record(work, 'shipment_leg', LEG, legs);
  await record(work, 'shipped_lot', SHIPPED_LOT, lots);
  await record(work, 'treatment', TREATMENT, treatments);
  await (await partiesOf(work, facts)).record(work);
  tell(work, facts);
}

/** Shipper and consignee of whatever is about a shipment; of a treatment in store, whoever ever had some of the lot. */
async function partiesOf(work: Work, { shipments, legs, lots, treatments }: ShipmentFacts): Promise<Parties> {
  const parties = new Parties();
  const both = ({ shipperId, consigneeId }: ShipmentParties) => [shipperId, consigneeId];
  for (const shipment of shipments) parties.add(both(shipment), 'shipment', shipment.id, shipment.id, shipment.bookedOn);
  for (const leg of legs) parties.add(both(leg.shipment), 'shipment', leg.shipment.id, leg.id, leg.departedOn ?? leg.arrivedOn);
  for (const { id, shipment, lotId, on } of lots) {
    parties.add(both(shipment), 'shipment', shipment.id, id, on);
    parties.add(both(shipment), 'lot', lotId, id, on);
  }
  const holders = await holdersEver(
    work,
    treatments.flatMap(({ lotId }) => lotId ?? []),
  );
  for (const { id, lotId, shipment, documentId, on } of treatments) {
    const who = shipment ? both(shipment) : (holders.get(lotId!) ?? []);
    if (shipment) parties.add(who, 'shipment', shipment.id, id, on);
    else parties.add(who, 'lot', lotId!, id, on);
    if (documentId !== null) parties.add(who, 'document', documentId, id, on);
  }
  return parties;
}

/** Whoever ever had some of these lots. */
export async function holdersEver({ tx }: Work, lots: readonly string[]): Promise<Map<string, string[]>> {
  if (lots.length === 0) return new Map();
  const rows = await tx.query<{ lot: string; owners: string[] }>(
    'select lot, array_agg(owner) as owners from holding where lot = any($1) group by lot',
    [lots],
  );
  return new Map(rows.map(({ lot, owners }) => [lot, owners]));
}

function tell(work: Work, { shipments, legs, lots, treatments }: ShipmentFacts): void {
  for (const { id, shipperId: shipper, consigneeId: consignee, reference, bookedOn } of shipments)
    work.emit({ type: 'shipment.booked', subject: id, payload: { shipper, consignee, reference, on: bookedOn } });
  for (const { id: leg, shipment, sequence, mode, from, to, departedOn, arrivedOn, replaces } of legs)
    work.emit({
      type: 'shipment.leg-recorded',
      subject: shipment.id,
      payload: {
        leg,
        news: [
          ...(departedOn !== null && !replaces?.departed ? (['DEPARTED'] as const) : []),
          ...(arrivedOn !== null && !replaces?.arrived ? (['ARRIVED'] as const) : []),
        ],
        sequence,
        mode,
        from: from.name,
        to: to.name,
        departedOn,
        arrivedOn,
      },
    });
  for (const { shipment, lotId, grams } of lots)
    work.emit({ type: 'lot.shipped', subject: lotId, payload: { shipment: shipment.id, grams: String(grams) } });
  for (const { id, lotId, shipment, kind, prohibited, on } of treatments)
    work.emit({
      type: lotId === null ? 'shipment.treated' : 'lot.treated',
      subject: lotId ?? shipment!.id,
      payload: { treatment: id, kind, prohibited, on },
    });
}
