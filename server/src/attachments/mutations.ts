import { Document } from '@lotline/schema';
import { Arg, Ctx, Field, Mutation, ObjectType, Resolver } from 'type-graphql';
import { INPUT } from '../commands';
import { visibleDocument } from '../documents';
import { CommandPayload, give, type Question } from '../questions';
import { AttachDocumentInput, attachDocument } from './attach';

@ObjectType({ simpleResolvers: true, description: 'The document that was attached.' })
export class AttachDocumentPayload extends CommandPayload {
  @Field(() => Document, { nullable: true, description: 'The document.' })
  document: Document | null;
}

@Resolver()
export class AttachmentMutations {
  @Mutation(() => AttachDocumentPayload, {
    nullable: true,
    description: 'Puts a paper on record, or says more of what it is about; with its bytes, if they were uploaded (docs/FILES.md).',
  })
  async attachDocument(
    @Arg('input', () => AttachDocumentInput, INPUT) input: AttachDocumentInput,
    @Ctx() question: Question,
  ): Promise<AttachDocumentPayload> {
    const { cursor, outcome } = await give(question, attachDocument, input);
    return { cursor, document: await visibleDocument(question, outcome.document) };
  }
}
