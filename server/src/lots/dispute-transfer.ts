import { DateScalar, parseDay, parseText } from '@lotline/schema';
import { Field, ID, InputType } from 'type-graphql';
import { z } from 'zod';
import { mayActFor } from '../access';
import { type Command, CommandInput, idempotencyKey, idOf, QuantityInput, quantity, read } from '../commands';
import { receive } from './receive';

@InputType({ description: 'Of what was offered another quantity has been received.' })
export class DisputeTransferInput extends CommandInput {
  @Field(() => ID, { description: 'The offer.' })
  transferOffer: string;

  @Field(() => QuantityInput, { description: 'Mass received. Of more than was offered, what was offered passes.' })
  quantity: QuantityInput;

  @Field(() => DateScalar, { description: 'Local day on which it passed to the receiver.' })
  on: string;

  @Field(() => String, { description: 'How the difference shows, e.g. by which scale; at most 1,000 characters.' })
  reason: string;
}

const dispute = z.object({
  idempotencyKey,
  transferOffer: idOf('TransferOffer'),
  quantity,
  on: read(parseDay),
  reason: read((text) => parseText(text, 1000)),
});

/**
 * A receiver disputes an offer: what it received passes, and how much more or less that is than was offered is kept beside it (7 CFR
 * 205.403(d)(4)). What did not come stays with the sender, who knows by the difference what to look for; what came beyond the offer stays
 * there too, until the sender offers it.
 */
export const disputeTransfer: Command<z.infer<typeof dispute>, { transferOffer: string }> = {
  name: 'disputeTransfer',
  input: dispute,
  may: (viewer) => mayActFor(viewer, null),
  run: (work, rows) =>
    receive(
      work,
      rows.map(({ quantity: mass, reason, ...row }) => ({ ...row, other: { quantity: mass, reason } })),
    ),
};
