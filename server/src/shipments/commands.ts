import {
  DateScalar,
  type Day,
  type Moment,
  parseCode,
  parseContainer,
  parseDay,
  parseMoment,
  parsePlace,
  parseText,
  TransportMode,
} from '@lotline/schema';
import { Field, ID, InputType, Int } from 'type-graphql';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { mayActFor, subjectVisible } from '../access';
import { type Command, idOf, isReason, optional, QuantityInput, quantity, read, type Work, weigh } from '../commands';
import { type NewLeg, type NewShippedLot, recordShipmentFacts, type ShipmentParties } from './record';

const KEY = 'The same key with the same input gives the same outcome again; remembered for 30 days.';
const MOMENT = 'A local day, or an instant with its offset.';

@InputType({ description: 'Some of a lot, on its way in a shipment.' })
export class ShippedLotInput {
  @Field(() => ID, { description: 'The lot.' })
  lot: string;

  @Field(() => QuantityInput, { description: 'Mass carried.' })
  quantity: QuantityInput;
}

@InputType({ description: 'A shipment, before it departs.' })
export class BookShipmentInput {
  @Field(() => String, { description: KEY })
  idempotencyKey: string;

  @Field(() => String, { description: 'Unique within the shipper; at most 128 characters.' })
  reference: string;

  @Field(() => ID, { description: 'Who sends it.' })
  shipper: string;

  @Field(() => ID, { description: 'To whom.' })
  consignee: string;

  @Field(() => DateScalar, { nullable: true, description: 'Day of the booking.' })
  bookedOn?: string;

  @Field(() => [ShippedLotInput], { description: 'What it carries.' })
  lots: ShippedLotInput[];
}

@InputType({ description: 'The next leg of a shipment has departed.' })
export class RecordDepartureInput {
  @Field(() => String, { description: KEY })
  idempotencyKey: string;

  @Field(() => ID, { description: 'The shipment.' })
  shipment: string;

  @Field(() => TransportMode, { description: 'How it travels.' })
  mode: TransportMode;

  @Field(() => String, { description: 'Where it departed: a UN/LOCODE, or a name.' })
  fromPlace: string;

  @Field(() => String, { description: 'Where it goes: a UN/LOCODE, or a name.' })
  toPlace: string;

  @Field(() => String, { description: MOMENT })
  departed: string;

  @Field(() => String, { nullable: true, description: 'Who carries it.' })
  carrier?: string;

  @Field(() => String, { nullable: true, description: 'Ship, truck or flight.' })
  conveyance?: string;

  @Field(() => String, { nullable: true, description: 'Container number (ISO 6346), with its check digit.' })
  container?: string;

  @Field(() => String, { nullable: true, description: 'Seal number.' })
  seal?: string;
}

@InputType({ description: 'The leg of a shipment that is under way has arrived.' })
export class RecordArrivalInput {
  @Field(() => String, { description: KEY })
  idempotencyKey: string;

  @Field(() => ID, { description: 'The shipment.' })
  shipment: string;

  @Field(() => Int, { nullable: true, description: 'Which of its legs; the last where none is given.' })
  leg?: number;

  @Field(() => String, { description: MOMENT })
  arrived: string;
}

/** Most lots that one booking takes; more come by import. */
const MOST_LOTS = 1000;
const text = (most: number) => read((given) => parseText(given, most));

const booking = z.object({
  idempotencyKey: z.string(),
  reference: read(parseCode),
  shipper: idOf('Operation'),
  consignee: idOf('Operation'),
  bookedOn: optional(read(parseDay)),
  lots: z.array(z.object({ lot: idOf('Lot'), quantity })).max(MOST_LOTS, `a booking takes at most ${MOST_LOTS} lots`),
});
const departure = z.object({
  idempotencyKey: z.string(),
  shipment: idOf('Shipment'),
  mode: z.enum(TransportMode),
  fromPlace: read(parsePlace),
  toPlace: read(parsePlace),
  departed: read(parseMoment),
  carrier: optional(text(200)),
  conveyance: optional(text(200)),
  container: optional(read(parseContainer)),
  seal: optional(text(200)),
});
const arrival = z.object({
  idempotencyKey: z.string(),
  shipment: idOf('Shipment'),
  leg: optional(z.number().int().min(1)),
  arrived: read(parseMoment),
});

