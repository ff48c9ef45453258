import { type Day, parseContainer, parseMoment, parsePlace, parseText, quote, TransportMode } from '@lotline/schema';
import { Field, ID, InputType } from 'type-graphql';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { mayActFor } from '../access';
import { judgeClaims, type NewClaim, recordClaims } from '../certificates';
import { type Command, CommandInput, idempotencyKey, idOf, noSuch, notYet, oneOf, optional, read, type Work } from '../commands';
import { heldBack } from '../lots';
import { everHad, heldOfShipper } from './had';
import { isBefore, lockShipments, MOMENT, moment } from './moving';
import { type NewLeg, recordShipmentFacts } from './record';

@InputType({ description: 'The next leg of a shipment has departed.' })
export class RecordDepartureInput extends CommandInput {
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

  @Field(() => [ID], {
    nullable: true,
    description: "Certificates for a period under which its lots go, of the shipper's own: they claim the lots. At most 20.",
  })
  importCertificates?: string[];

  @Field(() => String, { nullable: true, description: 'Who carries it.' })
  carrier?: string;

  @Field(() => String, { nullable: true, description: 'Ship, truck or flight.' })
  conveyance?: string;

  @Field(() => String, { nullable: true, description: 'Container number (ISO 6346), with its check digit.' })
  container?: string;

  @Field(() => String, { nullable: true, description: 'Seal number.' })
  seal?: string;
}

const text = read((given) => parseText(given, 200));

const departure = z.object({
  idempotencyKey,
  shipment: idOf('Shipment'),
  mode: oneOf(TransportMode, 'a mode'),
  fromPlace: read(parsePlace),
  toPlace: read(parsePlace),
  departed: read(parseMoment),
  importCertificates: optional(z.array(idOf('ImportCertificate')).max(20, 'at most 20 certificates at once')),
  carrier: optional(text),
  conveyance: optional(text),
  container: optional(read(parseContainer)),
  seal: optional(text),
});

/**
 * The next leg departs; the one before has arrived by then, and nothing of it is held at the border. Nothing departs before it was booked or born, or before it came to its shipper;
 * that a shipment reported from outside carries what never came to its shipper does not keep it, since it shows as a gap already. Certificates for a
 * period claim what departs under them (7 CFR 205.273).
 */
export const recordDeparture: Command<z.infer<typeof departure>, { shipment: string }> = {
  name: 'recordDeparture',
  input: departure,
  may: (viewer) => mayActFor(viewer, null),
  async run(work, rows) {
    const moving = await lockShipments(
      work,
      rows.map(({ shipment }) => shipment),
    );
    const legs: NewLeg[] = [];
    const claims: NewClaim[] = [];
    for (const [index, { shipment: id, departed, fromPlace, toPlace, importCertificates, idempotencyKey: _, ...more }] of rows.entries()) {
      const shipment = moving.get(id);
      const forbidden = shipment && mayActFor(work.viewer, shipment.shipperId, 'SHIPMENTS');
      if (!shipment || forbidden) {
        work.refuse(index, forbidden ?? noSuch('shipment', 'shipment'));
        continue;
      }
      const early = notYet(departed.on, work.now, 'departed');
      if (early) work.refuse(index, early);
      const tooEarly = (message: string) =>
        work.refuse(index, {
          code: 'REFUSED',
          message,
          path: ['departed'],
          rule: '7 CFR 205.103(b)(2)',
          remedy: 'give the day or hour on which it left',
        });
      if (shipment.bookedOn !== null && departed.on < shipment.bookedOn) tooEarly(`it was booked on ${shipment.bookedOn}`);
      const lots = await lotsCarried(work, id);
      const carried = await everHad(work, shipment.shipperId, [...lots.keys()], null);
      const held = await holdOf(work, id, departed.on);
      if (held !== null) work.refuse(index, heldBack(`its goods are held at the border by ${quote(held)}`, ['shipment']));
      const isFirst = shipment.legs.length === 0;
      for (const { says } of isFirst ? await heldOfShipper(work, shipment.shipperId, lots, carried, id) : [])
        work.refuse(index, heldBack(says, ['shipment']));
      for (const { code, producedOn, since } of carried.values()) {
        if (producedOn !== null && departed.on < producedOn) tooEarly(`lot ${quote(code)} was born on ${producedOn}`);
        else if (since !== null && departed.on < since) tooEarly(`lot ${quote(code)} came to the shipper on ${since}`);
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
      else if (arrived && isBefore(departed, arrived)) tooEarly(`the leg before arrived on ${arrived.on}`);
      if (importCertificates?.length)
        claims.push(
          ...(await judgeClaims(work, index, { shipment, departed, fromUnLocode: fromPlace.unLocode, named: importCertificates })),
        );
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
    await recordClaims(work, claims);
    return rows.map(({ shipment }) => ({ shipment }));
  },
};

/** Grams of each lot in a shipment. */
async function lotsCarried({ tx }: Work, shipment: string): Promise<Map<string, bigint>> {
  const rows = await tx.query<{ lot: string; grams: string }>(
    'select lot, sum(grams) as grams from shipped_lot where shipment = $1 and retracted_by is null group by lot',
    [shipment],
  );
  return new Map(rows.map(({ lot, grams }) => [lot, BigInt(grams)]));
}

/** Number of an emergency action by that day that somebody recorded on a shipment, and that holds some of it still; null where there is none. */
async function holdOf({ tx }: Work, shipment: string, by: Day): Promise<string | null> {
  const [row] = await tx.query<{ number: string }>(
    `select a.number from emergency_action a where a.shipment = $1 and a.made_by is not null and a.on_day <= $2
       and held_grams(a) > coalesce((select sum(coalesce(d.grams, held_grams(a))) from disposition d where d.emergency_action = a.id and d.retracted_by is null), 0)
     order by a.number limit 1`,
    [shipment, by],
  );
  return row?.number ?? null;
}
