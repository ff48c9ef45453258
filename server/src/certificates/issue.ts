import { parseCertificateNumber, parseMoment, type Reason } from '@lotline/schema';
import { Field, InputType } from 'type-graphql';
import { z } from 'zod';
import { idempotencyKey, idOf, notYet, optional, read } from '../commands';
import { stepOf } from './road';
import { beforeItsHistory, ImportCertificateStepInput, takeStep } from './step';

@InputType({ description: 'An approved certificate was issued in the Organic Integrity Database.' })
export class IssueImportCertificateInput extends ImportCertificateStepInput {
  @Field(() => String, { description: 'The number that it was given: 21 characters, NNN-NNNNNNNNNN-NNNNNN.' })
  number: string;

  @Field(() => String, { nullable: true, description: 'When: a local day, or an instant with its offset; now where it is left out.' })
  issued?: string;
}

/**
 * The certifying agent issues what it approved (7 CFR 205.273). From now on the grams of its lots back no other certificate, which is a law of
 * the database. That a number is taken is told in one wording, whoever has it.
 */
export const issueImportCertificate = takeStep({
  command: 'issueImportCertificate',
  input: z.object({
    idempotencyKey,
    importCertificate: idOf('ImportCertificate'),
    number: read(parseCertificateNumber),
    issued: optional(read(parseMoment)),
  }),
  told: ({ issued }) => ({ reason: null, ...issued }),
  async judge({ tx, now }, { number, issued }, certificate) {
    const reasons: Reason[] = [];
    const taken = await tx.query('select from import_certificate where number = $1', [number]);
    if (taken.length > 0)
      reasons.push({
        code: 'CONFLICT',
        message: 'an import certificate of this number exists',
        path: ['number'],
        remedy: 'write the number that the Organic Integrity Database gave to this certificate',
      });
    if (issued === null) return reasons;
    const { rule } = stepOf('issueImportCertificate');
    for (const reason of [notYet(issued.on, now, 'issued'), beforeItsHistory(certificate, issued.on, rule, 'issued')])
      if (reason) reasons.push(reason);
    return reasons;
  },
  also: async ({ tx }, { number }, { id }) => {
    await tx.query('update import_certificate set number = $2 where id = $1', [id, number]);
  },
});