type Outcome = { shipment: string };

const notFound = (path: (string | number)[], what: string) => ({
  code: 'NOT_FOUND' as const,
  message: `there is no such ${what}`,
  path,
  remedy: `send the id of ${/^[aeiou]/.test(what) ? 'an' : 'a'} ${what}, as an answer gave it`,
});

/** Hours compare as instants, bare days as days. */
const isBefore = (one: Moment, other: Moment): boolean => (one.at && other.at ? one.at < other.at : one.on < other.on);

interface BookedLot {
  id: string;
  grams: string;
  kgPerBushel: string | null;
}

/** A shipper books a shipment of lots that it sees (7 CFR 205.103: records of transport). */
export const bookShipment: Command<z.infer<typeof booking>, Outcome> = {
  name: 'bookShipment',
  input: booking,
  may: (viewer, { shipper }) => mayActFor(viewer, shipper),
  async run(work, rows) {
    const operations = new Set(
      (
        await work.tx.query<{ id: string }>('select id from operation where id = any($1)', [
          rows.flatMap(({ shipper, consignee }) => [shipper, consignee]),
        ])
      ).map(({ id }) => id),
    );
    const found = await work.tx.query<BookedLot>(
      `select l.id, l.grams, p.kg_per_bushel as "kgPerBushel" from lot l join product p on p.id = l.product where l.id = any($1) and ${subjectVisible(work.viewer, 'l.id')}`,
      [rows.flatMap(({ lots }) => lots.map(({ lot }) => lot))],
    );
    const known = new Map(found.map((row) => [row.id, row]));
    const shipments = rows.map(({ reference, shipper, consignee, bookedOn }) => ({
      id: uuidv7(),
      reference,
      shipperId: shipper,
      consigneeId: consignee,
      bookedOn,
      attributes: null,
    }));
    const lots: NewShippedLot[] = [];
    for (const [index, row] of rows.entries()) {
      for (const party of ['shipper', 'consignee'] as const)
        if (!operations.has(row[party])) work.refuse(index, notFound([party], 'operation'));
      for (const [place, { lot, quantity: mass }] of row.lots.entries()) {
        const path = ['lots', place];
        const booked = known.get(lot);
        if (!booked) {
          work.refuse(index, notFound([...path, 'lot'], 'lot'));
          continue;
        }
        const grams = weigh(mass, booked.kgPerBushel);
        if (isReason(grams)) work.refuse(index, { ...grams, path: [...path, 'quantity'] });
        else if (grams > BigInt(booked.grams))
          work.refuse(index, {
            code: 'REFUSED',
            message: 'a shipment carries no more of a lot than was born of it',
            path: [...path, 'quantity'],
            rule: '7 CFR 205.103',
            remedy: 'give the mass that is carried',
          });
        else
          lots.push({
            id: uuidv7(),
            shipment: shipments[index]!,
            lotId: lot,
            grams,
            value: mass.value,
            unit: mass.unit,
            on: row.bookedOn,
            reference: null,
            attributes: null,
          });
      }
    }
    work.check();
    await recordShipmentFacts(work, { shipments, legs: [], lots, treatments: [] });
    return shipments.map(({ id }) => ({ shipment: id }));
  },
};

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

interface Moving extends ShipmentParties {
  legs: Leg[];
}

