import { parseMoment } from '@lotline/schema';
import { Field, ID, InputType, Int } from 'type-graphql';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { mayActFor } from '../access';
import { type Command, CommandInput, idempotencyKey, idOf, noSuch, notYet, optional, read } from '../commands';
import { isBefore, lockShipments, MOMENT, moment } from './moving';
import { type NewLeg, recordShipmentFacts } from './record';

@InputType({ description: 'The leg of a shipment that is under way has arrived.' })
export class RecordArrivalInput extends CommandInput {
  @Field(() => ID, { description: 'The shipment.' })
  shipment: string;

  @Field(() => Int, { nullable: true, description: 'Which of its legs; the last where none is given.' })
  leg?: number;

  @Field(() => String, { description: MOMENT })
  arrived: string;
}

const A_LEG = 'a leg is a whole number from 1 on';

const arrival = z.object({
  idempotencyKey,
  shipment: idOf('Shipment'),
  leg: optional(z.number(A_LEG).int(A_LEG).min(1, A_LEG)),
  arrived: read(parseMoment),
});

/**
 * A leg that is under way arrives: what was recorded of it is retracted, and recorded again with its arrival. Its parties remain parties to
 * what was recorded first, so that a replay of the log tells them of the departure too.
 */
export const recordArrival: Command<z.infer<typeof arrival>, { shipment: string }> = {
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
      const forbidden =
        shipment && mayActFor(work.viewer, shipment.shipperId, 'SHIPMENTS') && mayActFor(work.viewer, shipment.consigneeId, 'SHIPMENTS');
      if (!shipment || forbidden) {
        work.refuse(index, forbidden ?? noSuch('shipment', 'shipment'));
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
      const early = notYet(arrived.on, work.now, 'arrived');
      if (early) work.refuse(index, early);
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
