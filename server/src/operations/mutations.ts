import { Certifier, Operation, OperationCertificate } from '@lotline/schema';
import { Arg, Ctx, Field, Mutation, ObjectType, Resolver } from 'type-graphql';
import { type Command, type CommandInput, INPUT } from '../commands';
import { CommandPayload, give, type Question } from '../questions';
import { ChangeOperationCertificateStatusInput, changeOperationCertificateStatus } from './change-status';
import { certifierById, operationById, operationCertificateById } from './loaders';
import { RecordOperationCertificateInput, recordOperationCertificate } from './record-certificate';
import { RecordOperationInput, recordOperation } from './record-operation';
import { SetLeadTimeInput, setLeadTime } from './set-lead-time';
import { SetNoticePolicyInput, setNoticePolicy } from './set-notice-policy';
import { VerifyProductInput, verifyProduct } from './verify-product';

@ObjectType({ simpleResolvers: true, description: 'What a command about a certificate has done.' })
abstract class OperationCertificatePayload extends CommandPayload {
  @Field(() => OperationCertificate, { nullable: true, description: 'The certificate.' })
  operationCertificate: OperationCertificate | null;
}

@ObjectType({ simpleResolvers: true, description: 'The certificate whose standing changed.' })
export class ChangeOperationCertificateStatusPayload extends OperationCertificatePayload {}

@ObjectType({ simpleResolvers: true, description: 'The certificate that was recorded.' })
export class RecordOperationCertificatePayload extends OperationCertificatePayload {}

@ObjectType({ simpleResolvers: true, description: 'The certificate whose form has the product now.' })
export class VerifyProductPayload extends OperationCertificatePayload {}

@ObjectType({ simpleResolvers: true, description: 'The operation that was recorded.' })
export class RecordOperationPayload extends CommandPayload {
  @Field(() => Operation, { nullable: true, description: 'The operation.' })
  operation: Operation | null;
}

@ObjectType({ simpleResolvers: true, description: 'The certifying agent whose lead time was set.' })
export class SetLeadTimePayload extends CommandPayload {
  @Field(() => Certifier, { nullable: true, description: 'The certifying agent.' })
  certifier: Certifier | null;
}

@ObjectType({ simpleResolvers: true, description: 'The operation whose policy was set.' })
export class SetNoticePolicyPayload extends CommandPayload {
  @Field(() => Operation, { nullable: true, description: 'The operation.' })
  operation: Operation | null;
}

async function certified<Input>(
  question: Question,
  command: Command<Input, { operationCertificate: string }>,
  input: CommandInput,
): Promise<OperationCertificatePayload> {
  const { cursor, outcome } = await give(question, command, input);
  return { cursor, operationCertificate: await question.reader.loader(operationCertificateById).load(outcome.operationCertificate) };
}

@Resolver()
export class OperationCertificateMutations {
  @Mutation(() => ChangeOperationCertificateStatusPayload, {
    nullable: true,
    description: "Suspends, revokes, reinstates or takes back an operation's certificate: its certifier does, with a reason.",
  })
  changeOperationCertificateStatus(
    @Arg('input', () => ChangeOperationCertificateStatusInput, INPUT)
    input: ChangeOperationCertificateStatusInput,
    @Ctx() question: Question,
  ): Promise<ChangeOperationCertificateStatusPayload> {
    return certified(question, changeOperationCertificateStatus, input);
  }

  @Mutation(() => RecordOperationPayload, {
    nullable: true,
    description: 'A client of a certifying agent, by its NOP ID; the agent says so.',
  })
  async recordOperation(
    @Arg('input', () => RecordOperationInput, INPUT) input: RecordOperationInput,
    @Ctx() question: Question,
  ): Promise<RecordOperationPayload> {
    const { cursor, outcome } = await give(question, recordOperation, input);
    return { cursor, operation: await question.reader.loader(operationById).load(outcome.operation) };
  }

  @Mutation(() => RecordOperationCertificatePayload, {
    nullable: true,
    description: 'A certification that a certifying agent gave, with its Product Verification Form; the agent says so.',
  })
  recordOperationCertificate(
    @Arg('input', () => RecordOperationCertificateInput, INPUT) input: RecordOperationCertificateInput,
    @Ctx() question: Question,
  ): Promise<RecordOperationCertificatePayload> {
    return certified(question, recordOperationCertificate, input);
  }

  @Mutation(() => VerifyProductPayload, {
    nullable: true,
    description: 'Puts a product on the Product Verification Form from a day on, by the name on its label; the certifier does.',
  })
  verifyProduct(
    @Arg('input', () => VerifyProductInput, INPUT) input: VerifyProductInput,
    @Ctx() question: Question,
  ): Promise<VerifyProductPayload> {
    return certified(question, verifyProduct, input);
  }

  @Mutation(() => SetLeadTimePayload, {
    nullable: true,
    description: 'Sets how long a certifying agent takes to decide on a request for an import certificate, from a day on; the agent does.',
  })
  async setLeadTime(
    @Arg('input', () => SetLeadTimeInput, INPUT) input: SetLeadTimeInput,
    @Ctx() question: Question,
  ): Promise<SetLeadTimePayload> {
    const { cursor, outcome } = await give(question, setLeadTime, input);
    return { cursor, certifier: await question.reader.loader(certifierById).load(outcome.certifier) };
  }

  @Mutation(() => SetNoticePolicyPayload, {
    nullable: true,
    description: 'Sets within how many hours an operation wants its certifier told of an emergency action, from a day on; it does.',
  })
  async setNoticePolicy(
    @Arg('input', () => SetNoticePolicyInput, INPUT) input: SetNoticePolicyInput,
    @Ctx() question: Question,
  ): Promise<SetNoticePolicyPayload> {
    const { cursor, outcome } = await give(question, setNoticePolicy, input);
    return { cursor, operation: await question.reader.loader(operationById).load(outcome.operation) };
  }
}
