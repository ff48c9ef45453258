import { type Grams, parseMoment, parseText, TreatmentKind, toKilograms } from '@lotline/schema';
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
  oneOf,
  optional,
  QuantityInput,
  quantity,
  read,
  type Work,
  weigh,
} from '../commands';
import { type NewEmergencyAction, recordEmergencyActions } from '../customs';
import { noticeHoursOn } from '../operations';
import type { ShipmentParties } from '../shipments';
import { hold, notConcerned } from './hold';

@InputType({ description: 'CBP or APHIS ordered something for goods at the border, such as a fumigation.' })
export class RecordEmergencyActionNotificationInput extends CommandInput {
  @Field(() => ID, { description: 'Who tells of it: the importer, the consignee, or the filer of the entry.' })
  operation: string;

  @Field(() => String, { description: 'Number of the notification; at most 100 characters.' })
  number: string;

  @Field(() => String, { description: 'A local day, or an instant with its offset.' })
  on: string;

  @Field(() => String, { description: 'What was ordered, in at most 1,000 characters.' })
  ordered: string;

  @Field(() => TreatmentKind, { nullable: true, description: 'The treatment that was ordered, where one was.' })
  treatment?: TreatmentKind;

  @Field(() => ID, { nullable: true, description: 'The shipment that is held; or the lot.' })
  shipment?: string;

  @Field(() => ID, { nullable: true, description: 'The lot that is held; or the shipment.' })
  lot?: string;

  @Field(() => QuantityInput, { nullable: true, description: 'How much is held, where it is not all of it.' })
  quantity?: QuantityInput;
}

const action = z
  .object({
    idempotencyKey,
    operation: idOf('Operation'),
    number: read((text) => parseText(text, 100)),
    on: read(parseMoment),
    ordered: read((text) => parseText(text, 1000)),
    treatment: optional(oneOf(TreatmentKind, 'a kind of treatment')),
    shipment: optional(idOf('Shipment')),
    lot: optional(idOf('Lot')),
    quantity: optional(quantity),
  })
  .refine(({ lot, shipment }) => (lot === null) !== (shipment === null), {
    message: 'an emergency action is on a lot or on a shipment',
    path: ['shipment'],
    params: { remedy: 'name one of them; record one for each' },
  });
type Told = z.infer<typeof action>;

interface Goods {
  /** Null for a lot. */
  shipment: ShipmentParties | null;
  grams: bigint;
  kgPerBushel: string | null;
}

/** What is held, as far as the operation sees it. */
async function goodsOf({ tx, viewer }: Work, { operation, lot, shipment }: Told): Promise<Goods | null> {
  const asOperation = onBehalfOf(viewer, operation);
  if (lot !== null) {
    const [row] = await tx.query<{ grams: string; kgPerBushel: string | null }>(
      `select l.grams, p.kg_per_bushel as "kgPerBushel" from lot l join product p on p.id = l.product where l.id = $1 and ${subjectVisible(asOperation, 'l.id')}`,
      [lot],
    );
    return row ? { shipment: null, grams: BigInt(row.grams), kgPerBushel: row.kgPerBushel } : null;
  }
  const [row] = await tx.query<ShipmentParties & { grams: string; kgPerBushel: string | null }>(
    `select s.id, s.shipper as "shipperId", s.consignee as "consigneeId", coalesce(sum(x.grams), 0) as grams,
       case when count(distinct l.product) = 1 then min(p.kg_per_bushel::text) end as "kgPerBushel"
     from shipment s left join shipped_lot x on x.shipment = s.id and x.retracted_by is null left join lot l on l.id = x.lot left join product p on p.id = l.product
     where s.id = $1 and ${subjectVisible(asOperation, 's.id')} group by s.id`,
    [shipment],
  );
  if (!row) return null;
  const { grams, kgPerBushel, ...parties } = row;
  return { shipment: parties, grams: BigInt(grams), kgPerBushel };
}

/**
 * Whoever imports, receives or enters goods tells that they are held at the border (7 CFR 205.273): the certificates that cover them are HELD
 * until all is disposed of. Its certifier is to be told immediately (7 CFR 205.400(f)); when the clock asks whether it was is the operation's own policy.
 */
export const recordEmergencyActionNotification: Command<Told, { emergencyAction: string }> = {
  name: 'recordEmergencyActionNotification',
  input: action,
  may: (viewer, { operation }) => mayActFor(viewer, operation, 'CUSTOMS_ENTRIES'),
  async run(work, rows) {
    const actions: NewEmergencyAction[] = [];
    for (const [index, row] of rows.entries()) {
      const { operation, number, on, ordered, treatment, lot, shipment, quantity: mass } = row;
      const goods = await goodsOf(work, row);
      if (!goods) {
        work.refuse(index, lot === null ? noSuch('shipment', 'shipment') : noSuch('lot', 'lot'));
        continue;
      }
      for (const reason of [await notConcerned(work, operation, row), notYet(on.on, work.now, 'on')])
        if (reason) work.refuse(index, reason);
      const held = mass === null ? null : weigh(mass, goods.kgPerBushel);
      if (held !== null && isReason(held)) work.refuse(index, { ...held, path: ['quantity'] });
      else if (held !== null && held > goods.grams)
        work.refuse(index, {
          code: 'REFUSED',
          message: `it is ${toKilograms(goods.grams as Grams)} kg altogether`,
          path: ['quantity'],
          rule: '7 CFR 205.103(b)(2)',
          remedy: 'hold at most that',
        });
      actions.push({
        id: uuidv7(),
        number,
        on: on.on,
        at: on.at,
        ordered,
        lotId: lot,
        shipment: goods.shipment && { ...goods.shipment, id: shipment! },
        certifierNotifiedOn: null,
        disposition: null,
        attributes: null,
        told: {
          treatment,
          held: mass === null || held === null || isReason(held) ? null : { grams: held, value: mass.value, unit: mass.unit },
          madeById: operation,
          noticeHours: await noticeHoursOn(work.tx, operation, work.now),
        },
      });
    }
    work.check();
    await recordEmergencyActions(work, actions);
    for (const row of rows) await hold(work, { operation: row.operation, day: row.on.on }, row);
    return actions.map(({ id }) => ({ emergencyAction: id }));
  },
};
