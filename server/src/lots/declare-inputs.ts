import { type Day, type Grams, grams, parseText } from '@lotline/schema';
import { Field, ID, InputType } from 'type-graphql';
import { z } from 'zod';
import { mayActFor, mayCommand } from '../access';
import { type Command, idOf, read } from '../commands';
import { type Correction, type NewInput, type RetractedInput, recordLotFacts } from './facts';
import { judgeUses, LotUseInput, lotUses, optional } from './inputs';

@InputType({ description: 'What a lot was made of, declared once, as a set.' })
export class DeclareLotInputsInput {
  @Field(() => String, { description: 'The same key with the same input gives the same outcome again; remembered for 30 days.' })
  idempotencyKey: string;

  @Field(() => ID, { description: 'The lot whose inputs these are.' })
  lot: string;

  @Field(() => [LotUseInput], { description: 'All of its inputs; empty only to take back what was declared.' })
  inputs: LotUseInput[];

  @Field(() => String, { nullable: true, description: 'Why the set declared before was wrong: retracts it and records this one.' })
  correctionReason?: string;
}

const declaration = z
  .object({
    idempotencyKey: z.string(),
    lot: idOf('Lot'),
    inputs: lotUses,
    correctionReason: optional(read((text) => parseText(text, 1000))),
  })
  .refine((value) => value.inputs.length > 0 || value.correctionReason !== null, {
    message: 'there are no inputs',
    path: ['inputs'],
    params: { remedy: 'give the inputs, or a correctionReason to take back those declared before' },
  });

/** Inputs declared for a lot that was recorded without, or corrected. */
export const declareLotInputs: Command<z.infer<typeof declaration>, { lot: string }> = {
  name: 'declareLotInputs',
  input: declaration,
  may: (viewer) => mayCommand(viewer),
  async run(work, rows) {
    const inputs: NewInput[] = [];
    const corrections: Correction[] = [];
    // The lots' rows are locked, in one order, so that two declarations for one lot come one after the other.
    const lots = new Map(
      (
        await work.tx.query<{ id: string; producer: string; produced_on: Day | null }>(
          'select id, producer, produced_on from lot where id = any($1) order by id for no key update',
          [rows.map((row) => row.lot)],
        )
      ).map((lot) => [lot.id, lot]),
    );
    for (const [index, row] of rows.entries()) {
      const lot = lots.get(row.lot);
      const forbidden = lot ? mayActFor(work.viewer, lot.producer) : null;
      if (!lot || forbidden) {
        work.refuse(
          index,
          forbidden ?? {
            code: 'NOT_FOUND',
            message: 'there is no such lot',
            path: ['lot'],
            remedy: 'send the id of a lot, as an answer gave it',
          },
        );
        continue;
      }
      const declared: RetractedInput[] = (
        await work.tx.query<{ id: string; input: string; holder: string; grams: string }>(
          'select id, input, holder, grams from lot_input where output = $1 and retracted_by is null',
          [row.lot],
        )
      ).map((use) => ({ id: use.id, inputId: use.input, holderId: use.holder, grams: grams(use.grams) }));
      if (declared.length > 0 && row.correctionReason === null) {
        work.refuse(index, {
          code: 'CONFLICT',
          message: `the lot has ${declared.length} inputs declared`,
          path: ['inputs'],
          rule: '7 CFR 205.103',
          remedy: 'give a correctionReason to retract the declared set and record this one',
        });
        continue;
      }
      if (declared.length > 0) corrections.push({ outputId: row.lot, retracted: declared, reason: row.correctionReason! });
      const output = { id: row.lot, producerId: lot.producer, producedOn: lot.produced_on };
      inputs.push(...(await judgeUses(work, index, output, row.inputs, givenBack(declared, lot.producer))));
    }
    work.check();
    await recordLotFacts(work, { inputs, corrections });
    return rows.map((row) => ({ lot: row.lot }));
  },
};

function givenBack(retracted: readonly RetractedInput[], owner: string): Map<string, Grams> {
  const back = new Map<string, Grams>();
  for (const use of retracted) if (use.holderId === owner) back.set(use.inputId, grams((back.get(use.inputId) ?? 0n) + use.grams));
  return back;
}