/** Shipments of these ids that the viewer sees, with their legs in order, locked: two movements of one come one after the other. */
async function lockShipments(work: Work, ids: readonly string[]): Promise<Map<string, Moving>> {
  const rows = await work.tx.query<ShipmentParties>(
    `select s.id, s.shipper as "shipperId", s.consignee as "consigneeId" from shipment s
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

const moment = (on: Day | null, at: Date | null): Moment | null => (on === null ? null : { on, at });

/** The next leg departs; the one before has arrived by then. */
export const recordDeparture: Command<z.infer<typeof departure>, Outcome> = {
  name: 'recordDeparture',
  input: departure,
  may: (viewer) => mayActFor(viewer, null),
  async run(work, rows) {
    const moving = await lockShipments(
      work,
      rows.map(({ shipment }) => shipment),
    );
    const legs: NewLeg[] = [];
    for (const [index, { shipment: id, departed, fromPlace, toPlace, idempotencyKey: _, ...more }] of rows.entries()) {
      const shipment = moving.get(id);
      const forbidden = shipment && mayActFor(work.viewer, shipment.shipperId);
      if (!shipment || forbidden) {
        work.refuse(index, forbidden ?? notFound(['shipment'], 'shipment'));
        continue;
      }
      const last = shipment.legs.at(-1);
      const arrived = last ? moment(last.arrivedOn, last.arrivedAt) : null;
      if (last && !arrived)
        work.refuse(index, {
          code: 'CONFLICT',
          message: `leg ${last.sequence} is under way`,
          path: ['shipment'],
          remedy: 'record its arrival first',
        });
      else if (arrived && isBefore(departed, arrived))
        work.refuse(index, {
          code: 'REFUSED',
          message: `the leg before arrived on ${arrived.on}`,
          path: ['departed'],
          rule: '7 CFR 205.103(b)(2)',
          remedy: 'give the day or hour on which it left',
        });
      legs.push({
        ...more,
        id: uuidv7(),
        shipment,
        sequence: (last?.sequence ?? 0) + 1,
        from: fromPlace,
        to: toPlace,
        departedOn: departed.on,
        departedAt: departed.at,
        arrivedOn: null,
        arrivedAt: null,
        attributes: null,
      });
    }
    work.check();
    await recordShipmentFacts(work, { shipments: [], legs, lots: [], treatments: [] });
    return rows.map(({ shipment }) => ({ shipment }));
  },
};

/**
 * A leg that is under way arrives: what was recorded of it is retracted, and recorded again with its arrival. Its parties remain parties to
 * what was recorded first, so that a replay of the log tells them of the departure too.
 */
export const recordArrival: Command<z.infer<typeof arrival>, Outcome> = {
  name: 'recordArrival',
  input: arrival,
  may: (viewer) => mayActFor(viewer, null),
  async run(work, rows) {
    const moving = await lockShipments(
      work,
      rows.map(({ shipment }) => shipment),
    );
    const legs: NewLeg[] = [];
    const replaced: string[] = [];
    for (const [index, { shipment: id, leg: sequence, arrived }] of rows.entries()) {
      const shipment = moving.get(id);
      const forbidden = shipment && mayActFor(work.viewer, shipment.shipperId) && mayActFor(work.viewer, shipment.consigneeId);
      if (!shipment || forbidden) {
        work.refuse(index, forbidden ?? notFound(['shipment'], 'shipment'));
        continue;
      }
      const leg = sequence === null ? shipment.legs.at(-1) : shipment.legs.find((each) => each.sequence === sequence);
      if (!leg || leg.arrivedOn !== null) {
        work.refuse(index, {
          code: 'CONFLICT',
          message: leg ? `leg ${leg.sequence} arrived on ${leg.arrivedOn}` : 'no such leg has departed',
          path: [sequence === null ? 'shipment' : 'leg'],
          remedy: leg ? 'record the departure of the next leg first' : 'record its departure first',
        });
        continue;
      }
      const departed = moment(leg.departedOn, leg.departedAt);
      if (departed && isBefore(arrived, departed))
        work.refuse(index, {
          code: 'REFUSED',
          message: `the leg departed on ${departed.on}`,
          path: ['arrived'],
          rule: '7 CFR 205.103(b)(2)',
          remedy: 'give the day or hour on which it arrived',
        });
      const { fromName, fromUnLocode, fromCountry, toName, toUnLocode, toCountry, ...same } = leg;
      replaced.push(leg.id);
      legs.push({
        ...same,
        id: uuidv7(),
        shipment,
        from: { name: fromName, unLocode: fromUnLocode, country: fromCountry },
        to: { name: toName, unLocode: toUnLocode, country: toCountry },
        arrivedOn: arrived.on,
        arrivedAt: arrived.at,
        replaces: { departed: leg.departedOn !== null, arrived: false },
      });
    }
    work.check();
    await work.tx.query('update shipment_leg set retracted_by = $2 where id = any($1)', [replaced, work.command]);
    await recordShipmentFacts(work, { shipments: [], legs, lots: [], treatments: [] });
    return rows.map(({ shipment }) => ({ shipment }));
  },
};
