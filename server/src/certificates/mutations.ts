import { CursorScalar, ImportCertificate } from '@lotline/schema';
import { Arg, Ctx, Field, Mutation, ObjectType, Resolver } from 'type-graphql';
import { give, type Question } from '../questions';
import { importCertificateById } from './loaders';
import { VoidImportCertificateInput, voidImportCertificate } from './void';

@ObjectType({ simpleResolvers: true, description: 'The certificate that was voided.' })
export class VoidImportCertificatePayload {
  @Field(() => CursorScalar, { description: 'Where the command stands in the log.' })
  cursor: string;

  @Field(() => ImportCertificate, { nullable: true, description: 'The certificate.' })
  importCertificate: ImportCertificate | null;
}

@Resolver()
export class ImportCertificateMutations {
  @Mutation(() => VoidImportCertificatePayload, {
    nullable: true,
    description: 'Takes an issued import certificate back, with a reason: its certifier does, until goods are entered under it.',
  })
  async voidImportCertificate(
    @Arg('input', () => VoidImportCertificateInput, { description: 'What to do, and the idempotencyKey under which it is done once.' })
    input: VoidImportCertificateInput,
    @Ctx() question: Question,
  ): Promise<VoidImportCertificatePayload> {
    const { cursor, outcome } = await give(question, voidImportCertificate, input);
    return { cursor, importCertificate: await question.reader.loader(importCertificateById).load(outcome.importCertificate) };
  }
}
