import { EmergencyActionNotification, ImportCertificate, Shipment } from '@lotline/schema';
import { Arg, Ctx, Field, Mutation, ObjectType, Resolver } from 'type-graphql';
import { visibleImportCertificate } from '../certificates';
import { type Command, type CommandInput, INPUT } from '../commands';
import { emergencyActionById } from '../customs';
import { CommandPayload, give, type Question } from '../questions';
import { visibleShipment } from '../shipments';
import { RecordDispositionInput, recordDisposition } from './dispose';
import { RecordEmergencyActionNotificationInput, recordEmergencyActionNotification } from './emergency-action';
import { NotifyCertifierInput, notifyCertifier } from './notify';
import { VerifyArrivalInput, verifyArrival } from './verify';

@ObjectType({ simpleResolvers: true, description: 'The arrival that was verified.' })
export class VerifyArrivalPayload extends CommandPayload {
  @Field(() => ImportCertificate, { nullable: true, description: 'The certificate that it arrived under.' })
  importCertificate: ImportCertificate | null;

  @Field(() => Shipment, { nullable: true, description: 'The shipment that arrived.' })
  shipment: Shipment | null;

  @Field(() => String, {
    nullable: true,
    description: 'Why the certificate stays where it stood; null where it is VERIFIED, or none was named.',
  })
  stays: string | null;
}

@ObjectType({ simpleResolvers: true, description: 'What a command about an emergency action has done.' })
abstract class EmergencyActionPayload extends CommandPayload {
  @Field(() => EmergencyActionNotification, { nullable: true, description: 'The emergency action.' })
  emergencyAction: EmergencyActionNotification | null;
}

@ObjectType({ simpleResolvers: true, description: 'The emergency action that was recorded.' })
export class RecordEmergencyActionNotificationPayload extends EmergencyActionPayload {}

@ObjectType({ simpleResolvers: true, description: 'The emergency action that a certifier was told of.' })
export class NotifyCertifierPayload extends EmergencyActionPayload {}

@ObjectType({ simpleResolvers: true, description: 'The emergency action whose goods were disposed of.' })
export class RecordDispositionPayload extends EmergencyActionPayload {}

async function acted<Input>(
  question: Question,
  command: Command<Input, { emergencyAction: string }>,
  input: CommandInput,
): Promise<EmergencyActionPayload> {
  const { cursor, outcome } = await give(question, command, input);
  return { cursor, emergencyAction: await question.reader.loader(emergencyActionById).load(outcome.emergencyAction) };
}

@Resolver()
export class ArrivalMutations {
  @Mutation(() => VerifyArrivalPayload, {
    nullable: true,
    description:
      'The check-list of an importer for goods that arrived; it does. Where every answer is YES the certificate is VERIFIED, unless some of its goods are still under way; one for a period once it is exhausted or expired. At most 20 a day of one certificate and shipment.',
  })
  async verifyArrival(
    @Arg('input', () => VerifyArrivalInput, INPUT) input: VerifyArrivalInput,
    @Ctx() question: Question,
  ): Promise<VerifyArrivalPayload> {
    const { cursor, outcome } = await give(question, verifyArrival, input);
    return {
      cursor,
      importCertificate: outcome.importCertificate && (await visibleImportCertificate(question, outcome.importCertificate)),
      shipment: outcome.shipment && (await visibleShipment(question, outcome.shipment)),
      stays: outcome.stays,
    } as VerifyArrivalPayload;
  }

  @Mutation(() => RecordEmergencyActionNotificationPayload, {
    nullable: true,
    description:
      'Goods are held at the border by CBP or APHIS; the importer, the consignee or the filer says so. Certificates that cover them are HELD.',
  })
  recordEmergencyActionNotification(
    @Arg('input', () => RecordEmergencyActionNotificationInput, INPUT) input: RecordEmergencyActionNotificationInput,
    @Ctx() question: Question,
  ): Promise<EmergencyActionPayload> {
    return acted(question, recordEmergencyActionNotification, input);
  }

  @Mutation(() => NotifyCertifierPayload, {
    nullable: true,
    description: 'An operation told its certifier of an emergency action, as it must immediately (7 CFR 205.400(f)); it says when.',
  })
  notifyCertifier(
    @Arg('input', () => NotifyCertifierInput, INPUT) input: NotifyCertifierInput,
    @Ctx() question: Question,
  ): Promise<EmergencyActionPayload> {
    return acted(question, notifyCertifier, input);
  }

  @Mutation(() => RecordDispositionPayload, {
    nullable: true,
    description:
      'What became of held goods, quantity by quantity, never more than is held; the importer, the consignee or the filer says so.',
  })
  recordDisposition(
    @Arg('input', () => RecordDispositionInput, INPUT) input: RecordDispositionInput,
    @Ctx() question: Question,
  ): Promise<EmergencyActionPayload> {
    return acted(question, recordDisposition, input);
  }
}
