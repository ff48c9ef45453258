import { AdjustmentKind, DateScalar, parseDay, quote, toKilograms } from '@lotline/schema';
import { Field, ID, InputType } from 'type-graphql';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { mayActFor } from '../access';
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
  weigh,
} from '../commands';
import { type NewLoss, recordLotFacts } from './facts';
import { leastFrom } from './holdings';
import { judgedLots } from './judged';
import { lockHoldings } from './ledger';
import { seenOnBehalfOf } from './seen';

@InputType({ description: 'Some of a lot was lost.' })
export class RecordLossInput extends CommandInput {
  @Field(() => ID, { description: 'The lot.' })
  lot: string;

  @Field(() => ID, { description: 'Who held it.' })
  holder: string;

  @Field(() => AdjustmentKind, { description: 'How it was lost.' })
  kind: AdjustmentKind;

  @Field(() => QuantityInput, { description: 'Mass lost; at most what the holder has. A surplus is no loss: correct the mass of the lot.' })
  quantity: QuantityInput;

  @Field(() => DateScalar, { description: 'Local day on which it was lost, or found to be.' })
  on: string;

  @Field(() => ID, { nullable: true, description: 'Its paper: scale ticket, survey, laboratory report or the like.' })
  document?: string;
}

const loss = z.object({
  idempotencyKey,
  lot: idOf('Lot'),
  holder: idOf('Operation'),
  kind: oneOf(AdjustmentKind, 'a kind of loss'),
  quantity,
  on: read(parseDay),
  document: optional(idOf('Document')),
});

/** A holder loses some of a lot: what it has, and had to spare from that day on (7 CFR 205.403(d)(4)). */
export const recordLoss: Command<z.infer<typeof loss>, { lot: string; fact: string }> = {
  name: 'recordLoss',
  input: loss,
  may: (viewer, { holder }) => mayActFor(viewer, holder, 'LOTS'),
  async run(work, rows) {
    const held = await lockHoldings(
      work.tx,
      rows.map(({ lot, holder }) => ({ lotId: lot, ownerId: holder })),
    );
    const judged = await judgedLots(
      work.tx,
      rows.map(({ lot }) => lot),
    );
    const losses: NewLoss[] = [];
    for (const [index, row] of rows.entries()) {
      const { holder, on, document, kind } = row;
      const { lot, hasDocument } = await seenOnBehalfOf(work, holder, row);
      if (!lot) work.refuse(index, noSuch('lot', 'lot'));
      if (!hasDocument) work.refuse(index, noSuch('document', 'document'));
      const early = notYet(on, work.now, 'on');
      if (early) work.refuse(index, early);
      if (!lot) continue;
      const isUnborn = lot.producedOn !== null && on < lot.producedOn;
      if (isUnborn)
        work.refuse(index, {
          code: 'REFUSED',
          message: `lot ${quote(lot.code)} was born on ${lot.producedOn}`,
          path: ['on'],
          rule: '7 CFR 205.103',
          remedy: 'give the day of the loss, which is not before that',
        });
      const grams = weigh(row.quantity, lot.kgPerBushel);
      if (isReason(grams)) {
        work.refuse(index, { ...grams, path: ['quantity'] });
        continue;
      }
      const { birth, movements } = judged.get(lot.id)!;
      const has = held.of(lot.id, holder);
      const spare = leastFrom(birth, movements, holder, on);
      if (grams > has)
        work.refuse(index, {
          code: 'REFUSED',
          message: `${toKilograms(grams)} kg of lot ${quote(lot.code)} are lost, but the holder has ${toKilograms(has)} kg`,
          path: ['quantity'],
          rule: '7 CFR 205.403(d)(4)',
          remedy: 'record at most what is held, or record first the transfer by which it came',
        });
      else if (grams > spare && !isUnborn)
        work.refuse(index, {
          code: 'REFUSED',
          message: `${toKilograms(grams)} kg of lot ${quote(lot.code)} are lost, but from ${on} on the holder had ${toKilograms(spare)} kg to spare`,
          path: ['on'],
          rule: '7 CFR 205.403(d)(4)',
          remedy: 'give a day from which on that much was held, or record first how it came',
        });
      held.add(lot.id, holder, -grams);
      const id = uuidv7();
      movements.push({
        lot: lot.id,
        kind: 'LOSS',
        fact: id,
        from: holder,
        to: null,
        output: null,
        outputCountry: null,
        grams,
        on,
        at: null,
        document,
      });
      losses.push({
        id,
        lotId: lot.id,
        holderId: holder,
        kind,
        grams,
        value: row.quantity.value,
        unit: row.quantity.unit,
        on,
        at: null,
        documentId: document,
        documentNamed: null,
        reference: null,
        attributes: null,
      });
    }
    work.check();
    await recordLotFacts(work, { losses });
    return losses.map(({ id, lotId }) => ({ lot: lotId, fact: id }));
  },
};
