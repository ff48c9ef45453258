import { Field, InputType } from 'type-graphql';
import { z } from 'zod';
import { idempotencyKey, idOf } from '../commands';
import { stepOf } from './road';
import { ImportCertificateStepInput, takeStep, words } from './step';

@InputType({ description: 'Why an import certificate is void.' })
export class VoidImportCertificateInput extends ImportCertificateStepInput {
  @Field(() => String, { description: 'Why; at most 1,000 characters.' })
  reason: string;
}

/**
 * The certifying agent takes an import certificate back: it covers nothing any more, and its grams are free again (7 CFR 205.273). Not where
 * an entry drew on it, whatever its history says.
 */
export const voidImportCertificate = takeStep({
  command: 'voidImportCertificate',
  input: z.object({ idempotencyKey, importCertificate: idOf('ImportCertificate'), reason: words }),
  told: ({ reason }) => ({ reason }),
  judge: async (_work, _row, { drawn }) =>
    drawn
      ? [
          {
            code: 'CONFLICT',
            message: 'goods were entered under the certificate',
            path: ['importCertificate'],
            rule: stepOf('voidImportCertificate').rule,
            remedy: 'only what was issued, and is not entered yet, can be voided',
          },
        ]
      : [],
});
