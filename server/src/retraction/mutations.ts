import { Lot, OperationCertificate, Shipment } from '@lotline/schema';
import { Arg, Ctx, Field, Mutation, ObjectType, Resolver } from 'type-graphql';
import { INPUT } from '../commands';
import { visibleLot } from '../lots';
import { operationCertificateById } from '../operations';
import { CommandPayload, give, type Question } from '../questions';
import { visibleShipment } from '../shipments';
import { RetractFactInput, retractFact } from './retract-fact';

@ObjectType({
  simpleResolvers: true,
  description: 'What the fact that was taken back was about, as it is without it; null where you do not see it any more.',
})
export class RetractFactPayload extends CommandPayload {
  @Field(() => Lot, { nullable: true, description: 'The lot; of a use the one that was made of it.' })
  lot: Lot | null;

  @Field(() => Shipment, { nullable: true, description: 'The shipment.' })
  shipment: Shipment | null;

  @Field(() => OperationCertificate, { nullable: true, description: 'The certificate whose standing it was.' })
  operationCertificate: OperationCertificate | null;
}

@Resolver()
export class RetractionMutations {
  @Mutation(() => RetractFactPayload, {
    nullable: true,
    description: 'Takes back a fact that did not happen, or not so, with a reason; whoever recorded it does, or whose fact it is.',
  })
  async retractFact(
    @Arg('input', () => RetractFactInput, INPUT) input: RetractFactInput,
    @Ctx() question: Question,
  ): Promise<RetractFactPayload> {
    const { cursor, outcome } = await give(question, retractFact, input);
    const { lot, shipment, operationCertificate } = outcome;
    return {
      cursor,
      lot: lot === null ? null : await visibleLot(question, lot),
      shipment: shipment === null ? null : await visibleShipment(question, shipment),
      operationCertificate:
        operationCertificate === null ? null : await question.reader.loader(operationCertificateById).load(operationCertificate),
    };
  }
}
