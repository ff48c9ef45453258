import { DateScalar, parseCode, parseDay, quote, toKilograms } from '@lotline/schema';
import { Field, ID, InputType } from 'type-graphql';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { mayActFor, onBehalfOf, subjectVisible } from '../access';
import {
  type Command,
  CommandInput,
  idempotencyKey,
  idOf,
  isReason,
  noSuch,
  notYet,
  optional,
  QuantityInput,
  quantity,
  read,
  type Work,
  weigh,
} from '../commands';
import { heldBack } from '../lots';
import { everHad, heldOfShipper } from './had';
import { type NewShippedLot, recordShipmentFacts } from './record';

@InputType({ description: 'Some of a lot, on its way in a shipment.' })
export class ShippedLotInput {
  @Field(() => ID, { description: 'The lot.' })
  lot: string;

  @Field(() => QuantityInput, { description: 'Mass carried.' })
  quantity: QuantityInput;
}

@InputType({ description: 'A shipment, before it departs.' })
export class BookShipmentInput extends CommandInput {
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

/** Most lots that one booking takes; more come by import. */
const MOST_LOTS = 1000;

const booking = z.object({
  idempotencyKey,
  reference: read(parseCode),
  shipper: idOf('Operation'),
  consignee: idOf('Operation'),
  bookedOn: optional(read(parseDay)),
  lots: z
    .array(z.object({ lot: idOf('Lot'), quantity }))
    .min(1, 'a booking takes at least one lot')
    .max(MOST_LOTS, `a booking takes at most ${MOST_LOTS} lots`),
});

interface BookedLot {
  id: string;
  grams: string;
  kgPerBushel: string | null;
}

/** Lots of these ids that are seen on the shipper's behalf. */
async function lotsToBook({ tx, viewer }: Work, shipper: string, ids: readonly string[]): Promise<Map<string, BookedLot>> {
  const rows = await tx.query<BookedLot>(
    `select l.id, l.grams, p.kg_per_bushel as "kgPerBushel" from lot l join product p on p.id = l.product
     where l.id = any($1) and ${subjectVisible(onBehalfOf(viewer, shipper), 'l.id')}`,
    [ids],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

/**
 * A shipper books a shipment of lots (7 CFR 205.103: records of transport), each once: of lots that it produced or had received some of by
 * the day of the booking, and no more of each than was born, nor than it ever had by then, and no goods that are held at the border. It need not hold them
 * any more: goods are often shipped by whoever sold them.
 */
export const bookShipment: Command<z.infer<typeof booking>, { shipment: string }> = {
  name: 'bookShipment',
  input: booking,
  may: (viewer, { shipper }) => mayActFor(viewer, shipper, 'SHIPMENTS'),
  async run(work, rows) {
    const operations = new Set(
      (
        await work.tx.query<{ id: string }>('select id from operation where id = any($1)', [
          rows.flatMap(({ shipper, consignee }) => [shipper, consignee]),
        ])
      ).map(({ id }) => id),
    );
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
        if (!operations.has(row[party])) work.refuse(index, noSuch('operation', party));
      const early = notYet(row.bookedOn, work.now, 'bookedOn');
      if (early) work.refuse(index, early);
      const ids = row.lots.map(({ lot }) => lot);
      const known = await lotsToBook(work, row.shipper, ids);
      const had = await everHad(work, row.shipper, ids, row.bookedOn);
      const byThen = row.bookedOn === null ? '' : ` by ${row.bookedOn}`;
      const given = new Set<string>();
      for (const [place, { lot, quantity: mass }] of row.lots.entries()) {
        const path = ['lots', place];
        const booked = known.get(lot);
        if (!booked) {
          work.refuse(index, noSuch('lot', ...path, 'lot'));
          continue;
        }
        if (given.has(lot)) {
          work.refuse(index, { code: 'CONFLICT', message: 'this lot is given twice', path, remedy: 'add the masses up' });
          continue;
        }
        given.add(lot);
        const grams = weigh(mass, booked.kgPerBushel);
        const { code, grams: most } = had.get(lot)!;
        if (isReason(grams)) work.refuse(index, { ...grams, path: [...path, 'quantity'] });
        else if (grams > BigInt(booked.grams))
          work.refuse(index, {
            code: 'REFUSED',
            message: 'a shipment carries no more of a lot than was born of it',
            path: [...path, 'quantity'],
            rule: '7 CFR 205.103',
            remedy: 'give the mass that is carried',
          });
        else if (most === 0n)
          work.refuse(index, {
            code: 'REFUSED',
            message: `the shipper had received nothing of lot ${quote(code)}${byThen}`,
            path: [...path, 'lot'],
            rule: '7 CFR 205.2, 205.103(b)(2)',
            remedy: 'record first the transfer by which it came to the shipper',
          });
        else if (grams > most)
          work.refuse(index, {
            code: 'REFUSED',
            message: `${toKilograms(grams)} kg of lot ${quote(code)} are booked, but its shipper had received ${toKilograms(most)} kg${byThen}`,
            path: [...path, 'quantity'],
            rule: '7 CFR 205.403(d)(4)',
            remedy: 'book at most what was received, or record first the transfer by which the rest came',
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
      const wanted = new Map(lots.flatMap(({ shipment, lotId, grams }) => (shipment === shipments[index] ? [[lotId, grams]] : [])));
      for (const { lot, says } of await heldOfShipper(work, row.shipper, wanted, had))
        work.refuse(index, heldBack(says, ['lots', ids.indexOf(lot), 'quantity']));
    }
    work.check();
    await recordShipmentFacts(work, { shipments, legs: [], lots, treatments: [] });
    return shipments.map(({ id }) => ({ shipment: id }));
  },
};
