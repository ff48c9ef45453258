import { DateScalar, type Day, parseDay } from '@lotline/schema';
import { Field, ID, InputType } from 'type-graphql';
import { z } from 'zod';
import { mayActFor } from '../access';
import { settleDraws } from '../certificates';
import { type Command, CommandInput, idempotencyKey, idOf, notYet, optional, read } from '../commands';
import { dayOfChange, drawnBy, entryToChange, reasonOfChange, recordEntryChange } from './changed-entry';
import { drawsOn } from './entry-lines';

@InputType({ description: 'An entry is taken back whole.' })
export class CancelCustomsEntryInput extends CommandInput {
  @Field(() => ID, { description: 'The entry.' })
  customsEntry: string;

  @Field(() => DateScalar, { nullable: true, description: 'Local day on which it was cancelled; today where none is given.' })
  on?: Day;

  @Field(() => String, { description: 'Why; at most 1,000 characters.' })
  reason: string;
}

const cancellation = z.object({
  idempotencyKey,
  customsEntry: idOf('CustomsEntry'),
  on: optional(read(parseDay)),
  reason: reasonOfChange,
});

/** An entry is cancelled with customs: it stays on record with its history, and what it drew is left again. */
export const cancelCustomsEntry: Command<z.infer<typeof cancellation>, { customsEntry: string }> = {
  name: 'cancelCustomsEntry',
  input: cancellation,
  may: (viewer) => mayActFor(viewer, null),
  async run(work, rows) {
    for (const [index, { customsEntry, on, reason }] of rows.entries()) {
      const changed = await entryToChange(work, index, customsEntry);
      work.check();
      const { entry, owner } = changed!;
      const early = notYet(on, work.now, 'on');
      if (early) work.refuse(index, early);
      if (on !== null && on < entry.since)
        work.refuse(index, {
          code: 'REFUSED',
          message: `it was ${entry.sequence === 0 ? 'filed' : 'amended'} on ${entry.since}`,
          path: ['on'],
          rule: '7 CFR 205.103(b)(2)',
          remedy: 'give the day on which it was cancelled, not before that',
        });
      work.check();
      const draws = await drawsOn(work, [], [...drawnBy(entry.lines).keys()]);
      const cancelledOn = on ?? dayOfChange(work, entry);
      await recordEntryChange(work, { entry, act: 'CANCELLED', on: cancelledOn, madeBy: owner, reason });
      const settled = { before: draws.before, on: cancelledOn, madeBy: owner, reason: 'a customs entry was cancelled' };
      await settleDraws(work, 'cancelCustomsEntry', draws.certificates.values(), settled);
    }
    return rows.map(({ customsEntry }) => ({ customsEntry }));
  },
};
