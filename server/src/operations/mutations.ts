import { CursorScalar, OperationCertificate } from '@lotline/schema';
import { Arg, Ctx, Field, Mutation, ObjectType, Resolver } from 'type-graphql';
import { give, type Question } from '../questions';
import { ChangeOperationCertificateStatusInput, changeOperationCertificateStatus } from './change-status';
import { operationCertificateById } from './loaders';

@ObjectType({ simpleResolvers: true, description: 'The certificate whose standing changed.' })
export class ChangeOperationCertificateStatusPayload {
  @Field(() => CursorScalar, { description: 'Where the command stands in the log.' })
  cursor: string;

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
    @Arg('input', () => ChangeOperationCertificateStatusInput, {
      description: 'What to do, and the idempotencyKey under which it is done once.',
    })
    input: ChangeOperationCertificateStatusInput,
    @Ctx() question: Question,
  ): Promise<ChangeOperationCertificateStatusPayload> {
    const { cursor, outcome } = await give(question, changeOperationCertificateStatus, input);
    return { cursor, operationCertificate: await question.reader.loader(operationCertificateById).load(outcome.operationCertificate) };
  }
}
