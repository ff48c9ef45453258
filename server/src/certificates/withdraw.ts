import { Field, InputType } from 'type-graphql';
import { z } from 'zod';
import { idempotencyKey, idOf, optional } from '../commands';
import { ImportCertificateStepInput, takeStep, words } from './step';

@InputType({ description: 'The exporter takes its request back.' })
export class WithdrawImportCertificateInput extends ImportCertificateStepInput {
  @Field(() => String, { nullable: true, description: 'Why; at most 1,000 characters.' })
  reason?: string;
}

export const withdrawImportCertificate = takeStep({
  command: 'withdrawImportCertificate',
  input: z.object({ idempotencyKey, importCertificate: idOf('ImportCertificate'), reason: optional(words) }),
  told: ({ reason }) => ({ reason }),
});
