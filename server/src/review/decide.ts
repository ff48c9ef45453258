import type { ImportCertificateReview, Reason } from '@lotline/schema';
import { Field, InputType } from 'type-graphql';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { ImportCertificateStepInput, takeStep, words } from '../certificates';
import { idempotencyKey, idOf, optional, record, type Work } from '../commands';
import type { Columns } from '../database';
import type { Question } from '../questions';
import { drawUpBoth, isBlocking } from './sheet';

// What the certifying agent decides on a request, and the work sheet by which it did.

@InputType({ description: 'The request was reviewed and found good.' })
export class ApproveImportCertificateInput extends ImportCertificateStepInput {
  @Field(() => String, {
    nullable: true,
    description: 'Why, in at most 1,000 characters; needed where a blocking check of the review failed. It stays in the history.',
  })
  reason?: string;
}

@InputType({ description: 'The request was reviewed and refused.' })
export class RejectImportCertificateInput extends ImportCertificateStepInput {
  @Field(() => [String], { description: 'Why: 1 to 20 reasons, each of at most 1,000 characters.' })
  reasons: string[];
}

const MOST_REASONS = 20;
const importCertificate = idOf('ImportCertificate');

type Sheet = ImportCertificateReview;

const SHEET: Columns<Sheet> = {
  id: ['uuid', (each) => each.id],
  import_certificate: ['uuid', (each) => each.importCertificateId],
  status: ['uuid', (each) => each.statusId],
  reader: ['text', (each) => each.reader],
  at: ['timestamptz', (each) => each.at],
  findings: ['jsonb', (each) => JSON.stringify(each.findings)],
};

const keep = (work: Work, sheets: readonly Sheet[], step: string): Promise<void> =>
  record(
    work,
    'import_certificate_review',
    SHEET,
    sheets.map((sheet) => Object.assign(sheet, { id: uuidv7(), statusId: step })),
  );

/** The certifier finds a request good. Where its sheet blocks that, it says in writing why it approves all the same. */
export function approveImportCertificate(question: Question) {
  const sheets = new Map<string, Sheet[]>();
  return takeStep({
    command: 'approveImportCertificate',
    input: z.object({ idempotencyKey, importCertificate, reason: optional(words) }),
    told: ({ reason }) => ({ reason }),
    async judge({ reader, now }, { reason }, { id }) {
      const both = await drawUpBoth(question, reader, id, now);
      sheets.set(id, both);
      return reason === null ? both[0]!.findings.flatMap(blocked) : [];
    },
    after: (work, { id }, step) => keep(work, sheets.get(id)!, step),
  });
}

const blocked = (finding: Sheet['findings'][number]): Reason[] =>
  isBlocking(finding)
    ? [
        {
          code: 'REFUSED',
          message: finding.message,
          path: ['reason'],
          rule: finding.rule,
          remedy: 'reject the request, ask for information, or write why you approve it all the same',
        },
      ]
    : [];

/** The certifier refuses a request. */
export const rejectImportCertificate = (question: Question) =>
  takeStep({
    command: 'rejectImportCertificate',
    input: z.object({
      idempotencyKey,
      importCertificate,
      reasons: z.array(words).min(1, 'a rejection has a reason').max(MOST_REASONS, `a rejection has at most ${MOST_REASONS} reasons`),
    }),
    told: ({ reasons }) => ({ reason: reasons.join('; ') }),
    after: async (work, { id }, step) => keep(work, await drawUpBoth(question, work.reader, id, work.now), step),
  });
