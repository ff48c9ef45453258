import { type Moment, parseCertificateNumber, parseMoment, type Reason } from '@lotline/schema';
import { Field, InputType } from 'type-graphql';
import { z } from 'zod';
import { beforeItsHistory, ImportCertificateStepInput, stepOf, takeStep, words } from '../certificates';
import { idempotencyKey, idOf, notYet, optional, read, type Work } from '../commands';
import type { Question } from '../questions';
import { keptSheetOf } from './loaders';
import { drawUpFor, isBlocking } from './sheet';

/** When it was issued: of a bare day that has passed its end, in UTC. */
const momentOf = ({ on, at }: Moment, now: Date): Date => {
  const end = at ?? new Date(`${on}T23:59:59Z`);
  return end < now ? end : now;
};

@InputType({ description: 'An approved certificate was issued in the Organic Integrity Database, or is to be.' })
export class IssueImportCertificateInput extends ImportCertificateStepInput {
  @Field(() => String, {
    nullable: true,
    description:
      'The number that it was given there: 21 characters, NNN-NNNNNNNNNN-NNNNNN. Where it is left out the Organic Integrity Database is asked for one, and the certificate stays APPROVED until it answers (ImportCertificate.effects).',
  })
  number?: string;

  @Field(() => String, { nullable: true, description: 'When: a local day, or an instant with its offset; now where it is left out.' })
  issued?: string;

  @Field(() => String, {
    nullable: true,
    description: 'Why, in at most 1,000 characters; needed where a blocking check of the review fails that did not at the approval.',
  })
  reason?: string;
}

/** Why a number is not one that may be given; none where it may, or the Organic Integrity Database is asked for one. */
async function againstNumber({ tx }: Pick<Work, 'tx'>, number: string | null, issued: Moment | null): Promise<Reason[]> {
  if (number === null)
    return issued === null
      ? []
      : [
          {
            code: 'BAD_USER_INPUT',
            message: 'it is not issued yet: no number is given',
            path: ['issued'],
            remedy: 'leave it out, or give the number as well',
          },
        ];
  const taken = await tx.query('select from import_certificate where number = $1', [number]);
  return taken.length === 0
    ? []
    : [
        {
          code: 'CONFLICT',
          message: 'an import certificate of this number exists',
          path: ['number'],
          remedy: 'write the number that the Organic Integrity Database gave to this certificate',
        },
      ];
}

/**
 * The certifying agent issues what it approved (7 CFR 205.273), under the number that it was given, or that it has the Organic Integrity Database asked for. What has come to speak against it since the approval, e.g. that the goods have
 * left, is a reason against it, unless the certifier says in writing why it issues all the same. From now on the grams of its lots back no other certificate, which is a law of
 * the database. That a number is taken is told in one wording, whoever has it.
 */
export const issueImportCertificate = (question: Question) =>
  takeStep({
    command: 'issueImportCertificate',
    input: z.object({
      idempotencyKey,
      importCertificate: idOf('ImportCertificate'),
      number: optional(read(parseCertificateNumber)),
      issued: optional(read(parseMoment)),
      reason: optional(words),
    }),
    told: ({ issued, reason }) => ({ reason, ...issued }),
    isAskedFor: ({ number }) => number === null,
    async judge({ tx, reader, now }, { number, issued, reason }, certificate) {
      const reasons = await againstNumber({ tx }, number, issued);
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
    also: async ({ tx, emit }, { number, reason }, { id }) => {
      if (number === null) emit({ type: 'import-certificate.issue-asked', subject: id, payload: { reason } });
      else await tx.query('update import_certificate set number = $2 where id = $1', [id, number]);
    },
  });
