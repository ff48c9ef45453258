import { DateScalar, parseDay } from '@lotline/schema';
import { Field, ID, InputType } from 'type-graphql';
import { z } from 'zod';
import { mayActFor } from '../access';
import { type Command, CommandInput, idempotencyKey, idOf, read } from '../commands';
import { receive } from './receive';

@InputType({ description: 'What was offered has been received, all of it.' })
export class AcceptTransferInput extends CommandInput {
  @Field(() => ID, { description: 'The offer.' })
  transferOffer: string;

  @Field(() => DateScalar, { description: 'Local day on which it passed to the receiver.' })
  on: string;
}

const acceptance = z.object({ idempotencyKey, transferOffer: idOf('TransferOffer'), on: read(parseDay) });

/** A receiver accepts an offer: all of it passes. */
export const acceptTransfer: Command<z.infer<typeof acceptance>, { transferOffer: string }> = {
  name: 'acceptTransfer',
  input: acceptance,
  may: (viewer) => mayActFor(viewer, null),
  run: (work, rows) =>
    receive(
      work,
      rows.map((row) => ({ ...row, other: null })),
    ),
};
