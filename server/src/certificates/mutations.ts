import { ImportCertificate } from '@lotline/schema';
import { Arg, Ctx, Field, Mutation, ObjectType, Resolver } from 'type-graphql';
import { INPUT } from '../commands';
import { CommandPayload, give, type Question } from '../questions';
import { importCertificateById } from './loaders';
import { VoidImportCertificateInput, voidImportCertificate } from './void';

@ObjectType({ simpleResolvers: true, description: 'The certificate that was voided.' })
export class VoidImportCertificatePayload extends CommandPayload {
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
    @Arg('input', () => VoidImportCertificateInput, INPUT)
    input: VoidImportCertificateInput,
    @Ctx() question: Question,
  ): Promise<VoidImportCertificatePayload> {
    const { cursor, outcome } = await give(question, voidImportCertificate, input);
    return { cursor, importCertificate: await question.reader.loader(importCertificateById).load(outcome.importCertificate) };
  }
}
