import { Field, ID, InputType } from 'type-graphql';
import { z } from 'zod';
import { mayActFor } from '../access';
import { settleDraws } from '../certificates';
import { type Command, CommandInput, idempotencyKey, idOf } from '../commands';
import { dayOfChange, drawnBy, entryToChange, reasonOfChange, recordEntryChange } from './changed-entry';
import { CustomsEntryLineInput, drawsOn, entryLines, judgeEntryLines } from './entry-lines';
import { recordCustomsEntries } from './record';

@InputType({ description: 'What an entry says from now on.' })
export class AmendCustomsEntryInput extends CommandInput {
  @Field(() => ID, { description: 'The entry.' })
  customsEntry: string;

  @Field(() => [CustomsEntryLineInput], {
    description: 'All its lines that draw on import certificates, instead of those before: 1 to 1,000.',
  })
  lines: CustomsEntryLineInput[];

  @Field(() => String, { description: 'Why; at most 1,000 characters.' })
  reason: string;
}

const amendment = z.object({ idempotencyKey, customsEntry: idOf('CustomsEntry'), lines: entryLines, reason: reasonOfChange });

/**
 * Other lines take the place of an entry's lines, as it was amended with customs: those before stay on record, and draw no more. What they
 * drew is there for the new ones.
 */
export const amendCustomsEntry: Command<z.infer<typeof amendment>, { customsEntry: string }> = {
  name: 'amendCustomsEntry',
  input: amendment,
  may: (viewer) => mayActFor(viewer, null),
  async run(work, rows) {
    for (const [index, { customsEntry, lines, reason }] of rows.entries()) {
      const changed = await entryToChange(work, index, customsEntry);
      work.check();
      const { entry, owner } = changed!;
      const freed = drawnBy(entry.lines);
      const draws = await drawsOn(
        work,
        lines.map(({ importCertificate }) => importCertificate),
        [...freed.keys()],
      );
      const filed = { ...entry, filedAt: null, madeById: owner };
      const judged = await judgeEntryLines(work, index, 'amendCustomsEntry', filed, lines, draws, freed);
      work.check();
      const on = dayOfChange(work, entry);
      await recordEntryChange(work, { entry, act: 'AMENDED', on, madeBy: owner, reason });
      await recordCustomsEntries(work, [], judged);
      const settled = { before: draws.before, on, madeBy: owner, reason: 'a customs entry was amended' };
      await settleDraws(work, 'amendCustomsEntry', draws.certificates.values(), settled);
    }
    return rows.map(({ customsEntry }) => ({ customsEntry }));
  },
};
