import { DateScalar, parseDay, parseText, quote, type Reason, TreatmentKind } from '@lotline/schema';
import { Field, ID, InputType } from 'type-graphql';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { mayActFor, onBehalfOf, subjectVisible } from '../access';
import { type Command, CommandInput, idempotencyKey, idOf, noSuch, notYet, oneOf, optional, read, type Work } from '../commands';
import { everHad } from './had';
import { lockShipments } from './moving';
import { type NewTreatment, recordShipmentFacts, type ShipmentParties } from './record';

@InputType({ description: 'Something was done to goods in store, or on their way.' })
export class RecordTreatmentInput extends CommandInput {
  @Field(() => ID, { description: 'Who says so: whoever has, or had, some of the lot; the shipper or the consignee of the shipment.' })
  operation: string;

  @Field(() => ID, { nullable: true, description: 'The lot that was treated in store; or the shipment.' })
  lot?: string;

  @Field(() => ID, { nullable: true, description: 'The shipment that was treated on its way; or the lot.' })
  shipment?: string;

  @Field(() => TreatmentKind, { description: 'What was done.' })
  kind: TreatmentKind;

  @Field(() => DateScalar, { description: 'Local day.' })
  on: string;

  @Field(() => String, { nullable: true, description: 'With what; at most 200 characters.' })
  substance?: string;

  @Field(() => Boolean, { description: 'Is it not allowed for organic goods (7 CFR 205.105, 205.272)? Of radiation it is always true.' })
  prohibited: boolean;

  @Field(() => ID, { nullable: true, description: 'Its paper.' })
  document?: string;
}

const treatment = z
  .object({
    idempotencyKey,
    operation: idOf('Operation'),
    lot: optional(idOf('Lot')),
    shipment: optional(idOf('Shipment')),
    kind: oneOf(TreatmentKind, 'a kind of treatment'),
    on: read(parseDay),
    substance: optional(read((text) => parseText(text, 200))),
    prohibited: z.boolean('it is missing'),
    document: optional(idOf('Document')),
  })
  .refine(({ lot, shipment }) => (lot === null) !== (shipment === null), {
    message: 'a treatment is of a lot or of a shipment',
    path: ['lot'],
    params: { remedy: 'name one of them; record one for each' },
  });
type Treatment = z.infer<typeof treatment>;

const REFUSED: Pick<Reason, 'code' | 'rule'> = { code: 'REFUSED', rule: '7 CFR 205.103(b)(2)' };

/** A lot was treated in store by somebody who had some of it by then: not before it was born, nor before any of it came. */
async function judgeLot(work: Work, index: number, { operation, lot, on }: Treatment): Promise<void> {
  const seen = await work.tx.query(`select from lot l where l.id = $1 and ${subjectVisible(onBehalfOf(work.viewer, operation), 'l.id')}`, [
    lot,
  ]);
  const had = (await everHad(work, operation, [lot!], on)).get(lot!);
  if (seen.length === 0 || !had) work.refuse(index, noSuch('lot', 'lot'));
  else if (had.producedOn !== null && on < had.producedOn)
    work.refuse(index, {
      ...REFUSED,
      message: `lot ${quote(had.code)} was born on ${had.producedOn}`,
      path: ['on'],
      remedy: 'give the day of the treatment, which is not before that',
    });
  else if (had.grams === 0n)
    work.refuse(index, {
      ...REFUSED,
      message: `nothing of lot ${quote(had.code)} had come to the operation by ${on}`,
      path: ['on'],
      remedy: 'record first the transfer by which it came; of goods on their way name the shipment',
    });
}

/** A shipment was treated on its way: between its first departure and its last arrival, both included. What is done before or after is done to its lots. */
function judgeShipment(work: Work, index: number, { on }: Treatment, legs: Awaited<ReturnType<typeof lockShipments>>): void {
  const all = [...legs.values()].flatMap((shipment) => shipment.legs);
  const departed = all.flatMap(({ departedOn }) => departedOn ?? []).sort()[0];
  const arrived =
    all.at(-1)?.arrivedOn == null
      ? null
      : all
          .flatMap(({ arrivedOn }) => arrivedOn ?? [])
          .sort()
          .at(-1)!;
  const remedy = 'give the day of the treatment; before it departs and once it has arrived its lots are treated';
  const because = (message: string) => work.refuse(index, { ...REFUSED, message, path: ['on'], remedy });
  if (departed === undefined) because('the shipment has not departed');
  else if (on < departed) because(`the shipment departed on ${departed}`);
  else if (arrived !== null && on > arrived) because(`the shipment arrived on ${arrived}`);
}

/**
 * Whoever has goods says what was done to them, allowed or not: what is prohibited must be told at once (7 CFR 205.400(f)), so that it is never
 * refused for being prohibited. It shows as a gap of every lot that it touched.
 */
export const recordTreatment: Command<Treatment, { fact: string }> = {
  name: 'recordTreatment',
  input: treatment,
  may: (viewer, { operation, lot }) => mayActFor(viewer, operation, lot === null ? 'SHIPMENTS' : 'LOTS'),
  async run(work, rows) {
    const treatments: NewTreatment[] = [];
    for (const [index, row] of rows.entries()) {
      const { operation, lot: lotId, shipment: shipmentId, kind, on, substance, prohibited, document } = row;
      const asOperation = onBehalfOf(work.viewer, operation);
      let shipment: ShipmentParties | null = null;
      if (lotId !== null) await judgeLot(work, index, row);
      else {
        const found = await lockShipments({ ...work, viewer: asOperation }, [shipmentId!]);
        shipment = found.get(shipmentId!) ?? null;
        if (!shipment) work.refuse(index, noSuch('shipment', 'shipment'));
        else if (shipment.shipperId !== operation && shipment.consigneeId !== operation)
          work.refuse(index, {
            code: 'FORBIDDEN',
            message: 'the shipment moves for others',
            path: ['operation'],
            remedy: 'its shipper or its consignee says what was done to it',
          });
        else judgeShipment(work, index, row, found);
      }
      const early = notYet(on, work.now, 'on');
      if (early) work.refuse(index, early);
      if (kind === 'IRRADIATION' && !prohibited)
        work.refuse(index, {
          code: 'REFUSED',
          message: 'ionizing radiation is never allowed for organic goods',
          path: ['prohibited'],
          rule: '7 CFR 205.105(f)',
          remedy: 'say that it is prohibited',
        });
      if (document !== null) {
        const papers = await work.tx.query(`select from document d where d.id = $1 and ${subjectVisible(asOperation, 'd.id')}`, [document]);
        if (papers.length === 0) work.refuse(index, noSuch('document', 'document'));
      }
      treatments.push({
        id: uuidv7(),
        kind,
        on,
        at: null,
        substance,
        lotId,
        shipment,
        prohibited,
        documentId: document,
        documentNamed: null,
        reference: null,
        attributes: null,
      });
    }
    work.check();
    await recordShipmentFacts(work, { shipments: [], legs: [], lots: [], treatments });
    return treatments.map(({ id }) => ({ fact: id }));
  },
};
