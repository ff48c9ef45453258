import { Entity, PrimaryColumn } from 'typeorm';
import { InstantColumn, TextColumn } from './columns';

/** When the Organic Integrity Database was last asked for the standing of an operation. */
@Entity('operation_asked')
export class OperationAsked {
  @PrimaryColumn('uuid', { name: 'operation' })
  operationId: string;

  @InstantColumn({ nullable: false })
  askedAt: Date;

  /** What was wrong with the answer; null where nothing was. */
  @TextColumn({ nullable: true })
  amiss: string | null;
}
