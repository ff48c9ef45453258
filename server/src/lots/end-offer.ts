import { type Day, parseText, today } from '@lotline/schema';
import { Field, ID, InputType } from 'type-graphql';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { mayActFor } from '../access';
import { type Command, CommandInput, idempotencyKey, idOf, noSuch, optional, Parties, read, record } from '../commands';
import type { Columns } from '../database';
import { answered, lockOffers } from './answer';

@InputType({ description: 'An offer is not accepted.' })
abstract class EndTransferInput extends CommandInput {
  @Field(() => ID, { description: 'The offer.' })
  transferOffer: string;

  @Field(() => String, { nullable: true, description: 'Why; at most 1,000 characters.' })
  reason?: string;
}

@InputType({ description: 'A receiver does not accept what it was offered.' })
export class DeclineTransferInput extends EndTransferInput {}

@InputType({ description: 'A sender takes back what it offered.' })
export class WithdrawTransferInput extends EndTransferInput {}

const end = z.object({
  idempotencyKey,
  transferOffer: idOf('TransferOffer'),
  reason: optional(read((text) => parseText(text, 1000))),
});

interface NewEnd {
  id: string;
  offerId: string;
  kind: 'DECLINED' | 'WITHDRAWN';
  on: Day;
  reason: string | null;
}

const END: Columns<NewEnd> = {
  id: ['uuid', (each) => each.id],
  offer: ['uuid', (each) => each.offerId],
  kind: ['text', (each) => each.kind],
  on_day: ['date', (each) => each.on],
  reason: ['text', (each) => each.reason],
};

/**
 * An open offer is over, today. Both sides keep it with how it ended; the lot and its paper are in the receiver's sight no more, as far as they were by
 * this offer alone.
 */
function endOffer(
  name: 'declineTransfer' | 'withdrawTransfer',
  side: 'senderId' | 'receiverId',
  kind: NewEnd['kind'],
): Command<z.infer<typeof end>, { transferOffer: string }> {
  return {
    name,
    input: end,
    may: (viewer) => mayActFor(viewer, null),
    async run(work, rows) {
      const offers = await lockOffers(
        work,
        rows.map(({ transferOffer }) => transferOffer),
      );
      for (const [index, { transferOffer }] of rows.entries()) {
        const offer = offers.get(transferOffer);
        const reason = offer ? (mayActFor(work.viewer, offer[side], 'LOTS') ?? answered(offer)) : noSuch('transfer offer', 'transferOffer');
        if (reason) work.refuse(index, reason);
      }
      work.check();
      const ends = rows.map(({ transferOffer, reason }) => ({ id: uuidv7(), offerId: transferOffer, kind, on: today(work.now), reason }));
      await record(work, 'transfer_offer_end', END, ends);
      const parties = new Parties();
      for (const { id, offerId, on, reason } of ends) {
        const { lotId, senderId, receiverId } = offers.get(offerId)!;
        parties.add([senderId, receiverId], 'transfer_offer', offerId, id, on);
        work.emit({ type: 'lot.transfer-offer-ended', subject: lotId, payload: { offer: offerId, kind, on, reason } });
      }
      await parties.record(work);
      await work.tx.query(
        `update party set retracted_by = $2 where fact = any($1) and noun in ('lot', 'document') and retracted_by is null`,
        [ends.map(({ offerId }) => offerId), work.command],
      );
      return rows.map(({ transferOffer }) => ({ transferOffer }));
    },
  };
}

/** A receiver declines an offer. */
export const declineTransfer = endOffer('declineTransfer', 'receiverId', 'DECLINED');

/** A sender withdraws an offer. */
export const withdrawTransfer = endOffer('withdrawTransfer', 'senderId', 'WITHDRAWN');
