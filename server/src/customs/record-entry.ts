import { DateScalar, type Day, parseDay, parseEntryNumber, type Reason } from '@lotline/schema';
import { Field, ID, InputType } from 'type-graphql';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { mayActFor } from '../access';
import { settleDraws } from '../certificates';
import { type Command, CommandInput, idempotencyKey, idOf, noSuch, notYet, optional, read, type Work } from '../commands';
import { CustomsEntryLineInput, drawsOn, entryLines, judgeEntryLines } from './entry-lines';
import { recordCustomsEntries } from './record';

@InputType({ description: 'An entry was filed with customs, and draws on import certificates.' })
export class RecordCustomsEntryInput extends CommandInput {
  @Field(() => ID, { description: 'Who enters the goods: the importer, or the importer of record, of the certificates.' })
  importer: string;

  @Field(() => ID, { nullable: true, description: 'Who filed it: a broker, or the importer, as which it counts where nobody is named.' })
  filer?: string;

  @Field(() => String, { description: 'CBP entry number, XXX-NNNNNNN-C, with its check digit.' })
  number: string;

  @Field(() => DateScalar, { description: 'Local day of filing.' })
  filedOn: Day;

  @Field(() => [CustomsEntryLineInput], { description: 'Its lines that draw on import certificates: 1 to 1,000.' })
  lines: CustomsEntryLineInput[];
}

const entry = z.object({
  idempotencyKey,
  importer: idOf('Operation'),
  filer: optional(idOf('Operation')),
  number: read(parseEntryNumber),
  filedOn: read(parseDay),
  lines: entryLines,
});

/** Whoever is named as the filer has the entry by that: a broker is, or the importer; a broker that records it names nobody else. */
async function judgeFiler({ tx, viewer }: Work, importer: string, filer: string): Promise<Reason | null> {
  if (filer === importer) return null;
  const [found] = await tx.query<{ broker: boolean }>(`select 'BROKER' = any(roles) as broker from operation where id = $1`, [filer]);
  if (!found) return noSuch('operation', 'filer');
  const isAnothersBroker = viewer.operationId !== null && viewer.operationId !== importer && viewer.operationId !== filer;
  if (found.broker && !isAnothersBroker) return null;
  return {
    code: 'REFUSED',
    message: found.broker ? 'a broker names itself or the importer' : 'it is neither the importer nor a broker',
    path: ['filer'],
    rule: '7 CFR 205.273',
    remedy: 'name the broker that filed the entry, or the importer',
  };
}

/**
 * The importer, or its broker, records an entry that was filed with customs: its lines draw on certificates that the importer has, never
 * beyond what they cover, which is a law of the database (7 CFR 205.273). That a number is taken is told in one wording, whoever has it.
 */
export const recordCustomsEntry: Command<z.infer<typeof entry>, { customsEntry: string }> = {
  name: 'recordCustomsEntry',
  input: entry,
  may: (viewer, { importer }) => mayActFor(viewer, importer, 'CUSTOMS_ENTRIES'),
  async run(work, rows) {
    const outcomes: { customsEntry: string }[] = [];
    for (const [index, { importer, filer, number, filedOn, lines }] of rows.entries()) {
      const draws = await drawsOn(
        work,
        lines.map(({ importCertificate }) => importCertificate),
      );
      const known = await work.tx.query('select from operation where id = $1', [importer]);
      const filed = { id: uuidv7(), number, filedOn, filedAt: null, filerId: filer ?? importer, madeById: importer };
      const taken = await work.tx.query('select from customs_entry where number = $1', [number]);
      const reasons: (Reason | null)[] = [
        known.length === 0 ? noSuch('operation', 'importer') : await judgeFiler(work, importer, filed.filerId),
        taken.length === 0
          ? null
          : {
              code: 'CONFLICT',
              message: 'an entry of this number exists',
              path: ['number'],
              remedy: 'compare the number with the entry summary, or amend the entry',
            },
        notYet(filedOn, work.now, 'filedOn'),
      ];
      for (const reason of reasons) if (reason) work.refuse(index, reason);
      const judged = await judgeEntryLines(work, index, 'recordCustomsEntry', filed, lines, draws);
      work.check();
      await recordCustomsEntries(work, [filed], judged);
      const settled = { before: draws.before, on: filedOn, madeBy: importer, reason: null };
      await settleDraws(work, 'recordCustomsEntry', draws.certificates.values(), settled);
      outcomes.push({ customsEntry: filed.id });
    }
    return outcomes;
  },
};
