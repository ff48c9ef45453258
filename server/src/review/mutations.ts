import { Arg, Ctx, Mutation, ObjectType, Resolver } from 'type-graphql';
import { ImportCertificatePayload, stepped } from '../certificates';
import { INPUT } from '../commands';
import type { Question } from '../questions';
import { ApproveImportCertificateInput, approveImportCertificate, RejectImportCertificateInput, rejectImportCertificate } from './decide';
import { IssueImportCertificateInput, issueImportCertificate } from './issue';

@ObjectType({ simpleResolvers: true, description: 'The certificate that was approved.' })
export class ApproveImportCertificatePayload extends ImportCertificatePayload {}

@ObjectType({ simpleResolvers: true, description: 'The certificate that was refused.' })
export class RejectImportCertificatePayload extends ImportCertificatePayload {}

@ObjectType({ simpleResolvers: true, description: 'The certificate that was issued.' })
export class IssueImportCertificatePayload extends ImportCertificatePayload {}

@Resolver()
export class ReviewMutations {
  @Mutation(() => ApproveImportCertificatePayload, {
    nullable: true,
    description: 'Finds a request good; its certifier does, with a written reason where its review blocks that.',
  })
  approveImportCertificate(
    @Arg('input', () => ApproveImportCertificateInput, INPUT) input: ApproveImportCertificateInput,
    @Ctx() question: Question,
  ): Promise<ImportCertificatePayload> {
    return stepped(question, approveImportCertificate(question), input);
  }

  @Mutation(() => RejectImportCertificatePayload, { nullable: true, description: 'Refuses a request, with reasons; its certifier does.' })
  rejectImportCertificate(
    @Arg('input', () => RejectImportCertificateInput, INPUT) input: RejectImportCertificateInput,
    @Ctx() question: Question,
  ): Promise<ImportCertificatePayload> {
    return stepped(question, rejectImportCertificate(question), input);
  }

  @Mutation(() => IssueImportCertificatePayload, {
    nullable: true,
    description:
      'Issues an approved certificate, under the number that it was given or that the Organic Integrity Database is asked for; its certifier does. It claims its grams once it is issued.',
  })
  issueImportCertificate(
    @Arg('input', () => IssueImportCertificateInput, INPUT) input: IssueImportCertificateInput,
    @Ctx() question: Question,
  ): Promise<ImportCertificatePayload> {
    return stepped(question, issueImportCertificate(question), input);
  }
}
