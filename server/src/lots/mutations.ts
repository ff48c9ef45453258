import { Lot, TransferOffer, toFactId } from '@lotline/schema';
import { Arg, Ctx, Field, ID, Mutation, ObjectType, Resolver } from 'type-graphql';
import { type Command, type CommandInput, INPUT } from '../commands';
import { CommandPayload, give, type Question } from '../questions';
import { AcceptTransferInput, acceptTransfer } from './accept-transfer';
import { RecordHarvestInput, RecordTransformationInput, recordHarvest, recordTransformation } from './birth';
import { DeclareLotInputsInput, declareLotInputs } from './declare-inputs';
import { DisputeTransferInput, disputeTransfer } from './dispute-transfer';
import { DeclineTransferInput, declineTransfer, WithdrawTransferInput, withdrawTransfer } from './end-offer';
import { visibleLot } from './lookup';
import { OfferTransferInput, offerTransfer } from './offer-transfer';
import { visibleTransferOffer } from './offers';
import { RecordLossInput, recordLoss } from './record-loss';

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

@ObjectType({ simpleResolvers: true, description: 'What a command about an offer of a lot has done.' })
abstract class TransferOfferPayload extends CommandPayload {
  @Field(() => TransferOffer, { nullable: true, description: 'The offer.' })
  transferOffer: TransferOffer | null;
}

@ObjectType({ simpleResolvers: true, description: 'The offer that was made.' })
export class OfferTransferPayload extends TransferOfferPayload {}

@ObjectType({ simpleResolvers: true, description: 'The offer that was accepted.' })
export class AcceptTransferPayload extends TransferOfferPayload {}

@ObjectType({ simpleResolvers: true, description: 'The offer that was disputed.' })
export class DisputeTransferPayload extends TransferOfferPayload {}

@ObjectType({ simpleResolvers: true, description: 'The offer that was declined.' })
export class DeclineTransferPayload extends TransferOfferPayload {}

@ObjectType({ simpleResolvers: true, description: 'The offer that was withdrawn.' })
export class WithdrawTransferPayload extends TransferOfferPayload {}

@ObjectType({ simpleResolvers: true, description: 'The loss that was recorded.' })
export class RecordLossPayload extends LotPayload {
  @Field(() => ID, { description: 'Names the loss to retractFact.' })
  fact: string;
}

async function offered<Input>(
  question: Question,
  command: Command<Input, { transferOffer: string }>,
  input: CommandInput,
): Promise<TransferOfferPayload> {
  const { cursor, outcome } = await give(question, command, input);
  return { cursor, transferOffer: await visibleTransferOffer(question, outcome.transferOffer) };
}

async function payload(question: Question, done: Promise<{ cursor: string; outcome: { lot: string } }>): Promise<LotPayload> {
  const { cursor, outcome } = await done;
  return { cursor, lot: await visibleLot(question, outcome.lot) };
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

  @Mutation(() => OfferTransferPayload, { nullable: true, description: 'Offers some of a lot to another operation; its owner does.' })
  offerTransfer(
    @Arg('input', () => OfferTransferInput, INPUT) input: OfferTransferInput,
    @Ctx() question: Question,
  ): Promise<TransferOfferPayload> {
    return offered(question, offerTransfer, input);
  }

  @Mutation(() => AcceptTransferPayload, {
    nullable: true,
    description: 'Accepts an offer whole: the receiver owns it from that day on.',
  })
  acceptTransfer(
    @Arg('input', () => AcceptTransferInput, INPUT) input: AcceptTransferInput,
    @Ctx() question: Question,
  ): Promise<TransferOfferPayload> {
    return offered(question, acceptTransfer, input);
  }

  @Mutation(() => DisputeTransferPayload, {
    nullable: true,
    description: 'Accepts another quantity than was offered: what was received passes, and the difference is kept. The receiver says so.',
  })
  disputeTransfer(
    @Arg('input', () => DisputeTransferInput, INPUT) input: DisputeTransferInput,
    @Ctx() question: Question,
  ): Promise<TransferOfferPayload> {
    return offered(question, disputeTransfer, input);
  }

  @Mutation(() => DeclineTransferPayload, { nullable: true, description: 'Declines an open offer; the receiver does.' })
  declineTransfer(
    @Arg('input', () => DeclineTransferInput, INPUT) input: DeclineTransferInput,
    @Ctx() question: Question,
  ): Promise<TransferOfferPayload> {
    return offered(question, declineTransfer, input);
  }

  @Mutation(() => WithdrawTransferPayload, { nullable: true, description: 'Withdraws an open offer; the sender does.' })
  withdrawTransfer(
    @Arg('input', () => WithdrawTransferInput, INPUT) input: WithdrawTransferInput,
    @Ctx() question: Question,
  ): Promise<TransferOfferPayload> {
    return offered(question, withdrawTransfer, input);
  }

  @Mutation(() => RecordLossPayload, { nullable: true, description: 'Some of a lot was lost; its holder says so.' })
  async recordLoss(
    @Arg('input', () => RecordLossInput, INPUT) input: RecordLossInput,
    @Ctx() question: Question,
  ): Promise<RecordLossPayload> {
    const { cursor, outcome } = await give(question, recordLoss, input);
    return { cursor, lot: await visibleLot(question, outcome.lot), fact: toFactId('LotAdjustment', outcome.fact) };
  }
}
