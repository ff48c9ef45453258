import { Field, Int, ObjectType } from 'type-graphql';
import { Column, Entity } from 'typeorm';
import type { Day } from '../codes/day';
import { FindingSeverity, FindingVerdict, ImportCertificateStatus, ReviewCheck } from '../codes/lists';
import { DateScalar, DateTimeScalar } from '../scalars';
import { InstantColumn, ReferenceColumn, TextColumn } from './columns';
import { Fact } from './fact';

/** The types of noun that a review is about. */
export type ReviewedNoun = 'Document' | 'Lot' | 'Operation' | 'Product' | 'Shipment';

/** What a finding stands on. */
@ObjectType({ simpleResolvers: true, description: 'What a finding stands on.' })
export class ReviewEvidence {
  @Field(() => String, { description: 'In a sentence.' })
  says: string;

  /** What it is about; null where that is withheld. */
  about: { type: ReviewedNoun; id: string } | null;
}

/** What one check of a review found. */
@ObjectType({ simpleResolvers: true, description: 'What one check of a review found.' })
export class ReviewFinding {
  @Field(() => ReviewCheck, { description: 'What was looked at.' })
  check: ReviewCheck;

  @Field(() => String, { description: 'The regulation or act it stands on.' })
  rule: string;

  @Field(() => DateScalar, { description: 'First day on which that rule was in force.' })
  since: Day;

  @Field(() => FindingSeverity, { description: 'What follows where it fails.' })
  severity: FindingSeverity;

  @Field(() => FindingVerdict, { description: 'What was found.' })
  verdict: FindingVerdict;

  @Field(() => String, { description: 'The same in words.' })
  message: string;

  @Field(() => [ReviewEvidence], { description: 'What it stands on; the first 100.' })
  evidence: ReviewEvidence[];

  @Field(() => Int, { description: 'How much of that there is.' })
  evidenceCount: number;
}

/** Whose work a sheet concerns: either sees its own, drawn up from what it may see. */
export type ReviewReader = 'CERTIFIER' | 'EXPORTER';

/** The work sheet of a review, as it was at a decision or is now. */
@Entity('import_certificate_review')
@ObjectType({
  simpleResolvers: true,
  description:
    'The work sheet of a review: what the rules say of a request for an import certificate, by what its reader may see. The certifier decides.',
})
export class ImportCertificateReview extends Fact {
  @ReferenceColumn('import_certificate')
  importCertificateId: string;

  /** The step in its history that was decided by it; null while nothing is. */
  @ReferenceColumn('status')
  statusId: string | null;

  @TextColumn()
  reader: ReviewReader;

  @InstantColumn({ nullable: false })
  @Field(() => DateTimeScalar, { description: 'When it was drawn up: at the decision; now, where none was taken yet.' })
  at: Date;

  @Column('jsonb')
  @Field(() => [ReviewFinding], { description: 'One a check.' })
  findings: ReviewFinding[];

  /** Read beside the row. */
  @Field(() => ImportCertificateStatus, { nullable: true, description: 'What was decided by it; null while nothing is.' })
  decision: ImportCertificateStatus | null;

  /** Read beside the row. */
  @Field(() => String, { nullable: true, description: 'Why, as the certifier wrote it.' })
  reason: string | null;

  @Field(() => Int, { description: 'How many blocking checks failed: with one, the request is approved with a written reason only.' })
  get blocking(): number {
    return this.findings.filter(({ severity, verdict }) => severity === 'BLOCKING' && verdict === 'FAILED').length;
  }
}
