import { Field, ID, InputType } from 'type-graphql';
import { z } from 'zod';
import { onBehalfOf } from '../access';
import { idempotencyKey, idOf } from '../commands';
import { attachPapers, judgePapers, papers } from './attach';
import { ImportCertificateStepInput, takeStep, words } from './step';

@InputType({ description: 'What the certifier asked to know.' })
export class AnswerInformationInput extends ImportCertificateStepInput {
  @Field(() => String, { description: 'The answer; at most 1,000 characters.' })
  answer: string;

  @Field(() => [ID], { nullable: true, description: 'Papers that show it; at most 100.' })
  documents?: string[];
}

/** The exporter answers, with papers if need be, and the certifier looks at the request again. */
export const answerInformation = takeStep({
  command: 'answerInformation',
  input: z.object({ idempotencyKey, importCertificate: idOf('ImportCertificate'), answer: words, documents: papers }),
  told: ({ answer }) => ({ reason: answer }),
  async judge(work, { documents }, { id, exporterId }, index) {
    const found = await judgePapers(work, index, onBehalfOf(work.viewer, exporterId), documents);
    const linked = await work.tx.query<{ document: string }>(
      'select document from document_link where import_certificate = $1 and document = any($2) and retracted_by is null',
      [id, found.map((each) => each.id)],
    );
    const known = new Set(linked.map(({ document }) => document));
    return (documents ?? []).flatMap((document, place) =>
      known.has(document)
        ? [
            {
              code: 'CONFLICT' as const,
              message: 'the certificate has this document already',
              path: ['documents', place],
              remedy: 'leave it out',
            },
          ]
        : [],
    );
  },
  async also(work, { documents }, certificate) {
    await attachPapers(work, certificate, await judgePapers(work, 0, onBehalfOf(work.viewer, certificate.exporterId), documents));
  },
});
