import { type Moment, parseCertificateNumber, parseMoment, type Reason } from '@lotline/schema';
import { Field, InputType } from 'type-graphql';
import { z } from 'zod';
import { beforeItsHistory, ImportCertificateStepInput, stepOf, takeStep, words } from '../certificates';
import { idempotencyKey, idOf, notYet, optional, read } from '../commands';
import type { Question } from '../questions';
import { keptSheetOf } from './loaders';
import { drawUpFor, isBlocking } from './sheet';

/** When it was issued: of a bare day that has passed its end, in UTC. */
const momentOf = ({ on, at }: Moment, now: Date): Date => {
  const end = at ?? new Date(`${on}T23:59:59Z`);
  return end < now ? end : now;
};

@InputType({ description: 'An approved certificate was issued in the Organic Integrity Database.' })
export class IssueImportCertificateInput extends ImportCertificateStepInput {
  @Field(() => String, { description: 'The number that it was given: 21 characters, NNN-NNNNNNNNNN-NNNNNN.' })
  number: string;

  @Field(() => String, { nullable: true, description: 'When: a local day, or an instant with its offset; now where it is left out.' })
  issued?: string;

  @Field(() => String, {
    nullable: true,
    description: 'Why, in at most 1,000 characters; needed where a blocking check of the review fails that did not at the approval.',
  })
  reason?: string;
}

/**
 * The certifying agent issues what it approved (7 CFR 205.273). What has come to speak against it since the approval, e.g. that the goods have
 * left, is a reason against it, unless the certifier says in writing why it issues all the same. From now on the grams of its lots back no other certificate, which is a law of
 * the database. That a number is taken is told in one wording, whoever has it.
 */
export const issueImportCertificate = (question: Question) =>
  takeStep({
    command: 'issueImportCertificate',
    input: z.object({
      idempotencyKey,
      importCertificate: idOf('ImportCertificate'),
      number: read(parseCertificateNumber),
      issued: optional(read(parseMoment)),
      reason: optional(words),
    }),
    told: ({ issued, reason }) => ({ reason, ...issued }),
    async judge({ tx, reader, now }, { number, issued, reason }, certificate) {
      const reasons: Reason[] = [];
      const taken = await tx.query('select from import_certificate where number = $1', [number]);
      if (taken.length > 0)
        reasons.push({
          code: 'CONFLICT',
          message: 'an import certificate of this number exists',
          path: ['number'],
          remedy: 'write the number that the Organic Integrity Database gave to this certificate',
        });
      if (reason === null) {
        const { id } = certificate;
        const approved = await reader.loader(keptSheetOf).load({ id, reader: 'CERTIFIER' });
        const known = new Set(approved?.findings.filter(isBlocking).map(({ check }) => check));
        const sheet = await drawUpFor('CERTIFIER', question, reader, id, issued === null ? now : momentOf(issued, now));
        for (const { check, message, rule } of sheet.findings.filter(isBlocking))
          if (!known.has(check))
            reasons.push({
              code: 'REFUSED',
              message,
              path: ['reason'],
              rule,
              remedy: 'reject it, or write why you issue it all the same: that was not so at the approval',
            });
      }
      if (issued === null) return reasons;
      const { rule } = stepOf('issueImportCertificate');
      for (const each of [notYet(issued.on, now, 'issued'), beforeItsHistory(certificate, issued, rule, 'issued')])
        if (each) reasons.push(each);
      return reasons;
    },
    also: async ({ tx }, { number }, { id }) => {
      await tx.query('update import_certificate set number = $2 where id = $1', [id, number]);
    },
  });
