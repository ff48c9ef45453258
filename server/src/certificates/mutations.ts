import { ImportCertificate } from '@lotline/schema';
import { Arg, Ctx, Field, Mutation, ObjectType, Resolver } from 'type-graphql';
import { type Command, type CommandInput, INPUT } from '../commands';
import { CommandPayload, give, type Question } from '../questions';
import { AnswerInformationInput, answerInformation } from './answer';
import { AskForInformationInput, askForInformation } from './ask';
import { HandOverImportCertificateInput, handOverImportCertificate } from './hand-over';
import { importCertificateById } from './loaders';
import { RequestImportCertificateInput, requestImportCertificate } from './request';
import { ReviseImportCertificateInput, reviseImportCertificate } from './revise';
import { VoidImportCertificateInput, voidImportCertificate } from './void';
import { WithdrawImportCertificateInput, withdrawImportCertificate } from './withdraw';

@ObjectType({ simpleResolvers: true, description: 'What a command about an import certificate has done.' })
export abstract class ImportCertificatePayload extends CommandPayload {
  @Field(() => ImportCertificate, { nullable: true, description: 'The certificate.' })
  importCertificate: ImportCertificate | null;
}

@ObjectType({ simpleResolvers: true, description: 'The certificate that was asked for.' })
export class RequestImportCertificatePayload extends ImportCertificatePayload {}

@ObjectType({ simpleResolvers: true, description: 'The certificate whose request was taken back.' })
export class WithdrawImportCertificatePayload extends ImportCertificatePayload {}

@ObjectType({ simpleResolvers: true, description: 'The certificate that more is asked about.' })
export class AskForInformationPayload extends ImportCertificatePayload {}

@ObjectType({ simpleResolvers: true, description: 'The certificate that was asked about.' })
export class AnswerInformationPayload extends ImportCertificatePayload {}

@ObjectType({ simpleResolvers: true, description: 'The certificate that was handed over.' })
export class HandOverImportCertificatePayload extends ImportCertificatePayload {}

@ObjectType({ simpleResolvers: true, description: 'The certificate that was revised.' })
export class ReviseImportCertificatePayload extends ImportCertificatePayload {}

@ObjectType({ simpleResolvers: true, description: 'The certificate that was voided.' })
export class VoidImportCertificatePayload extends ImportCertificatePayload {}

/** Takes a certificate a step on, and answers with it. */
export async function stepped<Input>(
  question: Question,
  command: Command<Input, { importCertificate: string }>,
  input: CommandInput,
): Promise<ImportCertificatePayload> {
  const { cursor, outcome } = await give(question, command, input);
  return { cursor, importCertificate: await question.reader.loader(importCertificateById).load(outcome.importCertificate) };
}

@Resolver()
export class ImportCertificateMutations {
  @Mutation(() => RequestImportCertificatePayload, {
    nullable: true,
    description: 'Asks a certifying agent for an import certificate before the goods leave; the exporter does. It has no number yet.',
  })
  requestImportCertificate(
    @Arg('input', () => RequestImportCertificateInput, INPUT) input: RequestImportCertificateInput,
    @Ctx() question: Question,
  ): Promise<ImportCertificatePayload> {
    return stepped(question, requestImportCertificate, input);
  }

  @Mutation(() => WithdrawImportCertificatePayload, {
    nullable: true,
    description: 'Takes a request back, until it is issued; the exporter does.',
  })
  withdrawImportCertificate(
    @Arg('input', () => WithdrawImportCertificateInput, INPUT) input: WithdrawImportCertificateInput,
    @Ctx() question: Question,
  ): Promise<ImportCertificatePayload> {
    return stepped(question, withdrawImportCertificate, input);
  }

  @Mutation(() => AskForInformationPayload, { nullable: true, description: 'Asks the exporter for more; its certifier does.' })
  askForInformation(
    @Arg('input', () => AskForInformationInput, INPUT) input: AskForInformationInput,
    @Ctx() question: Question,
  ): Promise<ImportCertificatePayload> {
    return stepped(question, askForInformation, input);
  }

  @Mutation(() => AnswerInformationPayload, { nullable: true, description: 'Answers what the certifier asked; the exporter does.' })
  answerInformation(
    @Arg('input', () => AnswerInformationInput, INPUT) input: AnswerInformationInput,
    @Ctx() question: Question,
  ): Promise<ImportCertificatePayload> {
    return stepped(question, answerInformation, input);
  }

  @Mutation(() => HandOverImportCertificatePayload, {
    nullable: true,
    description:
      'Hands an issued certificate to the importer or a broker; the exporter does. Whom it names as receiving sees it from then on.',
  })
  handOverImportCertificate(
    @Arg('input', () => HandOverImportCertificateInput, INPUT) input: HandOverImportCertificateInput,
    @Ctx() question: Question,
  ): Promise<ImportCertificatePayload> {
    return stepped(question, handOverImportCertificate, input);
  }

  @Mutation(() => ReviseImportCertificatePayload, {
    nullable: true,
    description: 'Brings weights or consignee of an issued certificate up to date; its certifier does. It keeps its number.',
  })
  reviseImportCertificate(
    @Arg('input', () => ReviseImportCertificateInput, INPUT) input: ReviseImportCertificateInput,
    @Ctx() question: Question,
  ): Promise<ImportCertificatePayload> {
    return stepped(question, reviseImportCertificate, input);
  }

  @Mutation(() => VoidImportCertificatePayload, {
    nullable: true,
    description: 'Takes an issued import certificate back, with a reason: its certifier does, until goods are entered under it.',
  })
  voidImportCertificate(
    @Arg('input', () => VoidImportCertificateInput, INPUT) input: VoidImportCertificateInput,
    @Ctx() question: Question,
  ): Promise<ImportCertificatePayload> {
    return stepped(question, voidImportCertificate, input);
  }
}
