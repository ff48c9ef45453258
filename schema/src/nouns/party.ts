import { Entity, PrimaryColumn } from 'typeorm';
import type { Day } from '../codes/day';
import { DayColumn, ReferenceColumn, TextColumn } from './columns';

/** Who is a party to which fact about which subject: the one table that every question about rights asks. */
@Entity('party')
export class Party {
  /** An operation; or a certifying agent, of what it issued. */
  @PrimaryColumn('uuid', { name: 'operation' })
  operationId: string;

  /** The lot, or other noun, that the fact is about. */
  @PrimaryColumn('uuid', { name: 'subject' })
  subjectId: string;

  /** What the subject is: the table that it is a row of. */
  @TextColumn()
  noun: string;

  @PrimaryColumn('uuid', { name: 'fact' })
  factId: string;

  @DayColumn()
  onDay: Day | null;

  @ReferenceColumn('recorded_by')
  recordedBy: string;

  /** The command that took the fact back. */
  @ReferenceColumn('retracted_by', { nullable: true })
  retractedBy: string | null;
}
