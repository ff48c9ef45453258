import { Field, InputType } from 'type-graphql';
import { z } from 'zod';
import { idempotencyKey, idOf, optional } from '../commands';
import { ImportCertificateStepInput, takeStep, words } from './step';

// What the certifying agent does with a request: asks for more, approves, rejects.

@InputType({ description: 'What the certifier still needs to know.' })
export class AskForInformationInput extends ImportCertificateStepInput {
  @Field(() => String, { description: 'What is asked; at most 1,000 characters.' })
  question: string;
}

@InputType({ description: 'The request was reviewed and found good.' })
export class ApproveImportCertificateInput extends ImportCertificateStepInput {
  @Field(() => String, { nullable: true, description: 'Why, where that needs words; at most 1,000 characters.' })
  reason?: string;
}

@InputType({ description: 'The request was reviewed and refused.' })
export class RejectImportCertificateInput extends ImportCertificateStepInput {
  @Field(() => [String], { description: 'Why: 1 to 20 reasons, each of at most 1,000 characters.' })
  reasons: string[];
}

const MOST_REASONS = 20;
const importCertificate = idOf('ImportCertificate');

export const askForInformation = takeStep({
  command: 'askForInformation',
  input: z.object({ idempotencyKey, importCertificate, question: words }),
  told: ({ question }) => ({ reason: question }),
});

export const approveImportCertificate = takeStep({
  command: 'approveImportCertificate',
  input: z.object({ idempotencyKey, importCertificate, reason: optional(words) }),
  told: ({ reason }) => ({ reason }),
});

export const rejectImportCertificate = takeStep({
  command: 'rejectImportCertificate',
  input: z.object({
    idempotencyKey,
    importCertificate,
    reasons: z.array(words).min(1, 'a rejection has a reason').max(MOST_REASONS, `a rejection has at most ${MOST_REASONS} reasons`),
  }),
  told: ({ reasons }) => ({ reason: reasons.join('; ') }),
});
