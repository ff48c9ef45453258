import { PrimaryColumn } from 'typeorm';
import { ReferenceColumn } from './columns';

/**
 * What happened. A fact is never overwritten: a correction retracts it and records another. It names the command that recorded it
 * without a foreign key, since a command's own row is written last.
 */
export abstract class Fact {
  @PrimaryColumn('uuid')
  id: string;

  @ReferenceColumn('recorded_by')
  recordedBy: string;

  /** The command that took the fact back. */
  @ReferenceColumn('retracted_by', { nullable: true })
  retractedBy: string | null;
}
