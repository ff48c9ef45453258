import { type FactType, parseFactId, parseText } from '@lotline/schema';
import { Field, ID, InputType } from 'type-graphql';
import { z } from 'zod';
import { mayCommand } from '../access';
import { type Command, CommandInput, idempotencyKey, read, type Work } from '../commands';
import type { Retracted, Retraction } from './fact';
import { retractLoss, retractTransfer, retractUse } from './lots';
import { retractLeg, retractShippedLot, retractTreatment } from './shipments';
import { retractStanding } from './standings';

@InputType({ description: 'Something on record did not happen, or not so.' })
export class RetractFactInput extends CommandInput {
  @Field(() => ID, { description: 'What an answer gave as `fact`.' })
  fact: string;

  @Field(() => String, { description: 'Why; at most 1,000 characters.' })
  reason: string;
}

const retraction = z.object({
  idempotencyKey,
  fact: read(parseFactId),
  reason: read((text) => parseText(text, 1000)),
});

/** How each type of fact is taken back, and what builds on it. */
const WAYS: Record<FactType, (work: Work, retraction: Retraction) => Promise<Retracted>> = {
  LotInput: retractUse,
  Transfer: retractTransfer,
  LotAdjustment: retractLoss,
  Treatment: retractTreatment,
  ShippedLot: retractShippedLot,
  ShipmentLeg: retractLeg,
  OperationCertificateStatusFact: retractStanding,
};

/**
 * A fact is never edited: whoever recorded it, or whose it is, takes it back, and records another (7 CFR 205.103). It stays on record with who took
 * it back and why; holdings and parties are as if it had not been. What others build on is not taken back before that is.
 */
export const retractFact: Command<z.infer<typeof retraction>, Retracted> = {
  name: 'retractFact',
  input: retraction,
  may: mayCommand,
  async run(work, rows) {
    const done: Retracted[] = [];
    for (const [index, { fact, reason }] of rows.entries()) done.push(await WAYS[fact.type](work, { index, id: fact.id, reason }));
    return done;
  },
};
