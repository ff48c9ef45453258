import { Field, InputType } from 'type-graphql';
import { z } from 'zod';
import { idempotencyKey, idOf } from '../commands';
import { ImportCertificateStepInput, takeStep, words } from './step';

@InputType({ description: 'What the certifier still needs to know.' })
export class AskForInformationInput extends ImportCertificateStepInput {
  @Field(() => String, { description: 'What is asked; at most 1,000 characters.' })
  question: string;
}

/** The certifying agent cannot decide yet, and asks. */
export const askForInformation = takeStep({
  command: 'askForInformation',
  input: z.object({ idempotencyKey, importCertificate: idOf('ImportCertificate'), question: words }),
  told: ({ question }) => ({ reason: question }),
});
