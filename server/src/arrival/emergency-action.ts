import { type Grams, parseMoment, parseText, type Reason, TreatmentKind, toKilograms } from '@lotline/schema';
import { Field, ID, InputType } from 'type-graphql';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { mayActFor, onBehalfOf, subjectVisible } from '../access';
import {
  type Command,
  CommandInput,
  type EnteredMass,
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
import { type HeldMass, type NewEmergencyAction, recordEmergencyActions } from '../customs';
import { noticeHoursOn } from '../operations';
import type { ShipmentParties } from '../shipments';
import { hold, lockCovering, notConcerned } from './hold';
import { shareOf } from './share';

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

  @Field(() => QuantityInput, {
    nullable: true,
    description: "How much is held, where it is not all of the shipment, or all that came of the lot to the operation's side.",
  })
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
  /** How much is held where nobody says: null for all that a shipment carries. */
  all: bigint | null;
  /** The most that can be held of it. */
  most: bigint;
  kgPerBushel: string | null;
}

/** What is held, as far as the operation sees it; of a lot, its own part. */
async function goodsOf(work: Work, { operation, lot, shipment }: Told): Promise<Goods | null> {
  const { tx } = work;
  const asOperation = onBehalfOf(work.viewer, operation);
  if (lot !== null) {
    const [row] = await tx.query<{ kgPerBushel: string | null }>(
      `select p.kg_per_bushel as "kgPerBushel" from lot l join product p on p.id = l.product where l.id = $1 and ${subjectVisible(asOperation, 'l.id')}`,
      [lot],
    );
    return row ? { shipment: null, ...(await shareOf(work, operation, lot)), kgPerBushel: row.kgPerBushel } : null;
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
  return { shipment: parties, all: null, most: BigInt(grams), kgPerBushel };
}

/** How much is held; null for all that a shipment carries. */
function heldOf({ all }: Goods, mass: EnteredMass | null, weighed: Grams | Reason | null): HeldMass | null {
  if (mass === null) return all === null ? null : { grams: all as Grams, value: null, unit: null };
  return weighed === null || isReason(weighed) ? null : { grams: weighed, value: mass.value, unit: mass.unit };
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
      const stranger = await notConcerned(work, operation, row);
      for (const reason of [stranger, notYet(on.on, work.now, 'on')]) if (reason) work.refuse(index, reason);
      const held = mass === null ? null : weigh(mass, goods.kgPerBushel);
      if (held !== null && isReason(held)) work.refuse(index, { ...held, path: ['quantity'] });
      else if (held !== null && held > goods.most)
        work.refuse(index, {
          code: 'REFUSED',
          message:
            lot === null
              ? `it is ${toKilograms(goods.most as Grams)} kg altogether`
              : `the operation has, or had, ${toKilograms(goods.most as Grams)} kg of the lot`,
          path: ['quantity'],
          rule: '7 CFR 205.103(b)(2)',
          remedy: 'hold at most that',
        });
      else if (!stranger && goods.most === 0n)
        work.refuse(index, {
          code: 'REFUSED',
          message: lot === null ? 'the shipment carries nothing' : 'the operation has, and had, nothing of the lot',
          path: [lot === null ? 'shipment' : 'lot'],
          rule: '7 CFR 205.103(b)(2)',
          remedy: 'record first how it came',
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
          held: heldOf(goods, mass, held),
          madeById: operation,
          noticeHours: await noticeHoursOn(work.tx, operation, work.now),
          certificates: [],
        },
      });
    }
    work.check();
    for (const [index, row] of rows.entries()) {
      const by = { operation: row.operation, day: row.on.on };
      const certificates = await lockCovering(work, by, row);
      const told = { ...actions[index]!.told!, certificates };
      await recordEmergencyActions(work, [{ ...actions[index]!, told }]);
      await hold(work, by, certificates);
    }
    return actions.map(({ id }) => ({ emergencyAction: id }));
  },
};
