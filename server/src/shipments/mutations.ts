import { Shipment, Treatment } from '@lotline/schema';
import { Arg, Ctx, Field, Mutation, ObjectType, Resolver } from 'type-graphql';
import { type Command, type CommandInput, INPUT } from '../commands';
import { nounById } from '../database';
import { CommandPayload, give, type Question } from '../questions';
import { RecordArrivalInput, recordArrival } from './arrive';
import { BookShipmentInput, bookShipment } from './book';
import { RecordDepartureInput, recordDeparture } from './depart';
import { visibleShipment } from './resolver';
import { RecordTreatmentInput, recordTreatment } from './treat';

@ObjectType({ simpleResolvers: true, description: 'What a command about a shipment has done.' })
abstract class ShipmentPayload extends CommandPayload {
  @Field(() => Shipment, { nullable: true, description: 'The shipment.' })
  shipment: Shipment | null;
}

@ObjectType({ simpleResolvers: true, description: 'The shipment that was booked.' })
export class BookShipmentPayload extends ShipmentPayload {}

@ObjectType({ simpleResolvers: true, description: 'The shipment that departed.' })
export class RecordDeparturePayload extends ShipmentPayload {}

@ObjectType({ simpleResolvers: true, description: 'The shipment that arrived.' })
export class RecordArrivalPayload extends ShipmentPayload {}

@ObjectType({ simpleResolvers: true, description: 'The treatment that was recorded.' })
export class RecordTreatmentPayload extends CommandPayload {
  @Field(() => Treatment, { nullable: true, description: 'The treatment.' })
  treatment: Treatment | null;
}

const treatmentById = nounById(Treatment);

async function carriedOut<Input>(
  question: Question,
  command: Command<Input, { shipment: string }>,
  input: CommandInput,
): Promise<ShipmentPayload> {
  const { cursor, outcome } = await give(question, command, input);
  return { cursor, shipment: await visibleShipment(question, outcome.shipment) };
}

@Resolver()
export class ShipmentMutations {
  @Mutation(() => BookShipmentPayload, { nullable: true, description: 'Books a shipment of lots; its shipper does.' })
  bookShipment(
    @Arg('input', () => BookShipmentInput, INPUT) input: BookShipmentInput,
    @Ctx() question: Question,
  ): Promise<ShipmentPayload> {
    return carriedOut(question, bookShipment, input);
  }

  @Mutation(() => RecordDeparturePayload, { nullable: true, description: 'The next leg of a shipment departs; its shipper says so.' })
  recordDeparture(
    @Arg('input', () => RecordDepartureInput, INPUT) input: RecordDepartureInput,
    @Ctx() question: Question,
  ): Promise<ShipmentPayload> {
    return carriedOut(question, recordDeparture, input);
  }

  @Mutation(() => RecordArrivalPayload, {
    nullable: true,
    description: 'The leg of a shipment that is under way arrives; its shipper or consignee says so.',
  })
  recordArrival(
    @Arg('input', () => RecordArrivalInput, INPUT) input: RecordArrivalInput,
    @Ctx() question: Question,
  ): Promise<ShipmentPayload> {
    return carriedOut(question, recordArrival, input);
  }

  @Mutation(() => RecordTreatmentPayload, {
    nullable: true,
    description:
      'A lot or a shipment was treated, allowed or not; whoever has, or had, some of the lot says so, or a side of the shipment.',
  })
  async recordTreatment(
    @Arg('input', () => RecordTreatmentInput, INPUT) input: RecordTreatmentInput,
    @Ctx() question: Question,
  ): Promise<RecordTreatmentPayload> {
    const { cursor, outcome } = await give(question, recordTreatment, input);
    return { cursor, treatment: await question.reader.loader(treatmentById).load(outcome.fact) };
  }
}
