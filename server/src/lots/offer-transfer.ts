import { DateScalar, parseDay, quote, toKilograms } from '@lotline/schema';
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
  optional,
  QuantityInput,
  quantity,
  read,
  weigh,
} from '../commands';
import { freeOf, heldAtTheBorder, heldBack, holding } from './at-the-border';
import { heldAtEndOf } from './holdings';
import { judgedLots } from './judged';
import { lockHoldings } from './ledger';
import { type NewOffer, recordOffers } from './offers';
import { seenOnBehalfOf } from './seen';

@InputType({ description: 'Some of a lot, offered by its owner to another operation.' })
export class OfferTransferInput extends CommandInput {
  @Field(() => ID, { description: 'The lot.' })
  lot: string;

  @Field(() => ID, { description: 'Who owns it, and offers.' })
  sender: string;

  @Field(() => ID, { description: 'To whom.' })
  receiver: string;

  @Field(() => QuantityInput, { description: 'Mass offered; at most what the sender holds.' })
  quantity: QuantityInput;

  @Field(() => DateScalar, { description: 'Local day of the offer.' })
  on: string;

  @Field(() => ID, { nullable: true, description: 'Its paper: contract, order, invoice or the like.' })
  document?: string;
}

const offer = z.object({
  idempotencyKey,
  lot: idOf('Lot'),
  sender: idOf('Operation'),
  receiver: idOf('Operation'),
  quantity,
  on: read(parseDay),
  document: optional(idOf('Document')),
});

/**
 * An owner offers some of a lot: what it has now, and had on the day of the offer. Nothing moves yet, so what it did between the two is no
 * matter until the offer is accepted; the receiver sees the lot from now on.
 */
export const offerTransfer: Command<z.infer<typeof offer>, { transferOffer: string }> = {
  name: 'offerTransfer',
  input: offer,
  may: (viewer, { sender }) => mayActFor(viewer, sender, 'LOTS'),
  async run(work, rows) {
    const operations = new Set(
      (
        await work.tx.query<{ id: string }>('select id from operation where id = any($1)', [
          rows.flatMap(({ sender, receiver }) => [sender, receiver]),
        ])
      ).map(({ id }) => id),
    );
    const held = await lockHoldings(
      work.tx,
      rows.map(({ lot, sender }) => ({ lotId: lot, ownerId: sender })),
    );
    const border = await heldAtTheBorder(
      work,
      rows.map(({ lot, sender, receiver }) => ({ lotId: lot, ownerId: sender, to: receiver })),
    );
    const judged = await judgedLots(
      work.tx,
      rows.map(({ lot }) => lot),
    );
    const offers: NewOffer[] = [];
    for (const [index, row] of rows.entries()) {
      const { sender, receiver, document, on } = row;
      const { lot, hasDocument } = await seenOnBehalfOf(work, sender, row);
      if (!lot) work.refuse(index, noSuch('lot', 'lot'));
      for (const party of ['sender', 'receiver'] as const) if (!operations.has(row[party])) work.refuse(index, noSuch('operation', party));
      if (!hasDocument) work.refuse(index, noSuch('document', 'document'));
      if (sender === receiver)
        work.refuse(index, {
          code: 'REFUSED',
          message: 'the receiver is the sender',
          path: ['receiver'],
          remedy: 'name another operation as the receiver',
        });
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
          remedy: 'give the day of the offer, which is not before that',
        });
      const grams = weigh(row.quantity, lot.kgPerBushel);
      if (isReason(grams)) {
        work.refuse(index, { ...grams, path: ['quantity'] });
        continue;
      }
      const has = held.of(lot.id, sender);
      if (grams > has)
        work.refuse(index, {
          code: 'REFUSED',
          message: `${toKilograms(grams)} kg of lot ${quote(lot.code)} are offered, but the sender holds ${toKilograms(has)} kg`,
          path: ['quantity'],
          rule: '7 CFR 205.403(d)(4)',
          remedy: 'offer at most what is held, or record the transfer by which it came',
        });
      const back = border.of({ lotId: lot.id, ownerId: sender, to: receiver });
      if (grams <= has && grams > has - back.grams)
        work.refuse(
          index,
          heldBack(
            `${toKilograms(grams)} kg of lot ${quote(lot.code)} are offered, but ${freeOf(has, back.grams)} kg of what the sender holds is free: ${holding(back)}`,
            ['quantity'],
          ),
        );
      const { birth, movements } = judged.get(lot.id)!;
      const had = heldAtEndOf(birth, movements, sender, on);
      if (grams <= has && grams > had && !isUnborn)
        work.refuse(index, {
          code: 'REFUSED',
          message: `${toKilograms(grams)} kg of lot ${quote(lot.code)} are offered, but on ${on} the sender held ${toKilograms(had)} kg`,
          path: ['on'],
          rule: '7 CFR 205.103(b)(2)',
          remedy: 'give a day on which that much was held, or record first how it came',
        });
      offers.push({
        id: uuidv7(),
        lotId: lot.id,
        senderId: sender,
        receiverId: receiver,
        grams,
        value: row.quantity.value,
        unit: row.quantity.unit,
        on,
        documentId: document,
      });
    }
    work.check();
    await recordOffers(work, offers);
    return offers.map(({ id }) => ({ transferOffer: id }));
  },
};
