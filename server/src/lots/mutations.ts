import { Lot } from '@lotline/schema';
import { Arg, Ctx, Field, Mutation, ObjectType, Resolver } from 'type-graphql';
import { INPUT } from '../commands';
import { CommandPayload, give, type Question } from '../questions';
import { RecordHarvestInput, RecordTransformationInput, recordHarvest, recordTransformation } from './birth';
import { DeclareLotInputsInput, declareLotInputs } from './declare-inputs';
import { lotById } from './lookup';

@ObjectType({ simpleResolvers: true, description: 'What a command about a lot has done.' })
abstract class LotPayload extends CommandPayload {
  @Field(() => Lot, { nullable: true, description: 'The lot.' })
  lot: Lot | null;
}

@ObjectType({ simpleResolvers: true, description: 'The lot that was born.' })
export class RecordHarvestPayload extends LotPayload {}

@ObjectType({ simpleResolvers: true, description: 'The lot that was born.' })
export class RecordTransformationPayload extends LotPayload {}

@ObjectType({ simpleResolvers: true, description: 'The lot whose inputs were declared.' })
export class DeclareLotInputsPayload extends LotPayload {}

async function payload(question: Question, done: Promise<{ cursor: string; outcome: { lot: string } }>): Promise<LotPayload> {
  const { cursor, outcome } = await done;
  return { cursor, lot: await question.reader.loader(lotById).load(outcome.lot) };
}

@Resolver()
export class LotMutations {
  @Mutation(() => RecordHarvestPayload, { nullable: true, description: "A lot out of a field, into its producer's holding." })
  recordHarvest(
    @Arg('input', () => RecordHarvestInput, INPUT)
    input: RecordHarvestInput,
    @Ctx() question: Question,
  ): Promise<LotPayload> {
    return payload(question, give(question, recordHarvest, input));
  }

  @Mutation(() => RecordTransformationPayload, { nullable: true, description: 'A lot made of lots that its producer holds.' })
  recordTransformation(
    @Arg('input', () => RecordTransformationInput, INPUT)
    input: RecordTransformationInput,
    @Ctx() question: Question,
  ): Promise<LotPayload> {
    return payload(question, give(question, recordTransformation, input));
  }

  @Mutation(() => DeclareLotInputsPayload, {
    nullable: true,
    description: 'The inputs of a lot that was recorded without; or, with a reason, instead of those declared before.',
  })
  declareLotInputs(
    @Arg('input', () => DeclareLotInputsInput, INPUT)
    input: DeclareLotInputsInput,
    @Ctx() question: Question,
  ): Promise<LotPayload> {
    return payload(question, give(question, declareLotInputs, input));
  }
}
