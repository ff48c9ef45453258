import { type Day, type Grams, grams, type TransportMode, type TreatmentKind } from '@lotline/schema';
import { groupBy, type Reader } from '../database';

/** One part of a shipment's way, as a trace tells it. */
export interface Leg {
  id: string;
  sequence: number;
  mode: TransportMode;
  from: { name: string; unLocode: string | null; country: string | null };
  to: { name: string; unLocode: string | null; country: string | null };
  departedOn: Day | null;
  departedAt: Date | null;
  arrivedOn: Day | null;
  arrivedAt: Date | null;
}

/** Something done to goods. */
export interface Treated {
  id: string;
  kind: TreatmentKind;
  on: Day;
  at: Date | null;
  substance: string | null;
  prohibited: boolean;
  /** Its paper. */
  document: string | null;
  /** The shipment that was treated; null for a lot. */
  shipment: string | null;
}

/** Grams of a lot in a shipment, with the way it went. */
export interface Carriage {
  lot: string;
  /** The fact that the lot was shipped. */
  fact: string;
  grams: Grams;
  shipment: string;
  shipper: string;
  consignee: string;
  /** In their order. */
  legs: readonly Leg[];
  /** Treatments of the shipment; those of the lot among them are told by `underWay`. */
  treatments: readonly Treated[];
}

interface LegRow extends Omit<Leg, 'from' | 'to'> {
  shipment: string;
  fromName: string;
  fromUnLocode: string | null;
  fromCountry: string | null;
  toName: string;
  toUnLocode: string | null;
  toCountry: string | null;
}

/** First departure; null where none is known. */
export const firstDeparture = (legs: readonly Leg[]): Day | null => legs.flatMap(({ departedOn }) => departedOn ?? []).sort()[0] ?? null;

/** Last arrival; null while it is on its way. */
export const lastArrival = (legs: readonly Leg[]): Day | null =>
  legs.at(-1)?.arrivedOn == null
    ? null
    : legs
        .flatMap(({ arrivedOn }) => arrivedOn ?? [])
        .sort()
        .at(-1)!;

/** What was done to the lots of a shipment: its treatments from the first departure to the last arrival, as far as its legs are known. */
export const underWay = ({ legs, treatments }: Pick<Carriage, 'legs' | 'treatments'>): Treated[] => {
  const [first, last] = [firstDeparture(legs), lastArrival(legs)];
  return treatments.filter(({ on }) => first !== null && first <= on && (last === null || on <= last));
};

const TREATED = 't.id, t.kind, t.on_day as "on", t.at, t.substance, t.prohibited, t.document, t.shipment';

/**
 * Every carriage of lots, by lot: live facts only, and what had happened at the end of a day.
 * @param asOf null for all; a leg that had not departed or arrived by then has not, a shipment of which none had departed is left out
 */
export async function carriagesOf(reader: Reader, lots: readonly string[], asOf: Day | null): Promise<Map<string, Carriage[]>> {
  const shipped = await reader.query<{
    lot: string;
    fact: string;
    grams: string;
    shipment: string;
    shipper: string;
    consignee: string;
    booked: boolean;
  }>(
    `select x.lot, x.id as fact, x.grams, x.shipment, s.shipper, s.consignee, $2::date is null or s.booked_on is null or s.booked_on <= $2::date as booked
     from shipped_lot x join shipment s on s.id = x.shipment where x.lot = any($1) and x.retracted_by is null order by x.shipment, x.id`,
    [lots, asOf],
  );
  if (shipped.length === 0) return new Map();
  const shipments = [...new Set(shipped.map((each) => each.shipment))];
  const legRows = await reader.query<LegRow>(
    `select g.shipment, g.id, g.sequence, g.mode, g.from_name as "fromName", g.from_un_locode as "fromUnLocode", g.from_country as "fromCountry",
       g.to_name as "toName", g.to_un_locode as "toUnLocode", g.to_country as "toCountry",
       case when $2::date is null or g.departed_on <= $2::date then g.departed_on end as "departedOn",
       case when $2::date is null or g.departed_on <= $2::date then g.departed_at end as "departedAt",
       case when $2::date is null or g.arrived_on <= $2::date then g.arrived_on end as "arrivedOn",
       case when $2::date is null or g.arrived_on <= $2::date then g.arrived_at end as "arrivedAt"
     from shipment_leg g where g.shipment = any($1) and g.retracted_by is null
     order by g.shipment, g.sequence`,
    [shipments, asOf],
  );
  const treated = await reader.query<Treated & { shipment: string }>(
    `select ${TREATED} from treatment t where t.shipment = any($1) and t.retracted_by is null and ($2::date is null or t.on_day <= $2::date) order by t.on_day, t.at, t.id`,
    [shipments, asOf],
  );
  const legsOf = groupBy(
    legRows.map(({ fromName, fromUnLocode, fromCountry, toName, toUnLocode, toCountry, ...leg }) => ({
      ...leg,
      from: { name: fromName, unLocode: fromUnLocode, country: fromCountry },
      to: { name: toName, unLocode: toUnLocode, country: toCountry },
    })),
    (leg) => leg.shipment,
  );
  const treatmentsOf = groupBy(treated, (each) => each.shipment);
  const carriages = shipped.flatMap(({ booked, ...row }): Carriage[] => {
    const legs = legsOf.get(row.shipment) ?? [];
    if (asOf !== null && (legs.length === 0 ? !booked : firstDeparture(legs) === null)) return [];
    return [{ ...row, grams: grams(row.grams), legs, treatments: treatmentsOf.get(row.shipment) ?? [] }];
  });
  return groupBy(carriages, (each) => each.lot);
}

/** Treatments of lots themselves, by lot. */
export async function treatmentsInStore(reader: Reader, lots: readonly string[], asOf: Day | null): Promise<Map<string, Treated[]>> {
  const rows = await reader.query<Treated & { lot: string }>(
    `select ${TREATED}, t.lot from treatment t where t.lot = any($1) and t.retracted_by is null and ($2::date is null or t.on_day <= $2::date) order by t.on_day, t.at, t.id`,
    [lots, asOf],
  );
  return groupBy(rows, (each) => each.lot);
}
