import { OperationCertificate } from '@lotline/schema';
import { Arg, Ctx, Field, Mutation, ObjectType, Resolver } from 'type-graphql';
import { INPUT } from '../commands';
import { CommandPayload, give, type Question } from '../questions';
import { ChangeOperationCertificateStatusInput, changeOperationCertificateStatus } from './change-status';
import { operationCertificateById } from './loaders';

@ObjectType({ simpleResolvers: true, description: 'The certificate whose standing changed.' })
export class ChangeOperationCertificateStatusPayload extends CommandPayload {
  @Field(() => OperationCertificate, { nullable: true, description: 'The certificate.' })
  operationCertificate: OperationCertificate | null;
}

@Resolver()
export class OperationCertificateMutations {
  @Mutation(() => ChangeOperationCertificateStatusPayload, {
    nullable: true,
    description: "Suspends, revokes, reinstates or takes back an operation's certificate: its certifier does, with a reason.",
  })
  async changeOperationCertificateStatus(
    @Arg('input', () => ChangeOperationCertificateStatusInput, INPUT)
    input: ChangeOperationCertificateStatusInput,
    @Ctx() question: Question,
  ): Promise<ChangeOperationCertificateStatusPayload> {
    const { cursor, outcome } = await give(question, changeOperationCertificateStatus, input);
    return { cursor, operationCertificate: await question.reader.loader(operationCertificateById).load(outcome.operationCertificate) };
  }
}
