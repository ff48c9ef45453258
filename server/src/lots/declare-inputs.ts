import { grams, parseText } from '@lotline/schema';
import { Field, ID, InputType } from 'type-graphql';
import { z } from 'zod';
import { mayActFor, subjectVisible } from '../access';
import { type Command, CommandInput, idempotencyKey, idOf, noSuch, optional, read, type Work } from '../commands';
import { heldAtTheBorder } from './at-the-border';
import { type Correction, type NewInput, type RetractedInput, recordLotFacts } from './facts';
import { judgeUses, LotUseInput, lotUses, type Output } from './inputs';
import { judgedLots } from './judged';
import { lockHoldings } from './ledger';

@InputType({ description: 'What a lot was made of, declared once, as a set.' })
export class DeclareLotInputsInput extends CommandInput {
  @Field(() => ID, { description: 'The lot whose inputs these are.' })
  lot: string;

  @Field(() => [LotUseInput], { description: 'All of its inputs; empty only to take back what was declared.' })
  inputs: LotUseInput[];

  @Field(() => String, { nullable: true, description: 'Why the set declared before was wrong: retracts it and records this one.' })
  correctionReason?: string;
}

const declaration = z
  .object({
    idempotencyKey,
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
  may: (viewer) => mayActFor(viewer, null),
  async run(work, rows) {
    // Lots are locked, then every holding that these sets take from or give back to: two declarations for one lot come one after the other.
    const lots = await lockLots(
      work,
      rows.map((row) => row.lot),
    );
    const declared = await declaredInputs(work, [...lots.keys()]);
    const wanted = rows.flatMap((row) =>
      row.inputs.map((use) => ({ lotId: use.lot, ownerId: lots.get(row.lot)?.producerId ?? '' })).filter((each) => each.ownerId),
    );
    const held = await lockHoldings(work.tx, [
      ...[...declared.values()].flat().map((use) => ({ lotId: use.inputId, ownerId: use.holderId })),
      ...wanted,
    ]);
    const border = await heldAtTheBorder(work, wanted);

    const judged = await judgedLots(work.tx, [
      ...[...declared.values()].flat().map((use) => use.inputId),
      ...rows.flatMap((row) => row.inputs.map((use) => use.lot)),
    ]);

    const inputs: NewInput[] = [];
    const corrections: Correction[] = [];
    for (const [index, row] of rows.entries()) {
      const lot = lots.get(row.lot);
      const forbidden = lot ? mayActFor(work.viewer, lot.producerId, 'LOTS') : null;
      if (!lot || forbidden) {
        work.refuse(index, forbidden ?? noSuch('lot', 'lot'));
        continue;
      }
      const retracted = declared.get(row.lot) ?? [];
      if (retracted.length > 0 && row.correctionReason === null) {
        work.refuse(index, {
          code: 'CONFLICT',
          message: `the lot has ${retracted.length} inputs declared`,
          path: ['inputs'],
          rule: '7 CFR 205.103',
          remedy: 'give a correctionReason to retract the declared set and record this one',
        });
        continue;
      }
      if (retracted.length > 0) corrections.push({ outputId: row.lot, retracted, reason: row.correctionReason! });
      const givenBack = new Map<string, bigint>();
      for (const use of retracted) {
        givenBack.set(use.inputId, (givenBack.get(use.inputId) ?? 0n) + use.grams);
        held.add(use.inputId, use.holderId, use.grams);
        const { movements } = judged.get(use.inputId)!;
        movements.splice(
          movements.findIndex(({ fact }) => fact === use.id),
          1,
        );
      }
      inputs.push(...(await judgeUses(work, index, lot, row.inputs, { held, judged, border, givenBack })));
    }
    work.check();
    await recordLotFacts(work, { inputs, corrections });
    return rows.map((row) => ({ lot: row.lot }));
  },
};

async function lockLots(work: Work, ids: readonly string[]): Promise<Map<string, Output>> {
  const rows = await work.tx.query<Output>(
    `select l.id, l.producer as "producerId", l.produced_on as "producedOn" from lot l
     where l.id = any($1) and ${subjectVisible(work.viewer, 'l.id')} order by l.id for no key update of l`,
    [ids],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

/** Live inputs of lots, by lot. */
async function declaredInputs(work: Work, lots: readonly string[]): Promise<Map<string, RetractedInput[]>> {
  const rows = await work.tx.query<{ id: string; output: string; input: string; holder: string; grams: string }>(
    'select id, output, input, holder, grams from lot_input where output = any($1) and retracted_by is null',
    [lots],
  );
  const declared = new Map<string, RetractedInput[]>();
  for (const row of rows) {
    const use = { id: row.id, inputId: row.input, holderId: row.holder, grams: grams(row.grams) };
    const uses = declared.get(row.output);
    if (uses) uses.push(use);
    else declared.set(row.output, [use]);
  }
  return declared;
}
